"""What ratings may never do (design of the rating, section "Properties"), on random chains and tables."""

from __future__ import annotations

from dataclasses import astuple, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.anchors import anchor_firms
from service.domain.chains import Chain, Stage
from service.domain.completeness import report_region, summarise_region
from service.domain.coverage import PRESENT, nearby_supply, sum_to_parents
from service.domain.firms import Firm, FirmNode
from service.domain.gaps import (
    GAP_RATINGS,
    MIN_OBSERVED,
    Basis,
    GapKind,
    NodeRating,
    Rating,
    expected,
    find_gaps,
    rate_region,
)
from service.domain.priority import GAP_FACTORS, GapContext, path_shares
from service.domain.weights import Weights

from .strategies import CONFIDENCES, Table, chains, tables

SCALE = {Rating.MISSING: 0, Rating.SUSPECTED: 0, Rating.WEAK: 1, Rating.BALANCED: 2, Rating.STRONG: 3}
EQUAL = Weights("t", False, dict.fromkeys(GAP_FACTORS, 1.0), "等权")
CONTEXT = GapContext("甲市", "t")


def ratings_of(table: Table, region: str) -> dict[str, NodeRating]:
    return {rated.node: rated for rated in rate_region(table.coverage(), region)}


@st.composite
def tables_with_a_cell(draw: st.DrawFn) -> tuple[Table, str, str]:
    table = draw(tables())
    node = draw(st.sampled_from([node.id for node in table.chain.nodes]))
    return table, draw(st.sampled_from(table.regions)), node


@given(tables_with_a_cell(), CONFIDENCES, st.booleans())
def test_adding_a_local_firm_never_lowers_the_rating_of_its_node_or_of_one_above_it(
    drawn: tuple[Table, str, str], confidence: float, is_anchor: bool
) -> None:
    table, region, node = drawn
    known = {**table.firms_known, region: table.firms_known[region] + 1}
    anchors = table.anchors | ({(region, node)} if is_anchor else set())
    larger = replace(
        table, cells=(*table.cells, (region, node, confidence)), firms_known=known, anchors=anchors
    )
    before, after = ratings_of(table, region), ratings_of(larger, region)
    above: str | None = node
    while above is not None:
        if before[above].rating is not Rating.UNOBSERVED:
            assert SCALE[after[above].rating] >= SCALE[before[above].rating]
        assert after[above].expected == before[above].expected
        assert after[above].comparable == before[above].comparable
        above = table.chain.node(above).parent


@given(tables_with_a_cell())
def test_the_expected_count_is_the_leave_one_out_formula(drawn: tuple[Table, str, str]) -> None:
    table, region, node = drawn
    column_sum, here, cell, everything = (Fraction(0) for _ in range(4))
    below = {n.id for n in table.chain.nodes if node in lineage(table.chain, n.id)}
    for adcode, other, effective in table.cells:
        everything += Fraction(effective)
        here += Fraction(effective) if adcode == region else 0
        column_sum += Fraction(effective) if other in below else 0
        cell += Fraction(effective) if other in below and adcode == region else 0
    rest = everything - here - column_sum + cell
    rated = ratings_of(table, region)[node]
    assert rated.effective_firms == cell
    assert rated.comparable == (rest > 0)
    wanted = (here - cell) * (column_sum - cell) / rest if rest else Fraction(0)
    assert rated.expected == pytest.approx(float(wanted), rel=1e-12, abs=0)
    assert rated.shortfall == max(0.0, rated.expected - rated.effective_firms)


def lineage(chain: Chain, node: str) -> list[str]:
    found: list[str] = []
    above: str | None = node
    while above is not None:
        found.append(above)
        above = chain.node(above).parent
    return found


@given(tables_with_a_cell())
def test_every_word_stands_where_the_rules_put_it(drawn: tuple[Table, str, str]) -> None:
    table, region, _ = drawn
    coverage = table.coverage()
    seen = {node for _, cell_node, _ in table.cells for node in lineage(table.chain, cell_node)}
    seen |= {node for named in table.seen for node in lineage(table.chain, named)}
    for rated in ratings_of(table, region).values():
        unobserved = rated.node not in seen or table.firms_known[region] < MIN_OBSERVED
        assert (rated.rating is Rating.UNOBSERVED) == unobserved
        assert (rated.basis is Basis.COMPLETE) == (region in table.complete)
        if rated.rating is Rating.MISSING:
            assert rated.basis is Basis.COMPLETE
            assert rated.effective_firms < PRESENT
        if rated.rating is Rating.SUSPECTED:
            assert rated.basis is Basis.SELECTIVE
        if rated.rating in (Rating.WEAK, Rating.STRONG):
            assert rated.comparable
            assert rated.effective_firms >= PRESENT
        assert rated.expected >= 0
        assert rated.intensity.low < rated.intensity.high
        assert rated.anchor == bool(coverage.anchors[coverage.row(region), coverage.column(rated.node)])


