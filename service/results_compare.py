"""What is published of a comparison of regions: the API and the command line give these shapes."""

from __future__ import annotations

import math

from pydantic import BaseModel, Field

from service.comparing import ComparedRegion, Comparison, NamedBenchmark, NamedPeer
from service.domain.chains import Chain, Stage
from service.domain.gaps import Basis, Rating
from service.domain.peers import Among
from service.domain.regions import Geography, Level
from service.domain.standing import Standing
from service.knowledge import Knowledge


class StandingRead(BaseModel):
    """Where a region stands in a chain among the regions observed through the same sources.

    Rank 1 is the highest; ties share the better rank. Null where the region is not observed.
    """

    chain: str = Field(examples=["lithium-battery"])
    chain_name: str = Field(examples=["锂电池"])
    completeness: float | None = Field(description="0-1")
    completeness_rank: int | None
    effective_firms: float = Field(description="of the whole chain, in firms")
    firms_rank: int | None
    ranked: int = Field(description="regions that were ranked")


class AxisRead(BaseModel):
    """One axis of a profile: value 0-1, null where it cannot be said, and what it rests on."""

    name: str = Field(examples=["breadth"])
    value: float | None
    reason: str


class ComparedRegionRead(BaseModel):
    """One region of a comparison. `standings` begins with the chain asked about."""

    adcode: str = Field(examples=["330800"])
    name: str = Field(examples=["衢州市"])
    full_name: str
    completeness: float | None
    by_stage: dict[Stage, float | None]
    leaves: dict[Rating, int]
    effective_firms: float
    basis: Basis
    sources: list[str] = Field(description="titles of the sources that the region is observed through")
    comparable_with: list[str] = Field(description="the other regions observed through the same sources")
    standings: list[StandingRead]
    profile: list[AxisRead]


class ComparedCellRead(BaseModel):
    """One node in one region."""

    adcode: str
    rating: Rating
    basis: Basis
    effective_firms: float
    expected: float
    anchor: bool


class ComparedNodeRead(BaseModel):
    """One node, with a cell for each region in their order."""

    node: str = Field(examples=["lithium-battery/wet-separator"])
    name: str = Field(examples=["湿法隔膜"])
    parent: str | None
    stage: Stage
    leaf: bool
    cells: list[ComparedCellRead]


class PeerRead(BaseModel):
    """A region to compare with, and why."""

    adcode: str
    name: str
    full_name: str
    similarity: float = Field(description="cosine of the structures over all chains, 0-1")
    size_ratio: float | None = Field(description="its effective firms of all chains per one of the region's")
    alike: bool = Field(description="like in structure, and half to twice as large")
    cluster: str | None = Field(description="the city cluster that both belong to")
    distance_km: float | None
    completeness: float | None
    completeness_rank: int | None
    effective_firms: float
    reason: str


class BenchmarkRead(BaseModel):
    """A region to learn from in this chain, and why."""

    adcode: str
    name: str
    full_name: str
    among: Among
    completeness: float | None
    effective_firms: float
    ahead: list[str] = Field(description="leaves that it has and the region lacks, the weightiest first")
    reason: str


class ComparisonRead(BaseModel):
    """Regions side by side in one chain. `note` says where they are not comparable, and why."""

    chain: str
    chain_name: str
    level: Level
    base: str | None = Field(description="the region whose peers and benchmarks are named")
    comparable: bool
    note: str | None
    regions: list[ComparedRegionRead]
    nodes: list[ComparedNodeRead]
    peers: list[PeerRead]
    benchmarks: list[BenchmarkRead]
    data_version: str


def comparison_read(knowledge: Knowledge, found: Comparison) -> ComparisonRead:
    """Return a comparison as it is published."""
    geography = knowledge.geography
    return ComparisonRead(
        chain=found.chain.id,
        chain_name=found.chain.name,
        level=found.level,
        base=found.base.adcode if found.base else None,
        comparable=found.comparable,
        note=found.note,
        regions=[_region(knowledge, found.chain, one) for one in found.regions],
        nodes=_nodes(found),
        peers=[_peer(geography, one) for one in found.peers],
        benchmarks=[_benchmark(geography, one) for one in found.benchmarks],
        data_version=found.data_version,
    )


def _region(knowledge: Knowledge, chain: Chain, one: ComparedRegion) -> ComparedRegionRead:
    order = sorted(one.standings, key=lambda key: key != chain.id)
    return ComparedRegionRead(
        adcode=one.region.adcode,
        name=one.region.name,
        full_name=knowledge.geography.full_name(one.region.adcode),
        completeness=one.summary.completeness,
        by_stage=one.summary.by_stage,
        leaves=one.summary.leaves,
        effective_firms=one.firms,
        basis=one.summary.basis,
        sources=[source.title for source in one.sources],
        comparable_with=list(one.same_sources),
        standings=[_standing(knowledge.chain(key), one.standings[key]) for key in order],
        profile=[AxisRead(name=axis.name, value=axis.value, reason=axis.reason) for axis in one.profile],
    )


def _standing(chain: Chain, standing: Standing) -> StandingRead:
    return StandingRead(
        chain=chain.id,
        chain_name=chain.name,
        completeness=standing.completeness,
        completeness_rank=standing.completeness_rank,
        effective_firms=standing.firms,
        firms_rank=standing.firms_rank,
        ranked=standing.ranked,
    )


def _nodes(found: Comparison) -> list[ComparedNodeRead]:
    leaves = {leaf.id for leaf in found.chain.leaves}
    return [
        ComparedNodeRead(
            node=node.id,
            name=node.name,
            parent=node.parent,
            stage=node.stage,
            leaf=node.id in leaves,
            cells=[
                ComparedCellRead(
                    adcode=one.region.adcode,
                    rating=one.ratings[place].rating,
                    basis=one.ratings[place].basis,
                    effective_firms=one.ratings[place].effective_firms,
                    expected=one.ratings[place].expected,
                    anchor=one.ratings[place].anchor,
                )
                for one in found.regions
            ],
        )
        for place, node in enumerate(found.chain.nodes)
    ]


def _peer(geography: Geography, one: NamedPeer) -> PeerRead:
    return PeerRead(
        adcode=one.region.adcode,
        name=one.region.name,
        full_name=geography.full_name(one.region.adcode),
        similarity=one.peer.similarity,
        size_ratio=one.peer.size_ratio,
        alike=one.peer.alike,
        cluster=one.cluster,
        distance_km=one.distance_km if math.isfinite(one.distance_km) else None,
        completeness=one.standing.completeness,
        completeness_rank=one.standing.completeness_rank,
        effective_firms=one.standing.firms,
        reason=one.reason,
    )


def _benchmark(geography: Geography, one: NamedBenchmark) -> BenchmarkRead:
    return BenchmarkRead(
        adcode=one.region.adcode,
        name=one.region.name,
        full_name=geography.full_name(one.region.adcode),
        among=one.among,
        completeness=one.standing.completeness,
        effective_firms=one.standing.firms,
        ahead=list(one.ahead),
        reason=one.reason,
    )
