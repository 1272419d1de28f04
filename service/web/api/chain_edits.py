"""Chains being edited: drafts, publication, versions, what differs between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from service.asking import NOBODY
from service.chain_editing import (
    ChainState,
    begin_copy,
    change_draft,
    discard_draft,
    read_state,
    stranded_use,
    undo_step,
)
from service.chain_publishing import (
    Published,
    diff_versions,
    publish_draft,
    remove_chain,
    reset_chain,
    restore_version,
    version_text,
)
from service.results_chains import DifferenceRead, DraftRead, VersionRead, difference_reads
from service.storage.chain_versions import list_versions
from service.storage.engine import Session
from service.web.bodies import BoundedRoute
from service.web.chain_changes import Change, Note, Person, edit_of
from service.web.chain_jobs import ChainJobRead, chain_job_read, start_publishing
from service.web.deps import LIST, JobsDep, PageDep, RowNumber, SessionDep, WorkspaceDep
from service.web.events import job_events
from service.web.jobs import Job, JobKind, Jobs, Progress
from service.web.problems import describe_problems
from service.workspace import Workspace

router = APIRouter(tags=["chain-edits"], route_class=BoundedRoute)
jobs_router = APIRouter(tags=["chain-edits"])

ChainPath = Annotated[str, Path(max_length=60, examples=["lithium-battery"])]
Mark = Annotated[str, Field(max_length=40, description="mark of the draft that was looked at")]
MarkQuery = Annotated[
    str, Query(max_length=40, description="mark of the draft that was looked at", examples=["0"])
]
Reference = Annotated[
    str, Query(max_length=20, description="number of a version, or live, draft, shipped", examples=["live"])
]


class ChangeBody(BaseModel):
    """One change of a draft."""

    mark: Mark
    by: Person = NOBODY
    change: Change


class UndoBody(BaseModel):
    """Takes the last step back."""

    mark: Mark


class PublishBody(BaseModel):
    """Publishes what `mark` was taken of."""

    mark: Mark
    by: Person = NOBODY
    note: Note = ""


class GoBackBody(BaseModel):
    """Goes back to an older version, or to the file that ships."""

    by: Person = NOBODY
    note: Note = ""


class CopyBody(BaseModel):
    """A new chain, as a copy. `borrow`: leaves stay those of the old chain, with their firms."""

    chain_id: str = Field(max_length=60, examples=["my-battery"])
    name: str = Field(max_length=60)
    borrow: bool = False
    by: Person = NOBODY


@router.get("/chains/{chain_id}/draft")
def read_chain_draft(chain_id: ChainPath, workspace: WorkspaceDep, session: SessionDep) -> DraftRead:
    """Return a chain as it is being edited; without a draft, as it counts."""
    return _draft_read(session, read_state(session, workspace, chain_id))


@router.post("/chains/{chain_id}/draft/changes", responses=describe_problems(409))
def change_chain_draft(chain_id: ChainPath, body: ChangeBody, workspace: WorkspaceDep) -> DraftRead:
    """Make one change. It is refused, and nothing of it kept, where it would make the chain unsound."""
    state = change_draft(workspace, chain_id, edit_of(body.change), mark=body.mark, by=body.by)
    with workspace.session() as session:
        return _draft_read(session, state)


@router.post("/chains/{chain_id}/draft/undo", responses=describe_problems(409))
def undo_chain_step(chain_id: ChainPath, body: UndoBody, workspace: WorkspaceDep) -> DraftRead | None:
    """Take the last change back; null where that was the beginning of a new chain."""
    state = undo_step(workspace, chain_id, mark=body.mark)
    if state is None:
        return None
    with workspace.session() as session:
        return _draft_read(session, state)


@router.delete("/chains/{chain_id}/draft", status_code=204, responses=describe_problems(409))
def discard_chain_draft(chain_id: ChainPath, mark: MarkQuery, workspace: WorkspaceDep) -> None:
    """Throw the draft away."""
    discard_draft(workspace, chain_id, mark=mark)


@router.post("/chains/{chain_id}/draft/publish", status_code=202)
def publish_chain_draft(
    chain_id: ChainPath, body: PublishBody, workspace: WorkspaceDep, jobs: JobsDep, response: Response
) -> ChainJobRead:
    """Make the draft count, in the background. Ask the address in the header Location how it goes.

    Firms are matched again as far as the change can touch them. The job fails with the reason where the
    draft is unsound or was changed meanwhile; nothing is changed then.
    """

    def work(progress: Progress) -> Published:
        return publish_draft(
            workspace, chain_id, mark=body.mark, by=body.by, note=body.note, progress=progress
        )

    return _queue(workspace, jobs, response, chain_id, "发布", work)


@router.post("/chains/{chain_id}/copies", status_code=201)
def copy_chain(chain_id: ChainPath, body: CopyBody, workspace: WorkspaceDep) -> DraftRead:
    """Begin a new chain as a copy of this one: a draft, to be published."""
    state = begin_copy(workspace, chain_id, body.chain_id, body.name, by=body.by, borrow=body.borrow)
    with workspace.session() as session:
        return _draft_read(session, state)


@router.get("/chains/{chain_id}/versions", responses=LIST)
def read_chain_versions(
    chain_id: ChainPath, workspace: WorkspaceDep, session: SessionDep, page: PageDep, response: Response
) -> list[VersionRead]:
    """List the versions of a chain, the newest first; empty where it was never changed."""
    found = list_versions(session, chain_id)
    if not found:
        read_state(session, workspace, chain_id)
    return [VersionRead.model_validate(one) for one in page.cut(found, response)]


class ChainFile(Response):
    """A chain file."""

    media_type = "application/yaml"


@router.get(
    "/chains/{chain_id}/file",
    response_class=ChainFile,
    responses={200: {"content": {ChainFile.media_type: {"schema": {"type": "object"}}}}},
)
def read_chain_file(
    chain_id: ChainPath, workspace: WorkspaceDep, session: SessionDep, version: Reference = "live"
) -> ChainFile:
    """Return the whole chain file of a version."""
    text = version_text(session, read_state(session, workspace, chain_id), version)
    name = f'attachment; filename="{chain_id}.yaml"'
    return ChainFile(text.encode("utf-8"), headers={"Content-Disposition": name})


@router.get("/chains/{chain_id}/diff")
def read_chain_diff(
    chain_id: ChainPath, workspace: WorkspaceDep, session: SessionDep, old: Reference, new: Reference = "live"
) -> list[DifferenceRead]:
    """Say in plain words what is different in `new`."""
    state = read_state(session, workspace, chain_id)
    return difference_reads(diff_versions(session, state, old, new))


@router.post("/chains/{chain_id}/versions/{number}/restore", status_code=202)
def restore_chain_version(
    chain_id: ChainPath,
    number: RowNumber,
    body: GoBackBody,
    workspace: WorkspaceDep,
    jobs: JobsDep,
    response: Response,
) -> ChainJobRead:
    """Make an old version count again, as a new one, in the background."""

    def work(progress: Progress) -> Published:
        return restore_version(workspace, chain_id, number, by=body.by, note=body.note, progress=progress)

    return _queue(workspace, jobs, response, chain_id, f"恢复第 {number} 版：", work)


@router.post("/chains/{chain_id}/reset", status_code=202)
def reset_chain_to_file(
    chain_id: ChainPath, body: GoBackBody, workspace: WorkspaceDep, jobs: JobsDep, response: Response
) -> ChainJobRead:
    """Go back to the chain as it ships, in the background; it then follows upgrades again."""

    def work(progress: Progress) -> Published:
        return reset_chain(workspace, chain_id, by=body.by, note=body.note, progress=progress)

    return _queue(workspace, jobs, response, chain_id, "回到内置版：", work)


@router.delete("/chains/{chain_id}", status_code=202)
def remove_own_chain(
    chain_id: ChainPath, workspace: WorkspaceDep, jobs: JobsDep, response: Response, by: Person = NOBODY
) -> ChainJobRead:
    """Take away a chain that users made, in the background; its versions stay."""

    def work(progress: Progress) -> Published:
        return remove_chain(workspace, chain_id, by=by, progress=progress)

    return _queue(workspace, jobs, response, chain_id, "删除：", work)


def find_chain_job(number: RowNumber, jobs: JobsDep) -> Job:
    """Return a publication's job by the number in the address."""
    return jobs.find(number, JobKind.CHAIN)


