"""Imports: upload a firm file, watch it, take its rejects."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict

from service.errors import UnknownImport
from service.pipeline.imports import ImportOptions
from service.results import SourceRead
from service.storage.sources import find_import, list_imports, list_sources
from service.web.deps import PageDep, SessionDep, WorkspaceDep
from service.web.jobs import Job, Jobs
from service.web.uploads import UploadedFile, keep_upload, read_options, start_import

router = APIRouter(tags=["imports"])


class ImportRead(BaseModel):
    """What an import took and rejected; rows = accepted + updated + rejected."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    source: str
    rows: int
    accepted: int
    updated: int
    rejected: int
    rejects_file: str | None
    located: dict[str, int]
    links: int
    seconds: float


class JobRead(BaseModel):
    """An import that is waiting, running, done or failed."""

    id: int
    file_name: str
    state: str
    stage: str
    share: float
    report: ImportRead | None
    error: str | None


def get_jobs(request: Request) -> Jobs:
    """Return the jobs of this process."""
    jobs: Jobs = request.app.state.jobs
    return jobs


JobsDep = Annotated[Jobs, Depends(get_jobs)]
OptionsDep = Annotated[ImportOptions, Depends(read_options)]


@router.post("/imports", status_code=202)
def upload_firms(
    file: UploadedFile, options: OptionsDep, workspace: WorkspaceDep, jobs: JobsDep, response: Response
) -> JobRead:
    """Import a firm file in the background. Ask the address in the header Location how it goes."""
    job = start_import(workspace, jobs, keep_upload(workspace, file), options)
    response.headers["Location"] = f"/api/v1/import-jobs/{job.id}"
    return _job_read(job)


@router.get("/import-jobs/{number}")
def read_job(number: int, jobs: JobsDep) -> JobRead:
    """Return how an uploaded import goes; when it is done, with its report."""
    return _job_read(jobs.find(number))


@router.get("/imports")
def read_imports(
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[ImportRead]:
    """List the imports that are done, newest first."""
    return [_import_read(record) for record in list_imports(session, limit=limit, offset=offset)]


@router.get("/imports/{number}")
def read_import(number: int, session: SessionDep) -> ImportRead:
    """Return one import."""
    return _import_read(find_import(session, number))


@router.get("/imports/{number}/rejects", response_class=FileResponse)
def download_rejects(number: int, session: SessionDep, workspace: WorkspaceDep) -> FileResponse:
    """Return the rejects of an import as CSV: row, column, value, reason, what was done."""
    record = find_import(session, number)
    path = workspace.settings.rejects_dir / Path(record.rejects_file or "").name
    if not record.rejects_file or not path.is_file():
        raise UnknownImport(f"导入 {number} 没有未收清单")
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename=path.name)


@router.get("/sources")
def read_sources(session: SessionDep, page: PageDep, response: Response) -> list[SourceRead]:
    """List the sources of firms, with what each covers and for which regions it claims to be complete."""
    found = [SourceRead.model_validate(source, from_attributes=True) for source in list_sources(session)]
    return page.cut(found, response)


def _import_read(record: Any) -> ImportRead:
    return ImportRead.model_validate(record)


def _job_read(job: Job) -> JobRead:
    report = _import_read(job.report) if job.report else None
    return JobRead(
        id=job.id,
        file_name=job.file_name,
        state=str(job.state),
        stage=job.stage,
        share=job.share,
        report=report,
        error=job.error,
    )
