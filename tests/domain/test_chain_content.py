from __future__ import annotations

import pytest

from service.domain.chain_content import review_chain, review_hits, review_terms
from service.domain.chains import Chain, Node, Stage, SupplyEdge


def node(name: str, stage: Stage, *terms: str) -> Node:
    return Node(f"c/{name}", name, None, stage, terms or (name,))


ORE = node("ore", Stage.UPSTREAM, "矿石")
CELL = node("cell", Stage.MIDSTREAM, "电芯")
CAR = node("car", Stage.DOWNSTREAM, "汽车")


def chain(*edges: tuple[Node, Node]) -> Chain:
    supply = tuple(SupplyEdge(supplier.id, customer.id) for supplier, customer in edges)
    return Chain("c", "链", "1", "2026-01-01", (ORE, CELL, CAR), supply)


def test_a_sound_chain_draws_no_remark() -> None:
    assert review_chain(chain((ORE, CELL), (CELL, CAR))) == []


def test_a_stage_that_contradicts_an_edge_is_remarked() -> None:
    remarks = review_chain(chain((ORE, CELL), (ORE, CAR), (CAR, CELL)))
    assert [(remark.node, remark.check) for remark in remarks] == [("c/car", "stage-order")]


def test_a_leaf_that_nothing_upstream_feeds_is_remarked() -> None:
    remarks = review_chain(chain((ORE, CAR), (CELL, CAR)))
    assert [(remark.node, remark.check) for remark in remarks] == [("c/cell", "unreached")]


def guest(*terms: str) -> Chain:
    return Chain("d", "链", "1", "", (Node("d/foil", "箔", None, Stage.UPSTREAM, terms),), ())


def test_two_nodes_with_the_same_terms_are_remarked_on_the_second() -> None:
    remarks = review_terms([chain(), guest("矿石", "矿砂")])
    assert [(remark.chain, remark.node, remark.check) for remark in remarks] == [
        ("d", "d/foil", "same-terms")
    ]
    assert "c/ore" in remarks[0].message


def test_one_term_of_many_in_common_is_usual() -> None:
    ore = Node("c/ore", "矿", None, Stage.UPSTREAM, ("矿石", "原矿", "精矿"))
    home = Chain("c", "链", "1", "", (ore,), ())
    assert review_terms([home, guest("矿石", "铜箔", "铝箔")]) == []


def test_terms_are_held_against_a_table_of_firms() -> None:
    remarks = review_hits([chain()], {"矿石": 5, "电芯": 21}, 100)
    assert [(remark.node, remark.check) for remark in remarks] == [
        ("c/cell", "too-wide"),
        ("c/car", "no-hit"),
    ]


def test_an_empty_table_proves_nothing() -> None:
    with pytest.raises(ValueError, match="without firms"):
        review_hits([chain()], {}, 0)