@given(tables_with_a_cell(), st.randoms(use_true_random=False))
def test_relabelling_nodes_changes_nothing(drawn: tuple[Table, str, str], random: object) -> None:
    table, region, _ = drawn
    names = [node.id for node in table.chain.nodes]
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    new = {old: f"t/x{shuffled.index(old)}" for old in names}
    nodes = tuple(
        replace(node, id=new[node.id], parent=new[node.parent] if node.parent else None)
        for node in sorted(table.chain.nodes, key=lambda node: new[node.id])
    )
    edges = tuple(
        replace(edge, supplier=new[edge.supplier], customer=new[edge.customer]) for edge in table.chain.edges
    )
    renamed = replace(
        table,
        chain=Chain("t", "试验链", "1", "2026-01-01", nodes, edges),
        cells=tuple((adcode, new[node], effective) for adcode, node, effective in table.cells),
        anchors=frozenset((adcode, new[node]) for adcode, node in table.anchors),
        seen=frozenset(new[node] for node in table.seen),
    )
    before, after = ratings_of(table, region), ratings_of(renamed, region)
    for old, rated in before.items():
        assert astuple(after[new[old]])[1:] == astuple(rated)[1:]
    assert priorities(renamed, region) == pytest.approx(
        {new[node]: value for node, value in priorities(table, region).items()}
    )


