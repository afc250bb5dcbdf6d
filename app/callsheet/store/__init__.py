"""The only SQLAlchemy: schema, journal, reads."""
