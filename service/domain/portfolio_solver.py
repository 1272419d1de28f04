"""The portfolio as an integer programme, solved exactly by HiGHS (scipy.optimize.milp).

A binary variable for every option and step: option i is the j-th firm of its node. Steps of one node are
taken by one firm each, a firm is taken once, the firms are at most so many, and each knapsack holds. Values
and needs are whole numbers, so a set is checked and valued without rounding.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.coverage import FloatArray

_OPTIMAL = 0
_EXACT = {"mip_rel_gap": 0.0}
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Problem:
    """M options with S steps. `values` (M, S): what option i adds as the j-th firm of its node.

    `knapsacks`: the needs of each option (M,) and the limit, all whole and not negative; no option is
    beyond a limit alone.
    """

    values: tuple[tuple[int, ...], ...]
    firms: tuple[str, ...]
    nodes: tuple[str, ...]
    visits: int
    knapsacks: tuple[tuple[tuple[int, ...], int], ...] = ()


@dataclass(frozen=True, slots=True)
class Solution:
    """`taken`: (option, step from 1) in the order of the options. `gap`: as a share of the value."""

    taken: tuple[tuple[int, int], ...]
    value: int
    exact: bool
    gap: float


@dataclass(frozen=True, slots=True)
class _Row:
    """sum of coefficients * variables between `low` and `high`."""

    variables: Sequence[int]
    coefficients: Sequence[float]
    low: float
    high: float


def solve(problem: Problem, *, time_limit_s: float, settle_ties: bool = True) -> Solution:
    """Return the set of highest value.

    With `settle_ties`, of sets of equal value that with the fewest firms, then that with the smallest sum
    of places in the order of the options. What still ties is left to the solver, which answers the same
    question the same way. A set is not exact when the time ran out; it then is the best that was found.
    """
    values = np.array(problem.values, dtype=np.float64).reshape(-1)
    if not values.size or problem.visits == 0:
        return Solution((), 0, exact=True, gap=0.0)
    rows = list(_rows(problem))
    best = _optimise(problem, -values, rows, time_limit_s)
    if not settle_ties or not best.exact or best.value == 0:
        return Solution((), 0, best.exact, best.gap) if best.value == 0 else best
    at_least = _Row(range(values.size), values.tolist(), best.value - _HALF, np.inf)
    settled = _optimise(problem, _places(problem), [*rows, at_least], time_limit_s)
    kept = settled.exact and settled.value == best.value
    return Solution(settled.taken, best.value, exact=True, gap=0.0) if kept else best


def _places(problem: Problem) -> FloatArray:
    """Costs that count firms first, then places and steps, (M * S,)."""
    options, steps = len(problem.values), len(problem.values[0])
    places = np.arange(options * steps, dtype=np.float64)
    return np.asarray(places + min(problem.visits, options) * options * steps)


def _rows(problem: Problem) -> Iterable[_Row]:
    options, steps = len(problem.values), len(problem.values[0])
    variables = np.arange(options * steps).reshape(options, steps)
    for members in _members(problem.firms):
        yield _at_most(variables[members].reshape(-1), 1)
    for members in _members(problem.nodes):
        for step in range(steps):
            yield _at_most(variables[members, step], 1)
    yield _at_most(variables.reshape(-1), problem.visits)
    for needs, limit in problem.knapsacks:
        # Of the size of one, whatever the unit: the solver's tolerance is absolute.
        shares = np.repeat(np.array(needs, dtype=np.float64) / max(1, limit), steps)
        yield _Row(variables.reshape(-1).tolist(), shares.tolist(), 0.0, 1.0 if limit else 0.0)


def _members(labels: Sequence[Hashable]) -> list[list[int]]:
    grouped: dict[Hashable, list[int]] = {}
    for place, label in enumerate(labels):
        grouped.setdefault(label, []).append(place)
    return list(grouped.values())


def _at_most(variables: np.ndarray[tuple[int, ...], np.dtype[np.int64]], most: float) -> _Row:
    return _Row(variables.tolist(), [1.0] * variables.size, 0.0, most)


def _optimise(problem: Problem, costs: FloatArray, rows: Sequence[_Row], time_limit_s: float) -> Solution:
    """Minimise `costs`; solve again with a cut as long as the solver's tolerance lets a knapsack overflow.

    Needs are not negative, so what holds an overflowing set overflows too: the cut takes away no set that
    is allowed.
    """
    steps, cuts = len(problem.values[0]), list[_Row]()
    while True:
        taken, exact, gap = _run(costs, [*rows, *cuts], steps, time_limit_s)
        if not _overflows(problem, taken):
            return Solution(taken, sum(problem.values[one][step - 1] for one, step in taken), exact, gap)
        members = [one * steps + step for one, _ in taken for step in range(steps)]
        cuts.append(_Row(members, [1.0] * len(members), 0.0, len(taken) - 1.0))


def _run(
    costs: FloatArray, rows: Sequence[_Row], steps: int, time_limit_s: float
) -> tuple[tuple[tuple[int, int], ...], bool, float]:
    # Here, since scipy takes long to load and few commands solve anything.
    from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

    sizes = [len(row.variables) for row in rows]
    matrix = csr_array(
        (
            np.concatenate([row.coefficients for row in rows]),
            (np.repeat(np.arange(len(rows)), sizes), np.concatenate([row.variables for row in rows])),
        ),
        shape=(len(rows), costs.size),
    )
    answer = milp(
        costs,
        integrality=np.ones(costs.size),
        bounds=Bounds(0.0, 1.0),
        constraints=LinearConstraint(matrix, [row.low for row in rows], [row.high for row in rows]),
        options={**_EXACT, "time_limit": time_limit_s},
    )
    if answer.x is None:
        return (), False, 1.0
    chosen = np.nonzero(answer.x > _HALF)[0]
    taken = tuple((int(place) // steps, int(place) % steps + 1) for place in chosen)
    exact = answer.status == _OPTIMAL
    return taken, exact, 0.0 if exact else min(1.0, float(answer.mip_gap))


def _overflows(problem: Problem, taken: Iterable[tuple[int, int]]) -> bool:
    places = [place for place, _ in taken]
    return any(sum(needs[place] for place in places) > limit for needs, limit in problem.knapsacks)
