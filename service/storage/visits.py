"""The visit list (拜访清单): what is kept of each entry, and changing it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update
from sqlmodel import Session

from service.errors import UnknownVisit
from service.storage.frames import chunks, column
from service.storage.tables import FirmRow, VisitRow


class VisitState(StrEnum):
    """Where a visit stands."""

    WAITING = "waiting"
    VISITED = "visited"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class NewVisit:
    """An entry to be made; rank, among and score are None where the firm was no target."""

    firm_id: int
    firm_key: str
    firm_name: str
    firm_adcode: str | None
    rank: int | None
    among: int | None
    score: float | None


@dataclass(frozen=True, slots=True)
class StoredVisit:
    """An entry with the firm as it is now, None where it is no longer known."""

    row: VisitRow
    firm: FirmRow | None


def add_visits(
    connection: Connection,
    region: str,
    node: tuple[str, str],
    data_version: str,
    visits: Sequence[NewVisit],
) -> list[str]:
    """Add entries for a node (id, name); return the keys of the firms that were not on the list yet.

    A firm that is there stays as it is, whatever its key was when it was added.
    """
    here = _here(region, node[0])
    known = connection.execute(select(_of("firm_id"), _of("firm_key")).where(here)).all()
    ids, keys = {one for one, _ in known if one is not None}, {key for _, key in known}
    fresh = [one for one in visits if one.firm_id not in ids and one.firm_key not in keys]
    _find_again(connection, here, [one for one in visits if one.firm_id not in ids and one.firm_key in keys])
    now = dt.datetime.now(dt.UTC)
    rows = [
        {
            **{name: getattr(one, name) for name in NewVisit.__dataclass_fields__},
            "region": region,
            "node": node[0],
            "node_name": node[1],
            "data_version": data_version,
            "state": str(VisitState.WAITING),
            "note": "",
            "added_at": now,
            "changed_at": now,
        }
        for one in {one.firm_key: one for one in fresh}.values()
    ]
    if rows:
        connection.execute(insert(VisitRow), rows)
    return [str(row["firm_key"]) for row in rows]


def _find_again(connection: Connection, here: Any, visits: Sequence[NewVisit]) -> None:
    """A firm that was gone and came back with the same key is the firm of its entry again."""
    for one in visits:
        connection.execute(
            update(VisitRow)
            .where(here, _of("firm_key") == one.firm_key, _of("firm_id").is_(None))
            .values(firm_id=one.firm_id)
        )


def list_visits(
    session: Session,
    *,
    region: str | None = None,
    node: str | None = None,
    state: VisitState | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> tuple[int, list[StoredVisit]]:
    """Return how many entries fit, and a part of them in the order in which they were added."""
    wanted = [
        _of(name) == str(value)
        for name, value in (("region", region), ("node", node), ("state", state))
        if value is not None
    ]
    total = session.execute(select(func.count()).select_from(VisitRow).where(*wanted)).scalar() or 0
    statement = select(VisitRow).where(*wanted).order_by(_of("id")).limit(limit).offset(offset)
    return int(total), _with_firms(session, list(session.execute(statement).scalars()))


def visits_of_firm(session: Session, firm: FirmRow) -> list[StoredVisit]:
    """Return the entries of one firm in any region."""
    same_key = and_(_of("firm_id").is_(None), _of("firm_key") == firm.key)
    ours = or_(_of("firm_id") == firm.id, same_key)
    rows = session.execute(select(VisitRow).where(ours).order_by(_of("id"))).scalars()
    return [StoredVisit(row, firm) for row in rows]


def find_visit(session: Session, number: int) -> StoredVisit:
    """Return one entry; UnknownVisit where there is none with this number."""
    row = session.get(VisitRow, number)
    if row is None:
        raise UnknownVisit(_none(number))
    return _with_firms(session, [row])[0]


def listed_firms(session: Session, region: str, node: str) -> dict[str, int]:
    """Return the numbers of the entries of a node in a region, by the present keys of their firms."""
    _, visits = list_visits(session, region=region, node=node)
    return {one.firm.key if one.firm else one.row.firm_key: int(one.row.id or 0) for one in visits}


def change_visit(connection: Connection, number: int, changes: Mapping[str, str]) -> None:
    """Change `state` or `note` of an entry; UnknownVisit where there is none with this number."""
    values = {**changes, "changed_at": dt.datetime.now(dt.UTC)}
    done: Any = connection.execute(update(VisitRow).where(_of("id") == number).values(**values))
    if not done.rowcount:
        raise UnknownVisit(_none(number))


def remove_visit(connection: Connection, number: int) -> None:
    """Take an entry off the list; UnknownVisit where there is none with this number."""
    done: Any = connection.execute(delete(VisitRow).where(_of("id") == number))
    if not done.rowcount:
        raise UnknownVisit(_none(number))


def _none(number: int) -> str:
    return f"拜访清单中没有编号为 {number} 的一项"


def _of(name: str) -> Any:
    return column(VisitRow, name)


def _here(region: str, node: str) -> Any:
    return and_(_of("region") == region, _of("node") == node)


def _with_firms(session: Session, rows: Sequence[VisitRow]) -> list[StoredVisit]:
    by_id = _firms(session, "id", {row.firm_id for row in rows if row.firm_id is not None})
    lost = {row.firm_key for row in rows if row.firm_id is None}
    by_key = _firms(session, "key", lost)
    return [
        StoredVisit(row, by_key.get(row.firm_key) if row.firm_id is None else by_id.get(row.firm_id))
        for row in rows
    ]


def _firms(session: Session, name: str, values: Collection[Any]) -> dict[Any, FirmRow]:
    found: dict[Any, FirmRow] = {}
    for part in chunks(sorted(values)):
        firms = session.execute(select(FirmRow).where(column(FirmRow, name).in_(part))).scalars()
        found.update({getattr(firm, name): firm for firm in firms})
    return found
