"""Sets of briefing files: ask for one, watch it being made, take its files for seven days."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from service.asking import MOST_GAPS, TOP_GAPS
from service.brief_sets import PART_KEYS
from service.brief_shelf import ID_PATTERN
from service.web.bodies import BoundedRoute
from service.web.brief_desk import SetStatus
from service.web.brief_reads import ADDRESS, BriefRead, brief_read
from service.web.deps import LIST, BriefDeskDep, PageDep, WorkspaceDep
from service.web.events import job_events
from service.web.guard import MAP_POLICY
from service.web.problems import describe_problems

router = APIRouter(prefix="/briefs", tags=["briefs"], route_class=BoundedRoute)
watching = APIRouter(prefix="/briefs", tags=["briefs"])

BriefId = Annotated[str, Path(pattern=ID_PATTERN, description="id of a set", examples=["0123456789abcdef"])]


class BriefAsk(BaseModel):
    """A set to be made."""

    model_config = ConfigDict(extra="forbid")

    region: str = Field(max_length=60, description="adcode, or a name", examples=["330800"])
    chain: str = Field(max_length=60, description="chain id", examples=["lithium-battery"])
    gaps: int = Field(
        default=TOP_GAPS, ge=1, le=MOST_GAPS, description="most urgent gaps whose targets are written"
    )
    parts: list[str] | None = Field(
        default=None, max_length=len(PART_KEYS), description=f"null for all of: {', '.join(PART_KEYS)}"
    )


class ZipFile(FileResponse):
    """Files put together."""

    media_type = "application/zip"


def find_set(brief: BriefId, desk: BriefDeskDep) -> SetStatus:
    """Return how the set stands; UnknownBrief where there is none."""
    return desk.find(brief)


SetDep = Annotated[SetStatus, Depends(find_set)]


@router.post("", status_code=202, responses=describe_problems(413, 503))
def order_brief(ask: BriefAsk, workspace: WorkspaceDep, desk: BriefDeskDep, response: Response) -> BriefRead:
    """Make the whole set of briefing files in the background. Ask the address in Location how it goes.

    The same set asked for again while it is being made is not made twice. Without a Chinese font the answer
    is 503 and says what to install; leave out `book-pdf` to do without.
    """
    found = desk.order(workspace, ask.region, ask.chain, gaps=ask.gaps, parts=ask.parts)
    response.headers["Location"] = f"{ADDRESS}/{found.record.id}"
    return brief_read(found)


@router.get("", responses=LIST)
def read_briefs(desk: BriefDeskDep, page: PageDep, response: Response) -> list[BriefRead]:
    """List the sets of the last seven days, newest first."""
    return [brief_read(one) for one in page.cut(desk.statuses(), response)]


@router.get("/{brief}")
def read_brief_set(found: SetDep) -> BriefRead:
    """Return how a set stands, and its files once it is done."""
    return brief_read(found)


@router.delete("/{brief}", status_code=204)
def remove_brief(brief: BriefId, desk: BriefDeskDep) -> None:
    """Take a set away before its seven days are over; one that is being made is not."""
    desk.shelf.remove(brief)


@router.get("/{brief}/archive", response_class=ZipFile)
def read_archive(found: SetDep, desk: BriefDeskDep) -> ZipFile:
    """Return all files of a set as one zip."""
    return ZipFile(desk.shelf.archive(found.record.id), filename=found.record.archive_name)


@router.get(
    "/{brief}/files/{path:path}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def read_brief_file(
    found: SetDep,
    path: Annotated[str, Path(max_length=400, description="as `files` names it", examples=["index.html"])],
    desk: BriefDeskDep,
) -> FileResponse:
    """Return one file of a set. Pages open in the browser, all else is taken away."""
    place = desk.shelf.file(found.record.id, path)
    if place.suffix == ".html":
        return FileResponse(place, headers={"Content-Security-Policy": MAP_POLICY})
    return FileResponse(place, filename=place.name)


@watching.get("/{brief}/events", response_class=EventSourceResponse)
async def watch_brief(found: SetDep, desk: BriefDeskDep) -> AsyncIterator[ServerSentEvent]:
    """Return how the making of a set goes as server-sent events: `progress`, at the end `finished`."""
    async for event in job_events(lambda: desk.find(found.record.id), brief_read):
        yield event
