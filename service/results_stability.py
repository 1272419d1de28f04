"""What the service publishes of stability and confidence."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from service.domain.confidence import ConfidenceMark, Ground
from service.domain.gaps import Rating
from service.domain.stability import StabilityMark
from service.stabilities import Reliance


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class RankStabilityRead(_Read):
    """A gap's place in its list when every weight is moved."""

    rank: int
    kept: float = Field(description="share of the draws in which it stands in the head of the list, 0-1")
    best_rank: int
    worst_rank: int


class ConfidenceRead(_Read):
    """How sure a rating is, 0-1: whether it holds when firms are resampled, or how much an absence tells."""

    ground: Ground
    share: float = Field(
        description="resampled: share of resamples with the same rating; absence: 1 - the chance that a "
        "region like the others shows no firm"
    )
    gap_share: float | None = Field(description="resampled: share of resamples with any rating of a gap")
    mark: ConfidenceMark


class StableGapRead(_Read):
    """A gap that stands in the head of the list, or comes into it when weights are moved."""

    node: str = Field(examples=["lithium-battery/wet-separator"])
    name: str = Field(examples=["湿法隔膜"])
    rating: Rating
    priority: float = Field(description="0-100")
    rank_stability: RankStabilityRead
    confidence: ConfidenceRead | None


class StabilityRead(_Read):
    """A region's list of gaps when every weight is moved at random by up to `spread`."""

    region: str
    chain: str | None = Field(description="null: the gaps of all chains as one list")
    head: int = Field(description="gaps at the head of the list that are watched")
    gaps: int = Field(description="gaps in the list")
    draws: int
    spread: float = Field(description="by which share each weight is moved at most")
    kept_mean: float = Field(description="share of the head that stays, mean of the draws")
    kept_worst: float = Field(description="share of the head that stays in at least 95% of the draws")
    kept_single: float = Field(description="least share that stays when one weight alone is moved to an end")
    most_sensitive: str | None = Field(description="the factor whose weight moves most of the head")
    mark: StabilityMark | None = Field(description="null where the list is no longer than its head")
    head_gaps: list[StableGapRead]
    data_version: str

    @classmethod
    def of(cls, region: str, chain: str | None, found: Reliance, data_version: str) -> Self:
        """Describe one list; `head_gaps` are in its order."""
        stability, gaps = found.stability, {gap.node: gap for gap in found.gaps}
        return cls(
            region=region,
            chain=chain,
            data_version=data_version,
            head_gaps=[
                StableGapRead(
                    node=one.node,
                    name=gaps[one.node].name,
                    rating=gaps[one.node].rating,
                    priority=gaps[one.node].priority,
                    rank_stability=RankStabilityRead.model_validate(one),
                    confidence=confidence_read(found, one.node),
                )
                for one in stability.ranks
                if one.best_rank <= stability.head
            ],
            **{
                name: getattr(stability, name)
                for name in (
                    "head", "gaps", "draws", "spread", "kept_mean", "kept_worst", "kept_single",
                    "most_sensitive", "mark",
                )
            },
        )  # fmt: skip


def confidence_read(found: Reliance, node: str) -> ConfidenceRead | None:
    """Return the confidence of a node's rating, None where the node is unobserved."""
    known = found.confidences.get(node)
    return ConfidenceRead.model_validate(known) if known else None


def rank_read(found: Reliance, node: str) -> RankStabilityRead | None:
    """Return a gap's place under moved weights, None where the node is no gap."""
    known = found.stability.of(node)
    return RankStabilityRead.model_validate(known) if known else None
