"""产业链版本: every version of a chain, what differs between two of them, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from service.chain_editing import read_state
from service.chain_publishing import Published, diff_versions, remove_chain, reset_chain, restore_version
from service.errors import InvalidQuery
from service.results_chains import VERSION_KINDS
from service.storage.chain_versions import list_versions
from service.web.chain_changes import ChangeForm
from service.web.chain_jobs import start_publishing
from service.web.deps import JobsDep, SessionDep, WorkspaceDep
from service.web.jobs import Progress
from service.web.pages.chain_editor import asked, show_job
from service.web.pages.templates import render_page

router = APIRouter()

_Reference = Annotated[str, Query(max_length=20)]


@router.get("/chain/versions")
def versions_page(
    request: Request,
    workspace: WorkspaceDep,
    session: SessionDep,
    chain: Annotated[str, Query(max_length=60)] = "",
    region: Annotated[str, Query(max_length=80)] = "",
    old: _Reference = "",
    new: _Reference = "",
) -> Response:
    """Show the versions; where `old` and `new` are named, what differs between them."""
    ask = asked(workspace, region, chain)
    state = read_state(session, workspace, chain or ask.chain.id)
    values = {
        **ask.values,
        "active": "data",
        "picker_action": "/chain/versions",
        "state": state,
        "versions": list_versions(session, state.chain_id),
        "kinds": VERSION_KINDS,
        "old": old,
        "new": new,
        "differences": diff_versions(session, state, old, new) if old and new else None,
    }
    return render_page(request, "chain_versions.html", values)


@router.post("/chain/versions/back")
def go_back(
    request: Request,
    workspace: WorkspaceDep,
    jobs: JobsDep,
    chain: Annotated[str, Form(max_length=60)],
    to: Annotated[str, Form(max_length=20)],
    by: Annotated[str, Form(max_length=60)] = "",
    note: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Restore a version (its number), go back to the file (`shipped`), or take an own chain away (`none`)."""
    person = ChangeForm(chain=chain, mark="", op="back", by=by).person
    said = note.strip()
    number = int(to) if to.isascii() and to.isdigit() and len(to) < 10 else None
    if number is None and to not in ("shipped", "none"):
        raise InvalidQuery(f"应为版本号、shipped 或 none，收到 {to!r}")

    def work(progress: Progress) -> Published:
        if number is not None:
            return restore_version(workspace, chain, number, by=person, note=said, progress=progress)
        change = reset_chain if to == "shipped" else remove_chain
        return change(workspace, chain, by=person, note=said, progress=progress)

    with workspace.session() as session:
        name = read_state(session, workspace, chain).document["name"]
    what = f"恢复第 {number} 版" if number is not None else "回到内置版" if to == "shipped" else "删除"
    job = start_publishing(jobs, f"{what}：{name}", work)
    return show_job(request, job)
