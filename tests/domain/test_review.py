from __future__ import annotations

from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.domain.coverage import Coverage, coverage_from_cells
from service.domain.gaps import Rating
from service.domain.regions import Level
from service.domain.review import UncertainLink, rank_for_review

CHAIN = Chain(
    "c",
    "链",
    "1",
    "2026-01-01",
    tuple(Node(f"c/{name}", name, None, Stage.UPSTREAM, (name,)) for name in ("ore", "cell", "car")),
    (SupplyEdge("c/ore", "c/cell"), SupplyEdge("c/cell", "c/car")),
)


def coverage() -> Coverage:
    cells = [
        ("330800", "c/ore", 4.0), ("330800", "c/cell", 9.0),
        ("330100", "c/ore", 5.0), ("330100", "c/cell", 5.0), ("330100", "c/car", 6.0),
    ]  # fmt: skip
    known = {"330800": 13, "330100": 16}
    return coverage_from_cells(
        CHAIN, Level.CITY, ["330800", "330100"], cells, firms_known=known, complete=["330800"]
    )


def link(firm: str, node: str, confidence: float = 0.4) -> UncertainLink:
    return UncertainLink(firm, firm, node, confidence, ())


def test_a_link_that_fills_a_missing_node_comes_first() -> None:
    ranked = rank_for_review(coverage(), "330800", [link("a", "c/cell"), link("b", "c/car", 0.2)])
    assert [item.link.firm for item in ranked] == ["b", "a"]
    # Nothing of c/car is here now; one firm is at least weak.
    assert ranked[0].now is Rating.MISSING
    assert ranked[0].then in (Rating.WEAK, Rating.BALANCED)
    assert ranked[0].steps >= 1


def test_equal_effects_are_ordered_by_confidence_and_name() -> None:
    ranked = rank_for_review(
        coverage(), "330800", [link("z", "c/car", 0.3), link("b", "c/car", 0.3), link("y", "c/car", 0.45)]
    )
    assert [item.link.firm for item in ranked] == ["y", "b", "z"]


def test_the_gain_is_that_of_one_firm() -> None:
    # c/ore here: k = 4; outside here 9, inside elsewhere 5, outside elsewhere 11: e = 45 / 11.
    item = rank_for_review(coverage(), "330800", [link("a", "c/ore")])[0]
    assert abs(item.intensity_gain - 1 / (1 + 45 / 11)) < 1e-12


def test_reviewing_changes_nothing() -> None:
    before = coverage()
    rank_for_review(before, "330800", [link("a", "c/car")])
    assert (before.direct == coverage().direct).all()
