"""Decisions on links, each batch as one transaction with the coverage that follows: the one way to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.firms import ReviewState
from service.knowledge import Knowledge
from service.pipeline.imports import refresh_coverage
from service.storage import decisions
from service.storage.decisions import LinkRule, Pair, read_waiting, write_batch
from service.storage.engine import Connection, Engine, write_transaction


@dataclass(frozen=True, slots=True)
class Decided:
    """The batch that was made, None where every decision stood already; and how many links it changed."""

    batch: int | None
    changed: int


def review_links(
    engine: Engine,
    knowledge: Knowledge,
    wanted: Mapping[Pair, ReviewState],
    *,
    decided_by: str,
    note: str = "",
) -> Decided:
    """Accept or reject links, or reopen them, as one batch, and bring coverage up to date once.

    Parameters
    ----------
    wanted : (firm id, node id) -> what is decided.

    Raises
    ------
    UnknownChain, UnknownNode : a node is none, or a firm has no link to it. Nothing is decided then.
    """
    for _, node in wanted:
        knowledge.node(node)
    with write_transaction(engine) as connection:
        return _decide(connection, knowledge, wanted, decided_by, note)


def review_link(
    engine: Engine, knowledge: Knowledge, firm_id: int, node: str, state: ReviewState, *, decided_by: str
) -> Decided:
    """Decide one link: a batch of its own."""
    return review_links(engine, knowledge, {(firm_id, node): state}, decided_by=decided_by)


def review_matching(
    engine: Engine, knowledge: Knowledge, rule: LinkRule, state: ReviewState, *, decided_by: str, note: str
) -> Decided:
    """Decide every uncertain link that the rule means at this moment, as one batch."""
    with write_transaction(engine) as connection:
        wanted = {(link.firm_id, link.node): state for link in read_waiting(connection, rule)}
        return _decide(connection, knowledge, wanted, decided_by, note)


def undo_batch(engine: Engine, knowledge: Knowledge, number: int, *, undone_by: str) -> Decided:
    """Bring back what stood before a batch, as a whole.

    Raises
    ------
    UnknownBatch; BatchFixed when it is undone already or later decisions rest on it.
    """
    with write_transaction(engine) as connection:
        changed = decisions.undo_batch(connection, number, undone_by=undone_by)
        refresh_coverage(connection, knowledge)
    return Decided(number, changed)


def _decide(
    connection: Connection,
    knowledge: Knowledge,
    wanted: Mapping[Pair, ReviewState],
    decided_by: str,
    note: str,
) -> Decided:
    batch, changed = write_batch(connection, wanted, decided_by=decided_by, note=note)
    if changed:
        refresh_coverage(connection, knowledge)
    return Decided(batch, changed)
