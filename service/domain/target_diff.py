"""What changed between two lists of targets of one gap, firm by firm, and which factors moved the scores.

A list is what a run gave, or what was saved of it: it may be cut (only the best) and may leave the excluded
firms out. What cannot be known from a list is said as not known.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain.targets import TargetList
from service.errors import InvalidQuery

_SAME = 1e-9
"""Points up to which a contribution did not change."""

_ADDS_UP = 1e-6


class ChangeKind(StrEnum):
    """What became of a firm from the one list to the other."""

    NEW = "new"
    GONE = "gone"
    MOVED = "moved"


class GoneReason(StrEnum):
    """Why a firm is no longer listed: a hard obstacle, no link to the node any more, either of both (the list
    does not hold the excluded firms), or all that is known is that it is not among the best (a list that was
    cut).
    """

    EXCLUDED = "excluded"
    NOT_LINKED = "not_linked"
    EXCLUDED_OR_NOT_LINKED = "excluded_or_not_linked"
    BEYOND_LIST = "beyond_list"


@dataclass(frozen=True, slots=True)
class ScoredFactor:
    """One factor of a listed firm's score: value and weight 0-1, contribution in points of 100."""

    name: str
    value: float
    weight: float
    contribution: float
    reason: str


@dataclass(frozen=True, slots=True)
class ListedFirm:
    """A firm in a list: a target (rank from 1, score 0-100, factors), or excluded (both None).

    `exclusion`: the words of its hard obstacles.
    """

    firm: str
    name: str
    rank: int | None
    score: float | None
    factors: tuple[ScoredFactor, ...] = ()
    exclusion: str = ""


@dataclass(frozen=True, slots=True)
class SavedTargets:
    """A list of targets as it was saved: `among` is how many targets there were in all.

    Raises InvalidQuery when a firm or a rank stands twice, a rank is above `among`, a target has no score or
    its factors do not add up to it: then no change of it could be explained.
    """

    region: str
    node: str
    firms: tuple[ListedFirm, ...]
    among: int

    def __post_init__(self) -> None:
        for what, values in (
            ("企业", [one.firm for one in self.firms]),
            ("名次", [one.rank for one in self.firms if one.rank is not None]),
        ):
            double = [value for value, count in Counter(values).items() if count > 1]
            if double:
                raise InvalidQuery(f"名单中同一{what}出现多次：{double[0]}")
        for one in self.firms:
            _check(one, self.among)

    @property
    def targets(self) -> tuple[ListedFirm, ...]:
        """The targets, best first."""
        return tuple(
            sorted((one for one in self.firms if one.rank is not None), key=lambda one: one.rank or 0)
        )

    @property
    def whole(self) -> bool:
        """Whether every target of the run is in the list."""
        return len(self.targets) == self.among

    @property
    def excluded(self) -> Mapping[str, ListedFirm]:
        """The excluded firms by key; empty where the list leaves them out."""
        return {one.firm: one for one in self.firms if one.rank is None}


def _check(one: ListedFirm, among: int) -> None:
    if (one.rank is None) != (one.score is None):
        raise InvalidQuery(f"{one.name}：rank 与 score 应同时给出，或（被排除的企业）同时为空")
    if one.rank is None or one.score is None:
        return
    if not 1 <= one.rank <= among:
        raise InvalidQuery(f"{one.name}：rank 为 {one.rank}，应在 1 到 among（{among}）之间")
    names = [factor.name for factor in one.factors]
    if len(set(names)) != len(names):
        raise InvalidQuery(f"{one.name}：同一因素出现多次")
    total = math.fsum(factor.contribution for factor in one.factors)
    if not abs(total - one.score) <= _ADDS_UP:
        raise InvalidQuery(
            f"{one.name}：各因素之和 {total:g} 与得分 {one.score:g} 不符，应为同一次运行的结果"
        )


