"""What the planning questions publish: the API and the command line give these shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from service.domain.chains import Stage
from service.domain.gaps import Basis, GapKind, Rating
from service.domain.portfolio import Choice, EmptyReason, Portfolio, Price, Resource
from service.domain.whatif import AddedFirm, NodeChange, WhatIf
from service.planning import PortfolioAnswer, WhatIfAnswer
from service.results import FactorRead
from service.words import RESOURCES

_FIRST = 20

EMPTY_REASONS = {
    EmptyReason.NO_OPTIONS: "没有可选的企业：这条链在本地没有缺链，或各缺链在外地没有合格的目标企业。",
    EmptyReason.NO_VISITS: "可拜访家数为 0，没有方案。",
    EmptyReason.NEEDS_UNKNOWN: "没有可选的企业：设了用地或能耗上限，而目标企业的需求都没有给出。",
    EmptyReason.TOO_LARGE: "没有可选的企业：每一家的用地或能耗需求都超过上限。",
    EmptyReason.NO_GAIN: "没有哪家企业能带来增益。",
    EmptyReason.TIME: "限时内没有找到方案。",
}


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class WeightsRead(_Read):
    """The weights behind the scores."""

    version: str
    fitted: bool
    note: str


class ShareChange(_Read):
    """A completeness (0-1) before and after; null where nothing is observed."""

    before: float | None
    after: float | None


class AddedRead(_Read):
    """Firms that were added: `count` alike; `firm` is null for made-up ones. `links`: node -> confidence."""

    firm: str | None
    name: str
    links: dict[str, float]
    count: int


class NodeChangeRead(_Read):
    """A node before and after; kind and priority are set where it is a gap."""

    node: str = Field(examples=["lithium-battery/wet-separator"])
    name: str = Field(examples=["湿法隔膜"])
    stage: Stage
    added: float = Field(description="effective firms added to the node itself")
    effective_firms_before: float
    effective_firms_after: float
    expected_before: float
    expected_after: float
    shortfall_before: float = Field(description="firms missing against expected")
    shortfall_after: float
    rating_before: Rating
    rating_after: Rating
    kind_before: GapKind | None
    kind_after: GapKind | None
    priority_before: float | None = Field(description="0-100")
    priority_after: float | None

    @classmethod
    def of(cls, change: NodeChange) -> NodeChangeRead:
        """Describe one node."""
        return cls(
            node=change.node,
            name=change.name,
            stage=change.stage,
            added=change.added,
            effective_firms_before=change.before.effective_firms,
            effective_firms_after=change.after.effective_firms,
            expected_before=change.before.expected,
            expected_after=change.after.expected,
            shortfall_before=change.before.shortfall,
            shortfall_after=change.after.shortfall,
            rating_before=change.before.rating,
            rating_after=change.after.rating,
            kind_before=change.kind_before,
            kind_after=change.kind_after,
            priority_before=change.priority_before,
            priority_after=change.priority_after,
        )


class OutcomeRead(_Read):
    """What firms would change in a region. `changes`: nodes that got firms, or whose rating or kind is
    another one, in the order of the chain; `next_gaps`: the gaps that there are then, most urgent first.
    """

    completeness: ShareChange
    by_stage: dict[Stage, ShareChange]
    shortfall: ShareChange = Field(description="firms missing, summed over the leaves")
    gaps_before: int
    gaps_after: int
    closed: list[str] = Field(description="nodes that were a gap and are none any longer")
    opened: list[str] = Field(description="nodes that become one, since more is expected beside what came")
    changes: list[NodeChangeRead]
    next_gaps: list[NodeChangeRead]

    @classmethod
    def of(cls, found: WhatIf, leaves: frozenset[str]) -> OutcomeRead:
        """Describe what changes."""
        before, after = found.before.summary, found.after.summary
        return cls(
            completeness=ShareChange(before=before.completeness, after=after.completeness),
            by_stage={
                stage: ShareChange(before=share, after=after.by_stage[stage])
                for stage, share in before.by_stage.items()
            },
            shortfall=ShareChange(
                before=sum(one.before.shortfall for one in found.nodes if one.node in leaves),
                after=sum(one.after.shortfall for one in found.nodes if one.node in leaves),
            ),
            gaps_before=len(found.before.gaps),
            gaps_after=len(found.after.gaps),
            closed=[one.node for one in found.nodes if one.closes],
            opened=[one.node for one in found.nodes if one.opens],
            changes=[NodeChangeRead.of(one) for one in found.changes],
            next_gaps=[NodeChangeRead.of(one) for one in found.next_gaps],
        )


class WhatIfRead(_Read):
    """A region's chain if these firms came."""

    region: str = Field(examples=["330800"])
    region_name: str = Field(examples=["衢州市"])
    chain: str = Field(examples=["lithium-battery"])
    basis: Basis
    added: list[AddedRead]
    outcome: OutcomeRead
    weights: WeightsRead
    data_version: str

    @classmethod
    def of(cls, answer: WhatIfAnswer) -> WhatIfRead:
        """Describe an answer."""
        return cls(
            region=answer.view.region.adcode,
            region_name=answer.view.region.name,
            chain=answer.view.coverage.chain.id,
            basis=answer.found.before.summary.basis,
            added=_added(answer.found.firms),
            outcome=OutcomeRead.of(answer.found, _leaves(answer)),
            weights=WeightsRead.model_validate(answer.found.before.weights),
            data_version=answer.view.data_version,
        )


def _leaves(answer: WhatIfAnswer | PortfolioAnswer) -> frozenset[str]:
    return frozenset(leaf.id for leaf in answer.view.coverage.chain.leaves)


