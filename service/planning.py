"""Planning: what would change if firms came, and which firms to visit under limits.

Reads the database and hands what it needs to `domain.whatif` and `domain.portfolio`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.analysis import ChainView, gap_context, report_gaps, view_chain
from service.domain.anchors import anchor_reason
from service.domain.chains import Chain
from service.domain.completeness import ABSENT, RegionReport, importance
from service.domain.firms import Firm
from service.domain.gaps import Gap, Rating, rate_region
from service.domain.portfolio import GapWorth, Limits, Option, Portfolio, choose_portfolio
from service.domain.regions import Level
from service.domain.targets import Target
from service.domain.weights import WeightsStated
from service.domain.whatif import AddedFirm, WhatIf, what_if
from service.errors import InvalidQuery, UnknownFirm, UnknownNode
from service.knowledge import Knowledge
from service.storage.candidates import find_firm, read_links_of
from service.storage.engine import Session
from service.storage.tables import FirmRow
from service.targeting import rank_targets, regions_inside

MAX_ADDED = 500
"""Firms that one question may add; more is no plan but another region."""

MAX_VISITS = 100
MAX_PER_NODE = 10
MAX_GAPS = 60
MAX_PER_GAP = 20

EXAMPLE_FIRM = "示范企业"
"""What a made-up firm is called."""


@dataclass(frozen=True, slots=True)
class Addition:
    """Made-up firms of one leaf; `confidence` 0.5-1 is what each of them counts."""

    node: str
    count: int = 1
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A firm of the database that opens a plant here: for one node, or (None) for all its nodes."""

    firm: str
    node: str | None = None


@dataclass(frozen=True)
class WhatIfAnswer:
    """What changes, and the view that it was asked of."""

    view: ChainView
    found: WhatIf


@dataclass(frozen=True, slots=True)
class Needs:
    """What a firm's project takes: land in mu, energy in tons of standard coal; None: not known."""

    land_mu: float | None = None
    energy_tce: float | None = None


@dataclass(frozen=True)
class PortfolioQuestion:
    """Whom to visit in a region for a chain. `needs` is by firm key.

    The targets are the best `per_gap` of each of the `gaps` most urgent gaps; where land or energy is
    limited, the best of those whose needs are known.
    """

    region: str
    chain: str
    limits: Limits
    needs: Mapping[str, Needs] = field(default_factory=dict)
    gaps: int = 20
    per_gap: int = 5
    level: Level | None = None


@dataclass(frozen=True)
class PortfolioAnswer:
    """The best set, the targets and gaps by id behind it, and what it would change.

    `needs_unknown`, by firm: firms among the best of a gap that could not be chosen, since land or energy is
    limited and what they need of it was not given.
    """

    view: ChainView
    report: RegionReport
    portfolio: Portfolio
    targets: Mapping[tuple[str, str], Target]
    gaps: Mapping[str, Gap]
    needs_unknown: Mapping[str, Target]
    outcome: WhatIf
    target_weights: WeightsStated


def ask_what_if(
    session: Session,
    knowledge: Knowledge,
    region: str,
    chain: str,
    additions: Sequence[Addition] = (),
    arrivals: Sequence[Arrival] = (),
    *,
    level: Level | None = None,
) -> WhatIfAnswer:
    """Return what changes for the chain in the region if these firms came.

    Raises
    ------
    UnknownRegion, UnknownChain, UnknownNode, UnknownFirm; InvalidQuery when a node is a group, a number is
    out of range, a firm is named twice, is here already, or has no counted link to the node or the chain.
    """
    _check_numbers(additions, arrivals)
    view = view_chain(session, knowledge, region, chain, level=level)
    the_chain = view.coverage.chain
    firms = [one for addition in additions for one in _make_up(the_chain, addition)]
    firms += _read_arrivals(session, knowledge, view, arrivals)
    return WhatIfAnswer(view, _what_if(knowledge, view, firms))


