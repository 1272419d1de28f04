"""What stands on a map besides its shaded regions: firms, targets, supply, heat, zones, outlines, places."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import shapely

from service.domain.chains import Chain
from service.domain.coverage import REACH_KM
from service.domain.regions import Geography, Level, Region
from service.domain.targets import Target
from service.ingest.source_outlines import load_source_outlines
from service.ingest.zones import load_zones
from service.knowledge import Knowledge
from service.render.map_content import (
    FoundPlace,
    Geometry,
    HeatCell,
    MapFirm,
    MapNode,
    MapTarget,
    MapZone,
    SourceOutline,
    SupplyFlow,
    TargetMark,
)
from service.storage.candidates import read_node_firms
from service.storage.drawn_firms import read_drawn_firms
from service.storage.engine import Session
from service.storage.links import read_coverage
from service.targeting import rank_targets, regions_inside

_TARGETS_SHOWN, _FLOWS_SHOWN, _LEAST_SUPPLY = 5, 5, 0.5
_DECIMALS = 4
# Firms without coordinates are set around the middle of their county on a sunflower, one every 0.4 km or so,
# closer where they are many: a county must not spill over its neighbours.
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_SPREAD_DEGREES, _MOST_SPREAD = 0.004, 0.045
_ZOOMS = {Level.PROVINCE: 7, Level.CITY: 9, Level.COUNTY: 10}

Cells = Sequence[tuple[str, str, float, int, int]]
"""(adcode, node, effective, firms, anchors), as `read_coverage` gives them."""


class Located(Protocol):
    """Something with an address, and with coordinates where they are known."""

    @property
    def adcode(self) -> str | None:
        """Code of the region, None where not known."""

    @property
    def lon(self) -> float | None:
        """Longitude in WGS-84 degrees, None where not known."""

    @property
    def lat(self) -> float | None:
        """Latitude in WGS-84 degrees, None where not known."""


L = TypeVar("L", bound=Located)


def to_geojson(geometry: shapely.Geometry) -> Geometry:
    """Return GeoJSON with coordinates to 4 decimals (11 m; 3 would leave slivers)."""
    moved = shapely.transform(geometry, lambda pairs: pairs.round(_DECIMALS))
    shape: Geometry = dict(moved.__geo_interface__)
    return shape


def node_list(chain: Chain) -> list[MapNode]:
    """Return the chain's nodes as the map lists them: down the tree, parents before children."""
    return [MapNode(node.id, node.name, str(node.stage), node.parent) for _, node in chain.walk()]


def firm_points(session: Session, knowledge: Knowledge, chain: Chain, place: Region) -> list[MapFirm]:
    """Return the firms of the chain in the region; those without any known place are left out."""
    inside = regions_inside(knowledge.geography, place.adcode)
    order = {node.id: number for number, (_, node) in enumerate(chain.walk())}
    firms = read_drawn_firms(session, list(order), inside=inside)
    names = _FullNames(knowledge.geography)
    return [
        MapFirm(
            firm.name,
            lon,
            lat,
            names.of(firm.adcode),
            tuple(sorted(firm.nodes, key=order.__getitem__)),
            firm.founded.year if firm.founded else None,
            placed,
            firm.key,
        )
        for firm, lon, lat, placed in place_firms(knowledge.geography, firms)
    ]


class _FullNames:
    """Full names of regions, each made once."""

    def __init__(self, geography: Geography) -> None:
        self._geography = geography
        self._known: dict[str, str] = {}

    def of(self, adcode: str | None) -> str:
        if not adcode:
            return ""
        if adcode not in self._known:
            self._known[adcode] = self._geography.full_name(adcode)
        return self._known[adcode]


def place_firms(geography: Geography, firms: Sequence[L]) -> Iterator[tuple[L, float, float, bool]]:
    """Yield (firm, lon, lat, whether the coordinates are its own) of the firms that can be drawn.

    A firm without coordinates stands near the middle of its region, apart from the others there.
    """
    waiting = Counter(firm.adcode for firm in firms if firm.lon is None or firm.lat is None)
    seated: dict[str, int] = defaultdict(int)
    for firm in firms:
        if firm.lon is not None and firm.lat is not None:
            yield firm, firm.lon, firm.lat, True
            continue
        place = geography.get(firm.adcode) if firm.adcode else None
        if place is None or place.lon is None or place.lat is None:
            continue
        seat = seated[place.adcode]
        seated[place.adcode] += 1
        east, north = _seat(seat, waiting[place.adcode])
        yield firm, place.lon + east, place.lat + north, False


