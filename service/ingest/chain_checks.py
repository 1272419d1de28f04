"""What must hold of a chain beyond its structure: its terms, its codes, and the graph of its supply edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import polars as pl

from service.domain.chains import Chain, Node
from service.domain.matching_rules import normalise
from service.ingest.chain_schema import Report, shown, suggestion
from service.ingest.gbt4754 import load_gbt4754_codes
from service.ingest.yaml_tree import Place

FEWEST_TERMS = 3
SHORTEST_TERM = 2
SHARE_TOLERANCE = 1e-9

Pair = tuple[str, str]


@dataclass(frozen=True)
class Draft:
    """A chain as far as its file could be understood, and where its nodes and edges stand in the file.

    `whole` is False when a node or an edge had to be left out or renamed: what is absent then proves nothing.
    """

    chain: Chain
    node_places: dict[str, Place]
    edge_places: dict[Pair, Place]
    whole: bool

    @cached_property
    def forms(self) -> Mapping[str, str]:
        """Each term and exclusion of the chain as it is matched, all normalised at once."""
        texts = {text for node in self.chain.nodes for text in (*node.terms, *node.exclusions) if text}
        series = pl.Series(sorted(texts), dtype=pl.String)
        return dict(zip(series, pl.select(normalise(pl.lit(series))).to_series(), strict=True))

    def placed(self, texts: tuple[str, ...]) -> Iterator[tuple[int, str]]:
        """Yield position and text as it is matched, of what is not empty (a broken entry is)."""
        return ((position, self.forms[text]) for position, text in enumerate(texts) if text)


def check_meaning(draft: Draft, report: Report) -> None:
    """Report everything wrong with the chain that its structure alone does not show."""
    _check_terms(draft, report)
    _check_exclusions(draft, report)
    _check_codes(draft, report)
    _check_shares(draft, report)
    _check_cycles(draft, report)
    if draft.whole:
        _check_orphans(draft, report)


def _check_terms(draft: Draft, report: Report) -> None:
    """A term stands once in a chain, and a leaf has enough of them to be found by."""
    first: dict[str, tuple[Node, Place]] = {}
    for node in draft.chain.nodes:
        terms = (*draft.node_places[node.id], "terms")
        for position, term in draft.placed(node.terms):
            if len(term) < SHORTEST_TERM <= len(node.terms[position]):
                report.error(
                    (*terms, position), "short-term", f"词条 {shown(term)} 太短，至少 {SHORTEST_TERM} 个字"
                )
            other, place = first.setdefault(term, (node, (*terms, position)))
            if place != (*terms, position):
                whose = "本环节" if other is node else f"环节“{other.name}”"
                message = f"词条 {shown(term)} 重复：第 {report.tree.line(place)} 行{whose}已有"
                report.error((*terms, position), "duplicate-term", message)
    for node in draft.chain.leaves:
        if 0 < len(node.terms) < FEWEST_TERMS:
            message = f"末级环节“{node.name}”只有 {len(node.terms)} 个词条，至少应有 {FEWEST_TERMS} 个"
            report.warn((*draft.node_places[node.id], "terms"), "few-terms", message)


def _check_exclusions(draft: Draft, report: Report) -> None:
    """An exclusion acts by covering a term of its node: more than the term, and all of it."""
    for node in draft.chain.nodes:
        terms = [term for _, term in draft.placed(node.terms)]
        for position, exclusion in draft.placed(node.exclusions):
            place = (*draft.node_places[node.id], "exclusions", position)
            if exclusion in terms:
                message = f"排除词 {shown(exclusion)} 与本环节的词条相同，该词条将永远匹配不到"
                report.error(place, "exclusion-is-term", message)
            elif not any(term in exclusion for term in terms):
                message = f"排除词 {shown(exclusion)} 不包含环节“{node.name}”的任何词条，不会起作用"
                report.warn(place, "idle-exclusion", message)


def _check_codes(draft: Draft, report: Report) -> None:
    known = load_gbt4754_codes()
    for node in draft.chain.nodes:
        for position, code in enumerate(node.gbt4754_codes):
            if code.isascii() and code.isdigit() and 2 <= len(code) <= 4 and code not in known:
                place = (*draft.node_places[node.id], "gbt4754", position)
                report.error(place, "unknown-code", f"GB/T 4754-2017 中没有代码 {shown(code)}")


def _check_shares(draft: Draft, report: Report) -> None:
    """What suppliers make up of a customer's input cost is at most all of it.

    A supplier below another one that has a share of its own is a part of that share, and not counted.
    """
    shares: dict[str, dict[str, float]] = {}
    for edge in draft.chain.edges:
        shares.setdefault(edge.customer, {})[edge.supplier] = edge.input_share or 0.0
    for customer, suppliers in shares.items():
        total = 0.0
        for supplier, share in suppliers.items():
            inside = any(suppliers.get(above) for above in draft.chain.ancestors(supplier))
            total += 0.0 if inside else share
            if total > 1 + SHARE_TOLERANCE:
                name = draft.chain.node(customer).name
                message = f"环节“{name}”各供应环节的 input_share 合计到此为 {total:.4g}，不应超过 1"
                report.error((*draft.edge_places[supplier, customer], "input_share"), "share-sum", message)
                break


def _check_cycles(draft: Draft, report: Report) -> None:
    """Edges must not run in a circle: neither as they are written, nor between the leaves they stand for."""
    chain = draft.chain
    circles = list(_circles(chain.graph, chain)) or list(_circles(chain.leaf_graph, chain))
    for circle in circles:
        pairs = list(zip(circle, [*circle[1:], circle[0]], strict=True))
        place = max((_written(draft, *pair) for pair in pairs), key=report.tree.line)
        names = " → ".join(chain.node(node_id).name for node_id in [*circle, circle[0]])
        report.error(place, "cycle", f"供应关系成环：{names}")


def _circles(graph: nx.DiGraph[str], chain: Chain) -> Iterator[list[str]]:
    """Yield one circle of each knot of circles, from the node that stands first in the file."""
    order = {node.id: position for position, node in enumerate(chain.nodes)}
    knots = [knot for knot in nx.strongly_connected_components(graph) if len(knot) > 1]
    for knot in sorted(knots, key=lambda knot: min(order[node_id] for node_id in knot)):
        inside: nx.DiGraph[str] = nx.DiGraph(
            (supplier, customer)
            for supplier, customer in graph.edges
            if supplier in knot and customer in knot
        )
        circle = [supplier for supplier, _ in nx.find_cycle(inside)]
        start = circle.index(min(circle, key=order.__getitem__))
        yield circle[start:] + circle[:start]


def _written(draft: Draft, supplier: str, customer: str) -> Place:
    """Return the place of the edge that puts `supplier -> customer` into the graph."""
    chain = draft.chain
    for above in (supplier, *chain.ancestors(supplier)):
        for beside in (customer, *chain.ancestors(customer)):
            if (above, beside) in draft.edge_places:
                return draft.edge_places[above, beside]
    raise KeyError((supplier, customer))


def _check_orphans(draft: Draft, report: Report) -> None:
    graph = draft.chain.leaf_graph
    for node in draft.chain.leaves:
        if graph.degree(node.id) == 0:
            message = (
                f"孤立环节“{node.name}”：它和上级环节都没有供应关系，应在 edges 中写明它供给谁、由谁供给"
            )
            report.error(draft.node_places[node.id], "orphan", message)


def suggest_node(slug: str, chain: Chain) -> str:
    """Return a hint at the node whose slug is nearest to `slug`, or an empty text."""
    return suggestion(slug, [node.id.partition("/")[2] for node in chain.nodes])
