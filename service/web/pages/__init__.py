"""The pages: Chinese, server-rendered, every one with an address that can be sent on."""

from __future__ import annotations

from fastapi import APIRouter

from service.web.pages import chain, compare, firms, gaps, imports, maps, overview, reviews, targets

router = APIRouter(include_in_schema=False)
for part in (overview, chain, gaps, targets, compare, maps, firms, reviews, imports):
    router.include_router(part.router)
