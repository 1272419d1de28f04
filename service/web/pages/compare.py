"""区域对标: regions side by side in one chain, with a radar, peers and whom to learn from."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import StringConstraints

from service.comparing import FEWEST, MOST, Comparison, compare_regions, split_names
from service.domain.gaps import Rating
from service.errors import InvalidQuery, ServiceError, UnknownRegion
from service.render.radar import Radar, draw_radar
from service.web.deps import SessionDep
from service.web.pages.ask import Ask, AskDep, find_region
from service.web.pages.templates import render_page
from service.words import PROFILE_AXES

router = APIRouter()

_NOT_HERE = frozenset({Rating.MISSING, Rating.SUSPECTED})
RegionsQuery = Annotated[list[Annotated[str, StringConstraints(max_length=400)]] | None, Query(max_length=40)]


@router.get("/compare")
def compare_page(
    request: Request, ask: AskDep, session: SessionDep, regions: RegionsQuery = None
) -> Response:
    """Show the region beside those chosen in `regions`, or beside its peers where none is chosen."""
    names = split_names(regions or [])
    found, problem, status = None, None, HTTPStatus.OK
    try:
        others = [find_region(ask.knowledge.geography, name).adcode for name in names]
        found = compare_regions(session, ask.knowledge, ask.chain.id, region=ask.region.adcode, others=others)
    except (InvalidQuery, UnknownRegion) as error:
        problem, status = str(error), _status(error)
    values = {
        **ask.values,
        "active": "compare",
        "found": found,
        "problem": problem,
        "asked": names,
        "fewest": FEWEST,
        "most": MOST,
        **(_shown(ask, found) if found else {}),
    }
    return render_page(request, "compare.html", values, status_code=status)


def _status(error: ServiceError) -> HTTPStatus:
    unknown = isinstance(error, UnknownRegion)
    return HTTPStatus.NOT_FOUND if unknown else HTTPStatus.UNPROCESSABLE_ENTITY


def _shown(ask: Ask, found: Comparison) -> dict[str, Any]:
    """What the template needs of a comparison."""
    here = {one.region.adcode for one in found.regions}
    return {
        "radar": _radar(found),
        "axes": PROFILE_AXES,
        "rows": _node_rows(found),
        "places": {
            one.region.adcode: ask.knowledge.geography.full_name(one.region.adcode) for one in found.peers
        },
        "suggested": [one for one in found.peers if one.region.adcode not in here],
    }


def _radar(found: Comparison) -> Radar | None:
    labels = list(PROFILE_AXES.values())
    series = []
    for one in found.regions:
        known = {axis.name: axis.value for axis in one.profile}
        series.append((one.region.name, [known[name] for name in PROFILE_AXES]))
    return draw_radar(labels, series)


def _node_rows(found: Comparison) -> list[dict[str, Any]]:
    """The nodes down the tree, each with its ratings; `apart`: some regions have it and some lack it."""
    rated = [{rating.node: rating for rating in one.ratings} for one in found.regions]
    rows = []
    for depth, node in found.chain.walk():
        cells = [ratings[node.id] for ratings in rated]
        seen = {cell.rating in _NOT_HERE for cell in cells if cell.rating is not Rating.UNOBSERVED}
        rows.append({"depth": depth, "node": node, "cells": cells, "apart": len(seen) > 1})
    return rows
