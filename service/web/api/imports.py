"""Imports: upload a firm file, watch it, take its rejects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from service.errors import UnknownImport
from service.pipeline.imports import ImportReport
from service.pipeline.undo import UndoReport
from service.results import SourceRead
from service.results_imports import ImportRead, UndoRead
from service.storage.sources import find_import, list_imports, list_sources
from service.web.deps import LIST, JobsDep, PageDep, RowNumber, SessionDep, WorkspaceDep
from service.web.events import job_events
from service.web.jobs import Job
from service.web.problems import describe_problems
from service.web.uploads import OptionsDep, UploadedFile, keep_upload, start_import, start_undo

router = APIRouter(tags=["imports"])
_MOST_IMPORTS = 100_000


class JobRead(BaseModel):
    """An import, or the undoing of one, that is waiting, running, done or failed."""

    id: int
    file_name: str
    state: str
    stage: str
    share: float
    report: ImportRead | None
    undone: UndoRead | None
    error: str | None


@router.post("/imports", status_code=202, responses=describe_problems(413))
def upload_firms(
    file: UploadedFile, options: OptionsDep, workspace: WorkspaceDep, jobs: JobsDep, response: Response
) -> JobRead:
    """Import a firm file in the background. Ask the address in the header Location how it goes."""
    job = start_import(workspace, jobs, keep_upload(workspace, file), options)
    response.headers["Location"] = f"/api/v1/import-jobs/{job.id}"
    return _job_read(job)


@router.get("/import-jobs/{number}")
def read_job(number: RowNumber, jobs: JobsDep) -> JobRead:
    """Return how an uploaded import goes; when it is done, with its report."""
    return _job_read(jobs.find(number))


def find_job(number: RowNumber, jobs: JobsDep) -> Job:
    """Return a job by the number in the address."""
    return jobs.find(number)


JobDep = Annotated[Job, Depends(find_job)]


@router.get("/import-jobs/{number}/events", response_class=EventSourceResponse)
async def read_job_events(job: JobDep, jobs: JobsDep) -> AsyncIterator[ServerSentEvent]:
    """Stream how an import goes: an event `progress` for each change, `finished` at its end."""
    async for event in job_events(lambda: jobs.find(job.id), _job_read):
        yield event


@router.post("/imports/{number}/undo", status_code=202, responses=describe_problems(404))
def undo_whole_import(
    number: RowNumber, session: SessionDep, workspace: WorkspaceDep, jobs: JobsDep, response: Response
) -> JobRead:
    """Take an import back as a whole, in the background. Ask the address in the header Location how it goes.

    The job fails with the reason where a later import built on it, or it lies too far back.
    """
    job = start_undo(workspace, jobs, find_import(session, number))
    response.headers["Location"] = f"/api/v1/import-jobs/{job.id}"
    return _job_read(job)


@router.get("/imports", responses=LIST)
def read_imports(session: SessionDep, page: PageDep, response: Response) -> list[ImportRead]:
    """List the imports that are done, newest first."""
    found = list_imports(session, limit=_MOST_IMPORTS)
    return [_import_read(record) for record in page.cut(found, response)]


@router.get("/imports/{number}")
def read_import(number: RowNumber, session: SessionDep) -> ImportRead:
    """Return one import that is done, as it was reported then."""
    return _import_read(find_import(session, number))


class RejectsFile(FileResponse):
    """A rejects file."""

    media_type = "text/csv"


@router.get("/imports/{number}/rejects", response_class=RejectsFile)
def download_rejects(number: RowNumber, session: SessionDep, workspace: WorkspaceDep) -> RejectsFile:
    """Return the rejects of an import as CSV: row, column, value, reason, what was done."""
    record = find_import(session, number)
    path = workspace.settings.rejects_dir / Path(record.rejects_file or "").name
    if not record.rejects_file or not path.is_file():
        raise UnknownImport(f"导入 {number} 没有未收清单")
    return RejectsFile(path, filename=path.name)


@router.get("/sources", responses=LIST)
def read_sources(session: SessionDep, page: PageDep, response: Response) -> list[SourceRead]:
    """List the sources of firms, with what each covers and for which regions it claims to be complete."""
    found = [SourceRead.model_validate(source, from_attributes=True) for source in list_sources(session)]
    return page.cut(found, response)


def _import_read(record: Any) -> ImportRead:
    return ImportRead.model_validate(record)


def _job_read(job: Job) -> JobRead:
    report = _import_read(job.result) if isinstance(job.result, ImportReport) else None
    undone = UndoRead.model_validate(job.result) if isinstance(job.result, UndoReport) else None
    return JobRead(
        id=job.id,
        file_name=job.title,
        state=str(job.state),
        stage=job.stage,
        share=job.share,
        report=report,
        undone=undone,
        error=job.error,
    )
