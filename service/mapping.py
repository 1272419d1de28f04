"""Maps: gathers what a map of a chain around a region shows, and has `render` draw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from service.analysis import WHOLE_COUNTRY, ChainView, completeness_by_region, report_gaps, view_chain
from service.domain.completeness import RegionReport, RegionSummary
from service.domain.gaps import Rating
from service.domain.regions import Geography, Level, Region
from service.ingest.boundaries import load_boundaries, load_dash_line
from service.ingest.sounds import initials_of
from service.knowledge import Knowledge
from service.map_layers import (
    chain_cells,
    firm_points,
    found_places,
    heat_cells,
    node_list,
    own_supply,
    source_outlines,
    supply_flows,
    target_points,
    to_geojson,
    zone_points,
)
from service.render.map_content import Geometry, MapContent, MapLevel, ShadedRegion
from service.render.map_tiles import BaseMap, find_base_map
from service.render.maps import render_map
from service.settings import Settings
from service.storage.engine import Session
from service.storage.sources import data_changed_at
from service.targeting import regions_inside
from service.words import RATINGS

_GAPS_SHOWN = 5
# Degrees: borders of the provinces, drawn behind those of finer levels or over the whole country.
COUNTRY_TOLERANCE = 0.03
_TOLERANCE = 0.01
_FINER = {Level.PROVINCE: Level.CITY, Level.CITY: Level.COUNTY}
# From which zoom on the names of a level's regions can be read beside each other.
_NAMES_FROM = {Level.PROVINCE: 3.0, Level.CITY: 5.5, Level.COUNTY: 7.0}
_LEVEL_NAMES = {
    Level.PROVINCE: "省级完整度（全国）",
    Level.CITY: "市级完整度（本省）",
    Level.COUNTY: "县级完整度（本省）",
}


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

    It shows the completeness of provinces, of the province's cities and counties; the local firms of the
    chain; the best targets of the five most urgent gaps (of `node` alone where given) and where their
    supply comes from; the chain's firms in the whole country; zones and source regions.

    Raises UnknownRegion, UnknownChain, UnknownNode, InvalidQuery.
    """
    return render_map(gather_map(session, knowledge, settings, region, chain, node=node))


def gather_map(
    session: Session,
    knowledge: Knowledge,
    settings: Settings,
    region: str,
    chain: str,
    *,
    node: str | None = None,
) -> MapContent:
    """Return what `draw_map` draws. Raises as it does."""
    view = view_chain(session, knowledge, region, chain)
    report = report_gaps(knowledge, view)
    geography, place, the_chain = knowledge.geography, view.region, view.coverage.chain
    gaps = [node] if node else [gap.node for gap in report.gaps[:_GAPS_SHOWN]]
    targets = target_points(session, knowledge, place, gaps)
    cities, counties = chain_cells(session, the_chain)
    firms = firm_points(session, knowledge, the_chain, place)
    levels = _levels(session, knowledge, settings, chain, place)
    return MapContent(
        title=f"{place.name} · {the_chain.name}招商地图",
        subtitle=_subtitle(report),
        centre=_nearest_centre(geography, place),
        outline=_outline(settings.cache_dir, place),
        levels=levels,
        shown_level=_first_level(geography, place),
        country=tuple(country_outlines(settings.cache_dir).values()),
        dash_line=dash_line(),
        nodes=node_list(the_chain),
        gaps=gaps,
        firms=firms,
        targets=targets,
        flows=supply_flows(geography, place, gaps, cities, own_supply(geography, place, counties)),
        heat=heat_cells(geography, counties),
        zones=zone_points(geography),
        source_regions=source_outlines(settings.cache_dir),
        places=found_places(geography, place),
        initials=initials_of([*(firm.name for firm in firms), *(target.name for target in targets)]),
        notes=_notes(session, view, geography, place, settings),
        review_number=settings.map_review_number,
        base=base_map(settings),
    )


def base_map(settings: Settings) -> BaseMap | None:
    """Return the base map that the settings ask for, None for none."""
    return find_base_map(settings.map_tiles, settings.tianditu_key)


