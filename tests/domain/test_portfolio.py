"""The best set of firms: an example by hand, brute force on small instances, reasons for an empty set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.portfolio import (
    EmptyReason,
    GapWorth,
    Limits,
    Option,
    Portfolio,
    Price,
    Resource,
    choose_portfolio,
)

# Closing A: 10 points of completeness and a priority of 60; the second firm there adds 30, half the priority.
WORTH = {"A": GapWorth(10.0, 60.0), "B": GapWorth(0.0, 50.0), "C": GapWorth(5.0, 40.0)}
A1 = Option("a1", "A", 80.0, land_mu=100.0, energy_tce=10.0)  # 70 * 0.8 = 56, as second 24
A2 = Option("a2", "A", 60.0, land_mu=30.0, energy_tce=20.0)  # 42, as second 18
B1 = Option("b1", "B", 90.0, land_mu=60.0, energy_tce=30.0)  # 45
C1 = Option("c1", "C", 50.0, land_mu=20.0, energy_tce=40.0)  # 22.5
OPTIONS = (A1, A2, B1, C1)
NEEDS_HALF_KNOWN = (Option("a", "A", 50.0), Option("b", "B", 50.0, land_mu=1.0))


def firms(found: Portfolio) -> list[str]:
    return [choice.option.firm for choice in found.chosen]


def price(found: Portfolio, resource: Resource) -> Price:
    return next(one for one in found.prices if one.resource is resource)


def test_two_visits() -> None:
    found = choose_portfolio(OPTIONS, WORTH, Limits(visits=2))
    assert (firms(found), found.value) == (["a1", "b1"], 101.0)
    assert [choice.points for choice in found.chosen] == [56.0, 45.0]
    assert (found.exact, found.gap, found.empty) == (True, 0.0, None)
    # A third visit: c1 22.5 rather than a2 as the second of its node, 18.
    assert price(found, Resource.VISITS) == Price(Resource.VISITS, 2.0, 2.0, True, 22.5)
    assert price(found, Resource.PER_NODE) == Price(Resource.PER_NODE, 2.0, 1.0, False, 0.0)
    assert {one.resource for one in found.prices} == {Resource.VISITS, Resource.PER_NODE}


def test_land_takes_the_smaller_plant() -> None:
    found = choose_portfolio(OPTIONS, WORTH, Limits(visits=2, land_mu=150))
    # a1 + b1 need 160 mu; a1 + c1 is 78.5, a1 + a2 56 + 18 = 74, a2 + b1 87.
    assert (firms(found), found.value) == (["b1", "a2"], 87.0)
    # One mu more changes nothing (10 would), yet without the limit it were 101.
    assert price(found, Resource.LAND) == Price(Resource.LAND, 150.0, 90.0, True, 0.0)
    assert price(found, Resource.VISITS).one_more == 22.5
    ten_more = choose_portfolio(OPTIONS, WORTH, Limits(visits=2, land_mu=159))
    assert price(ten_more, Resource.LAND).one_more == 14.0


def test_the_second_firm_of_a_node_adds_half_the_priority() -> None:
    found = choose_portfolio((A1, A2), WORTH, Limits(visits=5))
    assert [(one.option.firm, one.step, one.points) for one in found.chosen] == [
        ("a1", 1, 56.0),
        ("a2", 2, 18.0),
    ]
    alone = choose_portfolio((A1, A2), WORTH, Limits(visits=5, per_node=1))
    assert firms(alone) == ["a1"]
    assert price(alone, Resource.PER_NODE) == Price(Resource.PER_NODE, 1.0, 1.0, True, 18.0)


def test_a_firm_counts_for_one_gap_only() -> None:
    both = (replace(A1, firm="x"), replace(B1, firm="x"))
    found = choose_portfolio(both, WORTH, Limits(visits=5))
    assert [(one.option.firm, one.option.node) for one in found.chosen] == [("x", "A")]
    assert found.value == 56.0


def test_energy_binds_too() -> None:
    found = choose_portfolio(OPTIONS, WORTH, Limits(visits=4, land_mu=1000, energy_tce=59.99))
    # All need 100 tce. a1 + b1 = 101 (40), with a2 119 (60): one hundredth of a ton too much. a1 + c1 78.5.
    assert (firms(found), found.value) == (["a1", "b1"], 101.0)
    assert price(found, Resource.ENERGY) == Price(Resource.ENERGY, 59.99, 40.0, True, 18.0)
    assert price(found, Resource.LAND).binds is False


def test_of_equal_sets_the_smaller_and_the_earlier_one() -> None:
    twins = [Option(name, "B", 50.0) for name in ("z", "m", "k")]
    nothing = Option("nothing", "C", 0.0)
    found = choose_portfolio([*twins, nothing], WORTH, Limits(visits=4, per_node=1))
    assert firms(found) == ["k"]


@pytest.mark.parametrize(
    ("options", "limits", "reason"),
    [
        ((), Limits(5), EmptyReason.NO_OPTIONS),
        (OPTIONS, Limits(0), EmptyReason.NO_VISITS),
        (NEEDS_HALF_KNOWN, Limits(5, 9, 9), EmptyReason.NEEDS_UNKNOWN),
        (OPTIONS, Limits(5, land_mu=19.99), EmptyReason.TOO_LARGE),
        (OPTIONS, Limits(5, land_mu=0), EmptyReason.TOO_LARGE),
        ((Option("a", "A", 0.0),), Limits(5), EmptyReason.NO_GAIN),
    ],
)  # fmt: skip
def test_where_nobody_can_be_chosen(options: Sequence[Option], limits: Limits, reason: EmptyReason) -> None:
    found = choose_portfolio(options, WORTH, limits)
    assert (found.chosen, found.value, found.empty, found.exact) == ((), 0.0, reason, True)


def test_what_is_left_out_is_named() -> None:
    unknown = Option("u", "C", 90.0, land_mu=None, energy_tce=1.0)
    found = choose_portfolio((*OPTIONS, unknown), WORTH, Limits(visits=9, land_mu=99))
    assert (found.unknown_needs, found.too_large) == ((unknown,), (A1,))
    assert "u" in firms(choose_portfolio((*OPTIONS, unknown), WORTH, Limits(visits=9, energy_tce=99)))


def test_a_need_beyond_the_limit_by_less_than_the_tolerance_of_the_solver() -> None:
    """10,000,000.01 against 10,000,000: one part in 10^9, the solver's tolerance is one in 10^6."""
    options = [Option("a", "A", 80.0, energy_tce=5e6), Option("b", "B", 90.0, energy_tce=5e6 + 0.01)]
    found = choose_portfolio(options, WORTH, Limits(visits=2, energy_tce=1e7))
    assert (firms(found), found.exact) == (["a"], True)
    assert price(found, Resource.ENERGY).one_more == 45.0
    exactly = choose_portfolio(options, WORTH, Limits(visits=2, energy_tce=1e7 + 0.01))
    assert firms(exactly) == ["a", "b"]


