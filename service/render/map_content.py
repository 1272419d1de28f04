"""What a map shows, as plain values: `mapping` gathers them, `maps` draws them. All texts are plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.render.map_tiles import BaseMap

# Completeness classes: upper bound (share) and colour; light to dark so that grey print keeps the order.
BREAKS = ((0.2, "#d3e0ee"), (0.4, "#a9c6e0"), (0.6, "#74a9cf"), (0.8, "#2b8cbe"), (1.0, "#045a8d"))

Geometry = dict[str, Any]
"""GeoJSON in WGS-84 degrees."""


@dataclass(frozen=True, slots=True)
class ShadedRegion:
    """A region on the map. `geometry` is GeoJSON (WGS-84); `completeness` 0-1, None where unobserved;
    `centre` (lon, lat) is where its name is written.
    """

    adcode: str
    name: str
    geometry: Geometry
    completeness: float | None
    lines: tuple[str, ...] = ()
    centre: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class MapLevel:
    """Regions of one level, shaded; one level at a time is shown, with names from zoom `names_from` on."""

    name: str
    regions: Sequence[ShadedRegion]
    names_from: float = 0.0


@dataclass(frozen=True, slots=True)
class MapNode:
    """A node of the chain as the map's filter lists it; `parent` is another node's id or None."""

    id: str
    name: str
    stage: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class MapFirm:
    """A firm that is here (WGS-84 degrees); `placed` False: drawn near the middle of its county or city.

    `nodes` are node ids, the first gives the symbol; `founded` is a year, None where it is not known. `key`
    is the firm's, empty where the map leads nowhere.
    """

    name: str
    lon: float
    lat: float
    place: str
    nodes: tuple[str, ...]
    founded: int | None
    placed: bool
    key: str = ""


@dataclass(frozen=True, slots=True)
class TargetMark:
    """A target's rank (1 is best) and score (0-100) for one gap."""

    node: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class MapTarget:
    """A firm worth visiting, with its rank in one or more gaps."""

    name: str
    lon: float
    lat: float
    marks: tuple[TargetMark, ...]
    lines: tuple[str, ...]
    placed: bool
    key: str = ""


@dataclass(frozen=True, slots=True)
class SupplyFlow:
    """A region that makes what is lacking here: its effective firms of `node`, and how far away it is."""

    node: str
    name: str
    lon: float
    lat: float
    effective: float
    distance_km: float


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Effective firms of one node in one county anywhere in the country, at the county's point."""

    node: str
    lon: float
    lat: float
    effective: float


@dataclass(frozen=True, slots=True)
class MapZone:
    """A development zone, drawn near the middle of the region that it belongs to."""

    name: str
    kind: str
    lon: float
    lat: float
    place: str
    adcode: str = ""


@dataclass(frozen=True, slots=True)
class SourceOutline:
    """The outline of a region that firms are sought in (长三角 ...), and the plan that names its cities."""

    name: str
    plan: str
    geometry: Geometry


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A region that the search box knows; `zoom` is how near the map goes to it."""

    name: str
    full_name: str
    initials: str
    lon: float
    lat: float
    zoom: int


@dataclass(frozen=True, slots=True)
class MapContent:
    """Everything that the map shows; all texts are plain and are escaped where they are written.

    `levels` are shown one at a time, `shown_level` (its place in them) first. `gaps` are the nodes whose
    targets and supply are shown, the most urgent first. `initials` says by which letters a character of a
    firm's name can be found.
    """

    title: str
    subtitle: str
    centre: tuple[float, float] | None
    outline: Geometry | None
    levels: Sequence[MapLevel]
    country: Sequence[Geometry]
    dash_line: Geometry | None
    nodes: Sequence[MapNode]
    gaps: Sequence[str]
    firms: Sequence[MapFirm]
    targets: Sequence[MapTarget]
    notes: Sequence[str]
    shown_level: int = 0
    flows: Sequence[SupplyFlow] = ()
    heat: Sequence[HeatCell] = ()
    zones: Sequence[MapZone] = ()
    source_regions: Sequence[SourceOutline] = ()
    places: Sequence[FoundPlace] = ()
    initials: Mapping[str, str] = field(default_factory=dict)
    review_number: str = ""
    base: BaseMap | None = None
    breaks: Sequence[tuple[float, str]] = field(default=BREAKS)
