from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.domain.relatedness import density, presence, proximity, rca

from .worked_example import FIRMS, coverage

COUNTS = np.array(list(FIRMS.values()), dtype=np.float64)
TABLES = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 5))


def test_rca_of_the_soybeans_of_brazil() -> None:
    """The Atlas of Economic Complexity (Hausmann, Hidalgo and others, 2011), technical box 2.2, exports of
    2008 in billion dollars: soybeans 42, which is 0.35% of world trade; of them Brazil nearly 11 of its 140
    in all, 7.8%. "Around 21 times Brazil's fair share (7.8 percent divided by 0.35 percent)".
    """
    world = 42 / 0.0035
    exports = np.array([[11, 140 - 11], [42 - 11, world - 140 - (42 - 11)]])
    assert rca(exports)[0, 0] == pytest.approx(7.8 / 0.35, rel=0.01)
    assert presence(exports).tolist() == [[True, False], [False, True]]


def wine_and_grapes() -> np.ndarray:
    """11 countries with both, 6 with wine only, 13 with grapes only; columns wine, grapes, raisins.

    Raisins are ours, added for the density: in 12 of the countries with grapes only.
    """
    return np.array(
        [[1, 1, 0]] * 11 + [[1, 0, 0]] * 6 + [[0, 1, 1]] * 12 + [[0, 1, 0]],
        dtype=bool,
    )


def test_proximity_of_wine_and_grapes() -> None:
    """The Atlas of Economic Complexity, technical box 5.1: in 2008, 17 countries exported wine, 24 grapes and
    11 both, all with RCA > 1: "the proximity between wines and grapes is 11/24 = 0.46".
    """
    present = wine_and_grapes()
    assert present.sum(axis=0).tolist() == [17, 24, 12]
    assert proximity(present)[0, 1] == pytest.approx(11 / 24)
    assert round(proximity(present)[0, 1], 2) == 0.46


def test_density_by_the_formula_of_the_product_space() -> None:
    """Hidalgo and others (2007): the sum of proximities to what the country has, divided by the sum of all.

    By hand: around grapes stand wine (11/24) and raisins (12/24). A country with wine only has 11 of 23
    parts; one with wine and grapes the same, since grapes do not speak for themselves.
    """
    present = wine_and_grapes()
    around = density(present, proximity(present))
    assert around[0, 1] == around[11, 1] == pytest.approx(11 / 23)
    assert around[17, 1] == pytest.approx(12 / 23)
    assert around[11, 0] == 0.0
    assert around[0, 0] == around[0, 2] == 1.0


def test_rca_of_the_worked_example() -> None:
    """By hand: R1 has 4 of 8 in cathodes, the whole 8 of 30."""
    assert rca(COUNTS)[0].tolist() == pytest.approx([4 * 30 / 64, 0, 3 * 30 / 80, 30 / 48])
    assert rca(np.zeros((2, 3))).tolist() == [[0.0] * 3] * 2


