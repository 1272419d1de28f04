"""The layer of regions: how complete a chain is here, in the parts of a region and in its peers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely

from service.analysis import completeness_by_region
from service.briefing import Brief
from service.domain.chains import Stage
from service.domain.completeness import RegionSummary
from service.domain.gaps import Rating
from service.domain.regions import Geography, Level, Region
from service.ingest.boundaries import load_boundaries
from service.knowledge import Knowledge
from service.render.open_data import Column, Kind, Layer, Shape
from service.settings import Settings
from service.storage.engine import Session
from service.targeting import regions_inside
from service.words import BASES, LEVELS, RATINGS, STAGES

_FINER = {Level.PROVINCE: (Level.CITY, Level.COUNTY), Level.CITY: (Level.COUNTY,), Level.COUNTY: ()}
_HERE, _PART, _PEER = "本地区", "下级地区", "同级地区"

_COLUMNS = (
    Column("adcode", Kind.TEXT, "行政区划代码"),
    Column("name", Kind.TEXT, "名称"),
    Column("full_name", Kind.TEXT, "全称"),
    Column("level", Kind.TEXT, "层级"),
    Column("role", Kind.TEXT, "与本地区的关系：本地区、下级地区、同级地区"),
    Column("completeness", Kind.REAL, "产业链完整度（0–1），空为未观测"),
    *(Column(str(stage), Kind.REAL, f"{STAGES[stage]}完整度（0–1），空为未观测") for stage in Stage),
    *(Column(str(rating), Kind.INTEGER, f"评级为“{RATINGS[rating]}”的末级环节数") for rating in Rating),
    Column("basis", Kind.TEXT, "依据：完整名录才判缺，选择性名录只说疑缺"),
    Column("data_version", Kind.TEXT, "数据版本"),
)


def region_layer(session: Session, knowledge: Knowledge, settings: Settings, brief: Brief) -> Layer:
    """Return the region, what lies within it, and the regions of its level in the same province."""
    geography, rows, shapes = knowledge.geography, [], []
    for level, members in _members(geography, brief.region).items():
        found = completeness_by_region(session, knowledge, brief.chain.id, level, members)
        borders = _borders(settings.cache_dir, level)
        for adcode in members:
            rows.append(_row(geography, brief, geography.get(adcode), found[adcode]))
            shapes.append(borders.get(adcode))
    return Layer("regions", "地区完整度", _COLUMNS, tuple(rows), Shape.AREA, tuple(shapes))


def border_of(settings: Settings, place: Region) -> shapely.Geometry | None:
    """Return the border of a region, simplified to about 1 km; None where the source has none."""
    return _borders(settings.cache_dir, place.level).get(place.adcode)


def _members(geography: Geography, place: Region) -> dict[Level, list[str]]:
    """Return the regions to show by level: the region with its peers, then what lies within it."""
    province = geography.at_level(place.adcode, Level.PROVINCE)
    if place.level is Level.PROVINCE or province is None:
        peers = [one.adcode for one in geography.regions(place.level)]
    else:
        peers = _inside(geography, province, place.level)
    found = {place.level: [place.adcode, *(code for code in peers if code != place.adcode)]}
    for level in _FINER[place.level]:
        # A municipality stands at city level as itself: its parts are counties.
        parts = [code for code in _inside(geography, place.adcode, level) if code != place.adcode]
        if parts:
            return {**found, level: parts}
    return found


def _inside(geography: Geography, adcode: str, level: Level) -> list[str]:
    inside = regions_inside(geography, adcode)
    return [one.adcode for one in geography.regions(level) if one.adcode in inside]


def _row(geography: Geography, brief: Brief, place: Region, found: RegionSummary) -> dict[str, Any]:
    if place.adcode == brief.region.adcode:
        role = _HERE
    else:
        role = _PEER if place.level is brief.region.level else _PART
    return {
        "adcode": place.adcode,
        "name": place.name,
        "full_name": geography.full_name(place.adcode),
        "level": LEVELS[place.level],
        "role": role,
        "completeness": found.completeness,
        **{str(stage): found.by_stage.get(stage) for stage in Stage},
        **{str(rating): found.leaves.get(rating, 0) for rating in Rating},
        "basis": BASES[found.basis],
        "data_version": brief.report.data_version,
    }


@lru_cache(maxsize=8)
def _borders(cache_dir: Path, level: Level) -> dict[str, shapely.Geometry]:
    frame = load_boundaries(level, cache_dir=cache_dir)
    shapes: Sequence[shapely.Geometry] = list(frame["geometry"])
    return dict(zip(frame["adcode"], shapes, strict=True))
