"""总览: a region at a glance, and the picker's suggestions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.analysis import report_gaps, view_chain
from service.results import region_reads
from service.storage.sources import data_changed_at, list_sources
from service.web.deps import SessionDep, WorkspaceDep
from service.web.pages.ask import AskDep
from service.web.pages.templates import render_page

router = APIRouter()
_TOP = 3


@router.get("/")
def overview(request: Request, ask: AskDep, session: SessionDep) -> Response:
    """Show every chain in the region: completeness, counts by rating, the most urgent gaps."""
    knowledge = ask.knowledge
    cards = []
    for chain in knowledge.chains.values():
        report = report_gaps(knowledge, view_chain(session, knowledge, ask.region.adcode, chain.id))
        cards.append({"chain": chain, "summary": report.summary, "gaps": report.gaps[:_TOP]})
    values = {
        **ask.values,
        "active": "overview",
        "cards": cards,
        "sources": list_sources(session),
        "changed": data_changed_at(session),
    }
    return render_page(request, "overview.html", values)


@router.get("/pick/regions")
def suggest_regions(
    request: Request, workspace: WorkspaceDep, region: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Return the picker's suggestions for what has been typed so far."""
    geography = workspace.knowledge.geography
    asked = region.strip()
    options = region_reads(geography, geography.search(asked, 12)) if asked else []
    return render_page(request, "region_options.html", {"asked": asked, "options": options})