def _added(firms: Sequence[AddedFirm]) -> list[AddedRead]:
    return [
        AddedRead(firm=firm.firm, name=firm.name, links=dict(firm.links), count=count)
        for firm, count in Counter(firms).items()
    ]


class ChoiceRead(_Read):
    """A firm to visit. It is the `step`th of its node in this set and adds `points`; the three factors of
    its score that say most stand in `reasons`.
    """

    firm: str
    name: str
    adcode: str | None
    node: str
    node_name: str
    rating: Rating
    kind: GapKind
    priority: float = Field(description="of the gap, 0-100")
    score: float = Field(description="of the firm as a target of this gap, 0-100")
    step: int
    points: float
    land_mu: float | None
    energy_tce: float | None
    reasons: list[FactorRead]


class FirmName(_Read):
    """A firm's key and name."""

    firm: str
    name: str


class PriceRead(_Read):
    """A limit: `used` of it, whether it binds, and the points that one more unit of it would add.

    A problem in whole firms has no dual prices: the price comes from solving again with the limit one
    unit higher, and is often 0 where only a whole firm more would count. Null: the time was not enough.
    """

    resource: Resource
    name: str
    limit: float
    used: float
    slack: float
    binds: bool | None = Field(description="without this limit the value would be higher")
    one_more: float | None = Field(description="points for one more visit, mu, ton or firm in a node")

    @classmethod
    def of(cls, price: Price) -> PriceRead:
        """Describe one limit."""
        return cls(
            resource=price.resource,
            name=RESOURCES[price.resource],
            limit=price.limit,
            used=price.used,
            slack=price.limit - price.used,
            binds=price.binds,
            one_more=price.one_more,
        )


class PortfolioRead(_Read):
    """The best set of firms to visit under the limits.

    `value` in points: for each firm its score / 100 times (percent of completeness gained by the first firm
    of a missing node + priority of the gap, halved with every further firm there). `exact`: no better set
    exists among the options; else `gap` bounds how much better the best could be. `outcome`: what the
    region would look like if all of them came.
    """

    region: str = Field(examples=["330800"])
    region_name: str = Field(examples=["衢州市"])
    chain: str = Field(examples=["lithium-battery"])
    basis: Basis
    value: float
    firms: list[ChoiceRead]
    empty_reason: str | None
    limits: list[PriceRead]
    needs_unknown: list[FirmName] = Field(
        description="firms among the best left out: land or energy is limited, and their need is not known"
    )
    notes: list[str]
    exact: bool
    gap: float = Field(description="share of the value, 0-1")
    time_limit_s: float = Field(description="seconds for each problem solved")
    options: int = Field(description="firms and gaps that were weighed against each other")
    outcome: OutcomeRead
    weights: WeightsRead
    target_weights: WeightsRead
    data_version: str

    @classmethod
    def of(cls, answer: PortfolioAnswer) -> PortfolioRead:
        """Describe an answer."""
        found = answer.portfolio
        return cls(
            region=answer.view.region.adcode,
            region_name=answer.view.region.name,
            chain=answer.view.coverage.chain.id,
            basis=answer.report.summary.basis,
            value=found.value,
            firms=[_choice(answer, choice) for choice in found.chosen],
            empty_reason=EMPTY_REASONS[found.empty] if found.empty else None,
            limits=[PriceRead.of(price) for price in found.prices],
            needs_unknown=[FirmName.model_validate(target) for target in answer.needs_unknown.values()],
            notes=_notes(answer, found),
            exact=found.exact,
            gap=found.gap,
            time_limit_s=found.time_limit_s,
            options=len(answer.targets),
            outcome=OutcomeRead.of(answer.outcome, _leaves(answer)),
            weights=WeightsRead.model_validate(answer.report.weights),
            target_weights=WeightsRead.model_validate(answer.target_weights),
            data_version=answer.view.data_version,
        )


def _choice(answer: PortfolioAnswer, choice: Choice) -> ChoiceRead:
    option = choice.option
    target, gap = answer.targets[option.firm, option.node], answer.gaps[option.node]
    return ChoiceRead(
        firm=option.firm,
        name=target.name,
        adcode=target.adcode,
        node=option.node,
        node_name=gap.name,
        rating=gap.rating,
        kind=gap.kind,
        priority=gap.priority,
        score=option.score,
        step=choice.step,
        points=choice.points,
        land_mu=option.land_mu,
        energy_tce=option.energy_tce,
        reasons=[FactorRead.model_validate(factor) for factor in target.telling(3)],
    )


def _notes(answer: PortfolioAnswer, found: Portfolio) -> list[str]:
    """What must be said beside the set."""
    notes = ["得分只说明先拜访谁，不是成功的概率；点数用于比较方案，不是产值。"]
    if answer.needs_unknown:
        names = _names([target.name for target in answer.needs_unknown.values()])
        notes.append(f"下列目标企业未给出用地或能耗需求，没有参与比选，可在需求表中补充：{names}。")
    if found.too_large:
        names = _names([answer.targets[one.firm, one.node].name for one in found.too_large])
        notes.append(f"单家需求已超过上限：{names}。")
    if not found.exact:
        notes.append(f"{found.time_limit_s:g} 秒内未能证明这是最优方案，最优值至多再高 {found.gap:.1%}。")
    if any(price.binds is None for price in found.prices):
        notes.append("部分约束的影响在限时内未能算出。")
    return notes


def _names(found: Sequence[str]) -> str:
    names = list(dict.fromkeys(found))
    return "、".join(names[:_FIRST]) + (f"等 {len(names)} 家" if len(names) > _FIRST else "")
