"""拜访清单: the firms to visit for a region, in the order of a round trip, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from service.render.list_files import ListFile, ListFormat
from service.storage.engine import Session
from service.storage.sources import data_changed_at, data_version
from service.storage.visits import VisitState, find_visit, list_visits, listed_firms
from service.visiting import (
    LONGEST_NOTE,
    VisitRead,
    add_visits,
    change_visit,
    plan_trip,
    remove_visit,
    visit_reads,
    visit_table,
)
from service.web.deps import RowNumber, SessionDep, WorkspaceDep
from service.web.pages.ask import Ask, AskDep
from service.web.pages.downloads import download
from service.web.pages.templates import render_page
from service.words import VISIT_STATES

router = APIRouter()

_STATE = r"^(waiting|visited|dropped)?$"
StateQuery = Annotated[str, Query(pattern=_STATE)]
NodeText = Annotated[str, Query(max_length=120)]


@router.get("/visits")
def visit_page(
    request: Request, ask: AskDep, session: SessionDep, state: StateQuery = "", node: NodeText = ""
) -> Response:
    """Show the list of the region, all of it or what is chosen."""
    every, chosen = _entries(session, ask, state, node)
    nodes = {one.node: one.node_name for one in every}
    values = {
        **ask.values,
        "active": "visits",
        "trip": plan_trip(ask.knowledge, ask.region, chosen),
        "shown": len(chosen),
        "nodes": sorted(nodes.items(), key=lambda pair: pair[1]),
        "state": state,
        "node": node,
        "counts": _counts(every),
        "chain_names": {chain.id: chain.name for chain in ask.knowledge.chains.values()},
        "data_version": data_version(session),
        "parameters": _parameters(state, node),
        "longest_note": LONGEST_NOTE,
        "VISIT_STATES": VISIT_STATES,
    }
    return render_page(request, "visits.html", values)


@router.get("/visits.{kind}")
def visit_file(
    kind: ListFormat, ask: AskDep, session: SessionDep, state: StateQuery = "", node: NodeText = ""
) -> Response:
    """Return the list, or what is chosen of it, as a file."""
    every, chosen = _entries(session, ask, state, node)
    trip = plan_trip(ask.knowledge, ask.region, chosen)
    about = [
        ("地区", f"{ask.knowledge.geography.full_name(ask.region.adcode)}（{ask.region.adcode}）"),
        ("状态", VISIT_STATES[state] if state else "全部"),
        ("家数", f"{len(chosen)} 家（清单共 {len(every)} 家）"),
        ("行程", f"{len(trip.stops)} 站，往返约 {trip.round_km:.0f} 公里（各市中心点间直线距离）"),
        ("数据版本", data_version(session)),
        ("名次与得分", "是列入当天的，依据的数据版本见最右一列。"),
    ]
    file = ListFile(visit_table(trip), f"{ask.region.name} · 拜访清单", about, data_changed_at(session))
    return download(file, kind, f"visits-{ask.region.adcode}-拜访清单")


@router.post("/visits")
def put_on_list(
    request: Request,
    ask: AskDep,
    workspace: WorkspaceDep,
    session: SessionDep,
    node: Annotated[str, Form(max_length=120)],
    firm: Annotated[list[Annotated[str, Form(max_length=200)]] | None, Form(max_length=1000)] = None,
    one: Annotated[str, Form(max_length=200)] = "",
    back: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Put the chosen firms, or the one whose button was pressed, on the list, and go back."""
    add_visits(workspace.engine, ask.knowledge, ask.region.adcode, node, [one] if one else firm or [])
    if request.headers.get("hx-request") and one:
        number = listed_firms(session, ask.region.adcode, node).get(one)
        mark = {**ask.values, "listed_as": number, "firm": one, "name": ""}
        return render_page(request, "visit_mark.html", mark)
    return RedirectResponse(_safe(back) or f"/visits?{ask.query()}", status_code=303)


@router.post("/visits/{number}")
def edit_entry(
    request: Request,
    number: RowNumber,
    ask: AskDep,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: Annotated[VisitState | None, Form()] = None,
    note: Annotated[str | None, Form(max_length=LONGEST_NOTE)] = None,
    remove: Annotated[bool, Form()] = False,
    back: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Keep the state and the note of an entry, or take it off the list."""
    if remove:
        remove_visit(workspace.engine, number)
    else:
        change_visit(workspace.engine, number, state=state, note=note)
    if request.headers.get("hx-request"):
        saved = visit_reads(ask.knowledge, [find_visit(session, number)])[0]
        counts = _counts(_entries(session, ask, "", "")[0])
        values = {**ask.values, "entry": saved, "counts": counts, "VISIT_STATES": VISIT_STATES}
        return render_page(request, "visit_saved.html", values)
    return RedirectResponse(_safe(back) or f"/visits?{ask.query()}", status_code=303)


def _entries(session: Session, ask: Ask, state: str, node: str) -> tuple[list[VisitRead], list[VisitRead]]:
    """All entries of the region, and those that are chosen."""
    _, stored = list_visits(session, region=ask.region.adcode)
    every = visit_reads(ask.knowledge, stored)
    return every, [one for one in every if state in ("", one.state) and node in ("", one.node)]


def _counts(entries: Sequence[VisitRead]) -> dict[str, int]:
    found = Counter(str(one.state) for one in entries)
    return {state: found[state] for state in VISIT_STATES}


def _parameters(state: str, node: str) -> dict[str, Any]:
    return {name: value for name, value in (("state", state), ("node", node)) if value}


def _safe(address: str) -> str | None:
    """The address where it is a page of ours, else None: a form must not send people elsewhere."""
    path, _, query = address.partition("?")
    ours = path in ("/targets", "/visits", "/gaps") or path.startswith("/firms/")
    if not ours or any(sign in path for sign in ("//", "\\", "\r", "\n")) or ".." in path:
        return None
    return f"{path}?{query}" if query.isprintable() and query else path
