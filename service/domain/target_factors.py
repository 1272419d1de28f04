"""The factors of a target's score, each with a Chinese sentence, its source and its date; ties are in `ties`.

Unknown is not zero: a factor of which nothing is recorded takes the neutral value 0.5 and says so.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.targets import Branch, Candidate, TargetContext
from service.domain.weights import NEUTRAL, Finding

TARGET_FACTORS = ("capability", "purity", "expansion", "ties", "proximity", "source_region", "carriers")

SIZE_SHARE = 0.7
"""Share of size in capability; the rest is standing."""

RECENT = timedelta(days=3 * 365)
"""A branch founded within this time of the day the data reaches shows that the firm is expanding."""

NEAR_KM = 500.0
"""Distance at which proximity is 1/e: about a day's drive there and back."""

_NAMED = 3
_STANDING = {"单项冠军": 1.0, "专精特新": 0.75}


@dataclass(frozen=True, slots=True)
class SizeRank:
    """Where a firm stands in its node: share of the firms that are smaller, ties counted half (0-1)."""

    measure: str
    percentile: float
    among: int


def rank_sizes(candidates: Sequence[Candidate]) -> dict[str, SizeRank | None]:
    """Return each firm's rank by the first measure known of it: revenue, else employees, else capital.

    It is ranked among the candidates of which the same measure is known; None when none is. Raises
    ValueError when a firm stands twice.
    """
    sizes = [_sizes(candidate) for candidate in candidates]
    known: dict[str, list[float]] = {}
    for size in sizes:
        for measure, value in size.items():
            known.setdefault(measure, []).append(value)
    for values in known.values():
        values.sort()
    ranks: dict[str, SizeRank | None] = {}
    for candidate, size in zip(candidates, sizes, strict=True):
        if candidate.firm in ranks:
            raise ValueError(f"candidate {candidate.firm} stands twice")
        ranks[candidate.firm] = next((_rank(name, value, known[name]) for name, value in size.items()), None)
    return ranks


def _sizes(candidate: Candidate) -> dict[str, float]:
    sizes = {
        "营业收入": candidate.revenue_cny,
        "从业人员": candidate.employees,
        "注册资本": candidate.capital_cny,
    }
    return {measure: float(value) for measure, value in sizes.items() if value is not None}


