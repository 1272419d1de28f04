"""企业: the local firms of a chain, and one firm with its links, evidence and decisions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from service.domain.firms import ReviewState
from service.pipeline.reviews import review_link
from service.results import firm_reads
from service.storage.candidates import find_firm, list_firms
from service.targeting import regions_inside
from service.web.deps import SessionDep, WorkspaceDep
from service.web.pages.ask import AskDep
from service.web.pages.templates import render_page

router = APIRouter()
_PAGE = 50


@router.get("/firms")
def firm_list(
    request: Request,
    ask: AskDep,
    session: SessionDep,
    node: Annotated[str, Query(max_length=120)] = "",
    q: Annotated[str, Query(max_length=120)] = "",
    every: Annotated[bool, Query(description="firms of any trade, not only of the chain")] = False,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show the firms of the region: of one node, of the chain, or all."""
    geography = ask.knowledge.geography
    inside = regions_inside(geography, ask.region.adcode)
    nodes = [one.id for one in ask.chain.nodes]
    if node in ask.chain:
        nodes = [node, *ask.chain.leaves_below(node)]
    total, found = list_firms(
        session,
        inside=inside,
        nodes=None if every else nodes,
        text=q or None,
        limit=_PAGE,
        offset=(page - 1) * _PAGE,
    )
    values = {
        **ask.values,
        "active": "firms",
        "firms": firm_reads(session, found),
        "total": total,
        "page": page,
        "pages": max(1, -(-total // _PAGE)),
        "q": q,
        "node": node,
        "every": every,
        "names": _node_names(ask),
        "places": {one.adcode: geography.full_name(one.adcode) for one in found if one.adcode},
    }
    return render_page(request, "firms.html", values)


def _node_names(ask: AskDep) -> dict[str, str]:
    """Return the nodes of the asked chain by their own name, those of others with their chain's."""
    names = {
        node.id: f"{chain.name} · {node.name}"
        for chain in ask.knowledge.chains.values()
        for node in chain.own_nodes
    }
    return names | {node.id: node.name for node in ask.chain.nodes}


@router.get("/firms/{key}")
def firm_page(request: Request, key: str, ask: AskDep, session: SessionDep) -> Response:
    """Show one firm: facts, links with their evidence, sources."""
    firm = firm_reads(session, [find_firm(session, key)])[0]
    place = ask.knowledge.geography.full_name(firm.adcode) if firm.adcode else None
    values = {
        **ask.values,
        "active": "firms",
        # Another region chosen here leads to the firms there.
        "picker_action": "/firms",
        "firm": firm,
        "place": place,
        "names": _node_names(ask),
    }
    return render_page(request, "firm.html", values)


@router.post("/firms/{key}/decision")
def decide(
    key: str,
    ask: AskDep,
    workspace: WorkspaceDep,
    session: SessionDep,
    node: Annotated[str, Form(max_length=120)],
    state: Annotated[ReviewState, Form()],
    decided_by: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Accept or reject a link, or reopen it, and show the firm again."""
    firm_id = find_firm(session, key).id
    session.rollback()
    review_link(
        workspace.engine, ask.knowledge, firm_id, node, state, decided_by=decided_by.strip() or "本机用户"
    )
    return RedirectResponse(f"/firms/{key}?{ask.query()}", status_code=303)
