"""编辑产业链: the tree of a chain's draft, the form of one node, and what publishing would change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from service.chain_editing import (
    ChainState,
    begin_copy,
    change_draft,
    discard_draft,
    read_state,
    removal_use,
    stranded_use,
    undo_step,
)
from service.chain_publishing import Published, publish_draft
from service.domain.chain_document import Entry, edge_pairs, entries
from service.domain.chain_edit import AddNode, BorrowNode, Edit, RemoveNode
from service.errors import ChainChanged, ChainEditRefused, InvalidQuery, ServiceError
from service.storage.chain_versions import drafted_chains
from service.storage.engine import Session
from service.web.chain_changes import ChangeForm, draft_names
from service.web.chain_jobs import start_publishing
from service.web.deps import JobsDep, SessionDep, WorkspaceDep
from service.web.jobs import Job, JobKind, Progress
from service.web.pages.ask import Ask, get_ask
from service.web.pages.templates import render_page
from service.web.problems import PROBLEMS
from service.workspace import Workspace

router = APIRouter()
_BORROWABLE = 30

ChainOfForm = Annotated[str, Form(max_length=60)]
MarkOfForm = Annotated[str, Form(max_length=40)]
Typed = Annotated[str, Form(max_length=60)]


def asked(workspace: Workspace, region: str, chain: str) -> Ask:
    """Return region and chain for the head of the page; a chain that is only a draft has no place there."""
    return get_ask(workspace, region, chain if chain in workspace.knowledge.chains else "")


@router.get("/chain/edit")
def edit_page(
    request: Request,
    workspace: WorkspaceDep,
    session: SessionDep,
    chain: Annotated[str, Query(max_length=60)] = "",
    region: Annotated[str, Query(max_length=80)] = "",
    node: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """Show the editor; `node` is opened in the form, without one the chain itself."""
    ask = asked(workspace, region, chain)
    state = read_state(session, workspace, chain or ask.chain.id)
    return _page(request, session, ask, state, node)


@router.post("/chain/edit/change")
def make_change(request: Request, workspace: WorkspaceDep, form: Annotated[ChangeForm, Form()]) -> Response:
    """Make one change; where it is refused, show the form as it was sent, with the reason at its field."""
    view = form.view or form.node

    def change() -> str:
        with workspace.session() as session:
            edit = form.edit(read_state(session, workspace, form.chain))
        state = change_draft(workspace, form.chain, edit, mark=form.mark, by=form.person)
        return _seen_after(state, edit, view)

    return _answered(request, workspace, form.region, form.chain, view, change, sent=form)


def _seen_after(state: ChainState, edit: Edit, view: str) -> str:
    """Return the node to show: a new one itself, in place of a removed one the chain."""
    if isinstance(edit, AddNode):
        return f"{state.chain_id}/{edit.slug}"
    if isinstance(edit, BorrowNode):
        return edit.node
    return "" if isinstance(edit, RemoveNode) else view


@router.post("/chain/edit/undo")
def undo_change(
    request: Request,
    workspace: WorkspaceDep,
    chain: ChainOfForm,
    mark: MarkOfForm,
    region: Annotated[str, Form(max_length=80)] = "",
    view: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """Take the last change back."""

    def undo() -> str:
        return view if undo_step(workspace, chain, mark=mark) else ""

    return _answered(request, workspace, region, chain, view, undo)


@router.post("/chain/edit/discard")
def discard(
    request: Request,
    workspace: WorkspaceDep,
    chain: ChainOfForm,
    mark: MarkOfForm,
    region: Annotated[str, Form(max_length=80)] = "",
    view: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """Throw the draft away."""

    def drop() -> str:
        discard_draft(workspace, chain, mark=mark)
        return view

    return _answered(request, workspace, region, chain, view, drop)


@router.post("/chain/edit/copy")
def copy(
    request: Request,
    workspace: WorkspaceDep,
    chain: ChainOfForm,
    new_id: Typed,
    new_name: Typed,
    by: Typed = "",
    region: Annotated[str, Form(max_length=80)] = "",
    borrow: Annotated[bool, Form()] = False,
) -> Response:
    """Begin a new chain as a copy, and open it."""
    person = ChangeForm(chain=chain, mark="", op="copy", by=by).person
    try:
        begin_copy(workspace, chain, new_id.strip(), new_name, by=person, borrow=borrow)
    except ChainEditRefused as error:
        sent = {"op": "copy", "new_id": new_id, "new_name": new_name}
        return _refused(request, workspace, region, chain, "", error, sent)
    return _go_to(request, _address(region, new_id.strip(), ""))


@router.post("/chain/edit/publish")
def publish(
    request: Request,
    workspace: WorkspaceDep,
    jobs: JobsDep,
    chain: ChainOfForm,
    mark: MarkOfForm,
    by: Typed = "",
    note: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Queue the publication and show its progress."""
    person = ChangeForm(chain=chain, mark=mark, op="publish", by=by).person

    def work(progress: Progress) -> Published:
        return publish_draft(workspace, chain, mark=mark, by=person, note=note.strip(), progress=progress)

    with workspace.session() as session:
        name = read_state(session, workspace, chain).document["name"]
    job = start_publishing(jobs, f"发布{name}", work)
    return show_job(request, job)


@router.get("/chain/edit/jobs/{number}")
def job_progress(request: Request, number: int, jobs: JobsDep) -> Response:
    """Show how a publication goes."""
    return show_job(request, jobs.find(number, JobKind.CHAIN))


