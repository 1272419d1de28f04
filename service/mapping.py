"""Maps: gathers what a map of a chain around a region shows, and has `render` draw it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely

from service.analysis import completeness_by_region, report_gaps, view_chain
from service.domain.chains import Chain
from service.domain.completeness import RegionReport, RegionSummary
from service.domain.gaps import Rating
from service.domain.regions import Geography, Level, Region
from service.domain.targets import Target
from service.ingest.boundaries import load_boundaries, load_dash_line
from service.knowledge import Knowledge
from service.render.maps import MapContent, MapPoint, ShadedRegion, render_map
from service.settings import Settings
from service.storage.candidates import LinkedFirm, read_node_firms
from service.storage.engine import Session
from service.storage.sources import data_changed_at
from service.storage.tables import FirmRow
from service.targeting import rank_targets, regions_inside
from service.words import RATINGS

_GAPS_SHOWN, _TARGETS_SHOWN = 5, 5
# Degrees: borders of the provinces, drawn behind those of finer levels.
COUNTRY_TOLERANCE = 0.03
_DECIMALS = 4
_FINER = {Level.PROVINCE: Level.CITY, Level.CITY: Level.COUNTY}
# Firms without coordinates are set around the middle of their county on a sunflower, one every 0.4 km or so.
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_SPREAD_DEGREES = 0.004


def draw_map(
    session: Session,
    knowledge: Knowledge,
    settings: Settings,
    region: str,
    chain: str,
    *,
    node: str | None = None,
) -> bytes:
    """Return the map of a chain around a region as one HTML file.

    It shows the completeness of the regions beside and within, the local firms of the chain, and the best
    targets of the five most urgent gaps (of `node` alone where given).

    Raises UnknownRegion, UnknownChain, UnknownNode, InvalidQuery.
    """
    view = view_chain(session, knowledge, region, chain)
    report = report_gaps(knowledge, view)
    geography, place, the_chain = knowledge.geography, view.region, view.coverage.chain
    wanted = [node] if node else [gap.node for gap in report.gaps[:_GAPS_SHOWN]]
    changed = data_changed_at(session)
    return render_map(
        MapContent(
            title=f"{place.name} · {the_chain.name}招商地图",
            subtitle=_subtitle(report),
            centre=_centre(place),
            outline=_outline(settings.cache_dir, place),
            peers=_shaded(session, knowledge, settings, chain, place.level, _peers(geography, place)),
            parts=_shaded_parts(session, knowledge, settings, chain, place),
            country=_country(settings.cache_dir),
            dash_line=_dash_line(),
            firms=_firm_points(session, knowledge, the_chain, place),
            targets=_target_points(session, knowledge, place, wanted),
            notes=(
                f"数据日期：{changed:%Y-%m-%d}（版本 {view.data_version}）" if changed else "尚无数据",
                "来源：" + "、".join(source.title for source in view.sources),
                "边界：天地图行政区划（2025-09），仅作示意",
                "无坐标的企业标在所在区县（或市）中部，仅作示意",
            ),
            review_number=settings.map_review_number,
        )
    )


def region_features(
    session: Session,
    knowledge: Knowledge,
    settings: Settings,
    region: str,
    chain: str,
    *,
    level: Level | None = None,
) -> dict[str, Any]:
    """Return the regions of `level` inside a region with their completeness, as GeoJSON (WGS-84).

    `level` is by default the next finer one. Raises UnknownRegion, UnknownChain.
    """
    place = knowledge.geography.find(region)
    wanted = level or _FINER.get(place.level, Level.COUNTY)
    members = _inside_at(knowledge.geography, place, wanted)
    shaded = _shaded(session, knowledge, settings, chain, wanted, members)
    features = [
        {
            "type": "Feature",
            "id": one.adcode,
            "geometry": one.geometry,
            "properties": {"adcode": one.adcode, "name": one.name, "completeness": one.completeness},
        }
        for one in shaded
    ]
    return {"type": "FeatureCollection", "features": features}


def _subtitle(report: RegionReport) -> str:
    counts = report.summary.leaves
    words = "、".join(f"{RATINGS[rating]} {counts[rating]}" for rating in Rating if counts[rating])
    share = report.summary.completeness
    whole = "未观测" if share is None else f"{share * 100:.0f}%"
    return f"完整度 {whole}；环节：{words}"


def _peers(geography: Geography, place: Region) -> list[str]:
    """The regions of the same level in the same province; all provinces for a province."""
    if place.level is Level.PROVINCE:
        return [region.adcode for region in geography.regions(Level.PROVINCE)]
    province = geography.at_level(place.adcode, Level.PROVINCE)
    return _inside_at(geography, geography.get(province or place.adcode), place.level)


def _inside_at(geography: Geography, place: Region, level: Level) -> list[str]:
    inside = regions_inside(geography, place.adcode)
    return [region.adcode for region in geography.regions(level) if region.adcode in inside]


def _shaded_parts(
    session: Session, knowledge: Knowledge, settings: Settings, chain: str, place: Region
) -> list[ShadedRegion]:
    finer = _FINER.get(place.level)
    if finer is None:
        return []
    members = _inside_at(knowledge.geography, place, finer)
    return _shaded(session, knowledge, settings, chain, finer, members)


def shaded_around(
    session: Session, knowledge: Knowledge, settings: Settings, chain: str, place: Region
) -> list[ShadedRegion]:
    """Return what a small map of a region shows: its parts, or for a county the counties of its city."""
    geography, level = knowledge.geography, _FINER.get(place.level, Level.COUNTY)
    above = geography.get(place.parent) if place.level is Level.COUNTY and place.parent else place
    members = _inside_at(geography, above, level)
    if members == [place.adcode] and place.level is Level.PROVINCE:
        # A municipality stands at city level itself: its parts are counties.
        level, members = Level.COUNTY, _inside_at(geography, above, Level.COUNTY)
    return _shaded(session, knowledge, settings, chain, level, members)


def _shaded(
    session: Session,
    knowledge: Knowledge,
    settings: Settings,
    chain: str,
    level: Level,
    adcodes: Sequence[str],
) -> list[ShadedRegion]:
    summaries = completeness_by_region(session, knowledge, chain, level, adcodes)
    shapes = _geometries(settings.cache_dir, level)
    return [
        ShadedRegion(
            adcode,
            knowledge.geography.get(adcode).name,
            shapes[adcode],
            summaries[adcode].completeness,
            (_counts(summaries[adcode]),),
            _centre(knowledge.geography.get(adcode)),
        )
        for adcode in adcodes
        if adcode in shapes
    ]


def _centre(place: Region) -> tuple[float, float] | None:
    return None if place.lon is None or place.lat is None else (place.lon, place.lat)


def _counts(summary: RegionSummary) -> str:
    return "，".join(f"{RATINGS[rating]} {count}" for rating, count in summary.leaves.items() if count)


@lru_cache(maxsize=8)
def _geometries(cache_dir: Path, level: Level) -> dict[str, dict[str, Any]]:
    """Boundaries of one level as GeoJSON, coordinates to 4 decimals (11 m; 3 would leave slivers)."""
    frame = load_boundaries(level, cache_dir=cache_dir)
    shapes = [_to_geojson(geometry) for geometry in frame["geometry"]]
    return dict(zip(frame["adcode"], shapes, strict=True))


def _to_geojson(geometry: Any) -> dict[str, Any]:
    moved = shapely.transform(geometry, lambda pairs: pairs.round(_DECIMALS))
    shape: dict[str, Any] = dict(moved.__geo_interface__)
    return shape


def _outline(cache_dir: Path, place: Region) -> dict[str, Any] | None:
    return _geometries(cache_dir, place.level).get(place.adcode)


@lru_cache(maxsize=2)
def _country(cache_dir: Path) -> tuple[dict[str, Any], ...]:
    frame = load_boundaries(Level.PROVINCE, tolerance_deg=COUNTRY_TOLERANCE, cache_dir=cache_dir)
    return tuple(_to_geojson(geometry) for geometry in frame["geometry"])


@lru_cache(maxsize=1)
def _dash_line() -> dict[str, Any]:
    return _to_geojson(load_dash_line().geometry.union_all())


def _firm_points(session: Session, knowledge: Knowledge, chain: Chain, place: Region) -> list[MapPoint]:
    inside = regions_inside(knowledge.geography, place.adcode)
    linked: dict[int, list[LinkedFirm]] = defaultdict(list)
    for one in read_node_firms(session, [node.id for node in chain.nodes], inside=inside):
        linked[one.firm.id].append(one)
    firms = [ones[0].firm for ones in linked.values()]
    return [
        MapPoint(
            lon,
            lat,
            firm.name,
            (
                "环节：" + "、".join(chain.node(one.node).name for one in linked[firm.id]),
                _where(knowledge.geography, firm),
            ),
            placed,
        )
        for firm, lon, lat, placed in _placed(knowledge.geography, firms)
    ]


def _target_points(
    session: Session, knowledge: Knowledge, place: Region, nodes: Sequence[str]
) -> list[MapPoint]:
    best: dict[str, list[tuple[str, int, Target]]] = defaultdict(list)
    for node in nodes:
        found = rank_targets(session, knowledge, place.adcode, node)
        for rank, target in enumerate(found.ranked.targets[:_TARGETS_SHOWN], start=1):
            best[target.firm].append((found.node.name, rank, target))
    firms = _firms_by_key(session, nodes, best.keys())
    points = []
    for firm, lon, lat, placed in _placed(knowledge.geography, firms):
        wanted = best[firm.key]
        lines = [f"{name}：第 {rank} 位，{target.score:.0f} 分" for name, rank, target in wanted]
        top = wanted[0][2].telling(3)
        lines += [factor.reason for factor in top]
        points.append(MapPoint(lon, lat, firm.name, (*lines, _where(knowledge.geography, firm)), placed))
    return points


def _firms_by_key(session: Session, nodes: Sequence[str], keys: Iterable[str]) -> list[FirmRow]:
    wanted = set(keys)
    found = {one.firm.key: one.firm for one in read_node_firms(session, nodes) if one.firm.key in wanted}
    return [found[key] for key in sorted(found)]


def _where(geography: Geography, firm: FirmRow) -> str:
    return geography.full_name(firm.adcode) if firm.adcode else ""


def _placed(geography: Geography, firms: Sequence[FirmRow]) -> Iterable[tuple[FirmRow, float, float, bool]]:
    """Yield the firms that can be drawn: at their coordinates, else around the middle of their region."""
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
        radius, angle = _SPREAD_DEGREES * math.sqrt(seat), seat * _GOLDEN_ANGLE
        yield firm, place.lon + radius * math.cos(angle), place.lat + radius * math.sin(angle), False
