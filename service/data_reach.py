"""The day up to which the data reaches: from it "the last years" are counted, not from the clock."""

from __future__ import annotations

import datetime as dt

from service.kept import Kept
from service.pipeline.cover import reach_of_days
from service.storage.candidates import read_founding_days
from service.storage.engine import Session
from service.storage.sources import data_version, list_sources

_kept: Kept[dt.date | None] = Kept(1)


def data_reach(session: Session) -> dt.date | None:
    """Return the day up to which the firms' founding dates reach (`cover.data_reaches`).

    Where no founding date is known, the newest day that a source states; None where none states one. It is
    found once for each state of the data.
    """
    return _kept.find(session, data_version(session), lambda: _find(session))


def _find(session: Session) -> dt.date | None:
    reach = reach_of_days(read_founding_days(session))
    if reach is not None:
        return reach
    return max((source.as_of for source in list_sources(session) if source.as_of), default=None)
