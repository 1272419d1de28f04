"""What a map on paper shows, typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service.render.picture_frame import Heading
from service.render.picture_sea import SeaGeometry


@dataclass(frozen=True, slots=True)
class MapArea:
    """A region: `shape` a shapely (multi)polygon in degrees (WGS-84), `completeness` 0-1 or None, `centre`
    (lon, lat) where its name stands best.
    """

    adcode: str
    name: str
    shape: Any
    completeness: float | None
    centre: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class FirmsThere:
    """So many local firms in one county or city, whose middle is at (lon, lat)."""

    lon: float
    lat: float
    count: int


@dataclass(frozen=True, slots=True)
class MapTarget:
    """A target and its place in the list. `where` (lon, lat) None: not known; `words` go below its name."""

    number: int
    name: str
    where: tuple[float, float] | None
    words: str


@dataclass(frozen=True, slots=True)
class MapContent:
    """Everything that the map shows. `land` is what lies around the areas, drawn pale; `outline` the
    border of the region itself; `review` the 审图号, or that there is none.
    """

    heading: Heading
    areas: tuple[MapArea, ...]
    land: tuple[Any, ...]
    outline: Any
    sea: SeaGeometry
    firms: tuple[FirmsThere, ...]
    targets: tuple[MapTarget, ...]
    review: str
