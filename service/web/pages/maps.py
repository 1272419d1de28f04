"""招商地图: the map in the page, and to take away."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.web.pages.ask import AskDep
from service.web.pages.templates import render_page

router = APIRouter()


@router.get("/map")
def map_page(request: Request, ask: AskDep) -> Response:
    """Show the map of the chain around the region."""
    return render_page(request, "map.html", {**ask.values, "active": "map"})
