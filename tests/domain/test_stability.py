"""The order of gaps under moved weights: an example by hand, and what may never happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chains import Stage
from service.domain.gaps import Basis, Gap, GapKind, Intensity, Rating
from service.domain.stability import (
    HEAD,
    ListStability,
    StabilityMark,
    measure_stability,
    merge_gaps,
)
from service.domain.weights import Finding, Weights, total, weigh


def gap(node: str, *values: float, weights: Sequence[float] = ()) -> Gap:
    names = [f"f{place}" for place in range(len(values))]
    factors = weigh(
        {name: Finding(value, "理由。") for name, value in zip(names, values, strict=True)},
        Weights("1", False, dict(zip(names, weights or [1.0] * len(names), strict=True)), "试验"),
    )
    return Gap(
        node=node,
        name=node,
        stage=Stage.UPSTREAM,
        rating=Rating.MISSING,
        basis=Basis.COMPLETE,
        kind=GapKind.BLANK,
        priority=total(factors),
        effective_firms=0.0,
        expected=1.0,
        intensity=Intensity(0.5, 0.1, 1.0),
        shortfall=1.0,
        nearby_supply=None,
        factors=tuple(factors),
        data_version="t",
    )


def test_a_head_of_one_by_hand() -> None:
    # a: 50 points, b: 45. b passes a when 0.4 w2 > 0.5 w1, that is w2 > 1.25 w1: of the square from 0.8 to
    # 1.2 a triangle with the sides 0.16 and 0.2, area 0.016 of 0.16. So a stays first in 90% of the draws.
    gaps = [gap("a", 0.8, 0.2), gap("b", 0.3, 0.6), gap("c", 0.1, 0.1)]
    found = measure_stability(gaps, head=1, draws=20_000)
    assert (found.head, found.gaps) == (1, 3)
    assert found.kept_mean == pytest.approx(0.9, abs=0.01)
    assert [one.node for one in found.ranks] == ["a", "b", "c"]
    assert [(one.best_rank, one.worst_rank) for one in found.ranks] == [(1, 2), (1, 2), (3, 3)]
    kept = {one.node: one.kept for one in found.ranks}
    assert kept == {"a": found.kept_mean, "b": pytest.approx(1.0 - found.kept_mean), "c": 0.0}
    # One weight alone never suffices: with w1 = 0.8 both have 0.84, and the tie goes to a.
    assert (found.kept_single, found.most_sensitive) == (1.0, None)


def test_the_factor_to_which_the_head_answers_most() -> None:
    # b passes a when 0.45 w2 > 0.5 w1. f0 alone at 0.8 does it (0.45 > 0.4), f1 alone at 1.2 too
    # (0.54 > 0.5); of equals the first is named. In the second pair f0 is the same for both.
    assert measure_stability([gap("a", 0.8, 0.2), gap("b", 0.3, 0.65)], head=1).most_sensitive == "f0"
    third = measure_stability([gap("a", 0.5, 0.8, 0.2), gap("b", 0.5, 0.36, 0.65)], head=1)
    # 0.45 w2 > 0.44 w1 already holds unmoved: b is first, and a passes it when either weight moves.
    assert third.ranks[0].node == "b"
    assert (third.kept_single, third.most_sensitive) == (0.0, "f1")


@pytest.mark.parametrize(
    ("other", "mark"),
    [
        # b passes a in no draw, in 7.4% (a triangle of 0.136 by 0.174), and in nearly half of them.
        ((0.3, 0.4), StabilityMark.STABLE),
        ((0.3, 0.59), StabilityMark.FAIR),
        ((0.21, 0.78), StabilityMark.UNSTABLE),
    ],
)
def test_marks(other: tuple[float, float], mark: StabilityMark) -> None:
    found = measure_stability([gap("a", 0.8, 0.2), gap("b", *other)], head=1, draws=20_000)
    assert found.mark is mark
    assert found.kept_worst == (1.0 if mark is StabilityMark.STABLE else 0.0)


def test_a_list_that_is_no_longer_than_its_head_has_no_mark() -> None:
    found = measure_stability([gap("a", 0.8, 0.2), gap("b", 0.21, 0.78)])
    assert (found.head, found.mark, found.kept_mean) == (2, None, 1.0)
    # The order may still change.
    assert found.of("a") == found.ranks[0]
    assert found.ranks[0].worst_rank == 2
    assert found.of("c") is None


def test_no_gaps() -> None:
    found = measure_stability([])
    assert (found.head, found.gaps, found.mark, found.ranks) == (0, 0, None, ())


def test_weights_count_as_they_are() -> None:
    # With f1 weighing a tenth of f0, b (45 before) cannot pass a whatever is moved.
    gaps = [
        gap(node, *values, weights=(10, 1)) for node, values in {"a": (0.8, 0.2), "b": (0.3, 0.6)}.items()
    ]
    assert measure_stability(gaps, head=1).kept_mean == 1.0


def test_a_borrowed_node_stands_once_as_its_own_chain_has_it() -> None:
    own, borrowed = gap("x/one", 0.3), gap("x/one", 0.9)
    merged = merge_gaps({"y": [borrowed, gap("y/two", 0.5)], "x": [own], "z": []})
    assert [(one.node, one.priority) for one in merged] == [("y/two", 50.0), ("x/one", 30.0)]


@pytest.mark.parametrize(
    ("gaps", "options"),
    [
        ([gap("a", 0.5), gap("a", 0.4)], {}),
        ([gap("a", 0.5), gap("b", 0.4, 0.3)], {}),
        ([gap("a", 0.5, 0.5), gap("b", 0.5, 0.5, weights=(1, 2))], {}),
        ([replace(gap("a", 0.5), factors=())], {}),
        ([gap("a", 0.5)], {"head": 0}),
        ([gap("a", 0.5)], {"draws": 0}),
        ([gap("a", 0.5)], {"spread": 1.0}),
        ([gap("a", 0.5)], {"spread": -0.1}),
    ],
)
def test_what_cannot_be_measured_is_refused(gaps: list[Gap], options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"stands twice|same factors|must be"):
        measure_stability(gaps, **options)  # type: ignore[arg-type]


VALUES = st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 1.0])


@st.composite
def gap_lists(draw: st.DrawFn) -> list[Gap]:
    factors, size = draw(st.integers(1, 5)), draw(st.integers(1, 30))
    weights = draw(st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=factors, max_size=factors))
    return [
        gap(
            f"n{place:02}",
            *draw(st.lists(VALUES, min_size=factors, max_size=factors)),
            weights=weights,
        )
        for place in range(size)
    ]


def measured(gaps: list[Gap], head: int = 5, draws: int = 40, **options: float) -> ListStability:
    return measure_stability(gaps, head=head, draws=draws, **options)  # type: ignore[arg-type]


@given(st.integers(1, 40), st.lists(VALUES, min_size=3, max_size=3))
def test_gaps_that_are_all_alike_stay_where_they_are(size: int, values: list[float]) -> None:
    found = measured([gap(f"n{place:02}", *values) for place in range(size)], head=HEAD)
    assert (found.kept_mean, found.kept_worst, found.kept_single) == (1.0, 1.0, 1.0)
    assert found.mark is (StabilityMark.STABLE if size > HEAD else None)
    assert all(one.best_rank == one.rank == one.worst_rank for one in found.ranks)
    assert [one.node for one in found.ranks] == [f"n{place:02}" for place in range(size)]


@given(gap_lists(), st.randoms(use_true_random=False))
def test_the_order_in_which_gaps_are_given_does_not_matter(gaps: list[Gap], random: object) -> None:
    shuffled = list(gaps)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert measured(shuffled) == measured(gaps)


@given(gap_lists(), st.integers(0, 3))
def test_shares_and_ranks_keep_their_bounds(gaps: list[Gap], seed: int) -> None:
    found = measured(gaps, seed=seed)
    assert found == measured(gaps, seed=seed)
    assert 0.0 <= found.kept_worst <= 1.0
    assert 0.0 <= found.kept_mean <= 1.0
    assert (found.kept_single < 1.0) == (found.most_sensitive is not None)
    assert [one.rank for one in found.ranks] == list(range(1, len(gaps) + 1))
    assert all(1 <= one.best_rank <= one.rank <= one.worst_rank <= len(gaps) for one in found.ranks)
    # In each draw exactly the head is in the head.
    assert sum(one.kept for one in found.ranks) == pytest.approx(found.head)
    watched = sum(one.kept for one in found.ranks[: found.head]) / found.head
    assert watched == pytest.approx(found.kept_mean)


@given(gap_lists())
def test_more_draws_only_widen_the_ranks(gaps: list[Gap]) -> None:
    few, many = measured(gaps, draws=20), measured(gaps, draws=60)
    for before, after in zip(few.ranks, many.ranks, strict=True):
        assert after.node == before.node
        assert after.best_rank <= before.best_rank
        assert before.worst_rank <= after.worst_rank


@given(gap_lists())
def test_unmoved_weights_move_nothing(gaps: list[Gap]) -> None:
    found = measured(gaps, spread=0.0)
    assert (found.kept_mean, found.kept_single) == (1.0, 1.0)
    assert all(one.best_rank == one.worst_rank for one in found.ranks)


@given(gap_lists())
def test_a_gap_that_leads_in_every_factor_is_always_first(gaps: list[Gap]) -> None:
    best = replace(
        gaps[0], node="a-best", factors=tuple(replace(factor, value=1.0) for factor in gaps[0].factors)
    )
    found = measured([*gaps, best])
    assert found.of("a-best") == found.ranks[0]
    assert (found.ranks[0].best_rank, found.ranks[0].worst_rank) == (1, 1)


@given(gap_lists())
def test_the_unmoved_rank_is_that_of_the_priority(gaps: list[Gap]) -> None:
    by_priority = sorted(gaps, key=lambda one: (-round(one.priority, 7), one.node))
    assert [one.node for one in measured(gaps).ranks] == [one.node for one in by_priority]
