"""The layers of the map page as GeoJSON (WGS-84): what is drawn on what is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from service.analysis import report_gaps, view_chain
from service.domain.chains import Chain
from service.errors import InvalidQuery
from service.kept import Kept
from service.knowledge import Knowledge
from service.map_layers import firm_points, target_points, zone_points
from service.mapping import country_outlines, dash_line
from service.render.map_content import Geometry, MapFirm
from service.storage.engine import Session
from service.storage.sources import data_version
from service.targeting import regions_inside

MOST_CORNERS = 2_000
"""Corners of a drawn area at most."""
_GAPS_SHOWN = 5
# The firms of a chain in a region, as they stand on the map: asked for again with every area that is drawn.
_points: Kept[tuple[MapFirm, ...]] = Kept(16)


def country_features(cache_dir: Path) -> dict[str, Any]:
    """Return the outlines of the provinces and the dash line of the South China Sea, simplified."""
    outlines = country_outlines(cache_dir).items()
    provinces = [_feature(code, shape, {"kind": "province"}) for code, shape in outlines]
    return _collection([*provinces, _feature("dash_line", dash_line(), {"kind": "dash_line"})])


def firm_features(
    session: Session, knowledge: Knowledge, region: str, chain: str, *, node: str | None = None
) -> dict[str, Any]:
    """Return the chain's firms in a region (of `node` and those below it where given).

    Raises UnknownRegion, UnknownChain, UnknownNode.
    """
    return _collection(
        [
            _feature(
                one.key,
                _point(one.lon, one.lat),
                {"name": one.name, "nodes": one.nodes, "founded": one.founded, "placed": one.placed},
            )
            for one in _firms(session, knowledge, region, chain, node)
        ]
    )


def target_features(
    session: Session, knowledge: Knowledge, region: str, chain: str, *, node: str | None = None
) -> dict[str, Any]:
    """Return the best targets of the five most urgent gaps (of `node` alone where given), best rank first.

    Raises UnknownRegion, UnknownChain, UnknownNode.
    """
    view = view_chain(session, knowledge, region, chain)
    leaves = view.coverage.chain.leaves_below(node) if node else ()
    gaps = list(leaves) or [gap.node for gap in report_gaps(knowledge, view).gaps[:_GAPS_SHOWN]]
    found = target_points(session, knowledge, view.region, gaps)
    names = {one.id: one.name for one in view.coverage.chain.nodes}
    features = []
    for one in sorted(found, key=lambda target: min(mark.rank for mark in target.marks)):
        said = [f"{names[mark.node]}：第 {mark.rank} 位，{mark.score:.0f} 分" for mark in one.marks]
        rank = min(mark.rank for mark in one.marks)
        values = {"name": one.name, "rank": rank, "lines": [*said, *one.lines], "placed": one.placed}
        features.append(_feature(one.key, _point(one.lon, one.lat), values))
    return _collection(features)


def zone_features(knowledge: Knowledge, region: str) -> dict[str, Any]:
    """Return the development zones of a region, near the middle of the county or city each belongs to.

    Raises UnknownRegion.
    """
    geography = knowledge.geography
    inside = regions_inside(geography, geography.find(region).adcode)
    found = [one for one in zone_points(geography) if one.adcode in inside]
    return _collection(
        [
            _feature(f"zone-{number}", _point(one.lon, one.lat), {"name": one.name, "kind": one.kind})
            for number, one in enumerate(found)
        ]
    )


@dataclass(frozen=True, slots=True)
class AreaFirms:
    """The firms inside a drawn area, by name, and how many there are of each node (the commonest first)."""

    firms: tuple[MapFirm, ...]
    by_node: tuple[tuple[str, int], ...]


def firms_in_area(
    session: Session,
    knowledge: Knowledge,
    region: str,
    chain: str,
    polygon: Mapping[str, Any],
    *,
    node: str | None = None,
) -> AreaFirms:
    """Return the firms that stand inside a polygon on the map of a region.

    Parameters
    ----------
    polygon : GeoJSON Polygon (WGS-84), the outer ring alone counts. A firm without coordinates stands where
    the map shows it: near the middle of its county.

    Raises
    ------
    UnknownRegion, UnknownChain, UnknownNode.
    InvalidQuery : the polygon is none, crosses itself, or has more than 2,000 corners.
    """
    area = read_polygon(polygon)
    firms = _firms(session, knowledge, region, chain, node)
    if not firms:
        return AreaFirms((), ())
    held = shapely.contains_xy(area, [one.lon for one in firms], [one.lat for one in firms])
    inside = sorted((one for one, is_in in zip(firms, held, strict=True) if is_in), key=lambda one: one.name)
    counts = Counter(at for one in inside for at in one.nodes)
    return AreaFirms(tuple(inside), tuple(counts.most_common()))


def read_polygon(polygon: Mapping[str, Any]) -> shapely.Polygon:
    """Return the area of a GeoJSON Polygon; InvalidQuery where it is none."""
    rings = polygon.get("coordinates")
    if polygon.get("type") != "Polygon" or not isinstance(rings, Sequence) or not rings:
        raise InvalidQuery("范围应为 GeoJSON 的 Polygon，坐标为 [经度, 纬度]")
    try:
        corners = [(float(lon), float(lat)) for lon, lat in rings[0]]
    except (TypeError, ValueError):
        raise InvalidQuery("范围的坐标应为 [经度, 纬度] 的数对") from None
    if not 4 <= len(corners) <= MOST_CORNERS:
        raise InvalidQuery(f"范围应有 3 到 {MOST_CORNERS - 1} 个角并首尾相接，收到 {len(corners)} 个坐标")
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in corners):
        raise InvalidQuery("范围的坐标超出经纬度（经度 ±180，纬度 ±90）")
    area = shapely.Polygon(corners)
    if not area.is_valid or area.is_empty or not area.area:
        raise InvalidQuery(f"范围的边不能相交：{shapely.is_valid_reason(area)}")
    return area


def _firms(
    session: Session, knowledge: Knowledge, region: str, chain_id: str, node: str | None
) -> list[MapFirm]:
    chain, place = knowledge.chain(chain_id), knowledge.geography.find(region)
    wanted = _wanted_nodes(knowledge, chain, node)
    key = (data_version(session), chain.id, place.adcode)
    points = _points.find(session, key, lambda: tuple(firm_points(session, knowledge, chain, place)))
    return [one for one in points if not wanted or not wanted.isdisjoint(one.nodes)]


def _wanted_nodes(knowledge: Knowledge, chain: Chain, node: str | None) -> frozenset[str]:
    if not node:
        return frozenset()
    knowledge.node(node)
    return frozenset({node, *chain.leaves_below(node)})


def _point(lon: float, lat: float) -> Geometry:
    return {"type": "Point", "coordinates": [round(lon, 5), round(lat, 5)]}


def _feature(identity: str, geometry: Geometry, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": identity, "geometry": geometry, "properties": dict(properties)}


def _collection(features: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}
