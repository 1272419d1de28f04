"""数据: import a firm file with progress, see what was not taken, and the sources."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.pipeline.undo import undoable
from service.storage.sources import find_import, list_imports, list_sources
from service.web.deps import JobsDep, RowNumber, SessionDep, WorkspaceDep
from service.web.pages.ask import AskDep
from service.web.pages.templates import render_page
from service.web.uploads import OptionsDep, UploadedFile, keep_upload, start_import, start_undo

router = APIRouter()


@router.get("/imports")
def import_page(request: Request, ask: AskDep, workspace: WorkspaceDep, session: SessionDep) -> Response:
    """Show the form, the imports so far and the sources."""
    geography = ask.knowledge.geography
    names = {"100000": "全国"}
    sources = list_sources(session)
    for source in sources:
        for adcode in (*source.covers, *source.complete_for):
            if adcode not in names:
                names[adcode] = geography.full_name(adcode)
    values = {
        **ask.values,
        "active": "imports",
        "imports": list_imports(session),
        "sources": sources,
        "undoable": undoable(session),
        "names": names,
        "max_upload_mb": workspace.settings.max_upload_mb,
    }
    return render_page(request, "imports.html", values)


@router.post("/imports")
def upload(
    request: Request, file: UploadedFile, options: OptionsDep, workspace: WorkspaceDep, jobs: JobsDep
) -> Response:
    """Take a file and show its progress."""
    job = start_import(workspace, jobs, keep_upload(workspace, file), options)
    return render_page(request, "job.html", {"job": job})


@router.post("/imports/{number}/undo")
def undo(
    request: Request, number: RowNumber, session: SessionDep, workspace: WorkspaceDep, jobs: JobsDep
) -> Response:
    """Take an import back and show how it goes."""
    return render_page(
        request, "job.html", {"job": start_undo(workspace, jobs, find_import(session, number))}
    )


@router.get("/imports/jobs/{number}")
def job_progress(request: Request, number: RowNumber, jobs: JobsDep) -> Response:
    """Show how an import goes."""
    return render_page(request, "job.html", {"job": jobs.find(number)})
