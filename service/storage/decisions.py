"""Decisions on links: what stands, the history in batches, and the links that wait for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from service.domain.firms import ReviewState
from service.errors import BatchFixed, UnknownBatch, UnknownFirm, UnknownNode
from service.storage.frames import chunks, column
from service.storage.links import keep_accepted
from service.storage.tables import FirmRow, LinkDecisionLogRow, LinkDecisionRow, LinkRow

Pair = tuple[int, str]
"""(firm id, node id)"""

_STATE_FIELDS = ("state", "decided_by", "decided_at", "note")


@dataclass(frozen=True, slots=True)
class Standing:
    """The decision that stands on a link; OPEN where there is none."""

    state: ReviewState
    by: str | None = None
    at: dt.datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Decisions that were made together; `firm_id` and `node` where it is only one."""

    batch: int
    decided_by: str
    decided_at: dt.datetime
    note: str
    accepted: int
    rejected: int
    reopened: int
    undone_by: str | None
    undone_at: dt.datetime | None
    firm_id: int | None
    node: str | None


@dataclass(frozen=True, slots=True)
class LinkRule:
    """Which uncertain links are meant; None stands for any.

    `inside`: adcodes of the firms. `term` and `field` must be those of one and the same piece of evidence.
    Both ends of the confidence band belong to it.
    """

    inside: frozenset[str]
    nodes: frozenset[str]
    term: str | None = None
    field: str | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None

    def fits(self, evidence: Iterable[Mapping[str, Any]]) -> bool:
        """Say whether a piece of this evidence is the one that is meant."""
        return (self.term is None and self.field is None) or any(
            (self.term is None or item["term"] == self.term)
            and (self.field is None or item["field"] == self.field)
            for item in evidence
        )


@dataclass(frozen=True, slots=True)
class WaitingLink:
    """A link that is neither confirmed nor decided."""

    firm_id: int
    key: str
    name: str
    node: str
    confidence: float
    evidence: tuple[dict[str, Any], ...]


def read_waiting(reader: Session | Connection, rule: LinkRule) -> list[WaitingLink]:
    """Return the uncertain links that the rule means, by node and firm."""
    link, decision = LinkRow, LinkDecisionRow
    confidence = column(link, "confidence")
    decided = select(decision).where(
        column(decision, "firm_id") == column(link, "firm_id"),
        column(decision, "node") == column(link, "node"),
    )
    statement = (
        select(
            column(link, "firm_id"),
            column(FirmRow, "key"),
            column(FirmRow, "name"),
            column(link, "node"),
            confidence,
            column(link, "evidence"),
        )
        .join(FirmRow, column(FirmRow, "id") == column(link, "firm_id"))
        .where(
            column(link, "node").in_(sorted(rule.nodes)),
            column(link, "confirmed").is_(False),
            column(FirmRow, "adcode").in_(sorted(rule.inside)),
            ~decided.exists(),
        )
        .order_by(column(link, "node"), column(link, "firm_id"))
    )
    if rule.min_confidence is not None:
        statement = statement.where(confidence >= rule.min_confidence)
    if rule.max_confidence is not None:
        statement = statement.where(confidence <= rule.max_confidence)
    found = (
        WaitingLink(firm, key, name, node, value, tuple(evidence))
        for firm, key, name, node, value, evidence in reader.execute(statement)
    )
    return [waiting for waiting in found if rule.fits(waiting.evidence)]


def find_firm_ids(session: Session, keys: Collection[str]) -> dict[str, int]:
    """Return the number of each firm by its key, of some thousand at most; UnknownFirm where one is none."""
    statement = select(column(FirmRow, "key"), column(FirmRow, "id")).where(
        column(FirmRow, "key").in_(sorted(set(keys)))
    )
    found: dict[str, int] = {key: number for key, number in session.execute(statement)}  # noqa: C416
    for key in keys:
        if key not in found:
            raise UnknownFirm(f"没有企业 {key!r}")
    return found


def read_firm_rows(session: Session, firm_ids: Collection[int]) -> dict[int, FirmRow]:
    """Return firms by their number."""
    found: dict[int, FirmRow] = {}
    for part in chunks(sorted(set(firm_ids))):
        statement = select(FirmRow).where(column(FirmRow, "id").in_(part))
        found.update({firm.id: firm for firm in session.execute(statement).scalars()})
    return found


def write_batch(
    connection: Connection, wanted: Mapping[Pair, ReviewState], *, decided_by: str, note: str = ""
) -> tuple[int | None, int]:
    """Write decisions as one batch; return its number and how many decisions it holds.

    A decision that repeats what stands is left out; where all do, there is no batch (None, 0).

    Raises
    ------
    UnknownNode : a firm has neither a link to the node nor a decision on it: there is nothing to decide.
    """
    standing = _read_standing(connection, wanted)
    _require_something_to_decide(connection, [pair for pair in wanted if pair not in standing])
    now, none = dt.datetime.now(dt.UTC), Standing(ReviewState.OPEN)
    changed = {pair: state for pair, state in wanted.items() if state is not standing.get(pair, none).state}
    if not changed:
        return None, 0
    number = 1 + int(connection.execute(select(func.max(column(LinkDecisionLogRow, "batch")))).scalar() or 0)
    rows = []
    for pair, state in changed.items():
        before = standing.get(pair, none)
        rows.append(
            {
                "batch": number,
                "firm_id": pair[0],
                "node": pair[1],
                "state": str(state),
                "decided_by": decided_by,
                "decided_at": now,
                "note": note,
                "previous_state": str(before.state),
                "previous_by": before.by,
                "previous_at": before.at,
                "previous_note": before.note,
            }
        )
    connection.execute(insert(LinkDecisionLogRow), rows)
    _put(connection, {pair: Standing(state, decided_by, now, note) for pair, state in changed.items()})
    return number, len(rows)


