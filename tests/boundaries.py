"""The simplified boundaries that maps draw, made once for all tests that draw."""

from __future__ import annotations

from pathlib import Path

from service.domain.regions import Level
from service.ingest.boundaries import load_boundaries
from service.mapping import COUNTRY_TOLERANCE


def simplify_boundaries(cache_dir: Path) -> None:
    """Fill the cache of a data folder; copies of the folder then have it."""
    for level in Level:
        load_boundaries(level, cache_dir=cache_dir)
    load_boundaries(Level.PROVINCE, tolerance_deg=COUNTRY_TOLERANCE, cache_dir=cache_dir)
