"""The pages: Chinese, server-rendered, every one with an address that can be sent on."""

from __future__ import annotations

from fastapi import APIRouter

from service.web.pages import (
    briefs,
    chain,
    chain_editor,
    chain_versions,
    compare,
    firm_pages,
    firms,
    gaps,
    imports,
    maps,
    overview,
    reviews,
    search,
    targets,
    visits,
    wall,
    whatif,
)

router = APIRouter(include_in_schema=False)
for part in (
    overview,
    chain,
    chain_editor,
    chain_versions,
    gaps,
    whatif,
    targets,
    visits,
    compare,
    maps,
    firms,
    firm_pages,
    reviews,
    imports,
    briefs,
    search,
    wall,
):
    router.include_router(part.router)
