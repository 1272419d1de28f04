"""大屏: what a wall screen shows of a region, gathered once for each state of the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from service.analysis import view_chain
from service.changes import Changes, find_changes
from service.domain.regions import Level, Region
from service.domain.targets import Target
from service.gap_lists import GapLine
from service.kept import Kept
from service.knowledge import Knowledge
from service.mapping import shaded_around
from service.overview import Overview, find_overview
from service.render.map_content import ShadedRegion
from service.render.svg_map import DrawnMap, draw_svg_map
from service.settings import Settings
from service.standings import standings_of
from service.storage.engine import Session
from service.storage.sources import data_version
from service.targeting import rank_targets

_GAPS_LOOKED_AT, _TARGETS_SHOWN = 8, 8


@dataclass(frozen=True, slots=True)
class WallTarget:
    """The best firm that no gap before it named already."""

    line: GapLine
    target: Target
    place: str


@dataclass(frozen=True)
class WallPart:
    """A part of the region and the plain mean of its chains' completeness, None where not observed."""

    region: Region
    completeness: float | None


@dataclass(frozen=True)
class Wall:
    """Everything on the wall. `stamp` changes when any of it does; `parts` the most complete first."""

    overview: Overview
    changes: Changes
    targets: tuple[WallTarget, ...]
    map: DrawnMap | None
    parts: tuple[WallPart, ...]
    stamp: str


_kept: Kept[Wall] = Kept(16)


def find_wall(session: Session, knowledge: Knowledge, settings: Settings, region: str) -> Wall:
    """Return what the wall shows of a region, made once for each state of the data and each day.

    Raises UnknownRegion.
    """
    place = knowledge.geography.find(region)
    today = dt.datetime.now(dt.UTC).date()
    stamp = f"{data_version(session)}-{knowledge.chains_hash[:8]}-{today:%Y%m%d}-{place.adcode}"
    return _kept.find(session, stamp, lambda: _make(session, knowledge, settings, place, stamp))


def _make(session: Session, knowledge: Knowledge, settings: Settings, place: Region, stamp: str) -> Wall:
    overview = find_overview(session, knowledge, place.adcode)
    shaded = _shaded_by_all_chains(session, knowledge, settings, place)
    parts = [WallPart(knowledge.geography.get(one.adcode), one.completeness) for one in shaded]
    parts.sort(key=lambda part: (part.completeness is None, -(part.completeness or 0.0), part.region.adcode))
    targets = islice(
        _best_targets(session, knowledge, place, overview.gaps[:_GAPS_LOOKED_AT]), _TARGETS_SHOWN
    )
    return Wall(
        overview,
        find_changes(session, knowledge, place.adcode),
        tuple(targets),
        draw_svg_map(shaded, type_size=26.0),
        tuple(parts),
        stamp,
    )


def _best_targets(
    session: Session, knowledge: Knowledge, place: Region, gaps: Iterable[GapLine]
) -> Iterable[WallTarget]:
    named: set[str] = set()
    for line in gaps:
        ranked = rank_targets(session, knowledge, place.adcode, line.gap.node).ranked.targets
        best = next((target for target in ranked if target.firm not in named), None)
        if best is not None:
            named.add(best.firm)
            yield WallTarget(line, best, _where(knowledge, best.adcode))


def _where(knowledge: Knowledge, adcode: str | None) -> str:
    return knowledge.geography.full_name(adcode) if adcode else ""


def _shaded_by_all_chains(
    session: Session, knowledge: Knowledge, settings: Settings, place: Region
) -> list[ShadedRegion]:
    """The parts of the region with the mean of all chains' completeness in place of one chain's."""
    shaded = shaded_around(session, knowledge, settings, next(iter(knowledge.chains)), place)
    level = _level_of(knowledge, place, [one.adcode for one in shaded])
    means = mean_completeness(session, knowledge, level, [one.adcode for one in shaded])
    return [replace(one, completeness=means[one.adcode]) for one in shaded]


def _level_of(knowledge: Knowledge, place: Region, adcodes: list[str]) -> Level:
    """The level at which all the parts stand; a city without counties stands at county level as well."""
    geography = knowledge.geography
    levels = [level for level in (Level.CITY, Level.COUNTY) if level is not place.level or not adcodes]
    return next(
        (level for level in levels if all(geography.at_level(code, level) == code for code in adcodes)),
        Level.COUNTY,
    )


def mean_completeness(
    session: Session, knowledge: Knowledge, level: Level, adcodes: Iterable[str]
) -> dict[str, float | None]:
    """Return by region the plain mean over the chains of which something can be said there, None where of
    none. Each region is seen in its own comparison set.
    """
    found: dict[str, float | None] = {}
    waiting = set(adcodes)
    while waiting:
        first = next(iter(knowledge.chains))
        members = view_chain(session, knowledge, min(waiting), first, level=level).coverage.regions
        standings = standings_of(session, knowledge, level, members)
        here = waiting.intersection(members)
        for adcode in here:
            known = [ranks.of(adcode).completeness for ranks in standings.values()]
            shares = [share for share in known if share is not None]
            found[adcode] = sum(shares) / len(shares) if shares else None
        waiting -= here
    return found
