"""Peers, benchmarks, and which regions are laid side by side."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.domain.landscape import Landscape
from service.domain.peers import (
    SIZE_FACTOR,
    Among,
    Benchmark,
    Peer,
    choose,
    find_alike,
    find_benchmarks,
    find_peers,
)
from service.domain.standing import Standings, stand
from service.errors import UnknownRegion
from tests.domain.worked_example import FIRMS, coverage


def landscape(effective: np.ndarray, regions: tuple[str, ...] | None = None) -> Landscape:
    rows, columns = effective.shape
    names = regions or tuple(f"R{row}" for row in range(rows))
    return Landscape(
        regions=names,
        nodes=tuple(f"t/n{column}" for column in range(columns)),
        branches=("t",) * columns,
        effective=effective,
        recent=np.zeros_like(effective),
        distance_km=np.full((rows, rows), math.inf),
        dated=False,
    )


def example() -> Landscape:
    """The four regions of docs/method.md: 8, 10, 4 and 8 firms."""
    return landscape(np.array(list(FIRMS.values()), dtype=np.float64), tuple(FIRMS))


def standings(whole: Landscape, completeness: list[float]) -> Standings:
    return Standings(whole.regions, np.array(completeness), whole.effective.sum(axis=1))


def test_the_worked_example() -> None:
    """log(1 + firms) of R1 is (ln 5, 0, ln 4, ln 2), of R4 (ln 3, ln 2, ln 3, ln 4):
    4.2520 / (2.2344 * 2.1946); of R2 4.7608 / (2.2344 * 2.4922), of R3 0.9609 / (2.2344 * 1.5499).
    """
    found = find_peers(example(), "R1", cluster={"R3"}, observed=set(FIRMS))
    assert [(peer.region, peer.alike, peer.cluster) for peer in found] == [
        ("R4", True, False),
        ("R2", True, False),
        ("R3", True, True),
    ]
    assert [peer.similarity for peer in found] == pytest.approx([0.8671, 0.8549, 0.2775], abs=5e-5)
    assert [peer.size_ratio for peer in found] == [1.0, 1.25, 0.5]


def test_the_benchmark_of_the_worked_example() -> None:
    """R2 and R4 lack nothing, R2 has more firms; R3 has no more than it has itself to learn from others."""
    found = stand(coverage())
    assert find_benchmarks(example(), found, "R1") == [Benchmark("R2", Among.NOT_SMALLER)]
    assert find_benchmarks(example(), found, "R2") == []


def test_like_in_structure_is_not_like_in_size() -> None:
    """Logs (3, 4), (4, 3) and (0.6, 0.8): cosines 24/25 and 1, sizes 72.7, 72.7 and 2.0 firms."""
    whole = landscape(
        np.expm1(np.array([[3.0, 4.0, 0.0], [4.0, 3.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 4.2]]))
    )
    small, same, other = find_alike(whole, "R0")
    assert (small.region, small.similarity, small.alike) == ("R2", 1.0, False)
    assert (same.region, same.similarity, same.alike) == ("R1", 0.96, True)
    assert (other.region, other.similarity, other.alike) == ("R3", 0.0, False)
    # The small one is named only where it belongs to the same cluster.
    everyone = set(whole.regions)
    assert [one.region for one in find_peers(whole, "R0", observed=everyone)] == ["R1"]
    assert [one.region for one in find_peers(whole, "R0", cluster={"R2"}, observed=everyone)] == ["R2", "R1"]


def test_the_alike_have_a_benchmark_of_their_own() -> None:
    """R3 leads but is 100 times as large; of those like R0 in size R2 leads; R1 is far too small."""
    whole = landscape(np.array([[10.0], [1.0], [12.0], [1000.0]]))
    found = find_benchmarks(whole, standings(whole, [0.2, 1.0, 0.4, 0.9]), "R0")
    assert found == [Benchmark("R3", Among.NOT_SMALLER), Benchmark("R2", Among.ALIKE)]


def test_of_equals_more_firms_lead_then_the_lower_code() -> None:
    whole = landscape(np.array([[10.0], [12.0], [13.0], [13.0]]))
    (best,) = find_benchmarks(whole, standings(whole, [0.5, 0.7, 0.7, 0.7]), "R0")
    assert best.region == "R2"


def test_what_is_not_observed_has_and_is_no_company() -> None:
    whole = landscape(np.array([[10.0], [12.0], [11.0]]))
    found = standings(whole, [0.5, math.nan, 0.4])
    assert [one.region for one in find_peers(whole, "R0", observed=found.observed)] == ["R2"]
    assert find_peers(whole, "R1", observed=found.observed) == []
    assert find_benchmarks(whole, found, "R1") == []
    assert find_benchmarks(whole, standings(whole, [0.5, math.nan, 0.6]), "R0") == [
        Benchmark("R2", Among.NOT_SMALLER)
    ]


def test_an_unknown_region() -> None:
    with pytest.raises(UnknownRegion):
        find_alike(example(), "R9")


def test_what_is_laid_side_by_side() -> None:
    peers = [
        Peer("A", 0.9, 1.0, alike=True, cluster=False),
        Peer("B", 0.8, 5.0, alike=False, cluster=True),
        Peer("C", 0.7, 1.0, alike=True, cluster=True),
        Peer("D", 0.6, 1.0, alike=True, cluster=False),
    ]
    best = [Benchmark("Z", Among.NOT_SMALLER), Benchmark("D", Among.ALIKE)]
    assert choose("R", peers, best, most=5) == ("R", "Z", "D", "B", "A")
    assert choose("R", peers, [], most=9) == ("R", "B", "A", "C", "D")
    assert choose("R", [], [], most=5) == ("R",)


TABLES = st.integers(1, 7).flatmap(
    lambda rows: arrays(np.float64, (rows, 4), elements=st.sampled_from([0.0, 0.5, 1.0, 3.0, 8.0]))
)


@given(TABLES, st.data())
def test_a_region_is_never_its_own_peer_nor_its_own_benchmark(table: np.ndarray, data: st.DataObject) -> None:
    whole = landscape(table)
    share = st.sampled_from([0.0, 0.5, 1.0, math.nan])
    found = standings(whole, [data.draw(share) for _ in whole.regions])
    for region in whole.regions:
        peers = find_peers(whole, region, cluster=whole.regions, observed=found.observed)
        best = find_benchmarks(whole, found, region)
        assert region not in {one.region for one in [*peers, *best]}
        assert {one.region for one in [*peers, *best]} <= found.observed
        for one in peers:
            assert 0.0 <= one.similarity <= 1.0
            assert not one.alike or 1 / SIZE_FACTOR <= (one.size_ratio or 0.0) <= SIZE_FACTOR
        for one in best:
            ahead, own = found.of(one.region), found.of(region)
            assert (ahead.completeness, ahead.firms) > (own.completeness, own.firms)
        chosen = choose(region, peers, best, most=5)
        assert chosen[0] == region
        assert len(chosen) == len(set(chosen)) <= 5


@given(TABLES, st.data())
def test_the_order_of_regions_changes_nothing(table: np.ndarray, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(table))))
    one = landscape(table)
    two = landscape(table[order], tuple(one.regions[row] for row in order))
    for region in one.regions:
        assert find_alike(one, region) == [
            Peer(peer.region, peer.similarity, pytest.approx(peer.size_ratio), peer.alike, peer.cluster)
            for peer in find_alike(two, region)
        ]


@given(TABLES)
def test_alike_is_mutual(table: np.ndarray) -> None:
    whole = landscape(table)
    pairs = {
        (region, one.region) for region in whole.regions for one in find_alike(whole, region) if one.alike
    }
    assert pairs == {(b, a) for a, b in pairs}
