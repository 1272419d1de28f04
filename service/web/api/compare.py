"""Regions side by side."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from service.comparing import compare_regions, split_names
from service.results_compare import ComparisonRead, comparison_read
from service.web.deps import ChainQuery, LevelQuery, SessionDep, TaggedAnswer, WorkspaceDep

router = APIRouter(tags=["gaps and targets"], dependencies=[TaggedAnswer])

RegionsQuery = Annotated[
    list[Annotated[str, StringConstraints(max_length=400)]] | None,
    Query(
        description="2 to 5 regions, adcodes or names, separated by commas or given several times; "
        "`region` counts as one of them",
        examples=[["330800", "330700"]],
        max_length=20,
    ),
]


@router.get("/compare")
def compare(
    workspace: WorkspaceDep,
    session: SessionDep,
    chain: ChainQuery,
    regions: RegionsQuery = None,
    region: Annotated[
        str | None,
        Query(description="the region whose peers are found", examples=["330800"], max_length=60),
    ] = None,
    level: LevelQuery = None,
) -> ComparisonRead:
    """Lay regions of one level side by side: ratings by node, completeness, national ranks, profiles.

    With `regions` those are compared. With `region` alone its peers are found: regions of like structure
    and size, of the same city cluster, and the ones to learn from. Regions observed through different
    sources are shown with `comparable` false and a note.
    """
    found = compare_regions(
        session, workspace.knowledge, chain, region=region, others=split_names(regions or []), level=level
    )
    return comparison_read(workspace.knowledge, found)