def _seat(seat: int, seats: int) -> tuple[float, float]:
    """Where one of `seats` firms stands around the middle, in degrees (east, north)."""
    step = min(_SPREAD_DEGREES, _MOST_SPREAD / math.sqrt(seats))
    radius, angle = step * math.sqrt(seat), seat * _GOLDEN_ANGLE
    return radius * math.cos(angle), radius * math.sin(angle)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A target for one gap, with its rank."""

    mark: TargetMark
    target: Target


def target_points(
    session: Session, knowledge: Knowledge, place: Region, nodes: Sequence[str]
) -> list[MapTarget]:
    """Return the best targets of each node, a firm once with all its ranks, in the order of the nodes."""
    best: dict[str, list[_Wanted]] = defaultdict(list)
    for node in nodes:
        ranked = rank_targets(session, knowledge, place.adcode, node).ranked
        for rank, target in enumerate(ranked.targets[:_TARGETS_SHOWN], start=1):
            best[target.firm].append(_Wanted(TargetMark(node, rank, target.score), target))
    rows = {one.firm.key: one.firm for one in read_node_firms(session, nodes) if one.firm.key in best}
    names = _FullNames(knowledge.geography)
    return [
        MapTarget(
            firm.name,
            lon,
            lat,
            tuple(one.mark for one in best[firm.key]),
            (*(factor.reason for factor in best[firm.key][0].target.telling(3)), names.of(firm.adcode)),
            placed,
            firm.key,
        )
        for firm, lon, lat, placed in place_firms(knowledge.geography, [rows[key] for key in best])
    ]


def supply_flows(
    geography: Geography, place: Region, nodes: Sequence[str], cities: Cells, own: Mapping[str, float]
) -> list[SupplyFlow]:
    """Return for each node the cities that supply it best from where they lie: firms discounted by distance.

    Parameters
    ----------
    cities : coverage of the chain at city level, the whole country. own : effective firms of each node in
    the region itself, taken off the city that the region lies in.

    Returns
    -------
    Up to five a node, the strongest first: effective firms * exp(-distance / `REACH_KM`), as "supply within
    reach" counts them beside a gap.
    """
    inside, above = regions_inside(geography, place.adcode), geography.lineage(place.adcode)
    supply: dict[str, dict[str, float]] = defaultdict(dict)
    for adcode, node, effective, *_ in cities:
        if node in nodes and adcode not in inside:
            left = effective - (own.get(node, 0.0) if adcode in above else 0.0)
            if left >= _LEAST_SUPPLY:
                supply[node][adcode] = left
    return [flow for node in nodes for flow in _strongest(geography, place, node, supply[node])]


def _strongest(
    geography: Geography, place: Region, node: str, supply: Mapping[str, float]
) -> list[SupplyFlow]:
    codes = sorted(supply)
    distances = geography.distances_km(place.adcode, codes)
    ranked = [
        (supply[code] * math.exp(-float(away) / REACH_KM), code, float(away))
        for code, away in zip(codes, distances, strict=True)
        if np.isfinite(away)
    ]
    ranked.sort(key=lambda one: (-one[0], one[1]))
    flows = []
    for _, code, away in ranked[:_FLOWS_SHOWN]:
        city = geography.get(code)
        if city.lon is not None and city.lat is not None:
            flows.append(SupplyFlow(node, city.name, city.lon, city.lat, supply[code], away))
    return flows


def own_supply(geography: Geography, place: Region, counties: Cells) -> dict[str, float]:
    """Return the effective firms of each node in the region, from the coverage of its counties."""
    inside = regions_inside(geography, place.adcode)
    found: dict[str, float] = defaultdict(float)
    for adcode, node, effective, *_ in counties:
        if adcode in inside:
            found[node] += effective
    return found


def heat_cells(geography: Geography, counties: Cells) -> list[HeatCell]:
    """Return the effective firms of every node in every county that has a point, by node and county."""
    cells = []
    for adcode, node, effective, *_ in sorted(counties, key=lambda cell: (cell[1], cell[0])):
        county = geography.get(adcode)
        if effective > 0 and county.lon is not None and county.lat is not None:
            cells.append(HeatCell(node, county.lon, county.lat, effective))
    return cells


def chain_cells(session: Session, chain: Chain) -> tuple[Cells, Cells]:
    """Return the chain's coverage of the whole country, by city and by county."""
    return read_coverage(session, chain, Level.CITY), read_coverage(session, chain, Level.COUNTY)


def zone_points(geography: Geography) -> list[MapZone]:
    """Return the development zones near the middles of their regions, apart from each other."""
    here = [
        _ZonePlace(zone.name, zone.kind, zone.adcode) for zone in load_zones() if zone.adcode in geography
    ]
    names = _FullNames(geography)
    return [
        MapZone(zone.name, zone.kind, lon, lat, names.of(zone.adcode), zone.adcode or "")
        for zone, lon, lat, _ in place_firms(geography, here)
    ]


@dataclass(frozen=True, slots=True)
class _ZonePlace:
    name: str
    kind: str
    adcode: str | None
    lon: float | None = None
    lat: float | None = None


def source_outlines(cache_dir: Path) -> list[SourceOutline]:
    """Return the outlines of the regions that firms are sought in."""
    return [
        SourceOutline(one.name, one.plan, to_geojson(one.geometry)) for one in load_source_outlines(cache_dir)
    ]


def found_places(geography: Geography, place: Region) -> list[FoundPlace]:
    """Return what the search box knows: all provinces and cities, and the counties of this province."""
    province = geography.at_level(place.adcode, Level.PROVINCE) or place.adcode
    inside = regions_inside(geography, province)
    regions: Iterable[Region] = (
        region
        for level in Level
        for region in geography.regions(level)
        if region.level is level and (level is not Level.COUNTY or region.adcode in inside)
    )
    return [
        FoundPlace(
            region.name,
            geography.full_name(region.adcode),
            region.initials,
            region.lon,
            region.lat,
            _ZOOMS[region.level],
        )
        for region in regions
        if region.lon is not None and region.lat is not None
    ]