@router.get("/chain/edit/leaves")
def borrowable(
    request: Request,
    workspace: WorkspaceDep,
    chain: Annotated[str, Query(max_length=60)],
    node: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """Suggest nodes of other chains whose name or id holds what was typed."""
    typed = node.strip()
    found = [
        (leaf, home)
        for home in workspace.knowledge.chains.values()
        for leaf in home.leaves
        if home.id != chain and leaf.id.startswith(f"{home.id}/") and (typed in leaf.name or typed in leaf.id)
    ]
    return render_page(request, "chain_leaves.html", {"found": found[:_BORROWABLE] if typed else []})


def show_job(request: Request, job: Job) -> Response:
    """Show how a publication goes: in place for htmx, as a page otherwise."""
    name = "chain_job.html" if _by_htmx(request) else "chain_job_page.html"
    return render_page(request, name, {"job": job})


def _by_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _address(region: str, chain: str, node: str) -> str:
    values = {"region": region, "chain": chain, "node": node}
    return "/chain/edit?" + urlencode({key: value for key, value in values.items() if value})


def _go_to(request: Request, address: str) -> Response:
    if _by_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _answered(
    request: Request,
    workspace: Workspace,
    region: str,
    chain: str,
    view: str,
    work: Callable[[], str],
    sent: ChangeForm | None = None,
) -> Response:
    """Do the work and show the editor: in place for htmx, at its own address otherwise."""
    try:
        node = work()
    except (ChainEditRefused, ChainChanged, InvalidQuery) as error:
        return _refused(request, workspace, region, chain, view, error, sent.model_dump() if sent else {})
    with workspace.session() as session:
        gone = chain not in workspace.knowledge.chains and chain not in drafted_chains(session)
        if gone or not _by_htmx(request):
            return _go_to(request, _address(region, "" if gone else chain, node))
        state = read_state(session, workspace, chain)
        answer = _page(request, session, asked(workspace, region, chain), state, node)
    answer.headers["HX-Push-Url"] = _address(region, chain, node)
    return answer


def _refused(
    request: Request,
    workspace: Workspace,
    region: str,
    chain: str,
    view: str,
    error: ServiceError,
    sent: Mapping[str, Any],
) -> Response:
    # htmx shows no answer that is an error: what it asked for is the editor, and that there is.
    status = 200 if _by_htmx(request) else PROBLEMS[type(error)][0]
    with workspace.session() as session:
        state = read_state(session, workspace, chain)
        refusal = {"message": str(error), "field": getattr(error, "field", ""), "sent": sent}
        ask = asked(workspace, region, chain)
        return _page(request, session, ask, state, view, refusal=refusal, status=status)


def _page(
    request: Request,
    session: Session,
    ask: Ask,
    state: ChainState,
    node: str,
    *,
    refusal: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    found = {entry.id: entry for entry in entries(state.document)}
    entry = found.get(node)
    names = draft_names(state)
    values = {
        **ask.values,
        "active": "data",
        "picker_action": "/chain/edit",
        "state": state,
        "names": names,
        "tree": _tree(found, names, state),
        "entry": entry,
        "edges": _edges(state, node) if entry else {},
        "places": _places(found, entry, names) if entry else {},
        "groups": [(one, names[one.id], _depth(found, one)) for one in found.values() if not one.borrowed],
        "use": removal_use(session, state, node) if entry and not entry.borrowed else None,
        "stranded": stranded_use(session, state),
        "refusal": refusal or {"message": "", "field": "", "sent": {}},
        "drafts": [one for one in drafted_chains(session) if one != state.chain_id],
    }
    return render_page(request, "chain_editor.html", values, status_code=status)


def _tree(found: Mapping[str, Entry], names: Mapping[str, str], state: ChainState) -> list[dict[str, Any]]:
    """Return the tree for the page: of each node its name, its marks and what is below it."""
    changed = {one.node for one in state.differences if one.node}
    wrong = {one.node for one in state.complaints if not one.warning}
    below: dict[str | None, list[Entry]] = {}
    for entry in found.values():
        below.setdefault(entry.parent, []).append(entry)

    def branch(entry: Entry) -> dict[str, Any]:
        return {
            "entry": entry,
            "name": names[entry.id],
            "changed": entry.id in changed,
            "wrong": entry.id in wrong,
            "children": [branch(child) for child in below.get(entry.id, ())],
        }

    return [branch(entry) for entry in below.get(None, ())]


def _depth(found: Mapping[str, Entry], entry: Entry) -> int:
    depth, parent = 0, entry.parent
    while parent is not None:
        depth, parent = depth + 1, found[parent].parent
    return depth


def _edges(state: ChainState, node: str) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Return the suppliers and the customers of a node, each with the edge as the document writes it."""
    pairs = edge_pairs(state.document)
    return {
        "suppliers": [(ends[0], edge) for ends, edge in pairs.items() if ends[1] == node],
        "customers": [(ends[1], edge) for ends, edge in pairs.items() if ends[0] == node],
    }


def _places(found: Mapping[str, Entry], entry: Entry, names: Mapping[str, str]) -> dict[str, Any]:
    """Return where a node can go: one up or down among its siblings, and below which it is now."""
    siblings = [one.id for one in found.values() if one.parent == entry.parent]
    place = siblings.index(entry.id)
    return {
        "up": (siblings[place - 2] if place > 1 else "first") if place else None,
        "down": siblings[place + 1] if place + 1 < len(siblings) else None,
        "parent": names.get(entry.parent or "", "顶层"),
    }
