from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.evaluation import Label, agreement, evaluate_links, hash_firm, wilson_interval


# Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
# table I, method 3 (score, no continuity correction).
@pytest.mark.parametrize(
    ("hits", "counted", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_that_of_the_paper(hits: int, counted: int, low: float, high: float) -> None:
    assert wilson_interval(hits / counted, counted) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_a_share(case: tuple[int, int]) -> None:
    hits, counted = case
    low, high = wilson_interval(hits / counted, counted)
    assert 0.0 <= low <= hits / counted + 1e-12
    assert hits / counted - 1e-12 <= high <= 1.0


@pytest.mark.parametrize(("share", "counted"), [(1.1, 10), (-0.1, 10), (0.5, 0)])
def test_an_impossible_share_is_refused(share: float, counted: float) -> None:
    with pytest.raises(ValueError, match="share"):
        wilson_interval(share, counted)


def test_agreement_of_the_textbook_table() -> None:
    # Both yes 20, only the first 5, only the second 10, both no 15: observed .7, by chance .5, kappa .4.
    first = [True] * 20 + [True] * 5 + [False] * 10 + [False] * 15
    second = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    assert agreement(first, second) == pytest.approx((0.7, 0.4))


def test_agreement_needs_pairs() -> None:
    with pytest.raises(ValueError, match="same length"):
        agreement([True], [])


LABELS = [
    Label("a", "x/1", True),
    Label("b", "x/1", False),
    Label("c", "x/2", True),
    Label(hash_firm("d"), "y/1", True),
    Label("e", "y/1", False),
]
CONFIRMED = [("a", "x/1"), ("b", "x/1"), ("d", "y/1"), ("z", "x/1")]


def test_precision_and_recall_of_a_hand_worked_case() -> None:
    whole, x, y = evaluate_links(CONFIRMED, LABELS)
    # Confirmed and labelled: a (belongs), b (does not), d (belongs, under its hash): 2 of 3.
    assert (whole.precision.hits, whole.precision.counted) == (2, 3)
    # True pairs: a, c, d; c was not found: 2 of 3.
    assert (whole.recall.hits, whole.recall.counted) == (2, 3)
    assert (x.chain, x.precision.share, x.recall.share) == ("x", 0.5, 0.5)
    assert (y.chain, y.precision.share, y.recall.share) == ("y", 1.0, 1.0)


def test_weights_count_a_pair_for_the_many_it_stands_for() -> None:
    labels = [Label("a", "x/1", True, 9.0), Label("b", "x/1", False, 1.0)]
    precision = evaluate_links([("a", "x/1"), ("b", "x/1")], labels)[0].precision
    assert precision.share == pytest.approx(0.9)
    # (9 + 1)^2 / (81 + 1) = 1.2195 pairs' worth: a wide interval.
    assert precision.low is not None
    assert precision.low == pytest.approx(wilson_interval(0.9, 100 / 82)[0])


def test_nothing_counted_is_no_share() -> None:
    precision = evaluate_links([], [Label("a", "x/1", False)])[0].precision
    assert (precision.share, precision.low, precision.counted) == (None, None, 0)


@given(st.permutations(LABELS), st.permutations(CONFIRMED))
def test_the_order_changes_nothing(labels: list[Label], confirmed: list[tuple[str, str]]) -> None:
    assert evaluate_links(confirmed, labels) == evaluate_links(CONFIRMED, LABELS)
