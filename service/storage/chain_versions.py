"""Versions of chains as users published them, and the drafts that are not published yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select
from sqlmodel import Session

from service.errors import UnknownVersion
from service.storage.frames import column
from service.storage.tables import ChainDraftRow, ChainVersionRow, LinkDecisionRow, LinkRow

Reader = Session | Connection


class VersionKind(StrEnum):
    """How a version came about."""

    SHIPPED = "shipped"
    EDITED = "edited"
    RESTORED = "restored"
    RESET = "reset"
    REMOVED = "removed"


LAID_OVER = frozenset({VersionKind.EDITED, VersionKind.RESTORED})
"""The kinds that, as the newest of a chain, take the place of its file."""


@dataclass(frozen=True, slots=True)
class ChainVersion:
    """One version of a chain; `text` is its whole file. See `ChainVersionRow`."""

    chain: str
    number: int
    kind: VersionKind
    text: str
    note: str
    saved_by: str
    saved_at: dt.datetime
    restored_from: int | None
    shipped_sha256: str | None


@dataclass(frozen=True, slots=True)
class DraftStep:
    """One step of a draft: the whole text after it, and what it changed in words."""

    chain: str
    revision: int
    text: str
    change: str
    changed_by: str
    changed_at: dt.datetime
    live_sha256: str | None


@dataclass(frozen=True, slots=True)
class NodeUse:
    """How many firms are linked to nodes, and how many decisions people made there."""

    firms: int
    decisions: int


def read_newest(reader: Reader) -> dict[str, ChainVersion]:
    """Return the newest version of every chain that has any, by chain id."""
    row = ChainVersionRow
    newest = (
        select(column(row, "chain").label("chain"), func.max(column(row, "number")).label("number"))
        .group_by(column(row, "chain"))
        .subquery()
    )
    statement = _versions().join(
        newest,
        (column(row, "chain") == newest.c.chain) & (column(row, "number") == newest.c.number),
    )
    found = [_version(values) for values in reader.execute(statement.order_by(column(row, "chain")))]
    return {version.chain: version for version in found}


def list_versions(reader: Reader, chain: str) -> list[ChainVersion]:
    """Return the versions of a chain, the newest first."""
    row = ChainVersionRow
    statement = _versions().where(column(row, "chain") == chain).order_by(column(row, "number").desc())
    return [_version(values) for values in reader.execute(statement)]


def find_version(reader: Reader, chain: str, number: int) -> ChainVersion:
    """Return one version; UnknownVersion where the chain has none with this number."""
    row = ChainVersionRow
    statement = _versions().where(column(row, "chain") == chain, column(row, "number") == number)
    values = reader.execute(statement).first()
    if values is None:
        raise UnknownVersion(f"产业链 {chain} 没有第 {number} 版")
    return _version(values)


def save_version(connection: Connection, version: Mapping[str, Any]) -> int:
    """Store a version (the fields of `ChainVersion` without its number); return the number it was given."""
    row = ChainVersionRow
    last = connection.execute(
        select(func.max(column(row, "number"))).where(column(row, "chain") == version["chain"])
    ).scalar()
    number = 1 + int(last or 0)
    values = {**version, "kind": str(version["kind"]), "number": number}
    connection.execute(insert(row).values(**values))
    return number


def read_draft(reader: Reader, chain: str) -> list[DraftStep]:
    """Return the steps of a chain's draft, the newest first; empty where there is no draft."""
    row = ChainDraftRow
    names = tuple(DraftStep.__dataclass_fields__)
    statement = (
        select(*(column(row, name) for name in names))
        .where(column(row, "chain") == chain)
        .order_by(column(row, "revision").desc())
    )
    return [DraftStep(*values) for values in reader.execute(statement)]


def drafted_chains(reader: Reader) -> list[str]:
    """Return the ids of the chains that have a draft, sorted."""
    chain = column(ChainDraftRow, "chain")
    return list(reader.execute(select(chain).distinct().order_by(chain)).scalars())


def save_step(connection: Connection, step: DraftStep) -> None:
    """Store one more step of a draft."""
    values = {name: getattr(step, name) for name in DraftStep.__dataclass_fields__}
    connection.execute(insert(ChainDraftRow).values(**values))


def drop_step(connection: Connection, chain: str, revision: int) -> None:
    """Take one step of a draft away."""
    row = ChainDraftRow
    connection.execute(delete(row).where(column(row, "chain") == chain, column(row, "revision") == revision))


def drop_draft(connection: Connection, chain: str) -> None:
    """Take a chain's draft away."""
    connection.execute(delete(ChainDraftRow).where(column(ChainDraftRow, "chain") == chain))


def count_use(reader: Reader, nodes: Collection[str]) -> NodeUse:
    """Return how many firms are linked to any of these nodes, and how many decisions stand there."""
    wanted = sorted(nodes)
    firms = select(func.count(column(LinkRow, "firm_id").distinct())).where(
        column(LinkRow, "node").in_(wanted)
    )
    decisions = (
        select(func.count()).select_from(LinkDecisionRow).where(column(LinkDecisionRow, "node").in_(wanted))
    )
    return NodeUse(int(reader.execute(firms).scalar() or 0), int(reader.execute(decisions).scalar() or 0))


def _versions() -> Select[Any]:
    return select(*(column(ChainVersionRow, name) for name in ChainVersion.__dataclass_fields__))


def _version(values: Any) -> ChainVersion:
    chain, number, kind, *rest = values
    return ChainVersion(chain, number, VersionKind(kind), *rest)
