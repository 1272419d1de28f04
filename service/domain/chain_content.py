"""What looks wrong in the content of chains: not against the format, yet worth a second look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import networkx as nx

from service.domain.chains import Chain, Stage, home_of

NEARLY_ALL = 0.2
"""A term that this share of all firms writes tells nothing of a firm."""

_ORDER = {Stage.UPSTREAM: 0, Stage.MIDSTREAM: 1, Stage.DOWNSTREAM: 2}


@dataclass(frozen=True, slots=True)
class ContentRemark:
    """One thing to look at: in which chain and node, which check, and the words for it."""

    chain: str
    node: str
    check: str
    message: str

    def __str__(self) -> str:
        return f"{self.node}: {self.message}"


def review_chain(chain: Chain) -> list[ContentRemark]:
    """Return remarks on one chain, in the order of its nodes: stages that contradict edges, and leaves to
    which no path of supply leads.
    """
    return sorted(
        [*_contradicting_stages(chain), *_unreached(chain)],
        key=lambda remark: ([node.id for node in chain.nodes].index(remark.node), remark.check),
    )


def _contradicting_stages(chain: Chain) -> Iterator[ContentRemark]:
    for edge in chain.edges:
        supplier, customer = chain.node(edge.supplier), chain.node(edge.customer)
        if _ORDER[supplier.stage] > _ORDER[customer.stage]:
            message = f"处在更下游却供应“{customer.name}”，请核对位置或供应方向"
            yield ContentRemark(chain.id, supplier.id, "stage-order", message)


def _unreached(chain: Chain) -> Iterator[ContentRemark]:
    """A leaf of the middle or the end that nothing of the beginning ever feeds."""
    graph = chain.leaf_graph
    for leaf in chain.leaves:
        if leaf.stage is Stage.UPSTREAM:
            continue
        feeding = nx.ancestors(graph, leaf.id)
        if not any(chain.node(other).stage is Stage.UPSTREAM for other in feeding):
            yield ContentRemark(chain.id, leaf.id, "unreached", "没有任何上游环节通到这里，请补供应关系")


def review_terms(chains: Iterable[Chain]) -> list[ContentRemark]:
    """Return a remark for each pair of nodes of two chains that share half of the terms of either: they may
    be one node. A single term in common is usual (PECVD makes chips and solar cells) and says nothing.
    """
    terms = {node.id: frozenset(node.terms) for chain in chains for node in chain.own_nodes if node.terms}
    owners: dict[str, list[str]] = defaultdict(list)
    for node_id, own in terms.items():
        for term in own:
            owners[term].append(node_id)
    pairs = sorted({pair for found in owners.values() for pair in combinations(sorted(found), 2)})
    remarks = []
    for first, second in pairs:
        shared = terms[first] & terms[second]
        if 2 * len(shared) >= min(len(terms[first]), len(terms[second])) and home_of(first) != home_of(
            second
        ):
            message = f"与 {first} 有相同词条（{'、'.join(sorted(shared))}）；若是同一环节应写 ref 引用"
            remarks.append(ContentRemark(home_of(second), second, "same-terms", message))
    return remarks


def review_hits(chains: Iterable[Chain], hits: Mapping[str, int], firms: int) -> list[ContentRemark]:
    """Return a remark for each term that no firm of a table writes, and for each that nearly all write.

    Parameters
    ----------
    hits : term -> number of firms that write it; absent counts 0. firms : firms in the table.

    Raises ValueError when the table has no firm.
    """
    if firms <= 0:
        raise ValueError("a table without firms proves nothing")
    remarks = []
    for chain in chains:
        for node in chain.own_nodes:
            for term in node.terms:
                count = hits.get(term, 0)
                if count == 0:
                    remarks.append(ContentRemark(chain.id, node.id, "no-hit", f"词条“{term}”没有企业写到"))
                elif count / firms > NEARLY_ALL:
                    message = f"词条“{term}”有 {count / firms:.0%} 的企业写到，过于宽泛"
                    remarks.append(ContentRemark(chain.id, node.id, "too-wide", message))
    return remarks
