"""Stability of gaps and confidence of ratings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.analysis import report_gaps, view_chain
from service.results_stability import StabilityRead
from service.stabilities import judge_chain, judge_region
from service.storage.sources import data_version
from service.web.api.analysis import state_weights
from service.web.deps import LevelQuery, RegionQuery, SessionDep, TaggedAnswer, WorkspaceDep

router = APIRouter(tags=["gaps and targets"], dependencies=[TaggedAnswer])


@router.get("/gaps/stability")
def read_stability(
    workspace: WorkspaceDep,
    session: SessionDep,
    response: Response,
    region: RegionQuery,
    chain: Annotated[
        str | None,
        Query(
            description="chain id; without it, the gaps of all chains as one list",
            examples=["lithium-battery"],
            max_length=60,
        ),
    ] = None,
    level: LevelQuery = None,
) -> StabilityRead:
    """Return how the head of a region's list of gaps answers to moved weights, and how sure its ratings are.

    Every weight is moved on its own by a random factor between 0.8 and 1.2, 200 times, and each alone to
    either end. It says how much of the order hangs on the weights, not whether the weights are right.
    """
    knowledge = workspace.knowledge
    place = knowledge.geography.find(region)
    if chain is None:
        found = judge_region(session, knowledge, place.adcode, level=level)
    else:
        view = view_chain(session, knowledge, place.adcode, chain, level=level)
        found = judge_chain(session, knowledge, view, report_gaps(knowledge, view))
    weights = knowledge.weights.gap
    state_weights(response, weights.version, weights.fitted)
    return StabilityRead.of(place.adcode, chain, found, data_version(session))
