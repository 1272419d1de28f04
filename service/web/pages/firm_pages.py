"""企业: one firm with its links, evidence and decisions; what takes longer follows in parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from service.domain.firms import ReviewState
from service.outlines import country_outline
from service.pipeline.reviews import review_link
from service.portraits import (
    Relations,
    counted_leaves,
    find_next_places,
    find_relations,
    find_roles,
    node_places,
)
from service.results import firm_reads
from service.storage.candidates import find_firm
from service.storage.sources import data_version
from service.storage.visits import visits_of_firm
from service.targeting import regions_inside
from service.visiting import visit_reads
from service.web.deps import SessionDep, WorkspaceDep
from service.web.pages.ask import Ask, AskDep
from service.web.pages.firms import node_names
from service.web.pages.templates import render_page
from service.words import VISIT_STATES

router = APIRouter()
# A firm's name, and with it a key made of it, may hold a slash.
Key = Annotated[str, Path(max_length=200)]


@router.get("/outlines/country.json")
def outline(workspace: WorkspaceDep) -> Response:
    """Return the outlines behind small maps."""
    headers = {"Cache-Control": "max-age=86400"}
    return Response(
        country_outline(workspace.settings.cache_dir), media_type="application/geo+json", headers=headers
    )


@router.get("/firms/{key:path}/relations")
def relations_part(request: Request, key: Key, ask: AskDep, session: SessionDep) -> Response:
    """Show the group of the firm, on a map and as a list."""
    firm = find_firm(session, key)
    found = find_relations(session, ask.knowledge, ask.region, firm)
    values = {"firm": firm, "relations": found, "points": _points(found), "home": _home(ask)}
    return _part(request, "firm_relations.html", {**ask.values, **values})


@router.get("/firms/{key:path}/roles")
def roles_part(request: Request, key: Key, ask: AskDep, session: SessionDep) -> Response:
    """Show the firm's place by size in its nodes, and what it is to the region."""
    firm = find_firm(session, key)
    values = {
        "firm": firm,
        "inside": firm.adcode in regions_inside(ask.knowledge.geography, ask.region.adcode),
        "sizes": node_places(session, ask.knowledge, firm),
        "roles": find_roles(session, ask.knowledge, ask.region, firm),
    }
    return _part(request, "firm_roles.html", {**ask.values, **values})


@router.get("/firms/{key:path}/elsewhere")
def elsewhere_part(
    request: Request,
    key: Key,
    ask: AskDep,
    session: SessionDep,
    node: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """Show which cities suit the firm's next plant, in one of its nodes."""
    firm = find_firm(session, key)
    leaves = counted_leaves(session, ask.knowledge, firm)
    chosen = next((leaf for _, leaf, _ in leaves if leaf.id == node), leaves[0][1] if leaves else None)
    found = find_next_places(session, ask.knowledge, firm, chosen.id) if chosen else None
    values = {"firm": firm, "leaves": leaves, "chosen": chosen, "found": found}
    return _part(request, "firm_elsewhere.html", {**ask.values, **values})


@router.post("/firms/{key:path}/decision")
def decide(
    key: Key,
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
    return RedirectResponse(f"/firms/{quote(key, safe='')}?{ask.query()}", status_code=303)


@router.get("/firms/{key:path}")
def firm_page(request: Request, key: Key, ask: AskDep, session: SessionDep) -> Response:
    """Show one firm: facts, links with their evidence, visits, sources."""
    row = find_firm(session, key)
    firm = firm_reads(session, [row])[0]
    inside = firm.adcode in regions_inside(ask.knowledge.geography, ask.region.adcode)
    visits = visit_reads(ask.knowledge, visits_of_firm(session, row))
    here = {one.node for one in visits if one.region == ask.region.adcode}
    geography = ask.knowledge.geography
    values = {
        **ask.values,
        "active": "firms" if inside else "targets",
        # Another region chosen here leads to the firms there.
        "picker_action": "/firms",
        "firm": firm,
        "place": geography.full_name(firm.adcode) if firm.adcode else None,
        "inside": inside,
        "leaves": [one for one in counted_leaves(session, ask.knowledge, row) if one[1].id not in here],
        "visits": visits,
        "region_names": ask.knowledge.region_names,
        "VISIT_STATES": VISIT_STATES,
        "names": node_names(ask),
        "data_version": data_version(session),
    }
    return render_page(request, "firm.html", values)


def _part(request: Request, name: str, values: Mapping[str, Any]) -> Response:
    """A part of the page, or a page of its own where a browser without scripts asks for it."""
    whole = "hx-request" not in request.headers
    frame = "firm_part.html" if whole else "firm_bare.html"
    return render_page(
        request, name, {**values, "frame": frame, "active": "firms", "picker_action": "/firms"}
    )


def _home(ask: Ask) -> dict[str, Any] | None:
    """The region itself on the small map; None where its place is not known."""
    region = ask.region
    if region.lon is None or region.lat is None:
        return None
    return {"at": [region.lat, region.lon], "name": region.name}


def _points(found: Relations) -> list[dict[str, Any]]:
    """What the small map draws."""
    return [
        {"at": [one.point[1], one.point[0]], "name": one.firm.name, "role": one.role, "place": one.place}
        for one in found.places
        if one.point
    ]
