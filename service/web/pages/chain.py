"""产业链招商树: the tree of one chain, coloured by rating, and the panel of one node."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.analysis import ChainView, find_gap, rate_nodes, report_gaps
from service.domain.chains import Chain, Node
from service.domain.gaps import NodeRating, Rating
from service.errors import UnknownNode
from service.storage.candidates import read_node_firms
from service.targeting import rank_targets, regions_inside
from service.web.deps import SessionDep
from service.web.pages.ask import AskDep, AskViewDep
from service.web.pages.templates import number, render_page
from service.words import RATING_COLOURS, RATINGS

router = APIRouter()
_FIRMS, _TARGETS = 30, 5


@router.get("/chain")
def chain_tree(
    request: Request, ask: AskDep, view: AskViewDep, node: Annotated[str, Query(max_length=120)] = ""
) -> Response:
    """Show the tree of the chain in the region; `node` is opened in the panel."""
    ratings = {rating.node: rating for rating in rate_nodes(view)}
    report = report_gaps(ask.knowledge, view)
    values = {
        **ask.values,
        "active": "chain",
        "view": view,
        "report": report,
        "tree": {
            "name": ask.chain.name,
            "children": [_branch(ask.chain, top, ratings) for top in ask.chain.children(None)],
        },
        "node": node if node in ask.chain else "",
    }
    return render_page(request, "chain.html", values)


def _branch(chain: Chain, node: Node, ratings: dict[str, NodeRating]) -> dict[str, Any]:
    rated = ratings[node.id]
    children = [_branch(chain, child, ratings) for child in chain.children(node.id)]
    return {
        "id": node.id,
        "name": node.name,
        "rating": rated.rating,
        "word": RATINGS[rated.rating],
        "colour": RATING_COLOURS[rated.rating],
        "hollow": rated.rating in (Rating.SUSPECTED, Rating.UNOBSERVED),
        "firms": number(rated.effective_firms),
        "expected": number(rated.expected),
        "bottleneck": node.bottleneck,
        "anchor": rated.anchor,
        "children": children,
    }


@router.get("/chain/panel")
def node_panel(
    request: Request,
    ask: AskDep,
    view: AskViewDep,
    session: SessionDep,
    node: Annotated[str, Query(max_length=120)],
) -> Response:
    """Show one node beside the tree: rating with its sentence, neighbours, local firms, targets."""
    if node not in ask.chain:
        raise UnknownNode(f"产业链 {ask.chain.name} 没有环节 {node!r}")
    found = ask.chain.node(node)
    ratings = {rating.node: rating for rating in rate_nodes(view)}
    below = ask.chain.leaves_below(node)
    inside = regions_inside(ask.knowledge.geography, ask.region.adcode)
    firms = read_node_firms(session, {node, *below}, inside=inside)
    firms.sort(key=lambda one: (one.firm.stock_code is None, -one.effective, one.firm.key))
    is_leaf = below == (node,)
    targets = rank_targets(session, ask.knowledge, ask.region.adcode, node) if is_leaf else None
    values = {
        **ask.values,
        "node": found,
        "rated": ratings[node],
        "gap": find_gap(report_gaps(ask.knowledge, view), node),
        "sentence": say_rating(view, ratings[node]),
        "suppliers": _neighbours(ask.chain, node, ratings, suppliers=True),
        "customers": _neighbours(ask.chain, node, ratings, suppliers=False),
        "firms": list({one.firm.id: one for one in firms}.values())[:_FIRMS],
        "firms_total": len({one.firm.id for one in firms}),
        "targets": targets.ranked.targets[:_TARGETS] if targets else (),
        "is_leaf": is_leaf,
        "below": [(child, ratings[child.id]) for child in ask.chain.children(node)],
    }
    return render_page(request, "panel.html", values)


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


def _neighbours(
    chain: Chain, node: str, ratings: dict[str, NodeRating], *, suppliers: bool
) -> list[tuple[Node, NodeRating]]:
    graph = chain.leaf_graph
    step = graph.predecessors if suppliers else graph.successors
    below = set(chain.leaves_below(node))
    found = {other for leaf in below for other in step(leaf)} - below
    return [(chain.node(other), ratings[other]) for other in sorted(found)]