def _notes(
    session: Session, view: ChainView, geography: Geography, place: Region, settings: Settings
) -> tuple[str, ...]:
    changed = data_changed_at(session)
    notes = [
        f"数据日期：{changed:%Y-%m-%d}（版本 {view.data_version}）" if changed else "尚无数据",
        "来源：" + "、".join(source.title for source in view.sources),
        "边界：天地图行政区划（2025-09），仅作示意",
        "无坐标的企业和开发区标在所在区县（或市）中部，仅作示意",
        "热力：全国各区县该环节的有效企业数，限名录所载",
        "供应来向：按有效企业数和直线距离，各缺口前 5 个市",
    ]
    if _outline(settings.cache_dir, place) is None:
        near = geography.full_name(place.parent) if place.parent else "全国"
        notes.append(f"{place.name}尚无边界数据，地图以{near}为中心")
    return tuple(notes)


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

    `region` may be the whole country (100000). `level` is by default the next finer one. `centre` (lon, lat)
    is where the name is written, null where unknown. Raises UnknownRegion, UnknownChain.
    """
    geography = knowledge.geography
    if region in (WHOLE_COUNTRY, "全国"):
        wanted = level or Level.PROVINCE
        members = members_of(geography, Shown(WHOLE_COUNTRY, wanted))
    else:
        place = geography.find(region)
        wanted = level or _FINER.get(place.level, Level.COUNTY)
        members = _inside_at(geography, place, wanted)
    shaded = _shaded(session, knowledge, settings, chain, wanted, members)
    features = [
        {
            "type": "Feature",
            "id": one.adcode,
            "geometry": one.geometry,
            "properties": {
                "adcode": one.adcode,
                "name": one.name,
                "completeness": one.completeness,
                "centre": one.centre,
            },
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


def _levels(
    session: Session, knowledge: Knowledge, settings: Settings, chain: str, place: Region
) -> list[MapLevel]:
    """All provinces; the cities and the counties of the region's province."""
    geography = knowledge.geography
    province = geography.get(geography.at_level(place.adcode, Level.PROVINCE) or place.adcode)
    found = []
    for level, name in _LEVEL_NAMES.items():
        if level is Level.PROVINCE:
            members = [region.adcode for region in geography.regions(level)]
        else:
            members = _inside_at(geography, province, level)
        tolerance = COUNTRY_TOLERANCE if level is Level.PROVINCE else _TOLERANCE
        shaded = _shaded(session, knowledge, settings, chain, level, members, tolerance_deg=tolerance)
        found.append(MapLevel(name, shaded, _NAMES_FROM[level]))
    return found


def _first_level(geography: Geography, place: Region) -> int:
    """The place in `Level` of what is shown first: the level below the region's, the counties at last."""
    return list(Level).index(_finer_level(geography, place))


def _finer_level(geography: Geography, place: Region) -> Level:
    finer = _FINER.get(place.level, Level.COUNTY)
    # A municipality stands at city level itself: its parts are counties.
    return Level.COUNTY if _inside_at(geography, place, finer) == [place.adcode] else finer


def _inside_at(geography: Geography, place: Region, level: Level) -> list[str]:
    inside = regions_inside(geography, place.adcode)
    return [region.adcode for region in geography.regions(level) if region.adcode in inside]


def _nearest_centre(geography: Geography, place: Region) -> tuple[float, float] | None:
    """The region's point; where none is known, that of the nearest region above it which has one."""
    return next((at for one in reversed(geography.path(place.adcode)) if (at := _centre(one))), None)


def shaded_around(
    session: Session, knowledge: Knowledge, settings: Settings, chain: str, place: Region
) -> list[ShadedRegion]:
    """Return what a small map of a region shows: its parts, or for a county the counties of its city."""
    shown = shown_around(knowledge.geography, place)
    members = members_of(knowledge.geography, shown)
    return _shaded(session, knowledge, settings, chain, shown.level, members)


@dataclass(frozen=True, slots=True)
class Shown:
    """Which regions a map shades: those of `level` inside `region` (100000: the whole country)."""

    region: str
    level: Level


def shown_around(geography: Geography, place: Region) -> Shown:
    """Return what a map of `place` shades: its parts; for a county those beside it."""
    if place.level is Level.COUNTY:
        return Shown(place.parent or place.adcode, Level.COUNTY)
    return Shown(place.adcode, _finer_level(geography, place))


def members_of(geography: Geography, shown: Shown) -> list[str]:
    """Return the adcodes of the regions that are shaded, by code."""
    if shown.region == WHOLE_COUNTRY:
        return [region.adcode for region in geography.regions(shown.level)]
    return _inside_at(geography, geography.get(shown.region), shown.level)


def _shaded(
    session: Session,
    knowledge: Knowledge,
    settings: Settings,
    chain: str,
    level: Level,
    adcodes: Sequence[str],
    *,
    tolerance_deg: float = _TOLERANCE,
) -> list[ShadedRegion]:
    summaries = completeness_by_region(session, knowledge, chain, level, adcodes)
    shapes = _geometries(settings.cache_dir, level, tolerance_deg)
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
def _geometries(
    cache_dir: Path, level: Level, tolerance_deg: float = _TOLERANCE
) -> dict[str, dict[str, Any]]:
    """Boundaries of one level as GeoJSON, coordinates to 4 decimals (11 m; 3 would leave slivers)."""
    frame = load_boundaries(level, tolerance_deg=tolerance_deg, cache_dir=cache_dir)
    shapes = [to_geojson(geometry) for geometry in frame["geometry"]]
    return dict(zip(frame["adcode"], shapes, strict=True))


def _outline(cache_dir: Path, place: Region) -> dict[str, Any] | None:
    return _geometries(cache_dir, place.level).get(place.adcode)


def country_outlines(cache_dir: Path) -> Mapping[str, Geometry]:
    """Return the borders of all provinces by adcode, simplified: what lies behind a map."""
    return _geometries(cache_dir, Level.PROVINCE, COUNTRY_TOLERANCE)


@lru_cache(maxsize=1)
def dash_line() -> Geometry:
    """Return the dash line of the South China Sea as one geometry."""
    return to_geojson(load_dash_line().geometry.union_all())