ChainJobDep = Annotated[Job, Depends(find_chain_job)]


@jobs_router.get("/chain-jobs/{number}")
def read_chain_job(job: ChainJobDep) -> ChainJobRead:
    """Return how a publication goes; when it is done, with what was matched again."""
    return chain_job_read(job)


@jobs_router.get("/chain-jobs/{number}/events", response_class=EventSourceResponse)
async def read_chain_job_events(job: ChainJobDep, jobs: JobsDep) -> AsyncIterator[ServerSentEvent]:
    """Stream how a publication goes: an event `progress` for each change, `finished` at its end."""
    async for event in job_events(lambda: jobs.find(job.id, JobKind.CHAIN), chain_job_read):
        yield event


def _draft_read(session: Session, state: ChainState) -> DraftRead:
    return DraftRead.of(state, stranded_use(session, state))


def _queue(
    workspace: Workspace,
    jobs: Jobs,
    response: Response,
    chain_id: str,
    what: str,
    work: Callable[[Progress], Published],
) -> ChainJobRead:
    """Queue a publication of a chain that there is; UnknownChain where there is none."""
    with workspace.session() as session:
        name = read_state(session, workspace, chain_id).document["name"]
    job = start_publishing(jobs, f"{what}{name}", work)
    response.headers["Location"] = f"/api/v1/chain-jobs/{job.id}"
    return chain_job_read(job)
