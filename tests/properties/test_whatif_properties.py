"""What a what-if may never do, on random chains and tables."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.domain.coverage import Coverage
from service.domain.gaps import Rating
from service.domain.priority import GAP_FACTORS, GapContext
from service.domain.weights import Weights
from service.domain.whatif import AddedFirm, WhatIf, add_firms, what_if

from .strategies import CONFIDENCES, tables

SCALE = {Rating.MISSING: 0, Rating.SUSPECTED: 0, Rating.WEAK: 1, Rating.BALANCED: 2, Rating.STRONG: 3}
EQUAL = Weights("t", False, dict.fromkeys(GAP_FACTORS, 1.0), "等权")
Asked = tuple[Coverage, str, list[AddedFirm]]


@st.composite
def questions(draw: st.DrawFn, *, one_node: bool = False) -> Asked:
    table = draw(tables())
    ids = [node.id for node in table.chain.nodes]
    nodes = [draw(st.sampled_from(ids))] if one_node else ids
    firm = st.builds(
        lambda node, confidence, anchor: AddedFirm("示范企业", ((node, confidence),), anchor=anchor),
        st.sampled_from(nodes),
        CONFIDENCES,
        st.booleans(),
    )
    region = draw(st.sampled_from(table.regions))
    return table.coverage(), region, draw(st.lists(firm, min_size=1, max_size=8))


def ask(coverage: Coverage, region: str, firms: list[AddedFirm]) -> WhatIf:
    return what_if(coverage, region, firms, weights=EQUAL, context=GapContext("甲市", "t"))


@given(questions(one_node=True))
def test_firms_never_lower_the_rating_of_the_node_they_are_added_to(asked: Asked) -> None:
    coverage, region, firms = asked
    node = firms[0].links[0][0]
    changes = {one.node: one for one in ask(coverage, region, firms).nodes}
    for above in (node, *coverage.chain.ancestors(node)):
        change = changes[above]
        assert change.after.expected == change.before.expected
        assert change.after.shortfall <= change.before.shortfall
        if change.before.rating is not Rating.UNOBSERVED:
            assert SCALE[change.after.rating] >= SCALE[change.before.rating]


@given(questions())
def test_a_node_that_got_a_firm_is_not_missing_and_completeness_never_falls(asked: Asked) -> None:
    found = ask(*asked)
    for change in found.changes:
        if change.added:
            assert change.after.rating not in (Rating.MISSING, Rating.SUSPECTED)
    before, after = found.before.summary.completeness, found.after.summary.completeness
    if before is not None:
        assert after is not None
        assert after >= before - 1e-12


@given(questions())
def test_adding_nothing_changes_nothing(asked: Asked) -> None:
    coverage, region, _ = asked
    found = ask(coverage, region, [])
    assert found.before == found.after
    assert found.changes == ()
    assert all(one.before == one.after for one in found.nodes)


@given(questions(), st.randoms(use_true_random=False))
def test_order_and_steps_do_not_matter(asked: Asked, random: Random) -> None:
    coverage, region, firms = asked
    shuffled = list(firms)
    random.shuffle(shuffled)
    together, otherwise = ask(coverage, region, firms), ask(coverage, region, shuffled)
    assert (together.after, together.nodes) == (otherwise.after, otherwise.nodes)
    stepwise = coverage
    for firm in firms:
        stepwise = add_firms(stepwise, region, [firm])
    at_once = add_firms(coverage, region, firms)
    for name in ("direct", "anchors", "firms_known", "seen_anywhere"):
        assert np.array_equal(getattr(stepwise, name), getattr(at_once, name))
