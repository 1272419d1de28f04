"""招商地图: the map that fills the window, from the country down to the county by clicks."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.analysis import WHOLE_COUNTRY, completeness_by_region, report_gaps
from service.domain.completeness import RegionSummary
from service.domain.regions import Level
from service.mapping import Shown, members_of, shown_around
from service.storage.engine import Session
from service.storage.sources import data_changed_at
from service.web.deps import SessionDep, WorkspaceDep
from service.web.pages.ask import Ask, AskDep, AskViewDep
from service.web.pages.templates import render_page

router = APIRouter()
UNREVIEWED = "内部资料 未经审图"


@router.get("/map")
def map_page(
    request: Request,
    ask: AskDep,
    view: AskViewDep,
    session: SessionDep,
    workspace: WorkspaceDep,
    node: Annotated[str, Query(max_length=120)] = "",
    shown_view: Annotated[Literal["", "country"], Query(alias="view")] = "",
) -> Response:
    """Show the map of the chain: the region's parts, or the provinces of the whole country."""
    national = shown_view == "country"
    shown = (
        Shown(WHOLE_COUNTRY, Level.PROVINCE)
        if national
        else shown_around(ask.knowledge.geography, ask.region)
    )
    word = "全国" if national else ask.region.name
    changed = data_changed_at(session)
    values = {
        **ask.values,
        "active": "map",
        "view": shown_view,
        "shown": shown,
        "node": node if node in ask.chain else "",
        "unknown_node": node if node and node not in ask.chain else "",
        "title": f"{word} · {ask.chain.name}招商地图",
        "place_word": word,
        "summary": None if national else report_gaps(ask.knowledge, view).summary,
        "rows": _rows(session, ask, shown),
        "notes": [
            f"数据日期：{changed:%Y-%m-%d}（版本 {view.data_version}）" if changed else "尚无数据",
            "来源：" + "、".join(source.title for source in view.sources),
            "边界：天地图行政区划（2025-09），仅作示意",
        ],
        "review_number": workspace.settings.map_review_number or UNREVIEWED,
    }
    return render_page(request, "map.html", values)


def _rows(session: Session, ask: Ask, shown: Shown) -> list[tuple[str, str, RegionSummary]]:
    """Return (adcode, name, summary) of the regions that are shaded, the most complete first."""
    geography = ask.knowledge.geography
    members = members_of(geography, shown)
    found = completeness_by_region(session, ask.knowledge, ask.chain.id, shown.level, members)
    rows = [(code, geography.get(code).name, found[code]) for code in members]
    return sorted(
        rows, key=lambda row: -1.0 if row[2].completeness is None else row[2].completeness, reverse=True
    )
