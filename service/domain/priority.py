"""The factors of a gap's priority: how much a region would gain by closing it, and how well it can.

Each factor is 0-1 and comes with a Chinese sentence that can be read aloud. Where nothing can be said
of a factor it takes the neutral value 0.5 and the sentence says so. How they are weighed is data
(`Weights`), not part of this module. The five that need the whole table of all chains are in `prospects`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import networkx as nx
import numpy as np

from service.domain.chains import Chain
from service.domain.coverage import PRESENT, Coverage, FloatArray
from service.domain.prospects import PROSPECT_FACTORS, Prospects
from service.domain.weights import NEUTRAL, Finding
from service.errors import CyclicChain

CHAIN_FACTORS = ("shortfall", "demand_pull", "supply_push", "criticality", "feasibility", "fit")
GAP_FACTORS = (*CHAIN_FACTORS, *PROSPECT_FACTORS)
FITTED_FACTORS = tuple(name for name in GAP_FACTORS if name != "fit")
"""The factors that registrations show; positions, carriers and policies of the past are in none of them."""

_NAMED = 3


@dataclass(frozen=True, slots=True)
class GapContext:
    """What a question about one region's gaps brings along besides the coverage.

    `region_name` stands in the sentences. `data_version` is passed on. `prospects` is the region in the
    table of all chains: without it the density is that of the chain alone, and the factors that need the
    whole table are neutral. `nearby` (N,) is `nearby_supply`; without it gaps say None. `fit` is by node id:
    what declared positions, carriers and policies say.
    """

    region_name: str
    data_version: str
    prospects: Prospects | None = None
    nearby: FloatArray | None = None
    fit: Mapping[str, Finding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PathShare:
    """Supply paths (from a leaf without suppliers to one without customers) through a leaf, of all."""

    through: int
    total: int

    @property
    def share(self) -> float:
        """0-1; 0 in a chain without supply edges and for a leaf that stands outside them."""
        return self.through / self.total if self.total else 0.0


@lru_cache(maxsize=128)
def path_shares(chain: Chain) -> Mapping[str, PathShare]:
    """Return for each leaf how many of the chain's supply paths pass through it.

    Ends count too, unlike in betweenness: the one maker of the end product is on every path. Raises
    CyclicChain when the supply edges between the leaves run in a circle.
    """
    graph = chain.leaf_graph
    if not nx.is_directed_acyclic_graph(graph):
        circle = " -> ".join(edge[0] for edge in nx.find_cycle(graph))
        raise CyclicChain([f"产业链 {chain.id} 末级环节之间的供应关系成环：{circle}"])
    order = list(nx.topological_sort(graph))
    into: dict[str, int] = {}
    onward: dict[str, int] = {}
    for node in order:
        into[node] = sum(into[supplier] for supplier in graph.predecessors(node)) or 1
    for node in reversed(order):
        onward[node] = sum(onward[customer] for customer in graph.successors(node)) or 1
    linked = [node for node in order if graph.degree(node)]
    paths = sum(into[node] for node in linked if not graph.out_degree(node))
    through = {node: into[node] * onward[node] for node in linked}
    return MappingProxyType({node: PathShare(through.get(node, 0), paths) for node in order})


def say_firms(effective: float) -> str:
    """Return effective firms as words: one decimal at most, "3 家", "2.5 家"."""
    return f"{effective:.1f}".removesuffix(".0") + " 家"


def find_shortfall(expected: float, effective: float, comparable: bool, prior: float) -> Finding:
    """Return shortfall / (prior + expected): firms missing, as a share of those expected, shrunk.

    It is 1 - mean intensity where that is below 1: 0 when as many firms are here as elsewhere, near 1
    when many are expected and none is here.
    """
    if not comparable:
        return Finding(0.0, "没有可比的地区或环节，无法推算应有家数，缺口家数不计。")
    short = max(0.0, expected - effective)
    words = f"参照同级地区，本地应有约 {say_firms(expected)}，现有 {say_firms(effective)}"
    ending = f"，约缺 {say_firms(short)}。" if short > 0 else "，家数不少于参照水平。"
    return Finding(short / (prior + expected), words + ending)


def find_demand_pull(coverage: Coverage, row: int, node: str, region_name: str) -> Finding:
    """Return how much of the leaf's demand is here: over its customers, by input share where known."""
    graph = coverage.chain.leaf_graph
    shares = {customer: graph.edges[node, customer]["input_share"] for customer in graph.successors(node)}
    return _find_neighbours(coverage, row, shares, region_name, "下游客户")


