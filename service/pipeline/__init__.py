"""The batch: read, match, link, cover."""
