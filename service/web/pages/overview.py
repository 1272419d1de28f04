"""总览: a region at a glance, and the picker's suggestions."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.changes import ChangeOf, find_changes
from service.overview import LARGEST_FIRST, ChainSort, find_overview, sort_chains
from service.results_known import region_reads
from service.web.deps import SessionDep, WorkspaceDep
from service.web.pages.ask import AskDep
from service.web.pages.templates import render_page

router = APIRouter()

COLUMNS = {
    ChainSort.CHAIN: "产业链",
    ChainSort.COMPLETENESS: "完整度",
    ChainSort.GAPS: "缺链环节",
    ChainSort.RANK: "名次",
    ChainSort.FIRMS: "有效企业",
    ChainSort.PRIORITY: "最该补的环节",
}
CHANGES = {
    ChangeOf.CLOSED: "补上的缺链",
    ChangeOf.OPENED: "新出现的缺链",
    ChangeOf.BETTER: "评级上升",
    ChangeOf.WORSE: "评级下降",
    ChangeOf.SEEN: "新可判断",
    ChangeOf.UNSEEN: "不再可判断",
}


@router.get("/")
def overview(
    request: Request,
    ask: AskDep,
    session: SessionDep,
    sort: ChainSort = ChainSort.COMPLETENESS,
    order: Annotated[Literal["asc", "desc", ""], Query(description="the column's usual order")] = "",
) -> Response:
    """Show every chain in the region: completeness, ratings, ranks; the top gaps; what changed; how old the
    data is.
    """
    found = find_overview(session, ask.knowledge, ask.region.adcode)
    descending = order == "desc" if order else sort in LARGEST_FIRST
    values = {
        **ask.values,
        "active": "overview",
        "found": found,
        "lines": sort_chains(found.chains, sort, descending=descending),
        "columns": COLUMNS,
        "sort": sort,
        "descending": descending,
        "largest_first": LARGEST_FIRST,
        "changes": find_changes(session, ask.knowledge, ask.region.adcode),
        "CHANGES": CHANGES,
        "today": dt.datetime.now(dt.UTC).date(),
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
