"""汇报材料: one button makes the whole set of a chain in a region; the sets of the last days to take away."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from service.asking import MOST_GAPS, TOP_GAPS
from service.brief_sets import PARTS
from service.brief_shelf import ID_PATTERN, KEPT
from service.errors import ServiceError
from service.web.brief_reads import brief_read
from service.web.deps import BriefDeskDep, WorkspaceDep
from service.web.pages.ask import Ask, AskDep
from service.web.pages.templates import render_page

router = APIRouter()


@router.get("/brief")
def brief_page(request: Request, ask: AskDep, desk: BriefDeskDep) -> Response:
    """Show the button and the sets that there are."""
    return _page(request, ask, desk)


@router.post("/brief")
def order(
    request: Request,
    ask: AskDep,
    workspace: WorkspaceDep,
    desk: BriefDeskDep,
    gaps: Annotated[int, Form(ge=1, le=MOST_GAPS)] = TOP_GAPS,
    parts: Annotated[list[str] | None, Form(max_length=len(PARTS))] = None,
) -> Response:
    """Have a set made and show the page again; what stands against it is said above the button."""
    try:
        desk.order(workspace, ask.region.adcode, ask.chain.id, gaps=gaps, parts=parts or None)
    except ServiceError as error:
        return _page(request, ask, desk, trouble=str(error), status_code=422)
    return RedirectResponse(f"/brief?{ask.query()}", status_code=303)


@router.get("/brief/sets")
def set_list(request: Request, ask: AskDep, desk: BriefDeskDep) -> Response:
    """Return the list of the sets alone."""
    return render_page(request, "brief_sets.html", _values(ask, desk))


@router.post("/brief/remove")
def remove(
    ask: AskDep, desk: BriefDeskDep, brief: Annotated[str, Form(pattern=ID_PATTERN, alias="set")]
) -> Response:
    """Take a set away and show the page again."""
    desk.shelf.remove(brief)
    return RedirectResponse(f"/brief?{ask.query()}", status_code=303)


def _page(
    request: Request, ask: Ask, desk: BriefDeskDep, *, trouble: str | None = None, status_code: int = 200
) -> Response:
    values = {
        **_values(ask, desk),
        "active": "brief",
        "parts": PARTS,
        "top": TOP_GAPS,
        "most": MOST_GAPS,
        "trouble": trouble,
    }
    return render_page(request, "brief.html", values, status_code=status_code)


def _values(ask: Ask, desk: BriefDeskDep) -> dict[str, object]:
    return {**ask.values, "sets": [brief_read(one) for one in desk.statuses()], "days": KEPT.days}
