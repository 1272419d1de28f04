"""The API under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from service.web.api import (
    analysis,
    briefs,
    chains,
    compare,
    firms,
    imports,
    maps,
    planning,
    rank,
    regions,
    reviews,
    stability,
    target_diff,
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
    imports,
    reviews,
    stability,
    planning,
    target_diff,
    briefs,
):
    router.include_router(part.router)
