"""How the names of stored firms sound, for those that were stored before it was noted."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, bindparam, column, func, select, table, update

from service.ingest.readings import spell_firms

_AT_ONCE = 20_000
_NAMES = {"id": pl.Int64, "normal_name": pl.String, "short_name": pl.String}
# The columns alone: a migration runs while the table of firms is not yet that of this version.
_FIRM = table("firm", *(column(name) for name in (*_NAMES, "pinyin", "initials")))


def fill_sounds(connection: Connection) -> int:
    """Spell every firm that has no initials yet; return how many were looked at.

    A name of signs alone has none and is looked at again the next time.
    """
    last, done = connection.execute(select(func.min(_FIRM.c.id))).scalar(), 0
    if last is None:
        return 0
    statement = (
        update(_FIRM)
        .where(_FIRM.c.id == bindparam("firm"))
        .values(pinyin=bindparam("said"), initials=bindparam("short"))
    )
    last -= 1
    while True:
        wanted = select(*(_FIRM.c[name] for name in _NAMES)).where(_FIRM.c.initials == "", _FIRM.c.id > last)
        rows = [tuple(row) for row in connection.execute(wanted.order_by(_FIRM.c.id).limit(_AT_ONCE))]
        if not rows:
            return done
        spelt = spell_firms(pl.DataFrame(rows, schema=_NAMES, orient="row"))
        named = spelt.select(firm="id", said="pinyin", short="initials")
        connection.execute(statement, named.to_dicts())
        last, done = rows[-1][0], done + len(rows)
