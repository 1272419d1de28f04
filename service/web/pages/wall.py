"""大屏: a full-screen view of a region that goes round by itself and reads the data anew."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.wall import find_wall
from service.web.deps import SessionDep, WorkspaceDep
from service.web.pages.ask import AskDep
from service.web.pages.overview import CHANGES
from service.web.pages.templates import render_page

router = APIRouter()


@router.get("/wall")
def wall_page(
    request: Request,
    ask: AskDep,
    seconds: Annotated[int, Query(ge=5, le=600, description="how long each scene stays")] = 15,
    reload: Annotated[int, Query(ge=30, le=86_400, description="seconds until the data is read anew")] = 300,
    theme: Literal["dark", "light"] = "dark",
) -> Response:
    """Show the wall of a region; its scenes come after it, since gathering them may take a while."""
    values = {**ask.values, "seconds": seconds, "reload": reload, "theme": theme}
    return render_page(request, "wall.html", values)


@router.get("/wall/scenes")
def wall_scenes(request: Request, ask: AskDep, workspace: WorkspaceDep, session: SessionDep) -> Response:
    """Return the scenes as they are now: for a wall that comes up, and again for one that is up."""
    wall = find_wall(session, ask.knowledge, workspace.settings, ask.region.adcode)
    values = {
        **ask.values,
        "wall": wall,
        "found": wall.overview,
        "CHANGES": CHANGES,
        "review_number": workspace.settings.map_review_number,
        "today": dt.datetime.now(dt.UTC).date(),
    }
    return render_page(request, "wall_scenes.html", values)
