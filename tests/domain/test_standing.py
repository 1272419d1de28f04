"""Ranks within a comparison set, and the completeness of all its regions at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.completeness import summarise_region
from service.domain.coverage import coverage_from_cells
from service.domain.gaps import rate_region
from service.domain.standing import Standing, rank, stand
from service.errors import UnknownRegion
from tests.domain.worked_example import coverage
from tests.properties.strategies import Table, tables

VALUES = st.lists(st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 1.0, math.nan]), max_size=12)


def test_ties_share_the_better_rank() -> None:
    assert rank(np.array([0.5, 0.9, math.nan, 0.9, 0.1, 0.5])).tolist() == [3, 1, 0, 1, 5, 3]


def test_what_differs_only_by_rounding_is_tied() -> None:
    assert rank(np.array([0.1 + 0.2, 0.3])).tolist() == [1, 1]


def test_the_worked_example() -> None:
    """Completeness of docs/method.md; R2 and R4 lack nothing. Firms: 8, 10, 4, 8."""
    found = stand(coverage())
    assert found.completeness == pytest.approx([2.5 / 3, 1.0, 0.5, 1.0])
    assert [found.of(region).completeness_rank for region in found.regions] == [3, 1, 4, 1]
    assert [found.of(region).firms_rank for region in found.regions] == [2, 1, 4, 2]
    assert found.of("R1") == Standing(pytest.approx(2.5 / 3), 3, 8.0, 2, 4)
    with pytest.raises(UnknownRegion, match="共 4 个地区"):
        found.of("R5")


def test_a_region_of_which_too_little_is_known_is_not_ranked() -> None:
    whole = coverage()
    cells = [("R1", "ex/cell", 2.0), ("R2", "ex/cell", 9.0)]
    few = coverage_from_cells(
        whole.chain, whole.level, ("R1", "R2"), cells, firms_known={"R1": 3, "R2": 2}, complete=("R1", "R2")
    )
    found = stand(few)
    assert found.observed == {"R1"}
    assert found.of("R2") == Standing(None, None, 9.0, None, 1)
    assert (found.of("R1").completeness_rank, found.of("R1").firms_rank) == (1, 1)


@given(VALUES)
def test_ranks_are_a_permutation_with_ties(values: list[float]) -> None:
    ranks = rank(np.array(values, dtype=np.float64)).tolist()
    known = [(value, place) for value, place in zip(values, ranks, strict=True) if not math.isnan(value)]
    assert [place for value, place in zip(values, ranks, strict=True) if math.isnan(value)] == [0] * (
        len(values) - len(known)
    )
    for value, place in known:
        assert place == 1 + sum(other > value for other, _ in known)


@given(tables())
def test_it_is_the_completeness_of_each_region(table: Table) -> None:
    whole = table.coverage()
    found = stand(whole)
    for region in whole.regions:
        summary = summarise_region(whole, region, rate_region(whole, region))
        assert found.of(region).completeness == (
            None if summary.completeness is None else pytest.approx(summary.completeness)
        )
        assert (region in found.observed) == (summary.completeness is not None)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_regions_changes_nothing(table: Table, random: object) -> None:
    shuffled = list(table.regions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Table(
        **{**{name: getattr(table, name) for name in Table.__dataclass_fields__}, "regions": tuple(shuffled)}
    )
    one, two = stand(table.coverage()), stand(other.coverage())
    for region in table.regions:
        left, right = one.of(region), two.of(region)
        assert (left.completeness_rank, left.firms_rank, left.ranked) == (
            right.completeness_rank,
            right.firms_rank,
            right.ranked,
        )
