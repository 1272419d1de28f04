"""The seven factors of a target's score, each with a Chinese sentence, its source and its date.

Unknown is not zero: a factor of which nothing is recorded takes the neutral value 0.5 and says so.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.domain.chains import Chain
from service.domain.coverage import PRESENT
from service.domain.targets import Candidate, LocalFirm, TargetContext
from service.domain.weights import NEUTRAL, Finding

TARGET_FACTORS = ("capability", "purity", "expansion", "ties", "proximity", "source_region", "carriers")

SIZE_SHARE = 0.7
"""Share of size in capability; the rest is standing."""

RECENT = timedelta(days=3 * 365)
"""A branch founded within this time of the data's day shows that the firm is expanding."""

NEAR_KM = 500.0
"""Distance at which proximity is 1/e: about a day's drive there and back."""

TIES_HALF = 3.0
"""Possible partners here (weighted by confidence) at which ties are half of what they can be."""

_NAMED = 3
_STANDING = {"单项冠军": 1.0, "专精特新": 0.75}


@dataclass(frozen=True, slots=True)
class SizeRank:
    """Where a firm stands in its node: share of the firms that are smaller, ties counted half (0-1)."""

    measure: str
    percentile: float
    among: int


def rank_sizes(candidates: Sequence[Candidate]) -> dict[str, SizeRank | None]:
    """Return each firm's rank by the first measure known of it: revenue, else employees, else capital.

    It is ranked among the candidates of which the same measure is known; None when none is. Raises
    ValueError when a firm stands twice.
    """
    sizes = [_sizes(candidate) for candidate in candidates]
    known: dict[str, list[float]] = {}
    for size in sizes:
        for measure, value in size.items():
            known.setdefault(measure, []).append(value)
    for values in known.values():
        values.sort()
    ranks: dict[str, SizeRank | None] = {}
    for candidate, size in zip(candidates, sizes, strict=True):
        if candidate.firm in ranks:
            raise ValueError(f"candidate {candidate.firm} stands twice")
        ranks[candidate.firm] = next((_rank(name, value, known[name]) for name, value in size.items()), None)
    return ranks


def _sizes(candidate: Candidate) -> dict[str, float]:
    sizes = {
        "营业收入": candidate.revenue_cny,
        "从业人员": candidate.employees,
        "注册资本": candidate.capital_cny,
    }
    return {measure: float(value) for measure, value in sizes.items() if value is not None}


