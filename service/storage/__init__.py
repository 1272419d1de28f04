"""Tables, queries and migrations: the only importer of sqlmodel."""
