"""The factors of all regions at once are those that a gap shows with its sentences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from service.domain.factor_table import chain_factors, landscape_factors
from service.domain.gaps import expected, find_factors
from service.domain.landscape import Landscape
from service.domain.priority import FITTED_FACTORS, GapContext
from service.domain.prospects import Prospects
from tests.domain.worked_example import coverage
from tests.properties.strategies import Table, tables


def landscape_of(table: Table) -> Landscape:
    """The leaves of the table's chain as a landscape of their own."""
    covered = table.coverage()
    leaves = covered.chain.leaves
    columns = [covered.column(leaf.id) for leaf in leaves]
    firms = covered.effective[:, columns]
    return Landscape(
        regions=table.regions,
        nodes=tuple(leaf.id for leaf in leaves),
        branches=tuple(leaf.parent or "t" for leaf in leaves),
        effective=firms,
        recent=firms / 2,
        distance_km=np.zeros((len(table.regions), len(table.regions))),
        dated=True,
    )


@given(tables())
def test_both_ways_give_the_same_values(table: Table) -> None:
    covered, whole = table.coverage(), landscape_of(table)
    values = {**chain_factors(covered), **landscape_factors(whole)}
    for row, region in enumerate(table.regions):
        wanted, comparable = expected(covered.effective, covered.outside, row)
        context = GapContext("甲市", "t", prospects=Prospects(whole, region, {}))
        for place, leaf in enumerate(covered.chain.leaves):
            column = covered.column(leaf.id)
            found = find_factors(
                covered,
                region,
                leaf.id,
                float(wanted[column]),
                comparable=bool(comparable[column]),
                context=context,
            )
            for name in FITTED_FACTORS:
                assert found[name].value == pytest.approx(float(values[name][row, place]), abs=1e-9), name


def test_the_example_worked_by_hand() -> None:
    """R1 lacks the separator: the values of docs/method.md."""
    values = chain_factors(coverage())
    found = {name: float(table[0, 1]) for name, table in values.items()}
    assert found == pytest.approx(
        {"shortfall": 0.75, "demand_pull": 0.75, "supply_push": 0.5, "criticality": 0.375}
    )
