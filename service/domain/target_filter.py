"""Choosing among ranked targets: by place, standing and distance, and how they are ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.domain.targets import Target

LISTED = "上市公司"
NAMED_STANDINGS = (LISTED, "单项冠军", "专精特新")


class TargetOrder(StrEnum):
    """How targets are ordered; a firm of which the measure is not known comes last."""

    SCORE = "score"
    DISTANCE = "distance"
    CAPITAL = "capital"
    FOUNDED = "founded"


@dataclass(frozen=True, slots=True)
class PlacedTarget:
    """A target with its rank among all and what it can be chosen by. None: not known.

    `source`: the named region of its seat (长三角 ...). `standings`: words of NAMED_STANDINGS and others.
    `branches`: how many are known.
    """

    rank: int
    target: Target
    place: str | None
    province: str | None
    source: str | None
    distance_km: float | None
    standings: tuple[str, ...]
    capital_cny: float | None
    founded: date | None
    branches: int


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """Which targets are wanted; None and "" stand for any.

    `source`: a named region, or the code of a province. `standing`: a word of NAMED_STANDINGS. `within_km`:
    largest distance; firms of unknown place are farther. `text`: part of the name, or the whole uscc.
    """

    source: str = ""
    standing: str = ""
    within_km: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """The targets that fit, in the order asked for, and how many would fit with another value of one filter.

    `sources`, `provinces`, `standings`: by value, where all other filters hold.
    """

    chosen: tuple[PlacedTarget, ...]
    sources: dict[str, int]
    provinces: dict[str, int]
    standings: dict[str, int]


def choose_targets(
    targets: Sequence[PlacedTarget], wanted: TargetFilter, order: TargetOrder = TargetOrder.SCORE
) -> TargetChoice:
    """Return the targets that fit `wanted`; where equal in `order`, by rank."""
    chosen: list[PlacedTarget] = []
    sources: Counter[str] = Counter()
    provinces: Counter[str] = Counter()
    standings: Counter[str] = Counter()
    for one in targets:
        if not _fits_rest(one, wanted):
            continue
        right_source = not wanted.source or wanted.source in (one.source, one.province)
        right_standing = not wanted.standing or wanted.standing in one.standings
        if right_source:
            standings.update(one.standings)
        if right_standing:
            sources.update(filter(None, [one.source]))
            provinces.update(filter(None, [one.province]))
        if right_source and right_standing:
            chosen.append(one)
    return TargetChoice(tuple(sorted(chosen, key=_KEYS[order])), sources, provinces, standings)


def _fits_rest(one: PlacedTarget, wanted: TargetFilter) -> bool:
    """The filters that are not offered as counted values."""
    far = wanted.within_km is not None and (one.distance_km is None or one.distance_km > wanted.within_km)
    text = wanted.text.casefold()
    return not far and (text in one.target.name.casefold() or text == (one.target.uscc or "").casefold())


_Key = Callable[[PlacedTarget], tuple[object, ...]]
_KEYS: dict[TargetOrder, _Key] = {
    TargetOrder.SCORE: lambda one: (one.rank,),
    TargetOrder.DISTANCE: lambda one: (one.distance_km is None, one.distance_km, one.rank),
    TargetOrder.CAPITAL: lambda one: (one.capital_cny is None, -(one.capital_cny or 0.0), one.rank),
    TargetOrder.FOUNDED: lambda one: (
        one.founded is None,
        -(one.founded.toordinal() if one.founded else 0),
        one.rank,
    ),
}


def commonest(counts: dict[str, int], order: Iterable[str] = ()) -> list[tuple[str, int]]:
    """Return (value, count): the values of `order` first, then the others, the most frequent first."""
    first = [(value, counts[value]) for value in order if counts.get(value)]
    known = {value for value, _ in first}
    rest = sorted(((v, n) for v, n in counts.items() if v not in known), key=lambda pair: (-pair[1], pair[0]))
    return first + rest
