"""数据: import a firm file with progress, see what was not taken, and the sources."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.storage.sources import list_imports, list_sources
from service.web.deps import JobsDep, SessionDep, WorkspaceDep
from service.web.pages.ask import AskDep
from service.web.pages.templates import render_page
from service.web.uploads import OptionsDep, UploadedFile, keep_upload, start_import

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


@router.get("/imports/jobs/{number}")
def job_progress(request: Request, number: int, jobs: JobsDep) -> Response:
    """Show how an import goes."""
    return render_page(request, "job.html", {"job": jobs.find(number)})
