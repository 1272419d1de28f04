"""The development zones of geodata/development_zones.csv: name, kind, and the region that each belongs to."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache

from service.datafiles import data_folder


@dataclass(frozen=True, slots=True)
class DevelopmentZone:
    """A development zone; `adcode` is the finest region that is certain."""

    name: str
    kind: str
    adcode: str
    note: str


@lru_cache(maxsize=1)
def load_zones() -> tuple[DevelopmentZone, ...]:
    """Return all zones in the file's order."""
    with (data_folder("geodata") / "development_zones.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            DevelopmentZone(row["name"], row["kind"], row["adcode"], row["note"])
            for row in csv.DictReader(file)
        )
