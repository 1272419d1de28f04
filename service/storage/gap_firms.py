"""Reading the firms of one node as candidates for a gap: only the columns that a score rests on.

A node of a province has fifteen thousand firms. As whole rows they take seconds to read; most of that is
text nobody looks at (what a firm may do, where it sits, what its links rest on).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, case, cast, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session

from service.storage.candidates import COUNTED, DECIDED, EFFECTIVE
from service.storage.frames import chunks, column, firm_columns
from service.storage.tables import FirmRow, FirmSourceRow, LinkDecisionRow, LinkRow, SourceRow

_FIRM_ID = column(LinkRow, "firm_id")
_NODE = column(LinkRow, "node")
_NAME, _PARENT = column(FirmRow, "normal_name"), column(FirmRow, "parent_name")
_BRANCH = aliased(FirmRow)
_PLAIN = ("id", "key", "uscc", "name", "normal_name", "parent_name", "adcode", "stock_code")
_SIZES = ("capital_cny", "revenue_cny", "employees", "founded")


class GapFirm(NamedTuple):
    """A firm of the node: `confidence` 0-1 of its link as matched, `effective` 0-1 how much it counts.

    `products` only where the share of one is known. `has_branches`: other firms name it as their parent.
    """

    id: int
    key: str
    uscc: str | None
    name: str
    normal_name: str
    parent_name: str | None
    adcode: str | None
    stock_code: str | None
    capital_cny: float | None
    revenue_cny: float | None
    employees: int | None
    founded: dt.date | None
    standing: list[str] | None
    products: list[dict[str, Any]] | None
    confidence: float
    effective: float
    has_branches: bool


class Kin(NamedTuple):
    """A branch of a firm, or the firm that a branch belongs to."""

    key: str
    name: str
    adcode: str | None
    founded: dt.date | None


@dataclass(frozen=True, slots=True)
class GapFirms:
    """The firms of a node, and what is known of them.

    `links`: by firm id those to other nodes that were asked for, the surest first; firms without any are left
    out. `evidence`: by firm id that of the node's own link, for firms with `products`. `sources`: by firm id,
    by source key. `branches` and `parents` by the normalised name of the firm that they belong to, and of
    their own.
    """

    firms: list[GapFirm]
    links: Mapping[int, tuple[tuple[str, float], ...]]
    evidence: Mapping[int, list[dict[str, Any]]]
    sources: Mapping[int, tuple[SourceRow, ...]]
    branches: Mapping[str, list[Kin]]
    parents: Mapping[str, Kin]


def read_gap_firms(session: Session, node: str, beside: Collection[str]) -> GapFirms:
    """Return the firms whose link to `node` counts, in no order, with their links to the nodes `beside`."""
    firms = _read_firms(session, node)
    parents = {one.parent_name for one in firms if one.parent_name}
    with_branches = {one.normal_name for one in firms if one.has_branches}
    return GapFirms(
        firms,
        _read_links(session, node, beside),
        _read_evidence(session, node, [one.id for one in firms if one.products]),
        _read_sources(session, node),
        _read_branches(session, parents | with_branches),
        _read_parents(session, parents),
    )


def _members(node: str, *columns: Any) -> Select[Any]:
    """Firms of the node, as `candidates.read_node_firms` has them."""
    return (
        select(*columns)
        .select_from(LinkRow)
        .outerjoin(LinkDecisionRow, DECIDED)
        .where(node == _NODE, COUNTED)
    )


def _read_firms(session: Session, node: str) -> list[GapFirm]:
    standing, products = column(FirmRow, "standing"), column(FirmRow, "products")
    # Most lists are empty, and most products have no share: what is not needed is not parsed.
    shares = func.replace(func.replace(cast(products, Text), " ", ""), '"share":null', "")
    statement = _members(
        node,
        *firm_columns([*_PLAIN, *_SIZES]),
        case((cast(standing, Text) != "[]", standing)),
        case((shares.contains('"share"'), products)),
        column(LinkRow, "confidence"),
        EFFECTIVE,
        exists().where(_BRANCH.parent_name == _NAME),
    ).join(FirmRow, column(FirmRow, "id") == _FIRM_ID)
    return [GapFirm._make(row) for row in session.execute(statement)]


def _read_links(
    session: Session, node: str, beside: Collection[str]
) -> dict[int, tuple[tuple[str, float], ...]]:
    found: dict[int, list[tuple[str, float]]] = defaultdict(list)
    # Coalesced, lest the planner look up every node of every firm.
    other_node = func.coalesce(_NODE, "").in_(sorted(set(beside) - {node}))
    statement = select(_FIRM_ID, _NODE, column(LinkRow, "confidence")).where(
        _FIRM_ID.in_(_members(node, _FIRM_ID)), other_node
    )
    for firm_id, other, confidence in session.execute(statement):
        found[firm_id].append((other, confidence))
    return {
        firm_id: tuple(sorted(links, key=lambda link: (-link[1], link[0])))
        for firm_id, links in found.items()
    }


def _read_evidence(session: Session, node: str, firm_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for part in chunks(sorted(firm_ids)):
        statement = select(_FIRM_ID, column(LinkRow, "evidence"))
        for firm_id, evidence in session.execute(statement.where(node == _NODE, _FIRM_ID.in_(part))):
            found[firm_id] = evidence
    return found


def _read_sources(session: Session, node: str) -> dict[int, tuple[SourceRow, ...]]:
    """Firms named by the same sources share one tuple."""
    rows = {row.id: row for row in session.execute(select(SourceRow)).scalars()}
    firm_id = column(FirmSourceRow, "firm_id")
    statement = (
        select(firm_id, column(FirmSourceRow, "source_id"))
        .join(SourceRow, column(SourceRow, "id") == column(FirmSourceRow, "source_id"))
        .where(firm_id.in_(_members(node, _FIRM_ID)))
        .order_by(column(SourceRow, "key"))
    )
    named: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for firm, source in session.execute(statement):
        named[firm] += (source,)
    together = {numbers: tuple(rows[number] for number in numbers) for numbers in set(named.values())}
    return {firm: together[numbers] for firm, numbers in named.items()}


def _read_branches(session: Session, parents: Collection[str]) -> dict[str, list[Kin]]:
    """The branches of the firms of these names, by key."""
    found: dict[str, list[Kin]] = defaultdict(list)
    for part in chunks(sorted(parents)):
        statement = select(_PARENT, *firm_columns(Kin._fields)).where(_PARENT.in_(part))
        for parent, *branch in session.execute(statement.order_by(column(FirmRow, "key"))):
            found[parent].append(Kin._make(branch))
    return found


def _read_parents(session: Session, names: Collection[str]) -> dict[str, Kin]:
    """The firms of these names; of several of one name the one with the lowest key."""
    found: dict[str, Kin] = {}
    for part in chunks(sorted(names)):
        statement = select(_NAME, *firm_columns(Kin._fields)).where(_NAME.in_(part))
        for name, *parent in session.execute(statement.order_by(column(FirmRow, "key"))):
            found.setdefault(name, Kin._make(parent))
    return found
