"""缺链分析: the gaps of one chain or all of them in a region, filtered, sorted, and beside other regions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.comparing import MOST, NOT_COMPARABLE
from service.domain.gaps import GAP_RATINGS, GapKind, Rating
from service.errors import InvalidQuery, UnknownRegion
from service.gap_lists import (
    GapLine,
    GapList,
    GapSort,
    SideBySide,
    SideRow,
    check_side,
    explain_gap,
    judge_gaps,
    lay_side_by_side,
    list_region_gaps,
    search_terms,
)
from service.knowledge import Knowledge
from service.render.csv_table import csv_bytes
from service.stability_words import say_confidence, say_stability
from service.storage.engine import Session
from service.web.deps import SessionDep
from service.web.pages.ask import Ask, AskDep, find_region
from service.web.pages.gaps_ask import PAGE, GapsAsk, GapsAskDep
from service.web.pages.templates import render_page
from service.words import BASES, CONFIDENCE, GAP_FACTORS, KINDS, RATINGS, STAGES

router = APIRouter()

COLUMNS = {
    GapSort.CHAIN: "产业链",
    GapSort.NAME: "环节",
    GapSort.STAGE: "位置",
    GapSort.RATING: "评级",
    GapSort.KIND: "类型",
    GapSort.PRIORITY: "优先级",
    GapSort.FIRMS: "有效企业",
    GapSort.EXPECTED: "应有",
    GapSort.NEARBY: "周边供给",
}


@router.get("/gaps")
def gap_table(request: Request, ask: AskDep, asked: GapsAskDep, session: SessionDep) -> Response:
    """Show the missing, suspected and weak nodes, the most urgent first; or those of several regions."""
    asked, problem, status = _settle(ask, asked)
    found = list_region_gaps(session, ask.knowledge, ask.region.adcode, _chains(ask, asked))
    side = None if problem else _beside(session, ask, asked)
    terms = search_terms(ask.knowledge) if asked.wanted.text else {}
    lines: Sequence[Any] = (
        asked.wanted.pick_rows(side.rows, terms, apart=asked.apart)
        if side
        else asked.wanted.pick(found.lines, terms)
    )
    pages = max(1, -(-len(lines) // PAGE))
    page = min(asked.page, pages)
    values = {
        **ask.values,
        "active": "gaps",
        "asked": asked,
        "found": found,
        "side": side,
        "problem": problem,
        "names": {code: ask.knowledge.region_names.get(code, code) for code in asked.beside},
        "total": len(lines),
        "shown": lines[(page - 1) * PAGE : page * PAGE],
        "page": page,
        "pages": pages,
        "first": (page - 1) * PAGE + 1,
        "columns": COLUMNS,
        "counts": _counts(found),
        "basis": next(iter(found.chains.values())).summary.basis,
        "weights": ask.knowledge.weights.gap,
        "not_comparable": NOT_COMPARABLE,
        "most": MOST,
        **_reliance(session, ask, asked),
    }
    return render_page(request, "gaps.html", values, status_code=status)


@router.get("/gaps/why")
def gap_reasons(
    request: Request, ask: AskDep, session: SessionDep, node: Annotated[str, Query(max_length=120)]
) -> Response:
    """Show the factors of one gap: what its priority is made of, and how sure its rating is."""
    gap, judged = explain_gap(session, ask.knowledge, ask.region.adcode, ask.chain.id, node)
    sure = judged.confidences[node]
    values = {
        **ask.values,
        "gap": gap,
        "sure": CONFIDENCE[sure.mark],
        "sure_why": say_confidence(sure, gap.rating, gap.basis),
        "rank": judged.stability.of(node),
        "gaps": len(judged.gaps),
    }
    return render_page(request, "gap_reasons.html", values)


@router.get("/gaps.csv")
def gap_file(ask: AskDep, asked: GapsAskDep, session: SessionDep) -> Response:
    """Return the filtered table as a file that Excel opens; of several regions with a column for each."""
    asked, problem, status = _settle(ask, asked)
    if problem:
        raise (UnknownRegion if status is HTTPStatus.NOT_FOUND else InvalidQuery)(problem)
    side = _beside(session, ask, asked)
    terms = search_terms(ask.knowledge)
    place = f"{ask.region.adcode}-{'all' if asked.everything else ask.chain.id}"
    if side:
        picked = asked.wanted.pick_rows(side.rows, terms, apart=asked.apart)
        return csv_download([_side_cells(side, row) for row in picked], f"gaps-side-{place}.csv")
    found = list_region_gaps(session, ask.knowledge, ask.region.adcode, _chains(ask, asked))
    rows = _file_rows(session, ask.knowledge, found, asked.wanted.pick(found.lines, terms))
    return csv_download(rows, f"gaps-{place}.csv")


def _chains(ask: Ask, asked: GapsAsk) -> list[str]:
    return [] if asked.everything else [ask.chain.id]


def _settle(ask: Ask, asked: GapsAsk) -> tuple[GapsAsk, str | None, HTTPStatus]:
    """Put codes in place of the names of the regions beside; what is wrong with them is said on the page."""
    geography = ask.knowledge.geography
    try:
        places = [ask.region, *(find_region(geography, name) for name in asked.beside)]
        codes = tuple(dict.fromkeys(place.adcode for place in places))
        asked = replace(asked, beside=codes[1:])
        check_side(geography, [geography.get(code) for code in codes])
    except UnknownRegion as error:
        return asked, str(error), HTTPStatus.NOT_FOUND
    except InvalidQuery as error:
        return asked, str(error), HTTPStatus.UNPROCESSABLE_ENTITY
    return asked, None, HTTPStatus.OK


def _beside(session: Session, ask: Ask, asked: GapsAsk) -> SideBySide | None:
    if not asked.beside:
        return None
    return lay_side_by_side(session, ask.knowledge, [ask.region.adcode, *asked.beside], _chains(ask, asked))


def _counts(found: GapList) -> dict[str, list[tuple[str, str, int]]]:
    """What can be filtered by, as (value, word, how many gaps there are of it)."""
    ratings = Counter(line.gap.rating for line in found.lines)
    kinds = Counter(line.gap.kind for line in found.lines)
    stages = Counter(line.gap.stage for line in found.lines)
    return {
        "rating": [(one, RATINGS[one], ratings[one]) for one in Rating if one in GAP_RATINGS],
        "kind": [(one, KINDS[one], kinds[one]) for one in GapKind],
        "stage": [(one, word, stages[one]) for one, word in STAGES.items()],
    }


def _reliance(session: Session, ask: Ask, asked: GapsAsk) -> dict[str, Any]:
    """How far the list of one chain can be relied on; of all chains it is said gap by gap."""
    if asked.everything or asked.beside:
        return {"stability": None, "sure": {}}
    judged = judge_gaps(session, ask.knowledge, ask.region.adcode, ask.chain.id)
    sure = {
        gap.node: (
            CONFIDENCE[judged.confidences[gap.node].mark],
            say_confidence(judged.confidences[gap.node], gap.rating, gap.basis),
        )
        for gap in judged.gaps
    }
    return {"stability": say_stability(judged.stability), "sure": sure}


def _file_rows(
    session: Session, knowledge: Knowledge, found: GapList, lines: Sequence[GapLine]
) -> list[dict[str, object]]:
    """The rows of the file, with the reasons in full: each chain is asked for them once."""
    reasons: dict[tuple[str, str], str] = {}
    sure: dict[tuple[str, str], str] = {}
    for chain in dict.fromkeys(line.chain for line in lines):
        judged = judge_gaps(session, knowledge, found.region.adcode, chain)
        for gap in judged.gaps:
            reasons[chain, gap.node] = " ".join(factor.reason for factor in gap.factors)
            sure[chain, gap.node] = CONFIDENCE[judged.confidences[gap.node].mark]
    return [
        {
            "产业链": line.chain_name,
            "环节": line.gap.name,
            "位置": STAGES[line.gap.stage],
            "评级": RATINGS[line.gap.rating],
            "置信": sure[line.chain, line.gap.node],
            "类型": KINDS[line.gap.kind],
            "依据": BASES[line.gap.basis],
            "优先级": round(line.gap.priority, 1),
            "有效企业": round(line.gap.effective_firms, 2),
            "应有": round(line.gap.expected, 2),
            "周边供给": round(line.gap.nearby_supply or 0.0, 2),
            "主因": "、".join(f"{GAP_FACTORS[name]} {points:.1f}" for name, points in line.gap.leading),
            "理由": reasons[line.chain, line.gap.node],
            "卡脖子": line.gap.bottleneck,
            "权重": knowledge.weights.gap.note,
            "数据版本": found.data_version,
        }
        for line in lines
    ]


def _side_cells(side: SideBySide, row: SideRow) -> dict[str, object]:
    line = row.line
    cells: dict[str, object] = {
        "产业链": line.chain_name,
        "环节": line.gap.name,
        "位置": STAGES[line.gap.stage],
        "各地不同": "是" if row.apart else "",
    }
    for one, rating, its in zip(side.lists, row.ratings, row.lines, strict=True):
        cells[f"{one.region.name} 评级"] = RATINGS[rating]
        cells[f"{one.region.name} 优先级"] = round(its.gap.priority, 1) if its else None
    return {**cells, "数据版本": side.lists[0].data_version}


def csv_download(rows: list[dict[str, object]], name: str) -> Response:
    """Return rows as a CSV download."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(csv_bytes(rows), media_type="text/csv; charset=utf-8", headers=headers)