@given(tables_with_a_cell(), st.randoms(use_true_random=False))
def test_relabelling_and_reordering_regions_changes_nothing(
    drawn: tuple[Table, str, str], random: object
) -> None:
    table, region, _ = drawn
    shuffled = list(table.regions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    new = {old: f"99{position:04d}" for position, old in enumerate(shuffled)}
    renamed = replace(
        table,
        regions=tuple(sorted(new.values())),
        cells=tuple((new[adcode], node, effective) for adcode, node, effective in reversed(table.cells)),
        firms_known={new[adcode]: known for adcode, known in table.firms_known.items()},
        complete=frozenset(new[adcode] for adcode in table.complete),
        anchors=frozenset((new[adcode], node) for adcode, node in table.anchors),
    )
    assert ratings_of(renamed, new[region]) == ratings_of(table, region)
    assert priorities(renamed, new[region]) == pytest.approx(priorities(table, region))


def priorities(table: Table, region: str) -> dict[str, float]:
    gaps = find_gaps(table.coverage(), region, weights=EQUAL, context=CONTEXT)
    return {gap.node: gap.priority for gap in gaps}


@st.composite
def linked_firms(draw: st.DrawFn) -> tuple[Table, list[tuple[Firm, FirmNode]]]:
    """A table with one firm, of any size, behind each of its cells."""
    table = draw(tables())
    linked = []
    for number, (adcode, node, effective) in enumerate(table.cells):
        firm = Firm(f"企业{number}", adcode=adcode)
        firm = draw(sized(firm))
        linked.append((firm, FirmNode(f"k{number}", node, min(effective, 1.0), True, ())))
    return table, linked


def sized(firm: Firm) -> st.SearchStrategy[Firm]:
    return st.builds(
        lambda revenue, employees, capital: replace(
            firm, revenue_cny=revenue, employees=employees, capital_cny=capital
        ),
        st.sampled_from([None, 1e6, 5e8, 1e12]),
        st.sampled_from([None, 10, 2_000, 1_000_000]),
        st.sampled_from([None, 1e5, 1e9]),
    )


def with_anchors(table: Table, linked: list[tuple[Firm, FirmNode]]) -> Table:
    """The table with anchors by the rule, from the firms behind its cells."""
    pairs = {(firm.adcode or "", link.node) for firm, link in linked}
    anchors = {
        (adcode, node)
        for adcode, node in pairs
        if anchor_firms((firm, link) for firm, link in linked if (firm.adcode, link.node) == (adcode, node))
    }
    return replace(table, anchors=frozenset(anchors))


@given(linked_firms(), st.data())
def test_the_size_of_firms_elsewhere_never_changes_a_rating(
    drawn: tuple[Table, list[tuple[Firm, FirmNode]]], data: st.DataObject
) -> None:
    table, linked = drawn
    region = data.draw(st.sampled_from(table.regions))
    resized = [(firm if firm.adcode == region else data.draw(sized(firm)), link) for firm, link in linked]
    before = ratings_of(with_anchors(table, linked), region)
    assert ratings_of(with_anchors(table, resized), region) == before


@given(tables())
def test_the_numbers_of_a_region_are_the_sum_over_its_children(table: Table) -> None:
    """Counties summed to cities, then covered, are the covered counties summed; so on to one province."""
    half = len(table.regions) // 2
    parent_of = {adcode: "A" if row < half else "B" for row, adcode in enumerate(table.regions)}
    upper = replace(
        table,
        regions=("A", "B"),
        cells=tuple(sum_to_parents(table.cells, parent_of)),
        anchors=frozenset(),
        firms_known={},
    )
    children, parents = table.coverage(), upper.coverage()
    assert (parents.effective[0] == children.effective[:half].sum(axis=0)).all()
    assert (parents.effective[1] == children.effective[half:].sum(axis=0)).all()
    whole = sum_to_parents(sum_to_parents(table.cells, parent_of), {"A": "P", "B": "P"})
    assert whole == sum_to_parents(table.cells, dict.fromkeys(table.regions, "P"))


@given(tables())
def test_the_numbers_of_a_node_are_its_own_links_and_the_sum_over_its_children(table: Table) -> None:
    coverage = table.coverage()
    for node in table.chain.nodes:
        column = coverage.column(node.id)
        below = [coverage.column(child.id) for child in table.chain.children(node.id)]
        parts = coverage.direct[:, column] + coverage.effective[:, below].sum(axis=1)
        assert (coverage.effective[:, column] == parts).all()
        total = coverage.direct.sum(axis=1)
        assert (coverage.effective[:, column] + coverage.outside[:, column] == total).all()


@given(tables_with_a_cell(), st.floats(0, 1e4))
def test_nearby_supply_changes_no_rating_and_no_priority(
    drawn: tuple[Table, str, str], supply: float
) -> None:
    table, region, _ = drawn
    coverage = table.coverage()
    near = np.full(len(table.chain.nodes), supply)
    without = find_gaps(coverage, region, weights=EQUAL, context=CONTEXT)
    beside = find_gaps(coverage, region, weights=EQUAL, context=replace(CONTEXT, nearby=near))
    assert all(gap.nearby_supply is None for gap in without)
    assert [replace(gap, nearby_supply=None) for gap in beside] == without
    assert all(gap.nearby_supply == supply for gap in beside)


@given(tables(), st.data())
def test_nearby_supply_falls_with_distance_and_leaves_the_region_itself_out(
    table: Table, data: st.DataObject
) -> None:
    effective = table.coverage().effective
    away = st.floats(0, 2_000) | st.just(float("inf"))
    distance = np.array([data.draw(away) for _ in table.regions])
    row = data.draw(st.integers(0, len(table.regions) - 1))
    near = nearby_supply(effective, distance, exclude=row)
    assert (nearby_supply(effective, distance + 100.0, exclude=row) <= near).all()
    others = np.delete(np.arange(len(table.regions)), row)
    assert near == pytest.approx(nearby_supply(effective[others], distance[others]))
    assert (near <= effective[others].sum(axis=0) + 1e-9).all()


@given(
    tables_with_a_cell(),
    st.lists(st.floats(0.01, 100), min_size=len(GAP_FACTORS), max_size=len(GAP_FACTORS)),
    st.floats(0.001, 1000),
)
def test_only_the_proportions_of_weights_matter(
    drawn: tuple[Table, str, str], numbers: list[float], scale: float
) -> None:
    table, region, _ = drawn
    coverage = table.coverage()
    weights = Weights("t", False, dict(zip(GAP_FACTORS, numbers, strict=True)), "")
    scaled = Weights("t", False, {name: scale * value for name, value in weights.values.items()}, "")
    one = find_gaps(coverage, region, weights=weights, context=CONTEXT)
    other = {gap.node: gap for gap in find_gaps(coverage, region, weights=scaled, context=CONTEXT)}
    for gap in one:
        assert gap.priority == pytest.approx(other[gap.node].priority)
        assert gap.priority == pytest.approx(sum(factor.contribution for factor in gap.factors))
        assert 0 <= gap.priority <= 100
        assert sum(factor.weight for factor in gap.factors) == pytest.approx(1)
        assert [factor.name for factor in gap.factors] == list(GAP_FACTORS)
        for factor in gap.factors:
            assert 0 <= factor.value <= 1
            assert factor.contribution == pytest.approx(100 * factor.weight * factor.value)
            assert factor.reason.endswith("。")


@given(tables_with_a_cell())
def test_gaps_are_the_leaves_rated_so_and_their_kind_follows_the_graph(
    drawn: tuple[Table, str, str],
) -> None:
    table, region, _ = drawn
    coverage, rated = table.coverage(), ratings_of(table, region)
    gaps = find_gaps(coverage, region, weights=EQUAL, context=CONTEXT)
    leaves = {leaf.id for leaf in table.chain.leaves}
    assert {gap.node for gap in gaps} == {node for node in leaves if rated[node].rating in GAP_RATINGS}
    assert gaps == sorted(gaps, key=lambda gap: (-gap.priority, gap.node))
    for gap in gaps:
        before, after = (
            any(rated[other].effective_firms >= PRESENT for other in others)
            for others in (
                table.chain.leaf_graph.predecessors(gap.node),
                table.chain.leaf_graph.successors(gap.node),
            )
        )
        if gap.rating is Rating.WEAK:
            assert gap.kind is GapKind.STRENGTHEN
        else:
            kinds = {
                (True, True): GapKind.BRIDGE,
                (False, True): GapKind.EXTEND_UPSTREAM,
                (True, False): GapKind.EXTEND_DOWNSTREAM,
                (False, False): GapKind.BLANK,
            }
            assert gap.kind is kinds[before, after]


@given(tables_with_a_cell(), CONFIDENCES)
def test_completeness_is_a_share_and_a_new_firm_never_lowers_it(
    drawn: tuple[Table, str, str], confidence: float
) -> None:
    table, region, node = drawn
    table = replace(table, seen=frozenset(each.id for each in table.chain.nodes))
    larger = replace(table, cells=(*table.cells, (region, node, confidence)))
    summaries = [
        summarise_region(each.coverage(), region, rate_region(each.coverage(), region))
        for each in (table, larger)
    ]
    before, after = (summary.completeness for summary in summaries)
    assert (before is None) == (after is None) == (table.firms_known[region] < MIN_OBSERVED)
    if before is not None and after is not None:
        assert 0 <= before <= after <= 1
    assert sum(summaries[0].leaves.values()) == len(table.chain.leaves)
    assert set(summaries[0].by_stage) == {leaf.stage for leaf in table.chain.leaves}
    assert list(summaries[0].by_stage) == [stage for stage in Stage if stage in summaries[0].by_stage]


@given(tables_with_a_cell())
def test_the_report_holds_the_gaps_and_says_what_its_weights_are(drawn: tuple[Table, str, str]) -> None:
    table, region, _ = drawn
    report = report_region(table.coverage(), region, weights=EQUAL, context=CONTEXT)
    assert list(report.gaps) == find_gaps(table.coverage(), region, weights=EQUAL, context=CONTEXT)
    assert report.weights == EQUAL.stated
    assert not report.weights.fitted


@given(tables())
def test_expected_is_zero_and_says_so_where_there_is_nothing_to_compare_with(table: Table) -> None:
    alone = replace(table, regions=table.regions[:1]).coverage()
    values, comparable = expected(alone.effective, alone.outside, 0)
    assert not comparable.any()
    assert (values == 0).all()


@given(chains())
def test_path_shares_are_those_of_the_paths_counted_one_by_one(chain: Chain) -> None:
    graph = chain.leaf_graph
    paths: list[list[str]] = []
    stack = [[node] for node in graph if graph.out_degree(node) and not graph.in_degree(node)]
    while stack:
        path = stack.pop()
        onward = list(graph.successors(path[-1]))
        stack.extend([*path, node] for node in onward)
        paths += [] if onward else [path]
    for node, found in path_shares(chain).items():
        assert (found.through, found.total) == (sum(node in path for path in paths), len(paths))
