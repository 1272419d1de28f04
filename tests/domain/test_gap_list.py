"""The quick list of gaps is the list with reasons, without the reasons."""

from __future__ import annotations

import pytest
from hypothesis import given

from service.domain.gap_list import factor_values, list_gaps
from service.domain.gaps import find_gaps, rate_region
from service.domain.priority import GAP_FACTORS, GapContext
from service.domain.prospects import Prospects
from service.domain.weights import Finding, Weights
from tests.domain.test_factor_table import landscape_of
from tests.domain.worked_example import coverage
from tests.properties.strategies import Table, tables

EQUAL = Weights("t", False, dict.fromkeys(GAP_FACTORS, 1.0), "equal")


@given(tables())
def test_both_lists_are_the_same(table: Table) -> None:
    covered, whole = table.coverage(), landscape_of(table)
    first = covered.chain.leaves[0].id
    for region in table.regions:
        context = GapContext(
            "甲市", "t", prospects=Prospects(whole, region, {}), fit={first: Finding(0.0, "没有资源")}
        )
        quick = list_gaps(covered, region, weights=EQUAL, context=context)
        full = {gap.node: gap for gap in find_gaps(covered, region, weights=EQUAL, context=context)}
        assert {gap.node for gap in quick} == full.keys()
        priorities = [gap.priority for gap in quick]
        assert priorities == sorted(priorities, reverse=True) or priorities == pytest.approx(
            sorted(priorities, reverse=True), abs=1e-9
        )
        for gap in quick:
            other = full[gap.node]
            assert gap.priority == pytest.approx(other.priority, abs=1e-9)
            assert (gap.rating, gap.kind, gap.basis, gap.stage) == (
                other.rating,
                other.kind,
                other.basis,
                other.stage,
            )
            points = {factor.name: factor.contribution for factor in other.factors}
            assert dict(gap.leading) == pytest.approx({name: points[name] for name, _ in gap.leading})
            assert len(gap.leading) == 3


def test_the_values_worked_by_hand() -> None:
    """R1 lacks the separator: the values of docs/method.md; what is not known is neutral."""
    covered = coverage()
    region = covered.regions[0]
    rated = {one.node: one for one in rate_region(covered, region)}
    leaves = [rated[leaf.id] for leaf in covered.chain.leaves]
    values = factor_values(covered, region, leaves, GapContext("甲市", "t"))
    found = {name: float(value[1]) for name, value in values.items() if name != "feasibility"}
    assert found == pytest.approx(
        {
            "shortfall": 0.75,
            "demand_pull": 0.75,
            "supply_push": 0.5,
            "criticality": 0.375,
            "fit": 0.5,
            "momentum": 0.5,
            "peers": 0.5,
            "neighbours": 0.5,
            "base": 0.5,
            "growth": 0.5,
        }
    )


def test_weights_that_name_other_factors_are_refused() -> None:
    covered = coverage()
    wrong = Weights("t", False, {"shortfall": 1.0}, "one")
    with pytest.raises(ValueError, match="weights for"):
        list_gaps(covered, covered.regions[0], weights=wrong, context=GapContext("甲市", "t"))
