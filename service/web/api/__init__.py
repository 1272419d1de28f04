"""The API under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from service.web.api import (
    analysis,
    brief_sets,
    briefs,
    chain_edits,
    chains,
    compare,
    exports,
    firms,
    imports,
    map_layers,
    maps,
    pictures,
    planning,
    rank,
    regions,
    reviews,
    search,
    stability,
    target_diff,
    visits,
)
from service.web.problems import describe_problems

router = APIRouter(prefix="/api/v1", responses=describe_problems(400, 403, 404, 422, 500))
for part in (
    chains,
    regions,
    firms,
    analysis,
    compare,
    rank,
    maps,
    map_layers,
    pictures,
    imports,
    reviews,
    search,
    stability,
    planning,
    target_diff,
    visits,
    briefs,
    brief_sets,
    exports,
    chain_edits,
):
    router.include_router(part.router)
router.include_router(chain_edits.jobs_router)
router.include_router(brief_sets.watching)