def test_binary_fractions_do_not_overflow() -> None:
    options = [Option(name, node, 90.0, land_mu=0.1) for name, node in (("a", "A"), ("b", "B"), ("c", "C"))]
    assert len(choose_portfolio(options, WORTH, Limits(visits=3, land_mu=0.3)).chosen) == 3
    assert len(choose_portfolio(options, WORTH, Limits(visits=3, land_mu=0.29)).chosen) == 2


def test_without_time_what_was_found_is_allowed_and_says_that_it_is_not_proven() -> None:
    options = [
        Option(f"f{place}", "ABC"[place % 3], 30.0 + place * 37 % 61, land_mu=11.0 + place * 53 % 47)
        for place in range(60)
    ]
    limits = Limits(visits=9, land_mu=200, per_node=5)
    found = choose_portfolio(options, WORTH, limits, time_limit_s=0.0)
    assert not found.exact
    assert found.gap > 0
    assert {one.binds for one in found.prices} == {None}
    assert sum(choice.option.land_mu or 0 for choice in found.chosen) <= 200
    assert len(found.chosen) <= 9
    assert (found.empty is EmptyReason.TIME) == (found.chosen == ())
    assert choose_portfolio(options, WORTH, limits).exact


@pytest.mark.parametrize(
    "make",
    [
        lambda: Option("a", "A", 101.0),
        lambda: Option("a", "A", 50.0, land_mu=-1.0),
        lambda: Option("a", "A", float("nan")),
        lambda: Limits(-1),
        lambda: Limits(1, land_mu=float("inf")),
        lambda: Limits(1, per_node=0),
        lambda: choose_portfolio([A1, A1], WORTH, Limits(1)),
    ],
)  # fmt: skip
def test_impossible_numbers(make: object) -> None:
    with pytest.raises(ValueError, match=r"impossible|twice"):
        make()  # type: ignore[operator]


