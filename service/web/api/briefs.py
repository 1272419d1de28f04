"""Files that go out to be shown: the workbook, the project book, the deck."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from service.asking import MOST_GAPS, TOP_GAPS
from service.briefing import Brief, read_brief
from service.briefs import gather_facts
from service.decks import gather_deck
from service.render.deck import render_deck
from service.render.project_book import render_book
from service.render.project_book_pdf import render_book_pdf
from service.render.workbook import render_workbook
from service.web.deps import ChainQuery, RegionQuery, SessionDep, TaggedAnswer, WorkspaceDep
from service.web.problems import describe_problems

router = APIRouter(prefix="/briefs", tags=["briefs"], dependencies=[TaggedAnswer])

GapsQuery = Annotated[
    int,
    Query(ge=1, le=MOST_GAPS, description="most urgent gaps whose targets are written", examples=[8]),
]


class BookFormat(StrEnum):
    """What the project book is written as."""

    DOCX = "docx"
    PDF = "pdf"


class Workbook(Response):
    """An Excel file."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class WordFile(Response):
    """A Word file."""

    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class PdfFile(Response):
    """A PDF."""

    media_type = "application/pdf"


class Slides(Response):
    """A PowerPoint file."""

    media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def attachment(response: Response, brief: Brief, kind: str, suffix: str) -> dict[str, str]:
    """Return the headers of a file to keep, those that the answer has already included."""
    name = f"{kind}-{brief.region.adcode}-{brief.chain.id}.{suffix}"
    return {**response.headers, "Content-Disposition": f'attachment; filename="{name}"'}


@router.get("/workbook", response_class=Workbook)
def read_workbook(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    response: Response,
    gaps: GapsQuery = TOP_GAPS,
) -> Response:
    """Return the workbook of a chain in a region (XLSX): ratings, gaps, targets, firms, peers, sources.

    Its numbers are those of /gaps and /targets, unrounded.
    """
    brief = read_brief(session, workspace.knowledge, region, chain, top=gaps)
    content = render_workbook(gather_facts(workspace.knowledge, brief))
    return Workbook(content, headers=attachment(response, brief, "workbook", "xlsx"))


@router.get(
    "/book",
    response_class=Response,
    responses={
        200: {
            "content": {
                WordFile.media_type: {"schema": {"type": "string", "format": "binary"}},
                PdfFile.media_type: {"schema": {"type": "string", "format": "binary"}},
            }
        },
        **describe_problems(503),
    },
)
def read_book(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    response: Response,
    form: Annotated[
        BookFormat, Query(alias="format", description="Word file or PDF", examples=["pdf"])
    ] = BookFormat.DOCX,
    gaps: GapsQuery = TOP_GAPS,
) -> Response:
    """Return the project book (产业链招商项目本): each of the most urgent gaps as a project.

    A PDF embeds a Chinese font; where the machine has none, the answer is 503 and says what to install.
    """
    brief = read_brief(session, workspace.knowledge, region, chain, top=gaps)
    facts = gather_facts(workspace.knowledge, brief)
    headers = attachment(response, brief, "book", form.value)
    if form is BookFormat.PDF:
        return PdfFile(render_book_pdf(facts, font=workspace.settings.pdf_font), headers=headers)
    return WordFile(render_book(facts), headers=headers)


@router.get("/deck", response_class=Slides)
def read_deck(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    response: Response,
    gaps: GapsQuery = TOP_GAPS,
) -> Response:
    """Return the briefing deck of a chain in a region (PPTX, 16:9): native shapes, tables and charts.

    Its numbers are those of /gaps, /targets and /compare; the speaker notes hold the evidence. Own templates
    are taken by the command `zhaoshang deck --template`.
    """
    brief = read_brief(session, workspace.knowledge, region, chain, top=gaps)
    content = render_deck(gather_deck(session, workspace.knowledge, workspace.settings, brief))
    return Slides(content, headers=attachment(response, brief, "deck", "pptx"))