def _what_if(knowledge: Knowledge, view: ChainView, firms: Sequence[AddedFirm]) -> WhatIf:
    return what_if(
        view.coverage,
        view.region.adcode,
        firms,
        weights=knowledge.weights.gap,
        context=gap_context(knowledge, view),
    )


def _check_numbers(additions: Sequence[Addition], arrivals: Sequence[Arrival]) -> None:
    for addition in additions:
        if addition.count < 1:
            raise InvalidQuery(f"环节 {addition.node} 新增 {addition.count} 家：应为 1 家以上")
        if not 0.5 <= addition.confidence <= 1.0:
            raise InvalidQuery(f"置信度应在 0.5 到 1 之间，收到 {addition.confidence:g}：更低的挂链不计数")
    added = sum(addition.count for addition in additions) + len(arrivals)
    if added > MAX_ADDED:
        raise InvalidQuery(f"一次至多假设引进 {MAX_ADDED} 家企业，收到 {added} 家")
    named = Counter(arrival.firm for arrival in arrivals)
    twice = [firm for firm, count in named.items() if count > 1]
    if twice:
        raise InvalidQuery(f"企业 {twice[0]!r} 出现了不止一次")


def _check_leaf(chain: Chain, node: str) -> None:
    if node not in chain:
        raise UnknownNode(f"产业链 {chain.name} 没有环节 {node!r}")
    if chain.children(node):
        below = "、".join(child.id for child in chain.children(node))
        raise InvalidQuery(f"{chain.node(node).name} 是一组环节，请选其中之一：{below}")


def _make_up(chain: Chain, addition: Addition) -> list[AddedFirm]:
    _check_leaf(chain, addition.node)
    name = f"{EXAMPLE_FIRM}（{chain.node(addition.node).name}）"
    return [AddedFirm(name, ((addition.node, addition.confidence),))] * addition.count


def _read_arrivals(
    session: Session, knowledge: Knowledge, view: ChainView, arrivals: Sequence[Arrival]
) -> list[AddedFirm]:
    inside = regions_inside(knowledge.geography, view.region.adcode)
    firms = [find_firm(session, arrival.firm) for arrival in arrivals]
    links = read_links_of(session, [firm.id for firm in firms])
    found = []
    for firm, arrival in zip(firms, arrivals, strict=True):
        if firm.adcode in inside:
            raise InvalidQuery(f"{firm.name} 已在{view.region.name}，不必再引进")
        counted = tuple((link.node, link.effective) for link in links[firm.id] if link.effective > 0)
        found.append(_arrive(view.coverage.chain, firm, arrival, counted))
    return found


def _arrive(
    chain: Chain, firm: FirmRow, arrival: Arrival, counted: tuple[tuple[str, float], ...]
) -> AddedFirm:
    if arrival.node is not None:
        _check_leaf(chain, arrival.node)
        counted = tuple(link for link in counted if link[0] == arrival.node)
    if not any(node in chain for node, _ in counted):
        where = chain.node(arrival.node).name if arrival.node else chain.name
        raise InvalidQuery(f"{firm.name} 没有“{where}”的已确认挂链")
    return AddedFirm(firm.name, counted, firm.key, anchor=_leads(firm))


def _leads(firm: FirmRow) -> bool:
    known = Firm(
        name=firm.name,
        stock_code=firm.stock_code,
        standing=tuple(firm.standing),
        employees=firm.employees,
        revenue_cny=firm.revenue_cny,
    )
    return anchor_reason(known) is not None