def undo_batch(connection: Connection, number: int, *, undone_by: str) -> int:
    """Bring back what stood before the batch, in every detail; return on how many links.

    Raises
    ------
    UnknownBatch : there is none with this number.
    BatchFixed : it is undone already, or a later batch that stands decided one of its links anew.
    """
    log = LinkDecisionLogRow
    ours = column(log, "batch") == number
    names = ("firm_id", "node", "previous_state", "previous_by", "previous_at", "previous_note", "undone_at")
    rows = connection.execute(select(*(column(log, name) for name in names)).where(ours)).all()
    if not rows:
        raise UnknownBatch(f"没有编号为 {number} 的核实批次")
    if rows[0].undone_at is not None:
        raise BatchFixed(f"核实批次 {number} 已经撤销过了")
    _require_nothing_rests_on(connection, number)
    earlier = {
        (firm, node): Standing(ReviewState(state), by, at, note)
        for firm, node, state, by, at, note, _ in rows
    }
    _put(connection, earlier)
    undone = {"undone_by": undone_by, "undone_at": dt.datetime.now(dt.UTC)}
    connection.execute(update(log).where(ours).values(**undone))
    return len(rows)


def list_batches(session: Session, *, limit: int = 50, offset: int = 0) -> tuple[int, list[Batch]]:
    """Return how many batches there are, and a part of them, the newest first."""
    log = LinkDecisionLogRow
    batch = column(log, "batch")
    total = session.execute(select(func.count(batch.distinct()))).scalar() or 0
    counts = [func.sum(case((column(log, "state") == str(state), 1), else_=0)) for state in _COUNTED]
    alone = [case((func.count() == 1, func.min(column(log, name)))) for name in ("firm_id", "node")]
    # Every row of a batch says the same of these.
    same = [
        func.min(column(log, name)) for name in ("decided_by", "decided_at", "note", "undone_by", "undone_at")
    ]
    by, at, note, undone_by, undone_at = same
    statement = (
        select(batch, by, at, note, *counts, undone_by, undone_at, *alone)
        .group_by(batch)
        .order_by(batch.desc())
        .limit(limit)
        .offset(offset)
    )
    return int(total), [Batch(*row) for row in session.execute(statement)]


_COUNTED = (ReviewState.ACCEPTED, ReviewState.REJECTED, ReviewState.OPEN)


def _read_standing(connection: Connection, pairs: Collection[Pair]) -> dict[Pair, Standing]:
    """Return the decisions that stand on these links; links without one are left out."""
    names = ("firm_id", "node", *_STATE_FIELDS)
    found = {}
    for part in chunks(sorted({firm for firm, _ in pairs})):
        statement = select(*(column(LinkDecisionRow, name) for name in names)).where(
            column(LinkDecisionRow, "firm_id").in_(part)
        )
        for firm, node, state, by, at, note in connection.execute(statement):
            if (firm, node) in pairs:
                found[firm, node] = Standing(ReviewState(state), by, at, note)
    return found


def _require_something_to_decide(connection: Connection, pairs: Sequence[Pair]) -> None:
    missing = dict.fromkeys(pairs)
    for part in chunks(sorted({firm for firm, _ in pairs})):
        statement = select(column(LinkRow, "firm_id"), column(LinkRow, "node")).where(
            column(LinkRow, "firm_id").in_(part)
        )
        for firm, node in connection.execute(statement):
            missing.pop((firm, node), None)
    for _, node in missing:
        raise UnknownNode(f"该企业没有到环节 {node} 的挂链")


def _require_nothing_rests_on(connection: Connection, number: int) -> None:
    ours, later = aliased(LinkDecisionLogRow), aliased(LinkDecisionLogRow)
    statement = (
        select(func.count(), func.max(later.batch))
        .select_from(ours)
        .join(later, and_(later.firm_id == ours.firm_id, later.node == ours.node))  # type: ignore[arg-type]
        .where(ours.batch == number, later.batch > number, later.undone_at.is_(None))  # type: ignore[arg-type,union-attr]
    )
    count, last = connection.execute(statement).one()
    if count:
        raise BatchFixed(
            f"核实批次 {number} 中有挂链后来又核实过（共 {count} 次，最近在批次 {last}），请先撤销后面的批次"
        )


def _put(connection: Connection, decisions: Mapping[Pair, Standing]) -> None:
    """Make these decisions the ones that stand."""
    table = LinkDecisionRow
    keys = [{"this_firm": firm, "this_node": node} for firm, node in decisions]
    this = _this_link(table)
    connection.execute(delete(table).where(this), keys)
    rows = [
        {"firm_id": firm, "node": node, "decided_by": now.by, "decided_at": now.at, "note": now.note or ""}
        | {"state": str(now.state)}
        for (firm, node), now in decisions.items()
        if now.state is not ReviewState.OPEN
    ]
    if rows:
        connection.execute(insert(table), rows)
    keep_accepted(connection)
    opened = [
        {"this_firm": firm, "this_node": node}
        for (firm, node), now in decisions.items()
        if now.state is ReviewState.OPEN
    ]
    if opened:
        # What only a decision kept goes with the decision: the matcher gives no link of confidence 0.
        only_kept = and_(_this_link(LinkRow), column(LinkRow, "confidence") == 0.0)
        connection.execute(delete(LinkRow).where(only_kept), opened)


def _this_link(table: type[LinkRow] | type[LinkDecisionRow]) -> Any:
    return and_(
        column(table, "firm_id") == bindparam("this_firm"), column(table, "node") == bindparam("this_node")
    )
