"""What the service publishes of targets, and of what changed between two lists of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.domain.target_diff import ChangeKind, GoneReason
from service.domain.targets import ExcludedFirm, Target, TieKind
from service.targeting import RankedTargets


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TargetFactorRead(_Read):
    """A factor of a target's score: value 0-1, share of all weights 0-1, points of 100, the reason, and where
    it was taken from.
    """

    name: str
    value: float
    weight: float
    contribution: float
    reason: str
    source: str | None
    as_of: str | None


class ObstacleRead(_Read):
    """What stands against a candidate."""

    name: str
    hard: bool
    reason: str


class TargetSourceRead(_Read):
    """Where facts were taken from, and the day they hold."""

    title: str
    as_of: str | None


class TieRead(_Read):
    """A way to a target through somebody here (以商招商)."""

    local_firm: str | None = Field(description="key of the firm here")
    local_name: str | None
    local_node: str | None = Field(description="node of the firm here; None for ties that follow from names")
    direction: TieKind = Field(
        description="`supplies`: candidate_node supplies local_node; `buys`: the other way round; `parent`, "
        "`branch`: of its group, here or near; `brand`, `hometown`: hints of its name, strength 0"
    )
    candidate_node: str | None
    anchor: bool = Field(description="the firm here can lead its node (链主)")
    strength: float = Field(description="what it adds to the factor before saturation, 0-1")
    reason: str


class TargetRead(_Read):
    """A firm worth visiting for a gap; `score` 0-100. Where excluded firms were asked for, theirs is None."""

    firm: str
    uscc: str | None
    name: str
    adcode: str | None
    score: float | None = Field(description="0-100; None for a firm that a hard obstacle excludes")
    factors: list[TargetFactorRead]
    obstacles: list[ObstacleRead]
    sources: list[TargetSourceRead]
    ties: list[TieRead] = Field(description="ways to it through somebody here, the best first, 5 at most")
    region: str = Field(examples=["330800"])
    node: str = Field(examples=["lithium-battery/wet-separator"])
    rank: int | None = Field(description="from 1; None for an excluded firm")
    among: int = Field(description="targets of this region and node in all")


def count_targets(found: RankedTargets, *, excluded: bool = False) -> int:
    """Return how many firms `target_reads` gives in all."""
    return len(found.ranked.targets) + (len(found.ranked.excluded) if excluded else 0)


def target_reads(
    found: RankedTargets, *, excluded: bool = False, limit: int | None = None, offset: int = 0
) -> list[TargetRead]:
    """Return the targets, best first, and behind them, if asked for, the excluded firms by key; of all these
    the part that `offset` and `limit` cut out.
    """
    ranked: list[tuple[Target | ExcludedFirm, int | None]] = [
        (target, rank) for rank, target in enumerate(found.ranked.targets, start=1)
    ]
    if excluded:
        ranked += [(firm, None) for firm in found.ranked.excluded]
    end = None if limit is None else offset + limit
    return [_read(found, one, rank) for one, rank in ranked[offset:end]]


def _read(found: RankedTargets, one: Target | ExcludedFirm, rank: int | None) -> TargetRead:
    scored = one if isinstance(one, Target) else None
    return TargetRead(
        firm=one.firm,
        uscc=one.uscc,
        name=one.name,
        adcode=one.adcode,
        score=scored.score if scored else None,
        factors=[TargetFactorRead.model_validate(factor) for factor in scored.factors] if scored else [],
        obstacles=[ObstacleRead.model_validate(obstacle) for obstacle in one.obstacles],
        sources=[TargetSourceRead.model_validate(source) for source in one.sources],
        ties=[TieRead.model_validate(tie) for tie in scored.ties] if scored else [],
        region=found.ranked.region,
        node=found.ranked.node,
        rank=rank,
        among=len(found.ranked.targets),
    )


_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Points = Annotated[float, Field(ge=-1e-6, le=100 + 1e-6, allow_inf_nan=False)]
_Text = Annotated[str, Field(max_length=4000)]


class SavedFactor(BaseModel):
    """A factor as `TargetRead` gave it."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    value: _Share
    weight: _Share
    contribution: _Points
    reason: _Text


class SavedObstacle(BaseModel):
    """An obstacle as `TargetRead` gave it."""

    hard: bool
    reason: _Text


class SavedTarget(BaseModel):
    """What is read of a saved `TargetRead`; other fields may stand there and are not looked at."""

    region: Annotated[str, Field(pattern="^[0-9]{6}$", examples=["330800"])]
    node: Annotated[str, Field(max_length=120, examples=["lithium-battery/wet-separator"])]
    firm: Annotated[str, Field(min_length=1, max_length=200)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    rank: Annotated[int, Field(ge=1)] | None
    among: Annotated[int, Field(ge=0)]
    score: _Points | None
    factors: Annotated[list[SavedFactor], Field(max_length=60)]
    obstacles: Annotated[list[SavedObstacle], Field(max_length=60)]


class TargetPairQuery(BaseModel):
    """Two lists of targets of one region and node, as `/targets` gave them."""

    before: list[SavedTarget]
    after: list[SavedTarget]


class FactorChangeRead(_Read):
    """What one factor did to a score, in points; None where a list does not have the factor."""

    name: str
    points: float
    value_before: float | None
    value_after: float | None
    weight_before: float | None
    weight_after: float | None
    reason_before: str | None
    reason_after: str | None


class TargetChangeRead(_Read):
    """What became of one firm; `points` is the sum of those of `factors`, None for new and gone firms."""

    firm: str
    name: str
    kind: ChangeKind
    rank_before: int | None
    rank_after: int | None
    score_before: float | None
    score_after: float | None
    points: float | None
    gone: GoneReason | None = Field(description="why a firm is gone; None for all others")
    reason: str
    factors: list[FactorChangeRead]


class TargetDiffRead(_Read):
    """What changed from one list to the other: counts, and the changes (new, gone, then moved firms)."""

    region: str
    node: str
    new: int
    gone: int
    moved: int
    unchanged: int
    changes: list[TargetChangeRead]