def _rank(measure: str, value: float, ordered: list[float]) -> SizeRank:
    middle = (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2.0
    return SizeRank(measure, middle / len(ordered), len(ordered))


def find_factors(
    candidate: Candidate, gap_node: str, chain: Chain, context: TargetContext, rank: SizeRank | None
) -> dict[str, Finding]:
    """Return the seven findings, in the order of TARGET_FACTORS."""
    return {
        "capability": find_capability(candidate, rank),
        "purity": find_purity(candidate, chain.node(gap_node).name),
        "expansion": find_expansion(candidate, context),
        "ties": find_ties(candidate, gap_node, chain, context),
        "proximity": find_proximity(candidate, context),
        "source_region": find_source_region(candidate, context),
        "carriers": find_carriers(context),
    }


def find_capability(candidate: Candidate, rank: SizeRank | None) -> Finding:
    """Return 0.7 * size percentile within the node + 0.3 * standing.

    Standing: listed or 单项冠军 1, 专精特新 0.75, none recorded 0.5 (lists of standing are never whole).
    """
    words = ["上市公司"] if candidate.listed else []
    words += [word for word in _STANDING if word in candidate.standing]
    honours = [1.0 if word == "上市公司" else _STANDING[word] for word in words]
    value = SIZE_SHARE * (rank.percentile if rank else NEUTRAL)
    value += (1.0 - SIZE_SHARE) * max(honours, default=NEUTRAL)
    size = "规模不详"
    if rank:
        percent = f"{rank.percentile * 100:.0f}%"
        size = f"{rank.measure}在 {rank.among} 家有此数据的同环节企业中超过约 {percent}"
    told = candidate.told_by
    return Finding(value, f"{size}；{'、'.join(words) or '未见资质记录'}。", told.title, told.as_of)


def find_purity(candidate: Candidate, node_name: str) -> Finding:
    """Return the share of the firm's business that is in the node."""
    if candidate.node_share is None:
        return Finding(NEUTRAL, f"{node_name}占其业务的比重不详，此项取中性值。")
    told = candidate.told_by
    words = f"{node_name}约占其业务的 {candidate.node_share * 100:.0f}%。"
    return Finding(candidate.node_share, words, told.title, told.as_of)


def find_expansion(candidate: Candidate, context: TargetContext) -> Finding:
    """Return n / (1 + n) for n branches founded in the last three years; later ones are not looked at."""
    dates = [branch.founded for branch in candidate.branches or () if branch.founded]
    if candidate.branches is None or (candidate.branches and not dates):
        return Finding(NEUTRAL, "未掌握其分支机构及设立时间，此项取中性值。")
    recent = sum(context.today - RECENT <= day <= context.today for day in dates)
    told = candidate.told_by
    words = f"近三年新设 {recent} 家分支机构。" if recent else "近三年未见新设分支机构。"
    return Finding(recent / (1.0 + recent), words, told.title, told.as_of)


def find_ties(candidate: Candidate, gap_node: str, chain: Chain, context: TargetContext) -> Finding:
    """Return t / (3 + t), where t sums over the firms here that the chain makes possible customers or
    suppliers of the candidate: confidence of the one's link times confidence of the other's.

    It follows the nodes of both, not known contracts, and says so.
    """
    if context.local_firms is None:
        return Finding(NEUTRAL, "未录入本地企业挂链，无从判断产业链上的联系，此项取中性值。")
    nodes = {node: confidence for node, confidence in candidate.links if confidence >= PRESENT}
    nodes[gap_node] = max(candidate.confidence, nodes.get(gap_node, 0.0))
    graph = chain.leaf_graph
    linked = {node: confidence for node, confidence in nodes.items() if node in graph and graph.degree(node)}
    if not linked:
        return Finding(NEUTRAL, "链内未登记其环节的上下游关系，此项取中性值。")
    customers = _partners(
        linked, {node: list(graph.successors(node)) for node in linked}, context.local_firms
    )
    suppliers = _partners(
        linked, {node: list(graph.predecessors(node)) for node in linked}, context.local_firms
    )
    strongest = {**suppliers}
    for firm, (name, tie) in customers.items():
        strongest[firm] = (name, max(tie, suppliers.get(firm, (name, 0.0))[1]))
    ties = math.fsum(tie for _, tie in strongest.values())
    told = context.local_source
    words = f"按产业链关系，本地{_say(customers, '可能的客户')}、{_say(suppliers, '可能的供应商')}；"
    ending = "真实业务往来有待核实。" if strongest else "暂无可借力的本地企业。"
    return Finding(
        ties / (TIES_HALF + ties), words + ending, told.title if told else None, told.as_of if told else None
    )


def _partners(
    linked: Mapping[str, float],
    neighbours: Mapping[str, Sequence[str]],
    local_firms: Mapping[str, Sequence[LocalFirm]],
) -> dict[str, tuple[str, float]]:
    """Firm key -> (name, strongest tie) of the local firms in the neighbouring nodes."""
    found: dict[str, tuple[str, float]] = {}
    for node, confidence in linked.items():
        for neighbour in neighbours[node]:
            for local in local_firms.get(neighbour, ()):
                tie = confidence * local.confidence
                if local.confidence >= PRESENT and tie > found.get(local.firm, ("", 0.0))[1]:
                    found[local.firm] = (local.name, tie)
    return found


def _say(partners: Mapping[str, tuple[str, float]], role: str) -> str:
    ranked = sorted(partners, key=lambda firm: (-partners[firm][1], firm))
    names = "、".join(partners[firm][0] for firm in ranked[:_NAMED])
    return (
        f"有 {len(ranked)} 家{role}（{names}{'等' if len(ranked) > _NAMED else ''}）"
        if names
        else f"没有{role}"
    )


def find_proximity(candidate: Candidate, context: TargetContext) -> Finding:
    """Return exp(-distance / 500 km) from the firm's seat."""
    distance = context.distance_km.get(candidate.adcode or "")
    if distance is None:
        return Finding(NEUTRAL, "注册地不详，无法计算距离，此项取中性值。")
    words = f"注册地距{context.region_name}约 {distance:.0f} 公里。"
    told = context.distance_source
    return Finding(math.exp(-distance / NEAR_KM), words, told.title, told.as_of)


def find_source_region(candidate: Candidate, context: TargetContext) -> Finding:
    """Return how far the candidate's source region is sought after, 0 outside all that are recorded."""
    policy = context.source_policy
    if not policy:
        return Finding(NEUTRAL, "未录入重点招商来源地，此项取中性值。")
    if candidate.adcode is None:
        return Finding(NEUTRAL, "注册地不详，无法判断来源地，此项取中性值。")
    label = context.source_region_of.get(candidate.adcode, "")
    if label in policy:
        return policy[label]
    sources = sorted({found.source for found in policy.values() if found.source})
    words = f"注册地不在重点招商来源地（{'、'.join(sorted(policy))}）。"
    return Finding(0.0, words, "；".join(sources) or None)


def find_carriers(context: TargetContext) -> Finding:
    """Return what is recorded of parks and plants that can take a project of this node."""
    return context.carriers or Finding(NEUTRAL, "未录入载体，此项取中性值。")