def find_supply_push(coverage: Coverage, row: int, node: str, region_name: str) -> Finding:
    """Return how much of the leaf's supply is here: over its suppliers, by input share where known."""
    graph = coverage.chain.leaf_graph
    shares = {supplier: graph.edges[supplier, node]["input_share"] for supplier in graph.predecessors(node)}
    return _find_neighbours(coverage, row, shares, region_name, "上游配套")


def _find_neighbours(
    coverage: Coverage, row: int, shares: Mapping[str, float | None], region_name: str, side: str
) -> Finding:
    """Weighted mean over neighbours of k / (1 + k): one firm is half of it, nine firms nine tenths."""
    if not shares:
        return Finding(NEUTRAL, f"本环节在链内没有{side}环节，此项取中性值。")
    known = [share for share in shares.values() if share is not None]
    fallback = math.fsum(known) / len(known) if known else 1.0
    weights = {node: fallback if share is None else share for node, share in shares.items()}
    firms = {node: float(coverage.effective[row, coverage.column(node)]) for node in shares}
    present = {node: count for node, count in firms.items() if count >= PRESENT}
    value = math.fsum(weights[node] * count / (1.0 + count) for node, count in present.items())
    words = f"{len(shares)} 个{side}环节中有 {len(present)} 个在{region_name}已有企业"
    words += _named(coverage.chain, present)
    by_share = "，按投入占比加权" if known else ""
    return Finding(_share(value, math.fsum(weights.values())), words + by_share + "。")


def _named(chain: Chain, firms: Mapping[str, float]) -> str:
    """Name the neighbours with most firms: "：电芯 3 家、储能系统 1 家等"."""
    ranked = sorted(firms, key=lambda node: (-firms[node], node))
    names = "、".join(f"{chain.node(node).name} {say_firms(firms[node])}" for node in ranked[:_NAMED])
    return f"：{names}{'等' if len(ranked) > _NAMED else ''}" if names else ""


def find_criticality(coverage: Coverage, node: str) -> Finding:
    """Return the mean of two shares: supply paths that pass the leaf, and active regions that lack it."""
    paths = path_shares(coverage.chain)[node]
    supplying = int(coverage.supplying_regions[coverage.column(node)])
    active = coverage.active_regions
    scarcity = 1.0 - supplying / active if active else 1.0
    words = f"本链 {paths.total} 条供应路径中有 {paths.through} 条经过本环节"
    words += f"；{active} 个有本链企业的同级地区中，{supplying} 个有本环节企业"
    bottleneck = coverage.chain.node(node).bottleneck
    words += f"；属卡脖子环节（{bottleneck}）" if bottleneck else ""
    return Finding((paths.share + scarcity) / 2.0, words + "。")


def find_feasibility(density: float, region_name: str) -> Finding:
    """Return the relatedness density of the region around the leaf (NaN: not known, neutral)."""
    if math.isnan(density):
        return Finding(NEUTRAL, "各地尚看不出本环节通常与哪些环节相伴，此项取中性值。")
    words = f"按各地共现规律，与本环节相伴的环节，{region_name}已具优势的占 {density * 100:.0f}%。"
    return Finding(float(np.clip(density, 0.0, 1.0)), words)


def find_fit(node: str, fit: Mapping[str, Finding]) -> Finding:
    """Return what positions and carriers say of the leaf, or the neutral value."""
    return fit.get(node, Finding(NEUTRAL, "未录入产业定位与载体，此项取中性值。"))


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else NEUTRAL
