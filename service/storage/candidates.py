"""Reading firms for people: those of a node, those of a region, one firm with its links."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select
from sqlmodel import Session

from service.domain.firms import ReviewState
from service.errors import UnknownFirm
from service.storage.frames import chunks, column
from service.storage.tables import FirmRow, FirmSourceRow, LinkDecisionRow, LinkRow, SourceRow

_STATE = column(LinkDecisionRow, "state")
DECIDED = and_(
    column(LinkDecisionRow, "firm_id") == column(LinkRow, "firm_id"),
    column(LinkDecisionRow, "node") == column(LinkRow, "node"),
)
# Which links count: see `pipeline.cover.counted_links`, the same rule over whole frames.
COUNTED = or_(
    str(ReviewState.ACCEPTED) == _STATE,
    and_(column(LinkRow, "confirmed"), func.coalesce(_STATE, "") != str(ReviewState.REJECTED)),
)
_LINK = ("firm_id", "node", "confidence", "confirmed", "evidence")
_REGIONS_OF_A_CITY = 40
EFFECTIVE = case((str(ReviewState.ACCEPTED) == _STATE, 1.0), else_=column(LinkRow, "confidence"))


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link as stored, with what a person decided of it."""

    node: str
    confidence: float
    confirmed: bool
    state: ReviewState
    evidence: tuple[dict[str, Any], ...]

    @property
    def effective(self) -> float:
        """How much the firm counts in the node (0-1): 0 where the link is uncertain or rejected."""
        if self.state is ReviewState.ACCEPTED:
            return 1.0
        return self.confidence if self.confirmed and self.state is not ReviewState.REJECTED else 0.0


@dataclass(frozen=True, slots=True)
class LinkedFirm:
    """A firm of a node: the firm's row, and how much it counts there (0-1)."""

    firm: FirmRow
    node: str
    effective: float


def read_node_firms(
    session: Session, nodes: Collection[str], *, inside: Collection[str] | None = None
) -> list[LinkedFirm]:
    """Return the firms whose links to `nodes` count, by node and firm key.

    `inside`: adcodes to which the firms must belong; None means all.
    """
    statement = (
        select(FirmRow, column(LinkRow, "node"), EFFECTIVE)
        .join(LinkRow, column(LinkRow, "firm_id") == column(FirmRow, "id"))
        .outerjoin(LinkDecisionRow, DECIDED)
        .where(column(LinkRow, "node").in_(sorted(nodes)), COUNTED)
        .order_by(column(LinkRow, "node"), column(FirmRow, "key"))
    )
    if inside is not None:
        statement = statement.where(column(FirmRow, "adcode").in_(sorted(inside)))
    return [LinkedFirm(firm, node, float(effective)) for firm, node, effective in session.execute(statement)]


def read_links_of(session: Session, firm_ids: Sequence[int]) -> dict[int, list[StoredLink]]:
    """Return every link of these firms, the surest first, whatever was decided of it."""
    found: dict[int, list[StoredLink]] = defaultdict(list)
    for part in chunks(sorted(firm_ids)):
        statement = (
            select(*(column(LinkRow, name) for name in _LINK), _STATE)
            .outerjoin(LinkDecisionRow, DECIDED)
            .where(column(LinkRow, "firm_id").in_(part))
            .order_by(column(LinkRow, "confidence").desc(), column(LinkRow, "node"))
        )
        for firm_id, node, confidence, confirmed, evidence, state in session.execute(statement):
            review = ReviewState(state) if state else ReviewState.OPEN
            stored = StoredLink(node, confidence, bool(confirmed), review, tuple(evidence))
            found[firm_id].append(stored)
    return found


def read_sources_of(session: Session, firm_ids: Sequence[int]) -> dict[int, list[SourceRow]]:
    """Return the sources that name each of these firms, by source key."""
    found: dict[int, list[SourceRow]] = defaultdict(list)
    for part in chunks(sorted(firm_ids)):
        statement = (
            select(column(FirmSourceRow, "firm_id"), SourceRow)
            .join(SourceRow, column(SourceRow, "id") == column(FirmSourceRow, "source_id"))
            .where(column(FirmSourceRow, "firm_id").in_(part))
            .order_by(column(SourceRow, "key"))
        )
        for firm_id, source in session.execute(statement):
            found[firm_id].append(source)
    return found


def read_branches(session: Session, normal_names: Collection[str]) -> dict[str, list[FirmRow]]:
    """Return the branches of each firm (XX股份有限公司YY分公司), by the parent's normalised name."""
    found: dict[str, list[FirmRow]] = defaultdict(list)
    names = sorted(normal_names)
    for start in range(0, len(names), 10_000):
        statement = (
            select(FirmRow)
            .where(column(FirmRow, "parent_name").in_(names[start : start + 10_000]))
            .order_by(column(FirmRow, "key"))
        )
        for branch in session.execute(statement).scalars():
            found[str(branch.parent_name)].append(branch)
    return found


