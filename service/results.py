"""What the service publishes: the API and the command line give these shapes, and no others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from service.analysis import ChainView, rate_nodes
from service.domain.chains import Chain, Node, Stage
from service.domain.completeness import RegionReport, RegionSummary
from service.domain.gaps import Basis, Gap, GapKind, NodeRating, Rating
from service.results_stability import ConfidenceRead, RankStabilityRead, confidence_read, rank_read
from service.reviewing import RankedLink, excerpt
from service.stabilities import Reliance
from service.storage.candidates import StoredLink, read_links_of, read_sources_of
from service.storage.decisions import Batch, read_firm_rows
from service.storage.engine import Session
from service.storage.tables import FirmRow


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class FactorRead(_Read):
    """One factor of a score: value 0-1, share of all weights 0-1, points of 100, and the reason."""

    name: str
    value: float
    weight: float
    contribution: float
    reason: str


class IntensityRead(_Read):
    """Firms here per firm expected: mean and the ends of the 80% interval."""

    mean: float
    low: float
    high: float


class GapRead(_Read):
    """A node of a chain in a region. `kind`, `priority`, `factors` and `rank_stability` are set where it is a
    gap, `confidence` where it is observed.
    """

    node: str = Field(examples=["lithium-battery/wet-separator"])
    name: str = Field(examples=["湿法隔膜"])
    stage: Stage
    rating: Rating
    basis: Basis
    kind: GapKind | None
    priority: float | None = Field(description="0-100")
    effective_firms: float = Field(description="sum of the confidences of counted links, in firms")
    expected: float = Field(description="firms that a region like this one would have")
    intensity: IntensityRead
    shortfall: float = Field(description="firms missing against expected")
    nearby_supply: float | None = Field(description="distance-decayed firms within reach; changes no rating")
    factors: list[FactorRead]
    data_version: str
    rank_stability: RankStabilityRead | None = None
    confidence: ConfidenceRead | None = None


class NodeRead(_Read):
    """A node as its chain file tells it."""

    id: str
    name: str
    parent: str | None
    stage: Stage
    terms: list[str]
    exclusions: list[str]
    gbt4754_codes: list[str]
    bottleneck: str | None
    endowment: str | None
    note: str | None
    sources: list[str]


class EdgeRead(_Read):
    """`supplier` supplies `customer`."""

    supplier: str
    customer: str
    input_share: float | None
    source: str | None


class ChainDetail(_Read):
    """A whole chain: its tree (by `parent`) and its supply edges."""

    id: str
    name: str
    version: str
    date: str
    summary: str
    sources: list[str]
    nodes: list[NodeRead]
    edges: list[EdgeRead]


class EvidenceRead(_Read):
    """Why a firm was linked to a node."""

    field: str
    term: str
    note: str | None = None


class LinkRead(_Read):
    """A firm's link to a node, with what a person decided of it."""

    node: str
    confidence: float
    confirmed: bool
    state: str
    evidence: list[EvidenceRead]

    @classmethod
    def of(cls, link: StoredLink) -> Self:
        """Describe one link."""
        return cls.model_validate(link)


class ReviewRead(_Read):
    """An uncertain link, and what accepting it would do to the rating of its node in the region asked."""

    firm: str = Field(description="the firm's key")
    name: str
    adcode: str | None
    node: str = Field(examples=["lithium-battery/wet-separator"])
    node_name: str = Field(examples=["湿法隔膜"])
    confidence: float
    evidence: list[EvidenceRead]
    excerpt: str = Field(description="what the firm says of itself around the first piece of evidence")
    rating: Rating
    rating_if_accepted: Rating
    intensity_gain: float = Field(description="rise of the intensity's mean, in firms per firm expected")


class BatchRead(_Read):
    """Decisions that were made together. `firm`, `name` and `node` are set where it was only one."""

    batch: int
    decided_by: str
    decided_at: dt.datetime
    note: str = Field(description="the rule, where one decided")
    accepted: int
    rejected: int
    reopened: int
    undone_by: str | None
    undone_at: dt.datetime | None
    firm: str | None
    name: str | None
    node: str | None


class SourceRead(_Read):
    """A source of firms: what it covers, and for which regions it claims to be complete."""

    key: str
    title: str
    covers: list[str]
    complete_for: list[str]
    licence: str
    as_of: dt.date | None
    imported_at: dt.datetime | None


