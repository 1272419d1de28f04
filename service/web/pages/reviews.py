"""核实: the uncertain links of a chain in a region, decided one by one or by a rule, and undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.domain.chains import Chain
from service.knowledge import Knowledge
from service.results import batch_reads, review_reads
from service.reviewing import Scope, rank_waiting, rule_of
from service.storage.decisions import list_batches
from service.web.deps import SessionDep
from service.web.pages.ask import AskDep
from service.web.pages.templates import render_page

router = APIRouter()
_PAGE = 30
_BATCHES = 10


@router.get("/review")
def review_page(
    request: Request,
    ask: AskDep,
    session: SessionDep,
    node: Annotated[str, Query(max_length=120)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show the queue, the form for many at once, and the batches so far."""
    scope = Scope(ask.region.adcode, ask.chain.id)
    ranked = rank_waiting(session, ask.knowledge, scope)
    counts = _counts(ask.chain, (one.link.node for one in ranked))
    if node in ask.chain:
        wanted = rule_of(ask.knowledge, Scope(scope.region, scope.chain, node)).nodes
        ranked = [one for one in ranked if one.link.node in wanted]
    pages = max(1, -(-len(ranked) // _PAGE))
    page = min(page, pages)
    shown = review_reads(session, ask.chain, ranked[(page - 1) * _PAGE : page * _PAGE])
    batches_in_all, batches = list_batches(session, limit=_BATCHES)
    geography = ask.knowledge.geography
    values = {
        **ask.values,
        "active": "review",
        "items": shown,
        "total": len(ranked),
        "page": page,
        "pages": pages,
        "node": node if node in ask.chain else "",
        "counts": counts,
        "batches": batch_reads(session, batches),
        "batches_in_all": batches_in_all,
        "names": _node_names(ask.knowledge),
        "places": {one.adcode: geography.full_name(one.adcode) for one in shown if one.adcode},
    }
    return render_page(request, "review.html", values)


def _counts(chain: Chain, nodes: Iterable[str]) -> dict[str, int]:
    """Return how many uncertain links each node and those below it have, in the order of the chain."""
    found = Counter(above for node in nodes for above in (node, *chain.ancestors(node)))
    return {node.id: found[node.id] for node in chain.nodes if found[node.id]}


def _node_names(knowledge: Knowledge) -> dict[str, str]:
    return {node.id: node.name for chain in knowledge.chains.values() for node in chain.nodes}
