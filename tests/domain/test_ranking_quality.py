"""Average precision, precision at k and calibration against values worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.domain.ranking_quality import (
    Ranking,
    calibrate,
    draw_weights,
    interval_of,
    measure,
)

SCORES = np.array([9.0, 8.0, 7.0, 6.0, 5.0])
HITS = np.array([True, False, True, False, False])


def test_average_precision_by_hand() -> None:
    """Hits at places 1 and 3: (1/1 + 2/3) / 2."""
    assert Ranking(SCORES, HITS).average_precision() == pytest.approx((1 + 2 / 3) / 2)


def test_ties_are_one_step() -> None:
    """All five alike: the precision is the base rate wherever one cuts."""
    flat = Ranking(np.zeros(5), HITS)
    assert flat.average_precision() == pytest.approx(2 / 5)
    assert flat.precision_at(3) == pytest.approx(2 / 5)


def test_precision_at_counts_a_cut_tie_by_its_share() -> None:
    ranking = Ranking(np.array([3.0, 2.0, 2.0, 2.0, 1.0]), np.array([True, True, False, False, False]))
    assert ranking.precision_at(1) == 1.0
    assert ranking.precision_at(2) == pytest.approx((1 + 1 / 3) / 2)
    assert ranking.precision_at(99) == pytest.approx(2 / 5)


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    weights = np.array([1.0, 2.0, 1.0, 0.0, 0.0])
    doubled = Ranking(np.array([9.0, 8.0, 8.0, 7.0]), np.array([True, False, False, True]))
    assert Ranking(SCORES, HITS).average_precision(weights) == pytest.approx(doubled.average_precision())


def test_nothing_positive_is_not_a_number_and_no_interval() -> None:
    nobody = Ranking(SCORES, np.zeros(5, dtype=np.bool_))
    assert np.isnan(nobody.average_precision())
    assert np.isnan(interval_of([float("nan")]).low)
    with pytest.raises(ValueError, match="NaN"):
        Ranking(np.array([np.nan]), np.array([True]))


def test_regions_are_drawn_whole_and_the_same_seed_gives_the_same_draw() -> None:
    groups = np.array([0, 0, 1, 2, 2, 2])
    drawn = draw_weights(groups, 50, seed=3)
    for weights in drawn:
        assert weights[0] == weights[1]
        assert weights[3] == weights[4] == weights[5]
        assert weights[[0, 2, 3]].sum() == 3  # as many regions as there are
    assert all(np.array_equal(a, b) for a, b in zip(drawn, draw_weights(groups, 50, seed=3), strict=True))
    assert len({tuple(weights) for weights in drawn}) > 5


def test_quality_holds_lift_over_the_base_rate() -> None:
    quality, areas = measure(Ranking(SCORES, HITS), 0.4, draw_weights(np.arange(5), 30, seed=1), (1, 3))
    assert quality.precision_at == {1: 1.0, 3: pytest.approx(2 / 3)}
    assert quality.lift == pytest.approx(5 / 6 / 0.4)
    assert quality.lift_at[1] == pytest.approx(2.5)
    assert areas.shape == (30,)
    assert quality.interval.low <= quality.auc_pr <= quality.interval.high


def test_calibration_bins_hold_equal_parts() -> None:
    chance = np.array([0.1, 0.2, 0.3, 0.4])
    bins = calibrate(chance, np.array([False, False, True, True]), bins=2)
    assert [(one.rows, one.predicted, one.observed) for one in bins] == [
        (2, pytest.approx(0.15), 0.0),
        (2, pytest.approx(0.35), 1.0),
    ]


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 2.0]), st.booleans()), min_size=1, max_size=40))
def test_the_area_is_what_the_definition_says(rows: list[tuple[float, bool]]) -> None:
    """Sum over distinct scores, from the top, of precision there * share of the positives found there."""
    assume(any(hit for _, hit in rows))
    total = sum(hit for _, hit in rows)
    by_hand = 0.0
    for cut in sorted({score for score, _ in rows}, reverse=True):
        above = [hit for score, hit in rows if score >= cut]
        found = sum(hit for score, hit in rows if score == cut)
        by_hand += sum(above) / len(above) * found / total
    scores, hits = np.array([score for score, _ in rows]), np.array([hit for _, hit in rows])
    assert Ranking(scores, hits).average_precision() == pytest.approx(by_hand)
