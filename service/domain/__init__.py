"""Pure functions and types: no files, no database, no web."""
