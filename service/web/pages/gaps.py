"""缺链分析: the gaps of a chain in a region, each with its factors, and their table to take away."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.analysis import report_gaps
from service.render.csv_table import csv_bytes
from service.stabilities import judge_chain
from service.stability_words import say_confidence, say_stability
from service.web.deps import SessionDep
from service.web.pages.ask import AskDep, AskViewDep
from service.web.pages.templates import render_page
from service.words import BASES, CONFIDENCE, KINDS, RATINGS, STAGES

router = APIRouter()


@router.get("/gaps")
def gap_table(request: Request, ask: AskDep, view: AskViewDep, session: SessionDep) -> Response:
    """Show the missing, suspected and weak nodes, the most urgent first."""
    report = report_gaps(ask.knowledge, view)
    judged = judge_chain(session, ask.knowledge, view, report)
    sure = {
        gap.node: (
            CONFIDENCE[judged.confidences[gap.node].mark],
            say_confidence(judged.confidences[gap.node], gap.rating, gap.basis),
        )
        for gap in report.gaps
    }
    found = {"view": view, "report": report, "stability": say_stability(judged.stability), "sure": sure}
    return render_page(request, "gaps.html", {**ask.values, "active": "gaps", **found})


@router.get("/gaps.csv")
def gap_file(ask: AskDep, view: AskViewDep, session: SessionDep) -> Response:
    """Return the same table as a file that Excel opens."""
    report = report_gaps(ask.knowledge, view)
    judged = judge_chain(session, ask.knowledge, view, report)
    rows = [
        {
            "环节": gap.name,
            "位置": STAGES[gap.stage],
            "评级": RATINGS[gap.rating],
            "置信": CONFIDENCE[judged.confidences[gap.node].mark],
            "类型": KINDS[gap.kind],
            "依据": BASES[gap.basis],
            "优先级": round(gap.priority, 1),
            "有效企业": round(gap.effective_firms, 2),
            "应有": round(gap.expected, 2),
            "周边供给": round(gap.nearby_supply or 0.0, 2),
            "理由": " ".join(factor.reason for factor in gap.factors),
            "权重": report.weights.note,
            "数据版本": gap.data_version,
        }
        for gap in report.gaps
    ]
    return csv_download(rows, f"gaps-{ask.region.adcode}-{ask.chain.id}.csv")


def csv_download(rows: list[dict[str, object]], name: str) -> Response:
    """Return rows as a CSV download."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(csv_bytes(rows), media_type="text/csv; charset=utf-8", headers=headers)
