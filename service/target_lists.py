"""The targets of a gap with what they can be chosen by: for the page and the lists that are taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.domain.regions import Level
from service.domain.target_filter import LISTED, PlacedTarget, TargetChoice
from service.domain.targets import Candidate, Target
from service.kept import Kept
from service.knowledge import Knowledge
from service.render.workbook_tables import Cell, Column, Kind, Table
from service.storage.engine import Session
from service.targeting import RankedTargets
from service.words import TARGET_FACTORS

_MOST_FIRMS = 40_000
_TELLING = 3


@dataclass(frozen=True)
class _Placed:
    """The ranked list is kept beside what was made of it, so that its number stays its own."""

    found: RankedTargets
    targets: tuple[PlacedTarget, ...]


_kept: Kept[_Placed] = Kept(_MOST_FIRMS, cost=lambda placed: 1 + len(placed.targets))


def place_targets(session: Session, knowledge: Knowledge, found: RankedTargets) -> tuple[PlacedTarget, ...]:
    """Return the targets of a ranked list, in its order, with place, distance and standing."""
    return _kept.find(session, id(found), lambda: _Placed(found, tuple(_place(knowledge, found)))).targets


def _place(knowledge: Knowledge, found: RankedTargets) -> Iterator[PlacedTarget]:
    geography = knowledge.geography
    places = sorted({one.adcode for one in found.ranked.targets if one.adcode})
    away = dict(zip(places, geography.distances_km(found.region.adcode, places).tolist(), strict=True))
    names = {adcode: geography.full_name(adcode) for adcode in places}
    provinces = {adcode: geography.at_level(adcode, Level.PROVINCE) for adcode in places}
    sources = {adcode: knowledge.source_region(adcode) for adcode in places}
    for rank, target in enumerate(found.ranked.targets, start=1):
        candidate, at = found.candidates[target.firm], target.adcode or ""
        distance = away.get(at)
        yield PlacedTarget(
            rank=rank,
            target=target,
            place=names.get(at),
            province=provinces.get(at),
            source=sources.get(at),
            distance_km=distance if distance is not None and np.isfinite(distance) else None,
            standings=_standings(candidate),
            capital_cny=candidate.capital_cny,
            founded=candidate.founded,
            branches=len(candidate.branches or ()),
        )


def _standings(candidate: Candidate) -> tuple[str, ...]:
    return ((LISTED,) if candidate.listed else ()) + candidate.standing


def target_table(node: str, choice: TargetChoice, count: int | None) -> Table:
    """Return the first `count` chosen targets (None: all) of the node of this name as the table of a file."""
    columns = (
        Column("序号", 7, Kind.COUNT), Column("总名次", 8, Kind.COUNT), Column("环节", 22, Kind.WRAPPED),
        Column("企业", 36, Kind.WRAPPED), Column("统一社会信用代码", 22), Column("所在地", 26, Kind.WRAPPED),
        Column("距离（公里）", 12, Kind.COUNT), Column("得分", 12, Kind.SCORE), Column("资质", 18),
        Column("注册资本（元）", 18, Kind.MONEY), Column("成立日期", 13, Kind.DAY),
        Column("主要理由", 60, Kind.WRAPPED), Column("本地关联（以商招商）", 60, Kind.WRAPPED),
        Column("阻碍", 30, Kind.WRAPPED), Column("来源", 40, Kind.WRAPPED),
        *(Column(TARGET_FACTORS.get(name, name), 11, Kind.POINTS) for name in _factor_names(choice)),
    )  # fmt: skip
    rows = tuple(_row(number, node, one) for number, one in enumerate(choice.chosen[:count], start=1))
    return Table("目标企业", columns, rows, 4, "没有符合条件的目标企业。", printed=15)


def _factor_names(choice: TargetChoice) -> tuple[str, ...]:
    return tuple(factor.name for one in choice.chosen[:1] for factor in one.target.factors)


def _row(number: int, node: str, one: PlacedTarget) -> tuple[Cell, ...]:
    target = one.target
    return (
        number, one.rank, node, target.name, target.uscc, one.place, one.distance_km, target.score,
        "、".join(one.standings), one.capital_cny, one.founded,
        "\n".join(factor.reason for factor in target.telling(_TELLING)),
        "\n".join(tie.reason for tie in target.ties),
        "\n".join(obstacle.reason for obstacle in target.obstacles),
        _sources(target), *(factor.contribution for factor in target.factors),
    )  # fmt: skip


def _sources(target: Target) -> str:
    return "\n".join(f"{one.title}（{one.as_of}）" if one.as_of else one.title for one in target.sources)
