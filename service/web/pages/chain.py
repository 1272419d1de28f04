"""产业链招商树: one chain as a tree and as a supply graph, coloured by rating, and the panel of one node."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from service.analysis import ChainView, rate_nodes
from service.domain.completeness import summarise_region
from service.domain.gaps import NodeRating, Rating
from service.node_details import describe_node
from service.targeting import rank_targets
from service.web.deps import SessionDep
from service.web.pages.ask import AskDep, AskViewDep
from service.web.pages.chain_drawing import (
    HOLLOW,
    SHAPES,
    Fold,
    drawing_data,
    list_rows,
    long_id,
    read_folds,
    supply_data,
)
from service.web.pages.templates import number, render_page

router = APIRouter()
_TARGETS = 5
_NodeQuery = Annotated[str, Query(max_length=120)]


@router.get("/chain")
def chain_tree(request: Request, ask: AskDep, view: AskViewDep, node: _NodeQuery = "") -> Response:
    """Show the chain in the region; the browser reads the rest of the address (view, folds, focus, zoom)."""
    rated = rate_nodes(view)
    ratings = {rating.node: rating for rating in rated}
    values = {
        **ask.values,
        "active": "chain",
        "view": view,
        "report": {
            "summary": summarise_region(view.coverage, view.region.adcode, rated),
            "weights": ask.knowledge.weights.gap.stated,
            "data_version": view.data_version,
        },
        "drawing": drawing_data(ask.chain, ratings),
        "rows": list_rows(ask.chain, ratings),
        "shapes": SHAPES,
        "hollow": HOLLOW,
        "node": node if node in ask.chain else "",
        "unknown_node": node if node and node not in ask.chain else "",
    }
    return render_page(request, "chain.html", values)


@router.get("/chain/supply")
def supply_graph(
    ask: AskDep,
    fold: Fold = Fold.AUTO,
    flip: Annotated[str, Query(max_length=12_000)] = "",
    focus: _NodeQuery = "",
) -> Response:
    """Answer where the nodes of the supply graph stand, with these groups folded or this node in focus."""
    wanted = long_id(ask.chain, focus) if focus else ""
    return JSONResponse(supply_data(ask.chain, read_folds(ask.chain, fold, flip), wanted))


@router.get("/chain/panel")
def node_panel(
    request: Request, ask: AskDep, view: AskViewDep, session: SessionDep, node: _NodeQuery
) -> Response:
    """Show one node beside the drawing: its rating and why, neighbours, firms, supply around, policy."""
    details = describe_node(session, ask.knowledge, view, node)
    values = {
        **ask.values,
        "details": details,
        "node": details.node,
        "rated": details.rated,
        "sentence": say_rating(view, details.rated),
    }
    return render_page(request, "panel.html", values)


@router.get("/chain/targets")
def node_targets(request: Request, ask: AskDep, session: SessionDep, node: _NodeQuery) -> Response:
    """Show the first targets of a leaf: asked for after the panel, since scoring a large node takes long."""
    found = rank_targets(session, ask.knowledge, ask.region.adcode, node)
    values = {
        **ask.values,
        "node": found.node,
        "targets": found.ranked.targets[:_TARGETS],
        "total": len(found.ranked.targets),
    }
    return render_page(request, "panel_targets.html", values)


def say_rating(view: ChainView, rated: NodeRating) -> str:
    """Return the sentence behind a rating: seen, expected, and compared with whom."""
    here, wanted = number(rated.effective_firms), number(rated.expected)
    others = len(view.coverage.regions)
    if rated.rating is Rating.UNOBSERVED:
        return "现有名录看不到这一环节：各地都没有记录，或本地已知企业太少，不作判断。"
    if not rated.comparable:
        return f"本地有效企业 {here} 家；没有可比的地区，只说有无。"
    seen = {
        Rating.MISSING: "完整名录中没有见到",
        Rating.SUSPECTED: "选择性名录内未见，不等于没有，请核实",
    }.get(rated.rating, f"本地有效企业 {here} 家")
    return (
        f"{seen}；与同样口径的 {others} 个同级地区相比，按本链规模应有约 {wanted} 家，"
        f"相对强度 {number(rated.intensity.mean, 2)}"
        f"（80% 区间 {number(rated.intensity.low, 2)}–{number(rated.intensity.high, 2)}）。"
    )