# Brute force: every set, every order of its firms over the steps of their nodes.

NUMBERS = st.integers(0, 20).map(float)


@st.composite
def instances(draw: st.DrawFn) -> tuple[list[Option], dict[str, GapWorth], Limits]:
    nodes = ["A", "B", "C"]
    pairs = draw(
        st.lists(st.tuples(st.sampled_from("stuvw"), st.sampled_from(nodes)), unique=True, max_size=6)
    )
    need = st.none() | st.sampled_from([0.0, 0.01, 3.0, 5.5, 8.0])
    options = [
        Option(firm, node, draw(st.sampled_from([0.0, 20.0, 50.0, 50.0, 77.7])), draw(need), draw(need))
        for firm, node in pairs
    ]
    worth = {node: GapWorth(draw(NUMBERS), draw(NUMBERS)) for node in nodes}
    limit = st.none() | st.sampled_from([0.0, 5.5, 8.01, 11.0, 16.0])
    return options, worth, Limits(draw(st.integers(0, 4)), draw(limit), draw(limit), draw(st.integers(1, 3)))


def allowed(options: Sequence[Option], limits: Limits) -> Iterator[tuple[Option, ...]]:
    for size in range(min(len(options), limits.visits) + 1):
        for chosen in combinations(options, size):
            nodes = [one.node for one in chosen]
            if len({one.firm for one in chosen}) < size:
                continue
            if any(nodes.count(node) > limits.per_node for node in nodes):
                continue
            if _fits([one.land_mu for one in chosen], limits.land_mu) and _fits(
                [one.energy_tce for one in chosen], limits.energy_tce
            ):
                yield chosen


def _fits(needs: list[float | None], limit: float | None) -> bool:
    if limit is None:
        return True
    known = [round(100 * need) for need in needs if need is not None]
    return len(known) == len(needs) and sum(known) <= round(100 * limit)


def value(chosen: Sequence[Option], worth: dict[str, GapWorth]) -> int:
    """In thousandths of a point: the best order of the firms over the steps."""
    whole = 0
    for node in {one.node for one in chosen}:
        there = [one for one in chosen if one.node == node]
        whole += max(
            sum(_points(one, worth[node], step) for step, one in enumerate(order))
            for order in permutations(there)
        )
    return whole


def _points(option: Option, gap: GapWorth, step: int) -> int:
    points = gap.priority * 0.5**step + (gap.completeness_points if step == 0 else 0.0)
    return round(1000 * points * option.score / 100)


def best(options: Sequence[Option], worth: dict[str, GapWorth], limits: Limits) -> int:
    return max(value(chosen, worth) for chosen in allowed(options, limits))


@settings(max_examples=60)
@given(instances())
def test_nothing_is_better_than_the_set_found(
    drawn: tuple[list[Option], dict[str, GapWorth], Limits],
) -> None:
    options, worth, limits = drawn
    found = choose_portfolio(options, worth, limits)
    chosen = tuple(choice.option for choice in found.chosen)
    most = best(options, worth, limits)
    assert found.exact
    assert round(1000 * found.value) == most
    assert any(set(chosen) == set(one) for one in allowed(options, limits))
    fewest = min(len(one) for one in allowed(options, limits) if value(one, worth) == most)
    assert len(chosen) == fewest
    for one in found.prices:
        more = best(options, worth, limits.with_amount(one.resource, one.limit + 1)) - most
        assert one.one_more == pytest.approx(more / 1000, abs=1e-9)
        without = best(options, worth, limits.with_amount(one.resource, max(one.limit, 1000.0))) - most
        assert one.binds == (without > 0)


@settings(max_examples=30)
@given(instances(), st.randoms(use_true_random=False))
def test_the_order_of_the_options_does_not_matter(
    drawn: tuple[list[Option], dict[str, GapWorth], Limits], random: Random
) -> None:
    options, worth, limits = drawn
    shuffled = list(options)
    random.shuffle(shuffled)
    assert choose_portfolio(shuffled, worth, limits) == choose_portfolio(options, worth, limits)
