"""Finding firms by what a person types: parts of a name, pinyin, initials, codes.

Everything that is compared stands in one index (`ix_firm_search`), which SQLite reads instead of the table: a
province of 177,000 firms in some 30 ms. One or two letters are looked up in it as the beginning of initials.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlmodel import Session

from service.storage.frames import column
from service.storage.tables import FirmRow, FirmSourceRow, SourceRow

MAX_WORDS = 5
"""Words of a query that are looked at; all of them must be found."""

_PREFIX_LETTERS = 2
_GRADED = 3000
_CODE = re.compile(r"[0-9A-Z]{3,18}")
_AFTER_Z = "{"
_INITIALS, _PINYIN, _NAME, _SHORT, _STOCK, _ADCODE, _USCC, _ID = (
    column(FirmRow, name)
    for name in ("initials", "pinyin", "normal_name", "short_name", "stock_code", "adcode", "uscc", "id")
)


@dataclass(frozen=True, slots=True)
class FirmHit:
    """A firm that was found. `grade`: 0 the whole name or code, 1 its beginning, 2 or 3 a part."""

    key: str
    name: str
    short_name: str | None
    uscc: str | None
    stock_code: str | None
    adcode: str | None
    grade: int


def search_firms(
    session: Session, words: Sequence[str], *, nearest: Collection[str], limit: int
) -> list[FirmHit]:
    """Return firms in which every word is found, the best first, at most `limit`.

    A word of Latin letters and digits is looked for in pinyin, initials and codes; any other in the name and
    the short name. Whole names go before beginnings, these before parts; among equals the firms of the
    regions `nearest`, then listed ones, then shorter names.
    """
    wanted = [word for word in words if word][:MAX_WORDS]
    if not wanted or limit < 1:
        return []
    found = _first_look(session, wanted, nearest, limit) if len(wanted) == 1 else {}
    if len(found) < limit:
        every = and_(*map(_holds, wanted))
        rest = _ranked(session, every, _grade(wanted), nearest, limit)
        found |= {number: grade for number, grade in rest.items() if number not in found}
    return _read_hits(session, dict(list(found.items())[:limit]))


def _first_look(
    session: Session, words: Sequence[str], nearest: Collection[str], limit: int
) -> dict[int, int]:
    """Return what the beginning of an index answers: codes, and initials of one or two letters."""
    word = words[0]
    if not _is_sound(word):
        return {}
    if _CODE.fullmatch(word.upper()) and not word.isalpha():
        return _by_code(session, word.upper(), limit)
    if len(word) > _PREFIX_LETTERS:
        return {}
    low = word.lower()
    begins = and_(low <= _INITIALS, low + _AFTER_Z > _INITIALS)
    found = _ranked(session, begins, _grade(words), nearest, limit)
    return found if len(found) == limit else {}


def _by_code(session: Session, code: str, limit: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for stored in (_STOCK, _USCC):
        # A range: SQLite uses no index for LIKE, and no collation puts a code after all these Z.
        inside = and_(stored >= code, stored <= code + "Z" * 18)
        rows = session.execute(select(_ID, stored).where(inside).order_by(stored, _ID).limit(limit))
        found |= {int(number): 0 if whole == code else 1 for number, whole in rows}
    return dict(sorted(found.items(), key=lambda one: one[1]))


def _is_sound(word: str) -> bool:
    return word.isascii() and word.isalnum()


def _holds(word: str) -> ColumnElement[bool]:
    """The word is found somewhere."""
    if not _is_sound(word):
        return or_(*(_part(name, one) for one in _written(word) for name in (_NAME, _SHORT)))
    low = word.lower()
    if len(low) > _PREFIX_LETTERS:
        return _part(_INITIALS + literal(" ") + _PINYIN, low)
    found = _INITIALS.startswith(low), _part(_INITIALS, f" {low}")
    return or_(*found, _part(_PINYIN, low)) if len(low) > 1 else or_(*found)


def _written(word: str) -> list[str]:
    """Names keep the case they were written in: LG化学 is found by lg化学."""
    return list(dict.fromkeys((word, word.upper())))


def _part(text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return text.contains(word, autoescape=True)


def _grade(words: Sequence[str]) -> ColumnElement[int]:
    """How well the words are found: see `FirmHit`."""
    if len(words) > 1:
        # A literal number would be read as the number of a column to order by.
        return case((_ID.is_(None), 3), else_=2)
    word = words[0]
    if not _is_sound(word):
        pairs = [(name, one) for one in _written(word) for name in (_NAME, _SHORT)]
        whole = or_(*(name == one for name, one in pairs))
        begins = or_(*(name.startswith(one, autoescape=True) for name, one in pairs))
        return case((whole, 0), (begins, 1), else_=2)
    low = word.lower()
    spoken = literal(" ") + _INITIALS + literal(" ") + _PINYIN + literal(" ")
    return case(
        (_part(spoken, f" {low} "), 0),
        (_part(spoken, f" {low}"), 1),
        (_part(_PINYIN, low), 2),
        else_=3,
    )


def _ranked(
    session: Session,
    condition: ColumnElement[bool],
    grade: ColumnElement[int],
    nearest: Collection[str],
    limit: int,
) -> dict[int, int]:
    """Return number -> grade of the best firms, best first. It asks for what the index holds and no more."""
    # Coalesced, lest the planner look up the firms of these regions one by one.
    near = case((func.coalesce(_ADCODE, "").in_(sorted(nearest)), 0), else_=1).label("near")
    listed = case((_STOCK.is_(None), 1), else_=0).label("listed")
    # What is in most names is graded for the nearest and the listed alone: to grade all takes the longest.
    some = (
        select(_ID, grade.label("grade"), near, listed, func.length(_NAME).label("length"))
        .where(condition)
        .order_by(near, listed)
        .limit(_GRADED)
        .subquery()
    )
    best = some.c
    statement = (
        select(best.id, best.grade)
        .order_by(best.grade, best.near, best.listed, best.length, best.id)
        .limit(limit)
    )
    return {int(number): int(value) for number, value in session.execute(statement)}


def _read_hits(session: Session, grades: dict[int, int]) -> list[FirmHit]:
    names = ("id", "key", "name", "short_name", "uscc", "stock_code", "adcode")
    statement = select(*(column(FirmRow, name) for name in names)).where(_ID.in_(list(grades)))
    rows = {row.id: row for row in session.execute(statement)}
    return [
        FirmHit(row.key, row.name, row.short_name, row.uscc, row.stock_code, row.adcode, grades[number])
        for number in grades
        if (row := rows.get(number))
    ]


def count_by_source(session: Session, *, inside: Collection[str]) -> dict[str, int]:
    """Return source key -> how many firms in these regions it names."""
    statement = (
        select(column(SourceRow, "key"), func.count())
        .join(FirmSourceRow, column(FirmSourceRow, "source_id") == column(SourceRow, "id"))
        .join(FirmRow, column(FirmSourceRow, "firm_id") == _ID)
        .where(_ADCODE.in_(sorted(inside)))
        .group_by(column(SourceRow, "key"))
    )
    return {key: int(count) for key, count in session.execute(statement)}
