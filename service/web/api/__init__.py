"""The API under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from service.web.api import analysis, chains, firms, imports, maps, regions

router = APIRouter(prefix="/api/v1")
for part in (chains, regions, firms, analysis, maps, imports):
    router.include_router(part.router)