def _rank(measure: str, value: float, ordered: list[float]) -> SizeRank:
    middle = (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2.0
    return SizeRank(measure, middle / len(ordered), len(ordered))


def find_factors(
    candidate: Candidate, node_name: str, context: TargetContext, rank: SizeRank | None, ties: Finding
) -> dict[str, Finding]:
    """Return the seven findings, in the order of TARGET_FACTORS; `ties` comes from `ties.TieBook`."""
    return {
        "capability": find_capability(candidate, rank),
        "purity": find_purity(candidate, node_name),
        "expansion": find_expansion(candidate, context),
        "ties": ties,
        "proximity": find_proximity(candidate, context),
        "source_region": find_source_region(candidate, context),
        "carriers": find_carriers(context),
    }


def find_capability(candidate: Candidate, rank: SizeRank | None) -> Finding:
    """Return 0.7 * size percentile within the node + 0.3 * standing.

    Standing: listed or 单项冠军 1, 专精特新 0.75, none recorded 0.5 (lists of standing are never whole).
    """
    words = ["上市公司"] if candidate.listed else []
    words += [word for word in _STANDING if word in candidate.standing]
    size = "规模不详"
    if rank:
        percent = f"{rank.percentile * 100:.0f}%"
        size = f"{rank.measure}在 {rank.among} 家有此数据的同环节企业中超过约 {percent}"
    told = candidate.told_by
    words_of_standing = "、".join(words) or "未见资质记录"
    value = capability_value(candidate, rank)
    return Finding(value, f"{size}；{words_of_standing}。", told.title, told.as_of)


def capability_value(candidate: Candidate, rank: SizeRank | None) -> float:
    """Return the value of `find_capability`."""
    honour = 1.0 if candidate.listed else NEUTRAL
    if candidate.standing and not candidate.listed:
        honours = (_STANDING[word] for word in candidate.standing if word in _STANDING)
        honour = max(honours, default=NEUTRAL)
    return SIZE_SHARE * (rank.percentile if rank else NEUTRAL) + (1.0 - SIZE_SHARE) * honour


def find_purity(candidate: Candidate, node_name: str) -> Finding:
    """Return the share of the firm's business that is in the node."""
    if candidate.node_share is None:
        return Finding(NEUTRAL, f"{node_name}占其业务的比重不详，此项取中性值。")
    told = candidate.told_by
    words = f"{node_name}约占其业务的 {candidate.node_share * 100:.0f}%。"
    return Finding(candidate.node_share, words, told.title, told.as_of)


def purity_value(candidate: Candidate) -> float:
    """Return the value of `find_purity`."""
    return NEUTRAL if candidate.node_share is None else candidate.node_share


def find_expansion(candidate: Candidate, context: TargetContext) -> Finding:
    """Return n / (1 + n) for n branches founded in the three years before the day the data reaches.

    A branch that a newer list shows, founded after that day, counts too; one after the day of the question
    does not. New branches in the areas around the region are named.
    """
    branches = candidate.branches
    if branches is None or not _dated(branches):
        return Finding(NEUTRAL, "未掌握其分支机构及设立时间，此项取中性值。")
    undated = sum(branch.founded is None for branch in branches)
    recent = _recent(branches, context)
    day = max([_until(context), *(branch.founded for branch in recent if branch.founded)])
    told = candidate.told_by
    words = _say_expansion(branches, undated, recent, day, context)
    return Finding(expansion_value(candidate, context), words, told.title, told.as_of)


def expansion_value(candidate: Candidate, context: TargetContext) -> float:
    """Return the value of `find_expansion`."""
    if candidate.branches is None or not _dated(candidate.branches):
        return NEUTRAL
    recent = len(_recent(candidate.branches, context))
    return recent / (1.0 + recent)


def _dated(branches: Sequence[Branch]) -> bool:
    """Something can be said of when they were founded: of none, that there are none."""
    return not branches or any(branch.founded for branch in branches)


def _until(context: TargetContext) -> date:
    return min(context.reaches or context.today, context.today)


def _recent(branches: Sequence[Branch], context: TargetContext) -> list[Branch]:
    since = _until(context) - RECENT
    return [branch for branch in branches if branch.founded and since <= branch.founded <= context.today]


def _say_expansion(
    branches: Sequence[Branch], undated: int, recent: Sequence[Branch], day: date, context: TargetContext
) -> str:
    start = f"数据截至 {day.isoformat()}："
    if not branches:
        return start + "未见分支机构。"
    unknown = f"（另 {undated} 家设立时间不详）" if undated else ""
    if not recent:
        return f"{start}已知分支机构 {len(branches)} 家，近三年未见新设{unknown}。"
    near = [(area, [one for one in recent if one.adcode in area.adcodes]) for area in context.areas]
    area, inside = next(((area, found) for area, found in near if found), (None, []))
    where = f"，其中{area.name} {len(inside)} 家" if area else ""
    return (
        f"{start}已知分支机构 {len(branches)} 家，近三年新设 {len(recent)} 家{where}"
        f"（{_name_branches(inside or recent, context)}）{unknown}。"
    )


def _name_branches(branches: Sequence[Branch], context: TargetContext) -> str:
    newest = sorted(branches, key=lambda one: (one.founded or date.min, one.adcode), reverse=True)
    named = [
        f"{context.place_names.get(one.adcode, one.adcode)} {one.founded:%Y-%m}"
        for one in newest[:_NAMED]
        if one.founded
    ]
    return "、".join(named) + ("等" if len(newest) > _NAMED else "")


def find_proximity(candidate: Candidate, context: TargetContext) -> Finding:
    """Return exp(-distance / 500 km) from the firm's seat."""
    distance = context.distance_km.get(candidate.adcode or "")
    if distance is None:
        return Finding(NEUTRAL, "注册地不详，无法计算距离，此项取中性值。")
    words = f"注册地距{context.region_name}约 {distance:.0f} 公里。"
    told = context.distance_source
    return Finding(proximity_value(candidate, context), words, told.title, told.as_of)


def proximity_value(candidate: Candidate, context: TargetContext) -> float:
    """Return the value of `find_proximity`."""
    distance = context.distance_km.get(candidate.adcode or "")
    return NEUTRAL if distance is None else math.exp(-distance / NEAR_KM)


def find_source_region(candidate: Candidate, context: TargetContext) -> Finding:
    """Return how far the candidate's source region is sought after, 0 outside all that are recorded."""
    policy = context.source_policy
    if not policy:
        return Finding(NEUTRAL, "未录入重点招商来源地，此项取中性值。")
    if candidate.adcode is None:
        return Finding(NEUTRAL, "注册地不详，无法判断来源地，此项取中性值。")
    label = context.source_region_of.get(candidate.adcode, "")
    if label in policy:
        return policy[label]
    sources = sorted({found.source for found in policy.values() if found.source})
    words = f"注册地不在重点招商来源地（{'、'.join(sorted(policy))}）。"
    return Finding(0.0, words, "；".join(sources) or None)


def find_carriers(context: TargetContext) -> Finding:
    """Return what is recorded of parks and plants that can take a project of this node."""
    return context.carriers or Finding(NEUTRAL, "未录入载体，此项取中性值。")


class FactorValues:
    """The values of `find_factors` without their sentences, for the many firms of which nobody reads them.

    Where a firm's seat alone decides, the value is found once a seat.
    """

    def __init__(self, context: TargetContext) -> None:
        self._context = context
        self._carriers = find_carriers(context).value
        self._seats: dict[str | None, tuple[float, float]] = {}

    def of(self, candidate: Candidate, rank: SizeRank | None, ties: float) -> tuple[float, ...]:
        """Return the seven values, in the order of TARGET_FACTORS."""
        proximity, source_region = self._seat(candidate)
        return (
            capability_value(candidate, rank),
            purity_value(candidate),
            expansion_value(candidate, self._context),
            ties,
            proximity,
            source_region,
            self._carriers,
        )

    def _seat(self, candidate: Candidate) -> tuple[float, float]:
        known = self._seats.get(candidate.adcode)
        if known is None:
            source_region = find_source_region(candidate, self._context).value
            known = self._seats[candidate.adcode] = (
                proximity_value(candidate, self._context),
                source_region,
            )
        return known