def test_presence_of_the_worked_example() -> None:
    """By hand: count * 30 >= region total * node total, totals 8 10 4 8 and 8 6 10 6."""
    assert presence(COUNTS).astype(int).tolist() == [[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [0, 0, 0, 1]]


def test_a_share_that_is_just_proportional_counts_in_spite_of_rounding() -> None:
    assert presence(np.full((3, 7), 0.1)).all()


def test_a_share_a_little_below_the_proportional_one_is_not_presence() -> None:
    """By hand: 49 of 100 here, 99 of 200 in all: 0.99 times the share."""
    assert presence(np.array([[49.0, 51.0], [50.0, 50.0]])).tolist() == [[False, True], [True, False]]


def test_proximity_of_the_worked_example() -> None:
    half = 0.5
    assert proximity(presence(COUNTS)).tolist() == [
        [0, 0, half, 0],
        [0, 0, half, half],
        [half, half, 0, half],
        [0, half, half, 0],
    ]


def test_the_smaller_conditional_probability_is_taken() -> None:
    present = np.array([[1, 1], [1, 0], [1, 0], [0, 0]], dtype=bool)
    assert proximity(present)[0, 1] == pytest.approx(1 / 3)


def test_density_of_the_worked_example() -> None:
    around = density(presence(COUNTS), proximity(presence(COUNTS)))
    assert around[0].tolist() == pytest.approx([1.0, 0.5, 0.5 / 1.5, 0.5])
    assert around[2].tolist() == pytest.approx([0.0, 0.0, 0.5 / 1.5, 0.5])
    assert coverage().density == pytest.approx(around)


def test_where_nothing_stands_beside_a_node_density_is_unknown_and_not_zero() -> None:
    present = np.array([[True, False], [False, True]])
    assert np.isnan(density(present, proximity(present))).all()
    assert np.isnan(density(np.zeros((2, 2), dtype=bool), proximity(present))).all()


@given(TABLES)
def test_proximity_and_density_keep_their_bounds(counts: np.ndarray) -> None:
    present = presence(counts)
    close = proximity(present)
    around = density(present, close)
    assert not (present & (counts == 0)).any()
    assert (close == close.T).all()
    assert (np.diagonal(close) == 0).all()
    assert ((close >= 0) & (close <= 1)).all()
    assert (np.isnan(around) | ((around >= 0) & (around <= 1))).all()
    assert (np.isnan(around) == (close.sum(axis=0) == 0)).all()


@given(hnp.arrays(np.bool_, (5, 5)), st.integers(0, 4), st.integers(0, 4))
def test_what_a_region_has_of_a_node_itself_does_not_move_its_density_around_it(
    present: np.ndarray, region: int, node: int
) -> None:
    close = proximity(present)
    other = present.copy()
    other[region, node] = not other[region, node]
    assert density(other, close)[region, node] == pytest.approx(
        density(present, close)[region, node], nan_ok=True
    )


def all_of(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    present = presence(counts)
    close = proximity(present)
    return rca(counts), present, close, density(present, close)


@given(TABLES, st.data())
def test_the_order_of_regions_and_nodes_changes_nothing(counts: np.ndarray, data: st.DataObject) -> None:
    regions = data.draw(st.permutations(range(counts.shape[0])))
    nodes = data.draw(st.permutations(range(counts.shape[1])))
    shares, present, close, around = all_of(counts)
    other_shares, other_present, other_close, other_around = all_of(counts[regions][:, nodes])
    assert (other_shares == shares[regions][:, nodes]).all()
    assert (other_present == present[regions][:, nodes]).all()
    assert (other_close == close[nodes][:, nodes]).all()
    np.testing.assert_allclose(other_around, around[regions][:, nodes], rtol=0, atol=1e-12)


@given(TABLES, st.data())
def test_a_region_without_firms_changes_nothing(counts: np.ndarray, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, counts.shape[0]))
    shares, present, close, around = all_of(counts)
    other_shares, other_present, other_close, other_around = all_of(np.insert(counts, place, 0, axis=0))
    assert (np.delete(other_shares, place, axis=0) == shares).all()
    assert (np.delete(other_present, place, axis=0) == present).all()
    assert (other_close == close).all()
    np.testing.assert_allclose(np.delete(other_around, place, axis=0), around, rtol=0, atol=1e-12)
    assert not other_present[place].any()
    assert set(other_around[place][~np.isnan(other_around[place])]) <= {0.0}


@given(TABLES, st.integers(1, 9))
def test_counting_in_other_units_changes_nothing(counts: np.ndarray, unit: int) -> None:
    for found, other in zip(all_of(counts), all_of(counts * unit), strict=True):
        np.testing.assert_allclose(other, found, rtol=0, atol=1e-12)


@given(TABLES)
def test_every_node_with_firms_is_present_somewhere_and_every_region_with_firms_has_a_node(
    counts: np.ndarray,
) -> None:
    """The mean RCA of a node, weighted by the regions' totals, is 1: not all can lie below."""
    present = presence(counts)
    assert (present.any(axis=0) == (counts.sum(axis=0) > 0)).all()
    assert (present.any(axis=1) == (counts.sum(axis=1) > 0)).all()
