"""Choosing among ranked targets."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.target_filter import (
    LISTED,
    PlacedTarget,
    TargetFilter,
    TargetOrder,
    choose_targets,
    commonest,
)
from service.domain.targets import Target, Told, Wording


def placed(rank: int, name: str, **facts: Any) -> PlacedTarget:
    target = Target(f"n:{name}", facts.pop("uscc", None), name, "310100", 100.0 - rank, (), Wording(Told))
    values: dict[str, Any] = {
        "place": None, "province": None, "source": None, "distance_km": None, "standings": (),
        "capital_cny": None, "founded": None, "branches": 0,
    }  # fmt: skip
    return PlacedTarget(rank, target, **{**values, **facts})


TARGETS = (
    placed(1, "上海甲", province="310000", source="长三角", distance_km=300.0, standings=(LISTED,),
           capital_cny=5e7),
    placed(2, "广东乙", province="440000", source="珠三角", distance_km=900.0, founded=date(2020, 5, 1)),
    placed(3, "江苏丙", province="320000", source="长三角", distance_km=250.0, standings=("专精特新", LISTED),
           capital_cny=1e8, founded=date(1999, 1, 1)),
    placed(4, "无址丁", uscc="91330800MA00000012", standings=("单项冠军",)),
)  # fmt: skip


def names(wanted: TargetFilter, order: TargetOrder = TargetOrder.SCORE) -> list[str]:
    return [one.target.name[-1] for one in choose_targets(TARGETS, wanted, order).chosen]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (TargetFilter(), "甲乙丙丁"),
        (TargetFilter(source="长三角"), "甲丙"),
        (TargetFilter(source="440000"), "乙"),
        (TargetFilter(standing=LISTED), "甲丙"),
        (TargetFilter(standing="单项冠军"), "丁"),
        (TargetFilter(within_km=300), "甲丙"),
        (TargetFilter(within_km=299.9), "丙"),
        (TargetFilter(text="广东"), "乙"),
        (TargetFilter(text="91330800ma00000012"), "丁"),
        (TargetFilter(text="91330800"), ""),
        (TargetFilter(source="长三角", within_km=260, standing=LISTED), "丙"),
        (TargetFilter(source="无此"), ""),
    ],
)
def test_filters(wanted: TargetFilter, found: str) -> None:
    assert names(wanted) == list(found)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (TargetOrder.SCORE, "甲乙丙丁"),
        (TargetOrder.DISTANCE, "丙甲乙丁"),
        (TargetOrder.CAPITAL, "丙甲乙丁"),
        (TargetOrder.FOUNDED, "乙丙甲丁"),
    ],
)
def test_orders_put_the_unknown_last(order: TargetOrder, found: str) -> None:
    assert names(TargetFilter(), order) == list(found)


def test_counts_are_those_of_the_other_filters() -> None:
    choice = choose_targets(TARGETS, TargetFilter(source="长三角", standing=LISTED))
    # Sources where the standing holds, standings where the source holds.
    assert choice.sources == {"长三角": 2}
    assert choice.provinces == {"310000": 1, "320000": 1}
    assert choice.standings == {LISTED: 2, "专精特新": 1}


def test_commonest_puts_the_named_first() -> None:
    counts = {"a": 1, "b": 5, "c": 5, "d": 0}
    assert commonest(counts, ["a", "x"]) == [("a", 1), ("b", 5), ("c", 5), ("d", 0)]


_WANTED = st.builds(
    TargetFilter,
    source=st.sampled_from(["", "长三角", "440000"]),
    standing=st.sampled_from(["", LISTED, "单项冠军"]),
    within_km=st.none() | st.floats(0, 2000),
    text=st.sampled_from(["", "甲", "江"]),
)


@given(_WANTED, st.sampled_from(TargetOrder))
def test_a_filter_only_takes_away_and_an_order_changes_no_set(
    wanted: TargetFilter, order: TargetOrder
) -> None:
    ordered = choose_targets(TARGETS, wanted, order)
    by_score = choose_targets(TARGETS, wanted)
    assert set(ordered.chosen) == set(by_score.chosen) <= set(TARGETS)
    assert [one.rank for one in by_score.chosen] == sorted(one.rank for one in by_score.chosen)
    if wanted.source:
        offered = {**ordered.sources, **ordered.provinces}
        assert offered.get(wanted.source, 0) == len(ordered.chosen)
