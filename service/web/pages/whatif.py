"""假设引进: what would change if firms came, what to bring in next, the best set of visits under limits."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from service.domain.portfolio import Limits
from service.errors import InvalidQuery, ServiceError, UnknownFirm, UnknownNode
from service.planning import PortfolioQuestion, WhatIfAnswer, ask_what_if, plan_visits
from service.results_planning import PortfolioRead, WhatIfRead
from service.storage.engine import Session
from service.targeting import rank_targets
from service.web.deps import SessionDep
from service.web.pages.ask import Ask, AskDep
from service.web.pages.basket import NEEDS_HEADING, Basket, BasketDep, read_needs_text
from service.web.pages.templates import render_page

router = APIRouter()

_NEXT = 10
_FIRMS = 8

NodeQuery = Annotated[str, Query(max_length=120)]


@router.get("/whatif")
def what_if_page(request: Request, ask: AskDep, basket: BasketDep, session: SessionDep) -> Response:
    """Show the basket, what it would change, and what is worth bringing in next."""
    answer, problem, status = _ask(session, ask, basket)
    values = {
        **ask.values,
        "active": "gaps",
        "basket": basket,
        "answer": WhatIfRead.of(answer) if answer else None,
        "problem": problem,
        "firm_names": {one.firm: one.name for one in answer.found.firms if one.firm} if answer else {},
        "next_most": _NEXT,
        "needs_heading": NEEDS_HEADING,
    }
    return render_page(request, "whatif.html", values, status_code=status)


def _ask(session: Session, ask: Ask, basket: Basket) -> tuple[WhatIfAnswer | None, str | None, HTTPStatus]:
    """What the basket changes; a wrong entry is said beside it, so that it can be taken out."""
    additions, arrivals = basket.asked()
    region, chain = ask.region.adcode, ask.chain.id
    try:
        found = ask_what_if(session, ask.knowledge, region, chain, additions, arrivals)
    except (UnknownNode, UnknownFirm) as error:
        return None, str(error), HTTPStatus.NOT_FOUND
    except InvalidQuery as error:
        return None, str(error), HTTPStatus.UNPROCESSABLE_ENTITY
    return found, None, HTTPStatus.OK


@router.get("/whatif/firms")
def firm_choices(
    request: Request, ask: AskDep, basket: BasketDep, session: SessionDep, node: NodeQuery
) -> Response:
    """Show the best targets of a node, each with a link that puts it into the basket."""
    found = rank_targets(session, ask.knowledge, ask.region.adcode, node)
    geography = ask.knowledge.geography
    targets = [one for one in found.ranked.targets if one.firm not in basket.arrivals][:_FIRMS]
    values = {
        **ask.values,
        "basket": basket,
        "node": found.node,
        "targets": targets,
        "places": {one.adcode: geography.full_name(one.adcode) for one in targets if one.adcode},
    }
    return render_page(request, "whatif_firms.html", values)


@router.get("/whatif/portfolio")
def visit_set(request: Request, ask: AskDep, basket: BasketDep, session: SessionDep) -> Response:
    """Show the best set of visits under the limits, in plain words, or what is wrong with the limits."""
    found, problem = None, None
    try:
        found = PortfolioRead.of(plan_visits(session, ask.knowledge, _question(session, ask, basket)))
    except ServiceError as error:
        problem = str(error)
    names = {one.adcode for one in (found.firms if found else []) if one.adcode}
    values: dict[str, Any] = {
        **ask.values,
        "basket": basket,
        "found": found,
        "problem": problem,
        "chosen": _chosen(basket, found) if found else None,
        "places": {code: ask.knowledge.geography.full_name(code) for code in names},
        "needs_text": _needs_text(basket, found) if found else "",
    }
    return render_page(request, "whatif_portfolio.html", values)


def _question(session: Session, ask: Ask, basket: Basket) -> PortfolioQuestion:
    plan = basket.plan
    if plan.visits is None:
        raise InvalidQuery("请给出可拜访的家数")
    return PortfolioQuestion(
        region=ask.region.adcode,
        chain=ask.chain.id,
        limits=Limits(plan.visits, plan.land_mu, plan.energy_tce, plan.per_node),
        needs=read_needs_text(session, plan.needs),
    )


def _chosen(basket: Basket, found: PortfolioRead) -> Basket:
    """The basket with the whole set in it."""
    for one in found.firms:
        basket = basket.with_firm(one.firm, one.node)
    return basket


def _needs_text(basket: Basket, found: PortfolioRead) -> str:
    """The table of needs with a line for every firm that is not in it yet."""
    lines = basket.plan.needs.splitlines() or [NEEDS_HEADING]
    return "\n".join([*lines, *(f"{one.name},," for one in found.needs_unknown)])
