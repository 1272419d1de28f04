"""Typed results to maps and documents."""
