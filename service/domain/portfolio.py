"""The best set of firms to visit under limits on visits, land and energy, and what each limit costs.

What a firm is worth, in points: what it adds to the completeness of the chain (in percent) where it is the
first of a missing node, plus the priority of the gap, halved with every further firm in the same node; all
that times its score as a target / 100. A firm counts for one gap only: one firm, one project.

The set is exact (`portfolio_solver`). A price is what one more unit of a limit would add, found by solving
again: a problem in whole firms has no dual prices.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from service.domain.portfolio_solver import Problem, Solution, solve

STEP_DECAY = 0.5
"""What the next firm in the same node adds to the priority closed, against the one before."""

TIME_LIMIT_S = 3.0
"""Seconds for each of the problems solved: the one asked and two for each limit."""

MILLI = 1000
"""Values are whole thousandths of a point, needs whole hundredths: so ties are ties and sums are exact."""
_CENTI = 100


class Resource(StrEnum):
    """What is limited: 拜访数、用地（亩）、能耗（吨标准煤）、同一环节家数."""

    VISITS = "visits"
    LAND = "land_mu"
    ENERGY = "energy_tce"
    PER_NODE = "per_node"


class EmptyReason(StrEnum):
    """Why nobody is chosen."""

    NO_OPTIONS = "no_options"
    NO_VISITS = "no_visits"
    NEEDS_UNKNOWN = "needs_unknown"
    TOO_LARGE = "too_large"
    NO_GAIN = "no_gain"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Option:
    """A firm that could be visited for a gap. `score` 0-100; needs are None where nobody says.

    Raises ValueError when a number is not finite or negative, or the score is above 100.
    """

    firm: str
    node: str
    score: float
    land_mu: float | None = None
    energy_tce: float | None = None

    def __post_init__(self) -> None:
        numbers = [self.score, self.land_mu or 0.0, self.energy_tce or 0.0]
        if not all(math.isfinite(number) and number >= 0 for number in numbers) or self.score > 100:
            raise ValueError(f"impossible numbers of {self.firm}: {numbers}")

    def need(self, resource: Resource) -> float | None:
        """Return what it takes of land or energy."""
        return self.land_mu if resource is Resource.LAND else self.energy_tce


@dataclass(frozen=True, slots=True)
class GapWorth:
    """What closing a gap is worth: `completeness_points` (percent of the chain), `priority` (0-100)."""

    completeness_points: float
    priority: float

    def step(self, number: int) -> float:
        """Return the points of the `number`th firm in the node, from 1."""
        priority = self.priority * STEP_DECAY ** (number - 1)
        return priority + (self.completeness_points if number == 1 else 0.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Firms to visit, land in mu, energy in tons of standard coal, firms in one node; None: no limit.

    Raises ValueError when one is negative or not finite, or `per_node` is below 1.
    """

    visits: int
    land_mu: float | None = None
    energy_tce: float | None = None
    per_node: int = 2

    def __post_init__(self) -> None:
        amounts = [self.visits, self.land_mu or 0.0, self.energy_tce or 0.0]
        if not all(math.isfinite(amount) and amount >= 0 for amount in amounts) or self.per_node < 1:
            raise ValueError(f"impossible limits: {self}")

    def amount(self, resource: Resource) -> float | None:
        """Return the limit on a resource."""
        return {
            Resource.VISITS: self.visits,
            Resource.LAND: self.land_mu,
            Resource.ENERGY: self.energy_tce,
            Resource.PER_NODE: self.per_node,
        }[resource]

    def with_amount(self, resource: Resource, amount: float) -> Limits:
        """Return the limits with another amount of one resource."""
        return replace(
            self,
            visits=int(amount) if resource is Resource.VISITS else self.visits,
            land_mu=amount if resource is Resource.LAND else self.land_mu,
            energy_tce=amount if resource is Resource.ENERGY else self.energy_tce,
            per_node=int(amount) if resource is Resource.PER_NODE else self.per_node,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen firm. It is the `step`th in its node and adds `points`."""

    option: Option
    step: int
    points: float


@dataclass(frozen=True, slots=True)
class Price:
    """One limit: what of it is used, and what more of it would add, in points.

    `binds`: without the limit the value would be higher. `one_more`: points that one more visit, mu, ton or
    firm in a node adds. Both None where the time was not enough to say. `used` of PER_NODE is the largest
    number of firms in one node.
    """

    resource: Resource
    limit: float
    used: float
    binds: bool | None
    one_more: float | None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The chosen firms in the order of the options, their value in points, and the price of each limit.

    `unknown_needs` and `too_large` are options that could not be chosen: a limit is set and their need is
    not known, or one alone is beyond it. `exact`: nothing better exists; else `gap` bounds how much better
    the best could be, as a share of its value.
    """

    chosen: tuple[Choice, ...]
    value: float
    prices: tuple[Price, ...]
    unknown_needs: tuple[Option, ...]
    too_large: tuple[Option, ...]
    empty: EmptyReason | None
    exact: bool
    gap: float
    time_limit_s: float


def choose_portfolio(
    options: Iterable[Option],
    worth: Mapping[str, GapWorth],
    limits: Limits,
    *,
    time_limit_s: float = TIME_LIMIT_S,
) -> Portfolio:
    """Return the set of highest value within `limits`.

    The order of `options` does not matter: they are put in order of first-step points, then firm and node.
    Of sets of equal value that with the fewest firms is taken, then that which stands earliest in this
    order. `worth` is by node.

    Raises ValueError when a firm stands twice for one node, KeyError when a node has no worth.
    """
    ordered = _in_order(options, worth)
    usable, unknown, large = _sift(ordered, limits)
    found = _solve(usable, worth, limits, time_limit_s)
    chosen = tuple(
        Choice(usable[place], step, _points(usable[place], worth, step) / MILLI)
        for place, step in found.taken
    )
    return Portfolio(
        chosen=chosen,
        value=found.value / MILLI,
        prices=tuple(
            _price(resource, ordered, worth, limits, found, chosen, time_limit_s)
            for resource in Resource
            if limits.amount(resource) is not None
        ),
        unknown_needs=tuple(unknown),
        too_large=tuple(large),
        empty=None if chosen else _why_empty(ordered, usable, unknown, limits, found),
        exact=found.exact,
        gap=found.gap,
        time_limit_s=time_limit_s,
    )


def _in_order(options: Iterable[Option], worth: Mapping[str, GapWorth]) -> list[Option]:
    ordered = sorted(options, key=lambda one: (-_points(one, worth, 1), one.firm, one.node))
    if len({(one.firm, one.node) for one in ordered}) < len(ordered):
        raise ValueError("a firm stands twice for one node")
    return ordered


def _points(option: Option, worth: Mapping[str, GapWorth], step: int) -> int:
    """What the option adds as the `step`th firm of its node, in thousandths of a point."""
    return round(MILLI * worth[option.node].step(step) * option.score / 100.0)


def _limited(limits: Limits) -> list[tuple[Resource, float]]:
    amounts = [(Resource.LAND, limits.land_mu), (Resource.ENERGY, limits.energy_tce)]
    return [(resource, amount) for resource, amount in amounts if amount is not None]


def _sift(options: Sequence[Option], limits: Limits) -> tuple[list[Option], list[Option], list[Option]]:
    """Split into options that can be chosen, those whose needs are not known, those too large alone."""
    usable: list[Option] = []
    unknown: list[Option] = []
    large: list[Option] = []
    for option in options:
        needs = [(option.need(resource), amount) for resource, amount in _limited(limits)]
        if any(need is None for need, _ in needs):
            unknown.append(option)
        elif any(need is not None and _up(need) > _down(amount) for need, amount in needs):
            large.append(option)
        else:
            usable.append(option)
    return usable, unknown, large


def _up(need: float) -> int:
    # The inner rounding takes back what binary fractions add: 0.29 * 100 is 28.999999999999996.
    return math.ceil(round(need * _CENTI, 6))


def _down(limit: float) -> int:
    return math.floor(round(limit * _CENTI, 6))


def _solve(
    usable: Sequence[Option],
    worth: Mapping[str, GapWorth],
    limits: Limits,
    time_limit_s: float,
    *,
    settle_ties: bool = True,
) -> Solution:
    steps = min(limits.per_node, limits.visits, max(1, len(usable)))
    problem = Problem(
        values=tuple(tuple(_points(one, worth, step) for step in range(1, steps + 1)) for one in usable),
        firms=tuple(one.firm for one in usable),
        nodes=tuple(one.node for one in usable),
        visits=limits.visits,
        knapsacks=tuple(
            (tuple(_up(one.need(resource) or 0.0) for one in usable), _down(amount))
            for resource, amount in _limited(limits)
        ),
    )
    return solve(problem, time_limit_s=time_limit_s, settle_ties=settle_ties)


def _price(
    resource: Resource,
    options: Sequence[Option],
    worth: Mapping[str, GapWorth],
    limits: Limits,
    found: Solution,
    chosen: Sequence[Choice],
    time_limit_s: float,
) -> Price:
    def gain(amount: float) -> float | None:
        relaxed = limits.with_amount(resource, amount)
        usable, _, _ = _sift(options, relaxed)
        more = _solve(usable, worth, relaxed, time_limit_s, settle_ties=False)
        return (more.value - found.value) / MILLI if more.exact and found.exact else None

    limit = limits.amount(resource) or 0.0
    counted = [one for one in options if resource is Resource.PER_NODE or one.need(resource) is not None]
    plenty = {
        Resource.VISITS: float(len(options)),
        Resource.PER_NODE: float(len(options)),
        Resource.LAND: math.fsum(one.land_mu or 0.0 for one in counted),
        Resource.ENERGY: math.fsum(one.energy_tce or 0.0 for one in counted),
    }[resource]
    without = gain(max(limit, math.ceil(plenty)))
    # Where even no limit at all adds nothing, one unit more cannot.
    one_more = 0.0 if without == 0.0 else gain(limit + 1)
    binds = None if without is None else without > 0
    return Price(resource, float(limit), _used(resource, chosen), binds, one_more)


def _used(resource: Resource, chosen: Sequence[Choice]) -> float:
    if resource is Resource.VISITS:
        return float(len(chosen))
    if resource is Resource.PER_NODE:
        nodes = [choice.option.node for choice in chosen]
        return float(max((nodes.count(node) for node in nodes), default=0))
    return sum(_up(choice.option.need(resource) or 0.0) for choice in chosen) / _CENTI


def _why_empty(
    options: Sequence[Option],
    usable: Sequence[Option],
    unknown: Sequence[Option],
    limits: Limits,
    found: Solution,
) -> EmptyReason:
    if not options:
        return EmptyReason.NO_OPTIONS
    if limits.visits == 0:
        return EmptyReason.NO_VISITS
    if not usable:
        return EmptyReason.NEEDS_UNKNOWN if unknown else EmptyReason.TOO_LARGE
    return EmptyReason.NO_GAIN if found.exact else EmptyReason.TIME
