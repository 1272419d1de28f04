"""目标企业: the firms worth visiting for one node, with reasons, obstacles and sources."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.analysis import report_gaps
from service.domain.completeness import RegionReport
from service.domain.regions import Geography
from service.storage.engine import Session
from service.targeting import RankedTargets, rank_targets
from service.web.deps import SessionDep
from service.web.pages.ask import Ask, AskDep, AskViewDep
from service.web.pages.gaps import csv_download
from service.web.pages.templates import render_page

router = APIRouter()
_SHOWN = 50

NodeQuery = Annotated[str, Query(max_length=120)]


@router.get("/targets")
def target_list(
    request: Request, ask: AskDep, view: AskViewDep, session: SessionDep, node: NodeQuery = ""
) -> Response:
    """Show the targets of `node`, or of the most urgent gap."""
    report = report_gaps(ask.knowledge, view)
    found = _rank(session, ask, report, node)
    geography = ask.knowledge.geography
    targets = found.ranked.targets[:_SHOWN] if found else ()
    values = {
        **ask.values,
        "active": "targets",
        "report": report,
        "found": found,
        "targets": targets,
        "places": {t.adcode: geography.full_name(t.adcode) for t in targets if t.adcode},
    }
    return render_page(request, "targets.html", values)


@router.get("/targets.csv")
def target_file(ask: AskDep, view: AskViewDep, session: SessionDep, node: NodeQuery = "") -> Response:
    """Return the same list as a file that Excel opens."""
    found = _rank(session, ask, report_gaps(ask.knowledge, view), node)
    rows = _rows(found, ask.knowledge.geography) if found else []
    return csv_download(rows, f"targets-{ask.region.adcode}-{ask.chain.id}.csv")


def _rows(found: RankedTargets, geography: Geography) -> list[dict[str, object]]:
    return [
        {
            "序号": rank,
            "环节": found.node.name,
            "企业": target.name,
            "统一社会信用代码": target.uscc,
            "所在地": geography.full_name(target.adcode) if target.adcode else "",
            "得分": round(target.score, 1),
            "理由": " ".join(factor.reason for factor in target.factors),
            "以商招商": " ".join(tie.reason for tie in target.ties),
            "阻碍": " ".join(obstacle.reason for obstacle in target.obstacles),
            "来源": "；".join(source.title for source in target.sources),
            "权重": found.ranked.weights.note,
        }
        for rank, target in enumerate(found.ranked.targets, start=1)
    ]


def _rank(session: Session, ask: Ask, report: RegionReport, node: str) -> RankedTargets | None:
    wanted = node if node in ask.chain else (report.gaps[0].node if report.gaps else None)
    if wanted is None:
        return None
    return rank_targets(session, ask.knowledge, ask.region.adcode, ask.chain.leaves_below(wanted)[0])
