"""Which uncertain links (待核实挂链) of a chain in a region to review, and in what order."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from service.analysis import view_chain
from service.domain.firms import ReviewState
from service.domain.review import ReviewItem, UncertainLink, rank_for_review
from service.errors import InvalidQuery, UnknownNode
from service.knowledge import Knowledge
from service.storage.decisions import LinkRule, WaitingLink, read_waiting
from service.storage.engine import Session
from service.storage.tables import FirmRow
from service.targeting import regions_inside
from service.words import FIELDS, REVIEW_STATES

_AROUND = 50
"""Characters of a firm's words that are shown on either side of a term."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is reviewed: a chain in a region, and of it a node with all below it, a term, a field, a band.

    `region` is an adcode or a name. None stands for any.
    """

    region: str
    chain: str
    node: str | None = None
    term: str | None = None
    field: str | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class RankedLink:
    """An uncertain link and what accepting it would do."""

    link: WaitingLink
    effect: ReviewItem


def rule_of(knowledge: Knowledge, scope: Scope) -> LinkRule:
    """Return the scope in adcodes and node ids, borrowed nodes included.

    Raises
    ------
    UnknownRegion, UnknownChain; UnknownNode when the chain lacks the node; InvalidQuery when the band of
    confidence is empty.
    """
    place, chain = knowledge.geography.find(scope.region), knowledge.chain(scope.chain)
    nodes = {node.id for node in chain.nodes}
    if scope.node is not None:
        if scope.node not in chain:
            raise UnknownNode(f"产业链 {chain.name} 没有环节 {scope.node!r}")
        nodes = {node for node in nodes if scope.node in (node, *chain.ancestors(node))}
    low, high = scope.min_confidence, scope.max_confidence
    if low is not None and high is not None and low > high:
        raise InvalidQuery(f"置信度下限 {low:g} 大于上限 {high:g}")
    return LinkRule(
        inside=regions_inside(knowledge.geography, place.adcode),
        nodes=frozenset(nodes),
        term=scope.term,
        field=scope.field,
        min_confidence=low,
        max_confidence=high,
    )


def rank_waiting(session: Session, knowledge: Knowledge, scope: Scope) -> list[RankedLink]:
    """Return the uncertain links of the scope in the order in which to review them.

    A firm of any region inside counts at the level of the region asked: what would change there is the
    rating of the region, not that of the firm's county.

    Raises as `rule_of`.
    """
    waiting = {(link.key, link.node): link for link in read_waiting(session, rule_of(knowledge, scope))}
    if not waiting:
        return []
    view = view_chain(session, knowledge, scope.region, scope.chain)
    ranked = rank_for_review(
        view.coverage,
        view.region.adcode,
        [
            UncertainLink(link.key, link.name, link.node, link.confidence, _terms(link))
            for link in waiting.values()
        ],
    )
    return [RankedLink(waiting[item.link.firm, item.link.node], item) for item in ranked]


def describe_rule(knowledge: Knowledge, scope: Scope, state: ReviewState) -> str:
    """Return the words in which the history of decisions keeps a rule."""
    chain = knowledge.chain(scope.chain)
    parts = [knowledge.geography.find(scope.region).name, chain.name]
    if scope.node is not None:
        parts.append(f"环节 {chain.node(scope.node).name}")
    if scope.term is not None:
        parts.append(f"证据“{scope.term}”")
    if scope.field is not None:
        parts.append(f"出自{FIELDS.get(scope.field, scope.field)}")
    if scope.min_confidence is not None:
        parts.append(f"置信度不低于 {scope.min_confidence:g}")
    if scope.max_confidence is not None:
        parts.append(f"置信度不高于 {scope.max_confidence:g}")
    return f"批量{REVIEW_STATES[state]}：" + "，".join(parts)


def excerpt(firm: FirmRow, link: WaitingLink) -> str:
    """Return the firm's words around the first term of the evidence that stands in them, else their start.

    The matcher reads normalised text; the words are shown in the same form (NFKC), so that the term can
    be found in them.
    """
    products = "；".join(product["name"] for product in firm.products)
    words = unicodedata.normalize("NFKC", "。".join(text for text in (products, firm.scope) if text))
    for term in _terms(link):
        place = words.lower().find(term.lower())
        if place >= 0:
            start, end = max(0, place - _AROUND), place + len(term) + _AROUND
            return f"{'…' if start else ''}{words[start:end]}{'…' if end < len(words) else ''}"
    return words[: 2 * _AROUND] + ("…" if len(words) > 2 * _AROUND else "")


def _terms(link: WaitingLink) -> tuple[str, ...]:
    return tuple(item["term"] for item in link.evidence if item["term"])
