"""The basket of 假设引进: which firms are supposed to come. It is in the address, so that it can be sent.

`add=<node>[=<firms>]` are made-up firms of a leaf, as on the command line; `firm=<key>[@<node>]` is a firm of
the database, for one node or for all that it works in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query
from pydantic import BeforeValidator, Field, StringConstraints

from service.domain.chains import home_of
from service.errors import InvalidQuery
from service.ingest.project_needs import parse_needs
from service.planning import MAX_ADDED, MAX_PER_NODE, MAX_VISITS, Addition, Arrival, Needs
from service.storage.candidates import list_firms
from service.storage.engine import Session
from service.web.pages.ask import Ask

NEEDS_HEADING = "企业,用地（亩）,能耗（吨标准煤）"

_COUNT = re.compile(r"[0-9]{1,4}")
ItemText = Annotated[str, StringConstraints(max_length=330)]


def _or_none(value: object) -> object:
    return None if value == "" else value


Amount = Annotated[
    Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None, BeforeValidator(_or_none), Query()
]
Visits = Annotated[Annotated[int, Field(ge=0, le=MAX_VISITS)] | None, BeforeValidator(_or_none), Query()]


@dataclass(frozen=True)
class Plan:
    """What a set of visits must keep to; `visits` None: no set is asked for. `needs` is a small CSV."""

    visits: int | None = None
    per_node: int = 2
    land_mu: float | None = None
    energy_tce: float | None = None
    needs: str = ""


@dataclass(frozen=True)
class Basket:
    """Firms supposed to come: made-up ones by node, and firms of the database with the node they come for."""

    additions: Mapping[str, int]
    arrivals: Mapping[str, str | None]
    plan: Plan = Plan()

    @property
    def empty(self) -> bool:
        """Nobody is in it."""
        return not self.additions and not self.arrivals

    def asked(self) -> tuple[list[Addition], list[Arrival]]:
        """Return what `ask_what_if` takes."""
        return (
            [Addition(node, count) for node, count in self.additions.items()],
            [Arrival(firm, node) for firm, node in self.arrivals.items()],
        )

    def with_node(self, node: str, more: int = 1) -> Basket:
        """Return the basket with more (or fewer) made-up firms of a node; none left takes it out."""
        count = self.additions.get(node, 0) + more
        left = {**self.additions, node: count}
        return replace(self, additions={one: number for one, number in left.items() if number > 0})

    def with_firm(self, firm: str, node: str | None = None) -> Basket:
        """Return the basket with a firm of the database."""
        return replace(self, arrivals={**self.arrivals, firm: node})

    def without_firm(self, firm: str) -> Basket:
        """Return the basket without a firm."""
        return replace(self, arrivals={key: node for key, node in self.arrivals.items() if key != firm})

    def query(self, ask: Ask, *, plan: bool = True, **others: str) -> str:
        """Return the query string of the page with this basket, with or without its set of visits."""
        base = [("region", ask.region.adcode), ("chain", ask.chain.id), *self.pairs(plan=plan)]
        return urlencode([*base, *others.items()])

    def pairs(self, *, plan: bool = True) -> list[tuple[str, str]]:
        """Return the parameters of the basket."""
        found = [("add", node if count == 1 else f"{node}={count}") for node, count in self.additions.items()]
        found += [("firm", f"{firm}@{node}" if node else firm) for firm, node in self.arrivals.items()]
        return found + (self._plan_pairs() if plan and self.plan.visits is not None else [])

    def _plan_pairs(self) -> list[tuple[str, str]]:
        plan = self.plan
        amounts: list[tuple[str, Any]] = [
            ("visits", plan.visits),
            ("per_node", plan.per_node),
            ("land", None if plan.land_mu is None else f"{plan.land_mu:g}"),
            ("energy", None if plan.energy_tce is None else f"{plan.energy_tce:g}"),
            ("needs", plan.needs or None),
        ]
        return [(name, str(value)) for name, value in amounts if value is not None]


def get_basket(
    add: Annotated[list[ItemText] | None, Query(max_length=MAX_ADDED)] = None,
    firm: Annotated[list[ItemText] | None, Query(max_length=MAX_ADDED)] = None,
    visits: Visits = None,
    per_node: Annotated[int, Query(ge=1, le=MAX_PER_NODE)] = 2,
    land: Amount = None,
    energy: Amount = None,
    needs: Annotated[str, Query(max_length=6000)] = "",
) -> Basket:
    """Return what the address holds. Raises InvalidQuery when a number of firms cannot be read."""
    additions: dict[str, int] = {}
    for text in add or []:
        node, count = _read_addition(text)
        if node:
            additions[node] = additions.get(node, 0) + count
    arrivals = dict(_read_arrival(text) for text in firm or [] if text.strip())
    return Basket(additions, arrivals, Plan(visits, per_node, land, energy, needs.strip()))


def _read_addition(text: str) -> tuple[str, int]:
    node, equals, count = text.strip().partition("=")
    if equals and not _COUNT.fullmatch(count):
        raise InvalidQuery(f"假设新增应写作 环节编号[=家数]，如 lithium-battery/lfp=2，收到 {text!r}")
    return node, int(count) if equals else 1


def _read_arrival(text: str) -> tuple[str, str | None]:
    """A name may hold an @; what stands behind the last one is a node only where it looks like one."""
    firm, at, node = text.strip().rpartition("@")
    return (firm, node) if at and firm and home_of(node) != node else (text.strip(), None)


BasketDep = Annotated[Basket, Depends(get_basket)]


def read_needs_text(session: Session, text: str) -> dict[str, Needs]:
    """Return what projects take, by firm key, of a small CSV that names firms by key or by whole name.

    Raises InvalidQuery as `parse_needs`, and when a name fits no firm or several.
    """
    plain = text.replace("，", ",").strip()
    if not plain:
        return {}
    if not plain.startswith(("企业", "firm")):
        plain = f"{NEEDS_HEADING}\n{plain}"
    found = parse_needs(plain, "需求表")
    return {_firm_key(session, firm): Needs(land, energy) for firm, (land, energy) in found.items()}


def _firm_key(session: Session, text: str) -> str:
    _, found = list_firms(session, text=text, limit=20)
    exact = [row.key for row in found if text in (row.name, row.uscc, row.key)]
    if len(exact) > 1:
        raise InvalidQuery(f"需求表中的“{text}”对应不止一家企业，请写统一社会信用代码")
    return exact[0] if exact else text
