"""Quick search: suggestions below the box in the header, and a page of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.searching import MAX_QUERY, Found, Hit, HitKind, search_everything
from service.web.deps import SessionDep
from service.web.pages.ask import Ask, AskDep
from service.web.pages.templates import render_page

router = APIRouter()

KINDS = {HitKind.REGION: "地区", HitKind.CHAIN: "产业链", HitKind.NODE: "环节", HitKind.FIRM: "企业"}
_SUGGESTED, _SHOWN = 5, 30
_OPENED_AT = {HitKind.CHAIN: "/chain", HitKind.NODE: "/chain", HitKind.REGION: "/"}

# What is typed may be longer than what is looked for: a paste is cut, not refused.
QueryText = Annotated[str, Query(max_length=2000)]


@dataclass(frozen=True)
class ShownHit:
    """A hit, the page it opens, and its title cut where the query is found in it."""

    hit: Hit
    page: str
    parts: tuple[str, str, str]


@router.get("/search")
def search_page(request: Request, ask: AskDep, session: SessionDep, q: QueryText = "") -> Response:
    """Show all that fits."""
    found = search_everything(session, ask.knowledge, q[:MAX_QUERY], region=ask.region.adcode, limit=_SHOWN)
    values = {**ask.values, "active": "search", "whole": True, "limit": _SHOWN, **_shown(ask, found)}
    return render_page(request, "search_page.html", values)


@router.get("/search/suggest")
def suggest(request: Request, ask: AskDep, session: SessionDep, q: QueryText = "") -> Response:
    """Return the suggestions for what has been typed so far."""
    found = search_everything(
        session, ask.knowledge, q[:MAX_QUERY], region=ask.region.adcode, limit=_SUGGESTED
    )
    return render_page(request, "search_results.html", {"ask": ask, "whole": False, **_shown(ask, found)})


def _shown(ask: Ask, found: Found) -> dict[str, object]:
    groups = [
        (
            KINDS[group.kind],
            [ShownHit(hit, page_of(ask, hit), _parts(hit, found.query)) for hit in group.hits],
        )
        for group in found.groups
    ]
    return {"q": found.query, "groups": groups}


def page_of(ask: Ask, hit: Hit) -> str:
    """Return the address of the page that a hit opens: the same region and chain where it names no other."""
    asked = {"region": ask.region.adcode, "chain": ask.chain.id}
    if hit.kind is HitKind.FIRM:
        return f"/firms/{quote(hit.key, safe='')}?{urlencode(asked)}"
    if hit.kind is HitKind.REGION:
        asked["region"] = hit.key
    else:
        asked["chain"] = hit.key.partition("/")[0]
    if hit.kind is HitKind.NODE:
        asked["node"] = hit.key
    return f"{_OPENED_AT[hit.kind]}?{urlencode(asked)}"


def _parts(hit: Hit, query: str) -> tuple[str, str, str]:
    start = hit.title.lower().find(query.lower())
    if start < 0 or not query:
        return hit.title, "", ""
    end = start + len(query)
    return hit.title[:start], hit.title[start:end], hit.title[end:]
