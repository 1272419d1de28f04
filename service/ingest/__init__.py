"""Files to validated domain objects."""
