"""How a database of an older callsheet becomes one of this: a file a step, run by Alembic."""
