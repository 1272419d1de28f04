"""Facts for workbooks and books, made without a database: any number of leaves, any name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.domain.completeness import report_region
from service.domain.coverage import coverage_from_cells
from service.domain.gaps import rate_region
from service.domain.priority import GapContext
from service.domain.regions import Level
from service.domain.targets import (
    ExcludedFirm,
    Obstacle,
    Source,
    Target,
    TargetFactor,
    Tie,
    TieKind,
    Told,
    Wording,
)
from service.domain.weights import Weights
from service.render.brief_facts import BriefFacts, GapFirms, LocalFirmFact, PeerFact, SourceFact

HERE = "330800"
NASTY = '=HYPERLINK("http://x.invalid","点我")&<b>"甲"</b>\x0b\ud800\ufffe'
LONG = "衢州" + "很长的名称" * 11 + "有限公司"[:3]
STAGES = list(Stage)


def chain_of(names: Sequence[str]) -> Chain:
    """Return a chain of leaves with these names, each supplying the next."""
    nodes = tuple(
        Node(f"odd/n{number}", name, None, STAGES[number % 3], bottleneck=name if number == 1 else None)
        for number, name in enumerate(names)
    )
    edges = tuple(SupplyEdge(before.id, after.id) for before, after in pairwise(nodes))
    return Chain("odd", names[0], "1", "2026-01-01", nodes, edges, summary=names[0])


def target_of(name: str, weights: Weights) -> Target:
    """Return a target whose every text is `name`."""
    factors = tuple(
        TargetFactor(factor, 0.5, weights.share(factor), 50.0 * weights.share(factor), name, name, "2025-01")
        for factor in weights.values
    )
    tie = Tie("n:a", name, None, TieKind.BRAND, None, anchor=False, strength=0.0, reason=name)
    return Target(
        f"n:{name}", None, name, None, 50.0, (Source(name, "2025-01"),),
        Wording(lambda: Told(factors, (Obstacle("energy", False, name),), (tie,))),
    )  # fmt: skip


def facts_of(
    names: Sequence[str],
    gap_weights: Weights,
    target_weights: Weights,
    *,
    firm: str = "甲公司",
    firms: int = 2,
    top: int = 3,
    region_name: str = "甲市",
) -> BriefFacts:
    """Return facts of a region where the first leaf is present and all others are missing."""
    chain = chain_of(names)
    others = ["330700", "330100"]
    cells = [(adcode, node.id, 2.0) for adcode in others for node in chain.nodes]
    cells.append((HERE, chain.nodes[0].id, 1.0))
    coverage = coverage_from_cells(
        chain,
        Level.CITY,
        [HERE, *others],
        cells,
        firms_known=dict.fromkeys([HERE, *others], 9),
        complete=[HERE],
    )
    report = report_region(coverage, HERE, weights=gap_weights, context=GapContext(region_name, "1-abc"))
    ratings = tuple(rate_region(coverage, HERE))
    targets = tuple(target_of(f"{firm}{number or ''}", target_weights) for number in range(firms))
    against = Wording(lambda: Told(obstacles=(Obstacle("negative", True, firm),)))
    barred = ExcludedFirm("n:乙", None, firm, "330100", (Source(firm),), against)
    return BriefFacts(
        title=f"{region_name}{chain.name}产业链招商",
        region_adcode=HERE,
        region_name=region_name,
        region_full_name=f"浙江省{region_name}",
        chain=chain,
        summary=report.summary,
        ratings=ratings,
        nearby={node.id: 0.5 for node in chain.nodes},
        gaps=report.gaps,
        top=tuple(GapFirms(gap, targets, (barred,)) for gap in report.gaps[:top]),
        strengths=tuple(one for one in ratings if one.effective_firms > 0),
        firms=(LocalFirmFact("odd/n0", "n:丙", firm, 1.0, firm, None, ("专精特新",), 12, 3e9),),
        peers=(
            PeerFact("本地", HERE, region_name, None, None, None, None, 0.5, 2, 3, 1.0, ""),
            PeerFact("标杆", "330100", firm, None, None, None, None, 1.0, 1, 3, 9.0, firm),
        ),
        peers_note=None,
        sources=(SourceFact(firm, "", dt.date(2025, 6, 30), None, ("全国",), ()),),
        places={"330100": "浙江省杭州市"},
        gap_weights=gap_weights,
        target_weights=target_weights,
        data_version="1-abc",
        made_of=dt.date(2026, 3, 4),
    )
