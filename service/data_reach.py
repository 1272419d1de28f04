"""The day up to which the data reaches: from it "the last years" are counted, not from the clock."""

from __future__ import annotations

import datetime as dt
from threading import Lock
from weakref import WeakKeyDictionary

from service.pipeline.cover import reach_of_days
from service.storage.candidates import read_founding_days
from service.storage.engine import Session, database_of
from service.storage.sources import data_version, list_sources

_kept: WeakKeyDictionary[object, tuple[str, dt.date | None]] = WeakKeyDictionary()
_lock = Lock()


def data_reach(session: Session) -> dt.date | None:
    """Return the day up to which the firms' founding dates reach (`cover.data_reaches`).

    Where no founding date is known, the newest day that a source states; None where none states one. It is
    found once for each state of the data.
    """
    database, version = database_of(session), data_version(session)
    with _lock:
        known = _kept.get(database)
    if known is not None and known[0] == version:
        return known[1]
    found = _find(session)
    with _lock:
        _kept[database] = (version, found)
    return found


def _find(session: Session) -> dt.date | None:
    reach = reach_of_days(read_founding_days(session))
    if reach is not None:
        return reach
    return max((source.as_of for source in list_sources(session) if source.as_of), default=None)
