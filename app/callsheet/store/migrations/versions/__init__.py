"""The migrations, a file a step; the newest is `store.database.HEAD`."""
