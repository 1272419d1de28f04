"""Regions ranked for a node, or for one firm: the questions of gaps and targets asked the other way round."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.domain.regions import Level
from service.ranking import rank_for_firm, rank_regions
from service.results_ranking import RankedRegionRead
from service.web.deps import LIST, PageDep, SessionDep, TaggedAnswer, WorkspaceDep

router = APIRouter(tags=["gaps and targets"], dependencies=[TaggedAnswer])


@router.get("/rank", responses=LIST)
def rank(
    response: Response,
    workspace: WorkspaceDep,
    session: SessionDep,
    page: PageDep,
    node: Annotated[str, Query(examples=["lithium-battery/wet-separator"], max_length=100)],
    firm: Annotated[
        str | None,
        Query(
            description="key, stock code or whole name of a firm: rank for its next plant",
            examples=["002407"],
            max_length=200,
        ),
    ] = None,
    level: Annotated[Level, Query(description="level of the regions", examples=["city"])] = Level.CITY,
    as_of: Annotated[
        dt.date | None,
        Query(description="only firms founded up to this day are known", examples=["2018-12-31"]),
    ] = None,
) -> list[RankedRegionRead]:
    """Rank all regions of a level for one leaf node, best first, each with its factors and reasons.

    By the fitted weights of a gap's priority; `probability` is the fitted model's chance of a first firm
    within three years. With `firm`, half of the score is where firms like to open branches, and regions where
    it is already are left out.
    """
    if firm:
        found = rank_for_firm(
            session,
            workspace.knowledge,
            firm,
            node,
            level=level,
            as_of=as_of,
            limit=page.limit,
            offset=page.offset,
        )
    else:
        found = rank_regions(
            session,
            workspace.knowledge,
            node,
            level=level,
            as_of=as_of,
            limit=page.limit,
            offset=page.offset,
        )
    page.say_total(found.total, response)
    return found.regions