def saved_targets(found: TargetList) -> SavedTargets:
    """Return a run's list as it would be saved whole, the excluded firms with it."""
    targets = [
        ListedFirm(
            firm=target.firm,
            name=target.name,
            rank=rank,
            score=target.score,
            factors=tuple(
                ScoredFactor(one.name, one.value, one.weight, one.contribution, one.reason)
                for one in target.factors
            ),
        )
        for rank, target in enumerate(found.targets, start=1)
    ]
    excluded = [
        ListedFirm(
            firm=firm.firm,
            name=firm.name,
            rank=None,
            score=None,
            exclusion="".join(obstacle.reason for obstacle in firm.obstacles if obstacle.hard),
        )
        for firm in found.excluded
    ]
    return SavedTargets(found.region, found.node, (*targets, *excluded), len(targets))


@dataclass(frozen=True, slots=True)
class FactorChange:
    """What one factor did to a score, in points; None where a list does not have the factor."""

    name: str
    points: float
    value_before: float | None
    value_after: float | None
    weight_before: float | None
    weight_after: float | None
    reason_before: str | None
    reason_after: str | None


@dataclass(frozen=True, slots=True)
class TargetChange:
    """What became of one firm. `factors` are those that changed, the largest change first; their points add
    up to `points`. All of it is empty or None for NEW and GONE, `gone` is set for GONE only.
    """

    firm: str
    name: str
    kind: ChangeKind
    rank_before: int | None
    rank_after: int | None
    score_before: float | None
    score_after: float | None
    points: float | None
    gone: GoneReason | None
    reason: str
    factors: tuple[FactorChange, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetDiff:
    """The changes: new firms by rank, gone ones by their old rank, then the moved ones, the largest change of
    score first. `unchanged`: how many firms stand in both lists with the same rank and score.
    """

    region: str
    node: str
    new: int
    gone: int
    moved: int
    unchanged: int
    changes: tuple[TargetChange, ...]


def compare_targets(before: SavedTargets, after: SavedTargets) -> TargetDiff:
    """Return what changed from the list `before` to the list `after`.

    Firms are the same by key; a firm that was known by its name alone is also the one of the same name that
    now has a code, or the other way round.

    Raises InvalidQuery when the lists are not of the same region and node.
    """
    if (before.region, before.node) != (after.region, after.node):
        raise InvalidQuery(
            f"两份名单不是同一地区同一环节：{before.region} {before.node} 与 {after.region} {after.node}"
        )
    earlier = {one.firm: one for one in before.targets}
    keys = _same_firms(before, after)
    new: list[TargetChange] = []
    moved: list[TargetChange | None] = []
    met: set[str] = set()
    for one in after.targets:
        key = keys.get(one.firm, one.firm)
        if key in earlier:
            met.add(key)
            moved.append(_move(earlier[key], one))
        else:
            new.append(_new(one, before, before.excluded.get(key)))
    back = {old: now for now, old in keys.items()}
    gone = [_gone(one, after, back.get(one.firm, one.firm)) for one in before.targets if one.firm not in met]
    changed = sorted(
        (change for change in moved if change is not None),
        key=lambda change: (-abs(change.points or 0.0), change.rank_after or 0, change.firm),
    )
    return TargetDiff(
        region=after.region,
        node=after.node,
        new=len(new),
        gone=len(gone),
        moved=len(changed),
        unchanged=len(moved) - len(changed),
        changes=(*new, *gone, *changed),
    )


def _same_firms(before: SavedTargets, after: SavedTargets) -> dict[str, str]:
    """Key after -> key before, for firms whose key changed because a code became known or unknown."""
    old = {one.firm for one in before.firms}
    now = {one.firm for one in after.firms}
    by_name: dict[str, list[str]] = {}
    for one in before.firms:
        if one.firm not in now:
            by_name.setdefault(one.name, []).append(one.firm)
    found: dict[str, str] = {}
    for one in after.firms:
        if one.firm in old:
            continue
        waiting = by_name.get(one.name, [])
        match = next((key for key in waiting if "n:" in (key[:2], one.firm[:2])), None)
        if match is not None:
            waiting.remove(match)
            found[one.firm] = match
    return found


def _new(one: ListedFirm, before: SavedTargets, was_excluded: ListedFirm | None) -> TargetChange:
    words = f"新进名单，列第 {one.rank} 位，{one.score or 0.0:.1f} 分"
    if was_excluded is not None:
        words += f"；此前未列入：{was_excluded.exclusion}"
    elif not before.whole:
        words += f"；此前不在所列 {len(before.targets)} 家之内（当时共 {before.among} 家）。"
    else:
        words += "；此前被排除或未挂本环节。" if not before.excluded else "；此前未挂本环节。"
    return TargetChange(
        one.firm, one.name, ChangeKind.NEW, None, one.rank, None, one.score, None, None, words
    )


def _gone(one: ListedFirm, after: SavedTargets, key: str) -> TargetChange:
    start = f"不再列入（原第 {one.rank} 位，{one.score or 0.0:.1f} 分）："
    excluded = after.excluded.get(key)
    if excluded is not None:
        why, words = GoneReason.EXCLUDED, excluded.exclusion or "有硬性阻碍。"
    elif not after.whole:
        shown = len(after.targets)
        why, words = GoneReason.BEYOND_LIST, f"不在所列 {shown} 家之内（共 {after.among} 家）。"
    elif after.excluded:
        why, words = GoneReason.NOT_LINKED, "不再挂本环节。"
    else:
        why = GoneReason.EXCLUDED_OR_NOT_LINKED
        words = "被排除，或不再挂本环节（名单未含被排除的企业）。"
    return TargetChange(
        one.firm, one.name, ChangeKind.GONE, one.rank, None, one.score, None, None, why, start + words
    )


def _move(old: ListedFirm, now: ListedFirm) -> TargetChange | None:
    """Return the change of a firm that is in both lists; None where nothing changed."""
    factors = _factor_changes(old.factors, now.factors)
    points = math.fsum(change.points for change in factors)
    if old.rank == now.rank and not factors:
        return None
    return TargetChange(
        firm=now.firm,
        name=now.name,
        kind=ChangeKind.MOVED,
        rank_before=old.rank,
        rank_after=now.rank,
        score_before=old.score,
        score_after=now.score,
        points=points,
        gone=None,
        reason=_say_move(old, now, points),
        factors=factors,
    )


def _say_move(old: ListedFirm, now: ListedFirm, points: float) -> str:
    before, after = old.rank or 0, now.rank or 0
    if before == after:
        place = f"仍列第 {after} 位"
    else:
        place = f"由第 {before} 位{'升' if after < before else '降'}至第 {after} 位"
    score = f"得分 {old.score or 0.0:.1f} → {now.score or 0.0:.1f}（{points:+.1f}）"
    if abs(points) <= _SAME:
        score = f"得分仍为 {now.score or 0.0:.1f}"
    return f"{place}，{score}。"


def _factor_changes(old: Sequence[ScoredFactor], now: Sequence[ScoredFactor]) -> tuple[FactorChange, ...]:
    """Return the factors whose contribution changed or that one list lacks, the largest change first.

    A sentence that changed and moved nothing ("超过 12 家" of 13 firms instead of 12) is no change.
    """
    earlier = {factor.name: factor for factor in old}
    later = {factor.name: factor for factor in now}
    changes = (_factor_change(name, earlier.get(name), later.get(name)) for name in {**earlier, **later})
    found = [change for change in changes if change is not None]
    return tuple(sorted(found, key=lambda change: (-abs(change.points), change.name)))


def _factor_change(name: str, old: ScoredFactor | None, now: ScoredFactor | None) -> FactorChange | None:
    points = (now.contribution if now else 0.0) - (old.contribution if old else 0.0)
    if old and now and abs(points) <= _SAME:
        return None
    return FactorChange(
        name=name,
        points=points,
        value_before=old.value if old else None,
        value_after=now.value if now else None,
        weight_before=old.weight if old else None,
        weight_after=now.weight if now else None,
        reason_before=old.reason if old else None,
        reason_after=now.reason if now else None,
    )
