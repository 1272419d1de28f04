"""What the offline viewer is drawn from: the facts of a briefing as plain values for JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from service.domain.chains import Stage
from service.domain.gaps import Rating
from service.render.brief_facts import BriefFacts, GapFirms
from service.render.deck_gaps import said_of_all, telling_factors
from service.words import BASES, GAP_FACTORS, KINDS, RATING_COLOURS, RATINGS, STAGES, TARGET_FACTORS

MOST_TARGETS = 100
"""Targets shown of each gap; the workbook has all."""

_HOLLOW = frozenset({Rating.SUSPECTED, Rating.UNOBSERVED})
_INK_ON = {Rating.WEAK: "#4a1f0c", Rating.BALANCED: "#0c3148"}
_SAID_REASONS = 3
_SAID_TIES = 2
_PROVINCE = re.compile(r".+?(?:自治区|特别行政区|省|市)")
_NOTES = (
    "评级由公式得出：有效企业与应有企业之比的后验均值与 80% 区间；应有按同口径同级地区的结构推算。",
    "“缺”只在完整名录（登记库、规上名录）上判；选择性名录内未见只说“疑缺”，不等于没有，请核实。",
    "“未观测”既不表示有，也不表示没有。",
    "边界为简化示意；地图未经审图的，仅供内部使用。",
)


def viewer_data(facts: BriefFacts, files: Sequence[tuple[str, str]], map_page: str) -> dict[str, Any]:
    """Return the data block of the viewer; `files` are (path, title), `map_page` the map as HTML."""
    return {
        "ratings": {str(rating): _rating(rating) for rating in Rating},
        "summary": _summary(facts),
        "basis": f"依据：{BASES[facts.summary.basis]}。",
        "nodes": _nodes(facts),
        "gaps": _gaps(facts),
        "gap_weights": f"权重：{facts.gap_weights.note}",
        "targets": [
            row for order, one in enumerate(facts.top, start=1) for row in _targets(facts, order, one)
        ],
        "targets_note": _targets_note(facts),
        "target_weights": f"权重：{facts.target_weights.note}",
        "firms": _firms(facts),
        "sources": _sources(facts),
        "notes": _NOTES,
        "files": [list(one) for one in files],
        "map": map_page,
    }


def _rating(rating: Rating) -> Mapping[str, Any]:
    return {
        "word": RATINGS[rating],
        "colour": RATING_COLOURS[rating],
        "on": _INK_ON.get(rating, "#fff"),
        "hollow": rating in _HOLLOW,
    }


def _summary(facts: BriefFacts) -> Mapping[str, Any]:
    found = facts.summary
    return {
        "completeness": found.completeness,
        "stages": [[STAGES[stage], found.by_stage[stage]] for stage in Stage if stage in found.by_stage],
        "leaves": {str(rating): found.leaves.get(rating, 0) for rating in Rating},
    }


def _nodes(facts: BriefFacts) -> list[Mapping[str, Any]]:
    leaves = {leaf.id for leaf in facts.chain.leaves}
    rows: list[Mapping[str, Any]] = []
    for node, rated in zip(facts.chain.nodes, facts.ratings, strict=True):
        leaf = node.id in leaves
        rows.append(
            {
                "id": node.id,
                "name": node.name,
                "parent": node.parent,
                "stage": STAGES[node.stage],
                "rating": str(rated.rating),
                "basis": BASES[rated.basis],
                "here": rated.effective_firms,
                "expected": rated.expected,
                "mean": rated.intensity.mean,
                "low": rated.intensity.low,
                "high": rated.intensity.high,
                "nearby": facts.nearby.get(node.id),
                "anchor": rated.anchor,
                "bottleneck": node.bottleneck,
                "suppliers": [one.id for one in facts.suppliers(node.id)] if leaf else [],
                "customers": [one.id for one in facts.customers(node.id)] if leaf else [],
            }
        )
    return rows


def _gaps(facts: BriefFacts) -> list[Mapping[str, Any]]:
    """The factors of each gap, the most telling first."""
    common = said_of_all(facts.gaps)
    return [
        {
            "node": gap.node,
            "kind": KINDS[gap.kind],
            "priority": gap.priority,
            "factors": [
                {"name": GAP_FACTORS[one.name], "points": one.contribution, "reason": one.reason}
                for one in telling_factors(gap, common)
            ],
        }
        for gap in facts.gaps
    ]


def _targets(facts: BriefFacts, order: int, one: GapFirms) -> list[Mapping[str, Any]]:
    return [
        {
            "order": order,
            "node": one.gap.node,
            "rank": rank,
            "firm": target.firm,
            "name": target.name,
            "place": facts.place(target.adcode),
            "province": _province(facts.place(target.adcode)),
            "score": target.score,
            "reasons": [f"{TARGET_FACTORS[f.name]}：{f.reason}" for f in target.telling(_SAID_REASONS)],
            "ties": [tie.reason for tie in target.ties[:_SAID_TIES]],
            "obstacles": [obstacle.reason for obstacle in target.obstacles],
            "sources": "；".join(source.title for source in target.sources),
        }
        for rank, target in enumerate(one.targets[:MOST_TARGETS], start=1)
    ]


def _province(place: str) -> str:
    """The province in the full name of a place."""
    found = _PROVINCE.match(place)
    return found[0] if found else place


def _targets_note(facts: BriefFacts) -> str:
    cut = [one for one in facts.top if len(one.targets) > MOST_TARGETS]
    said = f"最紧要的 {len(facts.top)} 个缺链的目标企业" if facts.top else "没有缺链，因而没有目标企业"
    return f"{said}，每个列前 {MOST_TARGETS} 家，其余见工作簿。" if cut else f"{said}。"


def _firms(facts: BriefFacts) -> list[Mapping[str, Any]]:
    return [
        {
            "node": one.node,
            "firm": one.key,
            "name": one.name,
            "effective": one.effective,
            "anchor": one.anchor,
            "stock": one.stock_code,
        }
        for node in facts.chain.nodes
        for one in facts.firms_of.get(node.id, ())
    ]


def _sources(facts: BriefFacts) -> list[Mapping[str, str]]:
    return [
        {
            "title": one.title,
            "as_of": one.as_of.isoformat() if one.as_of else "未填",
            "licence": one.licence or "未填",
            "covers": "、".join(one.covers),
            "complete_for": "、".join(one.complete_for) or "选择性名录",
        }
        for one in facts.sources
    ]
