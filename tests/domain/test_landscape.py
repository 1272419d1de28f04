"""The whole table of all chains: values worked by hand, and what must hold of any table."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.domain.landscape import Landscape
from service.domain.prospects import Prospects
from service.errors import UnknownNode, UnknownRegion

NAMES = {"A": "甲市", "B": "乙市", "C": "丙市"}


def three(*, dated: bool = True) -> Landscape:
    """A, B and C on a line, 150 km apart; two groups of leaves: x/1, x/2 and y/1."""
    return Landscape(
        regions=("A", "B", "C"),
        nodes=("x/1", "x/2", "y/1"),
        branches=("x/g", "x/g", "y"),
        effective=np.array([[0.0, 3.0, 1.0], [2.0, 2.0, 0.0], [4.0, 0.0, 0.0]]),
        recent=np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]]),
        distance_km=np.array([[0.0, 150.0, 300.0], [150.0, 0.0, 150.0], [300.0, 150.0, 0.0]]),
        dated=dated,
    )


def test_momentum_counts_what_is_new_elsewhere() -> None:
    table = three()
    assert table.momentum[0, 0] == pytest.approx(math.log(5) / math.log(1001))  # 1 in B, 3 in C
    assert table.momentum[2, 0] == pytest.approx(math.log(2) / math.log(1001))  # its own 3 do not count
    old = three(dated=False)
    assert old.momentum[0, 0] == pytest.approx(math.log(7) / math.log(1001))  # all 6 firms elsewhere


def test_peers_are_weighed_by_how_alike_they_are() -> None:
    """A = (0, log 4, log 2), B = (log 3, log 3, 0), C = (log 5, 0, 0): A is like B only."""
    table = three()
    assert table.peers_of("A") == [("B", 1.0)]
    cosine_b = math.log(3) * math.log(4) / (math.hypot(math.log(4), math.log(2)) * math.sqrt(2) * math.log(3))
    cosine_c = 1 / math.sqrt(2)
    shares = dict(table.peers_of("B"))
    assert shares == {
        "A": pytest.approx(cosine_b / (cosine_b + cosine_c)),
        "C": pytest.approx(cosine_c / (cosine_b + cosine_c)),
    }
    assert table.peers[0, 0] == pytest.approx(1 / 2)  # B has 1 new firm of x/1
    assert table.peers[1, 0] == pytest.approx(shares["C"] * 3 / 4)


def test_neighbours_compare_what_is_around_with_what_would_be() -> None:
    table = three()
    around = 2 * math.exp(-1) + 4 * math.exp(-2)
    fair = (4 * math.exp(-1) + 4 * math.exp(-2)) * 6 / 12
    ratio = (around + 1) / (fair + 1)
    assert table.neighbours[0, 0] == pytest.approx(ratio / (1 + ratio))


def test_base_looks_at_the_other_leaves_of_the_group() -> None:
    """x/1 in A: of its group 3 firms are here; all regions have 5, A has 4 of 12 firms."""
    ratio = (3 + 2) / (4 * 5 / 12 + 2)
    assert three().base[0, 0] == pytest.approx(ratio / (1 + ratio))
    assert three().base[0, 2] == pytest.approx(0.5)  # alone in its group: nothing is known


def test_growth_counts_all_that_is_new_here() -> None:
    assert three().growth[2] == pytest.approx(math.log(4) / math.log(10_001))


def test_sentences_name_years_peers_and_what_is_lacking() -> None:
    found = Prospects(three(), "A", NAMES).find("x/1")
    assert found["momentum"].reason == "其他同级地区近 3 年共新设本环节企业约 4 家。"
    assert found["peers"].reason == "产业结构与甲市最相近的 1 个地区中，1 个近 3 年有新设本环节企业：乙市。"
    assert found["base"].reason == "同组的其他环节甲市有企业 3.0 家，按本地产业规模应有 1.7 家。"
    assert found["growth"].reason == "甲市近 3 年新设各产业链企业约 1 家。"
    undated = Prospects(three(dated=False), "A", NAMES).find("x/1")
    assert undated["momentum"].reason.startswith("企业成立日期多不详，按现有家数计")
    assert undated["peers"].reason.endswith("1 个有本环节企业：乙市。")
    alone = Landscape(("A",), ("x/1",), ("x",), np.ones((1, 1)), np.ones((1, 1)), np.zeros((1, 1)), True)
    nobody = Prospects(alone, "A", NAMES).find("x/1")
    assert nobody["peers"].value == 0.0
    assert nobody["peers"].reason == "没有产业结构与甲市相近的同级地区。"


def test_what_is_not_in_the_table_is_said() -> None:
    with pytest.raises(UnknownRegion):
        three().row("Z")
    with pytest.raises(UnknownNode):
        three().column("z/1")
    with pytest.raises(ValueError, match="recent"):
        Landscape(("A",), ("x/1",), ("x",), np.ones((1, 1)), np.ones((1, 2)), np.zeros((1, 1)), True)
    with pytest.raises(ValueError, match="effective"):
        Landscape(("A",), ("x/1",), ("x",), -np.ones((1, 1)), np.ones((1, 1)), np.zeros((1, 1)), True)
    with pytest.raises(ValueError, match="branches"):
        Landscape(("A",), ("x/1",), (), np.ones((1, 1)), np.ones((1, 1)), np.zeros((1, 1)), True)


@st.composite
def landscapes(draw: st.DrawFn) -> Landscape:
    """Up to six regions and seven leaves, many cells empty; the recent firms are some of all."""
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 7)))
    counts = hnp.arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.0, 30.0]))
    effective = draw(counts)
    recent = np.minimum(draw(counts), effective)
    places = draw(hnp.arrays(np.float64, shape[0], elements=st.sampled_from([0.0, 10.0, 200.0, 900.0])))
    return Landscape(
        regions=tuple(f"r{row}" for row in range(shape[0])),
        nodes=tuple(f"c/n{column}" for column in range(shape[1])),
        branches=tuple(draw(st.sampled_from(["c/a", "c/b"])) for _ in range(shape[1])),
        effective=effective,
        recent=recent,
        distance_km=np.abs(places[:, None] - places[None, :]),
        dated=draw(st.booleans()),
    )


@given(landscapes())
def test_every_factor_is_between_0_and_1(table: Landscape) -> None:
    for values in (table.momentum, table.peers, table.neighbours, table.base, table.growth):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        assert (values <= 1 + 1e-12).all()


@given(landscapes(), st.data())
def test_the_order_of_leaves_changes_nothing(table: Landscape, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(table.nodes))))
    other = Landscape(
        table.regions,
        tuple(table.nodes[place] for place in order),
        tuple(table.branches[place] for place in order),
        table.effective[:, order],
        table.recent[:, order],
        table.distance_km,
        table.dated,
    )
    for name in ("momentum", "neighbours", "base"):
        assert np.allclose(getattr(other, name), getattr(table, name)[:, order])


@given(landscapes(), st.data())
def test_a_firm_of_the_cell_itself_does_not_move_momentum_or_base(
    table: Landscape, data: st.DataObject
) -> None:
    """What is here already must not speak for itself."""
    row = data.draw(st.integers(0, len(table.regions) - 1))
    column = data.draw(st.integers(0, len(table.nodes) - 1))
    recent = table.recent.copy()
    recent[row, column] += 1.0
    more = Landscape(
        table.regions, table.nodes, table.branches, table.effective, recent, table.distance_km, True
    )
    dated = Landscape(
        table.regions, table.nodes, table.branches, table.effective, table.recent, table.distance_km, True
    )
    assert more.momentum[row, column] == pytest.approx(dated.momentum[row, column])


def test_the_years_are_counted_from_the_day_the_data_reaches() -> None:
    """A register that ends in 2019 tells nothing of the last three years of the clock."""
    told = Prospects(replace(three(), until=date(2019, 4, 29)), "A", NAMES).find("x/1")
    assert told["momentum"].reason == "其他同级地区截至 2019-04 的 3 年内共新设本环节企业约 4 家。"
    assert told["growth"].reason == "甲市截至 2019-04 的 3 年内新设各产业链企业约 1 家。"