@dataclass(frozen=True, slots=True)
class NodeMember:
    """A firm of a node in few words: how much it counts there (0-1), and what can make it an anchor."""

    node: str
    key: str
    name: str
    effective: float
    stock_code: str | None
    standing: tuple[str, ...]
    employees: int | None
    revenue_cny: float | None


def read_node_members(
    session: Session, nodes: Collection[str], *, inside: Collection[str]
) -> list[NodeMember]:
    """Return the firms of regions `inside` whose links to `nodes` count, by node and firm key."""
    node = column(LinkRow, "node")
    # Of a city it is quicker to look at its firms than at all of the nodes; coalesced, the planner does.
    sought = node if len(inside) > _REGIONS_OF_A_CITY else func.coalesce(node, "")
    statement = (
        select(
            node,
            column(FirmRow, "key"),
            column(FirmRow, "name"),
            EFFECTIVE,
            *(column(FirmRow, name) for name in ("stock_code", "standing", "employees", "revenue_cny")),
        )
        .join(LinkRow, column(LinkRow, "firm_id") == column(FirmRow, "id"))
        .outerjoin(LinkDecisionRow, DECIDED)
        .where(
            sought.in_(sorted(nodes)),
            column(FirmRow, "adcode").in_(sorted(inside)),
            COUNTED,
        )
        .order_by(node, column(FirmRow, "key"))
    )
    return [
        NodeMember(node, key, name, float(effective), code, tuple(standing or ()), employees, revenue)
        for node, key, name, effective, code, standing, employees, revenue in session.execute(statement)
    ]


def read_by_name(session: Session, normal_names: Collection[str]) -> dict[str, FirmRow]:
    """Return firms by their normalised names; of several of one name the one with the lowest key."""
    found: dict[str, FirmRow] = {}
    names = sorted(normal_names)
    for start in range(0, len(names), 10_000):
        statement = (
            select(FirmRow)
            .where(column(FirmRow, "normal_name").in_(names[start : start + 10_000]))
            .order_by(column(FirmRow, "key"))
        )
        for firm in session.execute(statement).scalars():
            found.setdefault(firm.normal_name, firm)
    return found


def read_founding_days(session: Session | Connection) -> list[tuple[dt.date, int]]:
    """Return every founding day that is known and how many firms were founded on it, by day."""
    founded = column(FirmRow, "founded")
    statement = select(founded, func.count()).where(founded.is_not(None)).group_by(founded).order_by(founded)
    return [(day, int(count)) for day, count in session.execute(statement)]


def find_firm(session: Session, key: str) -> FirmRow:
    """Return the firm with this key (uscc, or "n:" and its normalised name); UnknownFirm where none is."""
    firm: FirmRow | None = session.execute(
        select(FirmRow).where(column(FirmRow, "key") == key)
    ).scalar_one_or_none()
    if firm is None:
        raise UnknownFirm(f"没有企业 {key!r}")
    return firm


def list_firms(
    session: Session,
    *,
    inside: Collection[str] | None = None,
    nodes: Collection[str] | None = None,
    text: str | None = None,
    also: Iterable[ColumnElement[bool]] = (),
    order: Iterable[ColumnElement[Any]] = (),
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, list[FirmRow]]:
    """Return how many firms fit, and one page of them, in `order`, then as they were first stored.

    `text` is part of the name or the short name in either case, or a whole uscc or stock code. `also` are
    further conditions.
    """
    wanted = [*_firm_filters(inside, text), *also]
    if nodes is not None:
        linked = (
            select(column(LinkRow, "firm_id"))
            .outerjoin(LinkDecisionRow, DECIDED)
            .where(column(LinkRow, "node").in_(sorted(nodes)), COUNTED)
        )
        wanted.append(column(FirmRow, "id").in_(linked))
    total = session.execute(select(func.count()).select_from(FirmRow).where(*wanted)).scalar() or 0
    page = select(FirmRow).where(*wanted).order_by(*order, column(FirmRow, "id")).limit(limit).offset(offset)
    return total, list(session.execute(page).scalars())


def _firm_filters(inside: Collection[str] | None, text: str | None) -> Iterable[ColumnElement[bool]]:
    if inside is not None:
        yield column(FirmRow, "adcode").in_(sorted(inside))
    if text:
        name, short = column(FirmRow, "name"), column(FirmRow, "short_name")
        yield or_(
            name.icontains(text, autoescape=True),
            short.icontains(text, autoescape=True),
            column(FirmRow, "uscc") == text,
            column(FirmRow, "stock_code") == text,
        )
