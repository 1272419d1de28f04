"""From what a briefing reads to what its files are drawn from."""

from __future__ import annotations

import math
from collections.abc import Iterable

from service.analysis import WHOLE_COUNTRY
from service.briefing import Brief
from service.comparing import Comparison
from service.domain.anchors import anchor_reason
from service.domain.firms import Firm
from service.knowledge import Knowledge
from service.render.brief_facts import BriefFacts, GapFirms, LocalFirmFact, PeerFact, SourceFact
from service.storage.candidates import NodeMember
from service.storage.sources import Source

_HERE, _BENCHMARK, _PEER = "本地", "标杆", "可比"


def gather_facts(knowledge: Knowledge, brief: Brief) -> BriefFacts:
    """Return what the workbook and the project book tell, in types that need no database."""
    top = tuple(GapFirms(one.gap, one.ranked.ranked.targets, one.ranked.ranked.excluded) for one in brief.top)
    seats = {firm.adcode for one in top for firm in one.targets}
    seats |= {firm.adcode for one in top for firm in one.excluded}
    return BriefFacts(
        title=brief.title,
        region_adcode=brief.region.adcode,
        region_name=brief.region.name,
        region_full_name=brief.region_name,
        chain=brief.chain,
        summary=brief.report.summary,
        ratings=brief.ratings,
        nearby=brief.nearby,
        gaps=brief.report.gaps,
        top=top,
        strengths=tuple(brief.strengths),
        firms=tuple(_local_firm(one) for one in brief.firms),
        peers=tuple(_peers(brief.comparison)) if brief.comparison else (),
        peers_note=brief.comparison.note if brief.comparison else None,
        sources=tuple(_source(knowledge, one) for one in brief.sources),
        places=_places(knowledge, {adcode for adcode in seats if adcode}),
        gap_weights=knowledge.weights.gap,
        target_weights=knowledge.weights.target,
        data_version=brief.report.data_version,
        made_of=brief.made_of,
    )


def _local_firm(one: NodeMember) -> LocalFirmFact:
    firm = Firm(
        name=one.name,
        stock_code=one.stock_code,
        standing=one.standing,
        employees=one.employees,
        revenue_cny=one.revenue_cny,
    )
    return LocalFirmFact(
        one.node, one.key, one.name, one.effective, anchor_reason(firm), one.stock_code, one.standing,
        one.employees, one.revenue_cny,
    )  # fmt: skip


def _peers(found: Comparison) -> Iterable[PeerFact]:
    """The region itself, then those it can learn from, then those that are like it."""
    for one in found.regions:
        if found.base and one.region.adcode == found.base.adcode:
            where = one.standings[found.chain.id]
            yield PeerFact(
                _HERE, one.region.adcode, one.region.name, None, None, None, None, where.completeness,
                where.completeness_rank, where.ranked, where.firms, "",
            )  # fmt: skip
    for best in found.benchmarks:
        where = best.standing
        yield PeerFact(
            _BENCHMARK, best.region.adcode, best.region.name, None, None, None, None, where.completeness,
            where.completeness_rank, where.ranked, where.firms, best.reason,
        )  # fmt: skip
    for named in found.peers:
        where, like = named.standing, named.peer
        yield PeerFact(
            _PEER, named.region.adcode, named.region.name, like.similarity, like.size_ratio, named.cluster,
            named.distance_km if math.isfinite(named.distance_km) else None, where.completeness,
            where.completeness_rank, where.ranked, where.firms, named.reason,
        )  # fmt: skip


def _source(knowledge: Knowledge, one: Source) -> SourceFact:
    return SourceFact(
        title=one.title,
        licence=one.licence,
        as_of=one.as_of,
        imported=one.imported_at.date() if one.imported_at else None,
        covers=_named(knowledge, one.covers),
        complete_for=_named(knowledge, one.complete_for),
    )


def _named(knowledge: Knowledge, adcodes: Iterable[str]) -> tuple[str, ...]:
    return tuple("全国" if code == WHOLE_COUNTRY else _full_name(knowledge, code) for code in adcodes)


def _places(knowledge: Knowledge, adcodes: Iterable[str]) -> dict[str, str]:
    return {adcode: _full_name(knowledge, adcode) for adcode in sorted(adcodes)}


def _full_name(knowledge: Knowledge, adcode: str) -> str:
    """Where firms of older lists stand may have been merged away since: such a code stays a code."""
    geography = knowledge.geography
    return geography.full_name(adcode) if adcode in geography else adcode