class FirmRead(_Read):
    """A firm with its links and the sources that name it."""

    key: str
    uscc: str | None
    name: str
    short_name: str | None
    stock_code: str | None
    adcode: str | None
    address: str | None
    scope: str | None
    products: list[dict[str, Any]]
    capital_cny: float | None
    revenue_cny: float | None
    employees: int | None
    founded: dt.date | None
    standing: list[str]
    lon: float | None
    lat: float | None
    website: str | None
    as_of: dt.date | None
    links: list[LinkRead]
    sources: list[SourceRead]


class SummaryRead(_Read):
    """One chain in one region: completeness 0-1 in all and by stage, and how many leaves have each rating."""

    chain: str
    region: str
    completeness: float | None
    by_stage: dict[Stage, float | None]
    leaves: dict[Rating, int]
    basis: Basis
    data_version: str

    @classmethod
    def of(cls, chain: str, summary: RegionSummary, data_version: str) -> Self:
        """Describe one summary."""
        return cls(chain=chain, data_version=data_version, **asdict(summary))


def gap_reads(report: RegionReport) -> list[GapRead]:
    """Return the gaps of a report, in its order."""
    return [GapRead.model_validate(gap) for gap in report.gaps]


def rating_reads(view: ChainView, report: RegionReport, nearby: Sequence[float]) -> list[GapRead]:
    """Return every node of the chain, in the order of the chain, those that are gaps with their factors."""
    gaps: Mapping[str, Gap] = {gap.node: gap for gap in report.gaps}
    return [
        GapRead.model_validate(gaps[rating.node])
        if rating.node in gaps
        else _rated(node, rating, float(supply), report.data_version)
        for node, rating, supply in zip(view.coverage.chain.nodes, rate_nodes(view), nearby, strict=True)
    ]


def add_reliance(reads: Iterable[GapRead], found: Reliance) -> list[GapRead]:
    """Return the same nodes with their places under moved weights and the confidences of their ratings."""
    return [
        one.model_copy(
            update={
                "rank_stability": rank_read(found, one.node),
                "confidence": confidence_read(found, one.node),
            }
        )
        for one in reads
    ]


def _rated(node: Node, rating: NodeRating, nearby: float, data_version: str) -> GapRead:
    return GapRead(
        node=node.id,
        name=node.name,
        stage=node.stage,
        rating=rating.rating,
        basis=rating.basis,
        kind=None,
        priority=None,
        effective_firms=rating.effective_firms,
        expected=rating.expected,
        intensity=IntensityRead.model_validate(rating.intensity),
        shortfall=rating.shortfall,
        nearby_supply=nearby,
        factors=[],
        data_version=data_version,
    )


def chain_detail(chain: Chain) -> ChainDetail:
    """Return a whole chain."""
    return ChainDetail.model_validate(chain)


def firm_reads(session: Session, firms: Sequence[FirmRow]) -> list[FirmRead]:
    """Return firms with their links, the surest first, and their sources."""
    ids = [firm.id for firm in firms]
    links, sources = read_links_of(session, ids), read_sources_of(session, ids)
    return [
        FirmRead(
            **{
                name: getattr(firm, name)
                for name in FirmRead.model_fields
                if name not in ("links", "sources")
            },
            links=[LinkRead.of(link) for link in links.get(firm.id, [])],
            sources=[SourceRead.model_validate(source) for source in sources.get(firm.id, [])],
        )
        for firm in firms
    ]


def review_reads(session: Session, chain: Chain, ranked: Sequence[RankedLink]) -> list[ReviewRead]:
    """Return uncertain links in their order, with the words of their firms."""
    firms = read_firm_rows(session, [one.link.firm_id for one in ranked])
    return [
        ReviewRead(
            firm=one.link.key,
            name=one.link.name,
            adcode=firms[one.link.firm_id].adcode,
            node=one.link.node,
            node_name=chain.node(one.link.node).name,
            confidence=one.link.confidence,
            evidence=[EvidenceRead.model_validate(item) for item in one.link.evidence],
            excerpt=excerpt(firms[one.link.firm_id], one.link),
            rating=one.effect.now,
            rating_if_accepted=one.effect.then,
            intensity_gain=one.effect.intensity_gain,
        )
        for one in ranked
    ]


def batch_reads(session: Session, batches: Sequence[Batch]) -> list[BatchRead]:
    """Return batches of decisions in their order."""
    firms = read_firm_rows(session, [batch.firm_id for batch in batches if batch.firm_id is not None])
    found = []
    for batch in batches:
        firm = firms.get(batch.firm_id) if batch.firm_id is not None else None
        names = {"firm": firm.key if firm else None, "name": firm.name if firm else None}
        found.append(BatchRead.model_validate({**asdict(batch), **names}))
    return found