def plan_visits(session: Session, knowledge: Knowledge, question: PortfolioQuestion) -> PortfolioAnswer:
    """Return the best set of targets within the limits, and what it would change.

    Raises
    ------
    UnknownRegion, UnknownChain; UnknownFirm when `needs` names a firm that is not in the database;
    InvalidQuery when a number is out of range.
    """
    _check_question(question)
    view = view_chain(session, knowledge, question.region, question.chain, level=question.level)
    report = report_gaps(knowledge, view)
    gaps = {gap.node: gap for gap in report.gaps[: question.gaps]}
    targets, unknown = _find_targets(session, knowledge, question, view, gaps)
    _check_firms_known(session, question.needs, {firm for firm, _ in targets})
    worth = _worths(view, gaps)
    options = [_option(target, node, question.needs) for (_, node), target in targets.items()]
    portfolio = choose_portfolio(options, worth, question.limits)
    arrivals = [Arrival(choice.option.firm, choice.option.node) for choice in portfolio.chosen]
    outcome = _what_if(knowledge, view, _read_arrivals(session, knowledge, view, arrivals))
    weights = knowledge.weights.target.stated
    return PortfolioAnswer(view, report, portfolio, targets, gaps, unknown, outcome, weights)


def _check_question(question: PortfolioQuestion) -> None:
    limits = question.limits
    ranges = [
        ("拜访家数", limits.visits, 0, MAX_VISITS),
        ("同一环节家数", limits.per_node, 1, MAX_PER_NODE),
        ("缺链数", question.gaps, 1, MAX_GAPS),
        ("每个缺链的目标企业数", question.per_gap, 1, MAX_PER_GAP),
    ]
    for name, value, low, high in ranges:
        if not low <= value <= high:
            raise InvalidQuery(f"{name}应在 {low} 到 {high} 之间，收到 {value}")
    if len(question.needs) > MAX_GAPS * MAX_PER_GAP:
        raise InvalidQuery(f"至多给出 {MAX_GAPS * MAX_PER_GAP} 家企业的需求，收到 {len(question.needs)} 家")


def _check_firms_known(session: Session, needs: Mapping[str, Needs], targets: set[str]) -> None:
    """A key that is written wrongly would silently leave its firm out."""
    for firm in sorted(needs.keys() - targets):
        try:
            find_firm(session, firm)
        except UnknownFirm:
            raise UnknownFirm(f"用地与能耗需求中的企业 {firm!r} 不在库中") from None


def _find_targets(
    session: Session,
    knowledge: Knowledge,
    question: PortfolioQuestion,
    view: ChainView,
    gaps: Mapping[str, Gap],
) -> tuple[dict[tuple[str, str], Target], dict[str, Target]]:
    """The best targets of each gap whose needs are known, and the better ones of which they are not.

    Where none is known the best stand in: the domain then says why nobody can be chosen.
    """
    found: dict[tuple[str, str], Target] = {}
    unknown: dict[str, Target] = {}
    for node in gaps:
        ranked = rank_targets(session, knowledge, view.region.adcode, node).ranked.targets
        best = ranked[: question.per_gap]
        unknown.update({one.firm: one for one in best if not _needs_known(question, one.firm)})
        known = [target for target in ranked if _needs_known(question, target.firm)]
        kept = known[: question.per_gap] or best
        found.update({(target.firm, node): target for target in kept})
    return found, unknown


def _needs_known(question: PortfolioQuestion, firm: str) -> bool:
    needs, limits = question.needs.get(firm, Needs()), question.limits
    land = limits.land_mu is None or needs.land_mu is not None
    return land and (limits.energy_tce is None or needs.energy_tce is not None)


def _worths(view: ChainView, gaps: Mapping[str, Gap]) -> dict[str, GapWorth]:
    """What closing each gap adds to completeness (percent of the observed chain), and its priority."""
    shares = importance(view.coverage.chain)
    ratings = {rated.node: rated.rating for rated in rate_region(view.coverage, view.region.adcode)}
    observed = math.fsum(share for node, share in shares.items() if ratings[node] is not Rating.UNOBSERVED)
    return {
        node: GapWorth(
            completeness_points=100.0 * shares[node] / observed if gap.rating in ABSENT else 0.0,
            priority=gap.priority,
        )
        for node, gap in gaps.items()
    }


def _option(target: Target, node: str, needs: Mapping[str, Needs]) -> Option:
    its = needs.get(target.firm, Needs())
    return Option(target.firm, node, target.score, its.land_mu, its.energy_tce)
