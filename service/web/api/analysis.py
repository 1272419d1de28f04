"""Gaps and targets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.analysis import rate_nodes, report_gaps, supply_within_reach
from service.domain.completeness import summarise_region
from service.domain.gaps import Rating
from service.results import (
    GapRead,
    SummaryRead,
    add_reliance,
    gap_reads,
    rating_reads,
)
from service.results_targets import TargetRead, count_targets, target_reads
from service.stabilities import judge_chain
from service.targeting import most_urgent_gap, rank_targets
from service.web.deps import (
    LIST,
    NodeQuery,
    PageDep,
    RegionQuery,
    SessionDep,
    TaggedAnswer,
    ViewDep,
    WorkspaceDep,
)

router = APIRouter(tags=["gaps and targets"], dependencies=[TaggedAnswer])


@router.get("/gaps", responses=LIST)
def list_gaps(
    view: ViewDep,
    workspace: WorkspaceDep,
    session: SessionDep,
    page: PageDep,
    response: Response,
    rating: Annotated[
        list[Rating] | None, Query(description="only these ratings", examples=[["missing", "suspected"]])
    ] = None,
    every: Annotated[
        bool, Query(alias="all", description="every node of the chain, not only gaps", examples=[True])
    ] = False,
    reliance: Annotated[
        bool,
        Query(description="say how stable each rank and how sure each rating is (slower)", examples=[True]),
    ] = False,
) -> list[GapRead]:
    """List the missing, suspected and weak nodes of a chain in a region, the most urgent first.

    Ratings compare the region with all regions of its level that are observed through the same sources.
    The weights of the priority are stated in the headers X-Weights-Version and X-Weights-Fitted.
    """
    report = report_gaps(workspace.knowledge, view)
    if every:
        nearby = supply_within_reach(workspace.knowledge.geography, view).tolist()
        found = rating_reads(view, report, nearby)
    else:
        found = gap_reads(report)
    state_weights(response, report.weights.version, report.weights.fitted)
    wanted = page.cut([gap for gap in found if rating is None or gap.rating in rating], response)
    if not reliance:
        return wanted
    return add_reliance(wanted, judge_chain(session, workspace.knowledge, view, report))


@router.get("/completeness")
def read_completeness(view: ViewDep) -> SummaryRead:
    """Return how complete a chain is in a region, in all and by stage, with the basis it rests on."""
    summary = summarise_region(view.coverage, view.region.adcode, rate_nodes(view))
    return SummaryRead.of(view.coverage.chain.id, summary, view.data_version)


@router.get("/targets", responses=LIST)
def list_targets(
    workspace: WorkspaceDep,
    session: SessionDep,
    page: PageDep,
    response: Response,
    region: RegionQuery,
    node: NodeQuery = None,
    chain: Annotated[
        str | None,
        Query(description="chain id: takes its most urgent gap", examples=["lithium-battery"], max_length=60),
    ] = None,
    excluded: Annotated[
        bool, Query(description="the excluded firms too, behind the targets", examples=[True])
    ] = False,
) -> list[TargetRead]:
    """List the firms worth visiting for a node in a region, best first, each with reasons and sources.

    Firms that a hard obstacle excludes are left out, or stand behind the targets with `excluded`, without a
    score. Each target says its rank, and through whom here it can be reached (`ties`). Without `node`, the
    chain's most urgent gap is taken; the header X-Node says which.
    """
    wanted = node or most_urgent_gap(session, workspace.knowledge, region, chain)
    found = rank_targets(session, workspace.knowledge, region, wanted)
    weights = found.ranked.weights
    state_weights(response, weights.version, weights.fitted)
    response.headers["X-Node"] = wanted
    page.say_total(count_targets(found, excluded=excluded), response)
    return target_reads(found, excluded=excluded, limit=page.limit, offset=page.offset)


def state_weights(response: Response, version: str, fitted: bool) -> None:
    """Say in the headers which weights an answer rests on, and whether they were fitted."""
    response.headers["X-Weights-Version"] = version
    response.headers["X-Weights-Fitted"] = "true" if fitted else "false"
