"""The back-test of expansion: in which city a firm that opens branches opens its next one.

A branch carries its parent's full name in its own (XX股份有限公司YY分公司), so parent and branch are
joined by that name alone; firms that only share a brand are not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.backtest import EntryTask
from service.domain.coverage import BoolArray, FloatArray, IntArray
from service.domain.target_factors import NEAR_KM

PLACE_FACTORS = ("proximity", "nearest_branch", "same_province", "market", "standing_out")

PARENT_NAME = r"^(.+?公司).*分(?:公司|厂|店|部|支机构)$"
"""A branch carries its parent's name in front: XX股份有限公司YY分公司."""

_NEAREST_KM = 150.0
_AT_LEAST_KM = 10.0
_MANY_FIRMS = 100_000.0
_FOLLOWERS_PRIOR = 5.0


@dataclass(frozen=True, eq=False)
class BranchTable:
    """F firms that open branches, C cities, at a freeze.

    `seat` (F,): the city of each firm. `before` (F, C): it has a branch there. `after` (F, C): it opens its
    first one there within the horizon. `firms` (C,): firms of any kind known in the city. `province` (C,):
    its province. `distance_km` (C, C): inf where not known.
    """

    names: tuple[str, ...]
    cities: tuple[str, ...]
    seat: IntArray
    before: BoolArray
    after: BoolArray
    firms: FloatArray
    province: npt.NDArray[np.str_]
    distance_km: FloatArray

    def __post_init__(self) -> None:
        shape = (len(self.names), len(self.cities))
        if self.before.shape != shape or self.after.shape != shape or self.seat.shape != shape[:1]:
            raise ValueError(f"tables of {self.before.shape}, {self.after.shape}; expected {shape}")


def branch_task(table: BranchTable, observed: Collection[str]) -> EntryTask:
    """Return the pairs (firm, city) where a next branch could appear, and where it did.

    Only firms that do open one in an observed province are asked about ("where", not "whether"); cities where
    the firm sits or has a branch already are left out.
    """
    here = table.before.copy()
    here[np.arange(len(table.names)), table.seat] = True
    seen = np.array([province in observed for province in table.province], dtype=np.bool_)
    open_to: BoolArray = np.logical_and(seen[None, :], ~here)
    asked: BoolArray = np.any(table.after & open_to, axis=1)
    cells = open_to & asked[:, None]
    row, column = np.nonzero(cells)
    factors = place_factors(table, here)
    mass = np.log1p(table.firms)
    apart = np.maximum(table.distance_km[table.seat], _AT_LEAST_KM)
    simple = {
        "firm_count": np.broadcast_to(mass[None, :], cells.shape),
        "density": _followers(here),
        "gravity": mass[None, :] - np.log(apart),
    }
    return EntryTask(
        regions=table.names,
        nodes=table.cities,
        row=row,
        column=column,
        province=table.province[column],
        outcome=table.after[cells],
        factors={name: values[cells] for name, values in factors.items()},
        simple={name: np.nan_to_num(values[cells], neginf=-1e9) for name, values in simple.items()},
    )


def place_factors(table: BranchTable, here: BoolArray) -> dict[str, FloatArray]:
    """Return the factors of PLACE_FACTORS, each (F, C), 0-1. `here` (F, C): the firm has a place there.

    proximity: exp(-km from the seat / 500). nearest_branch: exp(-km from the nearest of its places / 150).
    market: log(1 + firms in the city) / log(1 + 100000). standing_out: its share of its province's firms.
    """
    from_seat = table.distance_km[table.seat]
    same = table.province[table.seat][:, None] == table.province[None, :]
    market = np.minimum(1.0, np.log1p(table.firms) / np.log1p(_MANY_FIRMS))
    return {
        "proximity": np.exp(-from_seat / NEAR_KM),
        "nearest_branch": np.exp(-_nearest(table.distance_km, here) / _NEAREST_KM),
        "same_province": same.astype(np.float64),
        "market": np.broadcast_to(market[None, :], here.shape),
        "standing_out": np.broadcast_to(_share_of_province(table)[None, :], here.shape),
    }


def _nearest(distance_km: FloatArray, here: BoolArray) -> FloatArray:
    """Distance of each city from the firm's nearest place, (F, C)."""
    nearest = np.full(here.shape, np.inf)
    for firm, cities in enumerate(here):
        nearest[firm] = distance_km[cities].min(axis=0)
    return nearest


def _followers(here: BoolArray) -> FloatArray:
    """How usual it is for firms with a place in one of the firm's cities to have one in this city too: the
    relatedness density of branches.

    Share of the firms in both among those in the first, shrunk (5 firms more), highest over the firm's
    cities. The firm itself is taken out, so that it does not speak for itself.
    """
    places = here.astype(np.float32)
    both = places.T @ places
    each = np.diagonal(both).copy()
    result = np.zeros(here.shape)
    for firm, cities in enumerate(here):
        mine = np.nonzero(cities)[0]
        together = both[mine].astype(np.float64)
        together[:, mine] -= 1.0
        result[firm] = (together / (each[mine, None] - 1.0 + _FOLLOWERS_PRIOR)).max(axis=0)
    return np.asarray(np.clip(result, 0.0, 1.0))


def _share_of_province(table: BranchTable) -> FloatArray:
    """The city's share of its province's firms, (C,): a capital stands out."""
    total = {name: table.firms[table.province == name].sum() for name in np.unique(table.province)}
    whole = np.array([total[name] for name in table.province])
    return np.asarray(np.divide(table.firms, whole, out=np.zeros_like(table.firms), where=whole > 0))


def firms_asked(task: EntryTask) -> Sequence[str]:
    """Return the firms that the task asks about."""
    return [task.regions[row] for row in np.unique(task.row)]
