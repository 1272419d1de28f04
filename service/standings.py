"""The ranks of every chain over a comparison set: from the stored coverage, kept while the data stays."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from weakref import WeakKeyDictionary

from service.analysis import view_chain
from service.domain.regions import Level
from service.domain.standing import Standings, stand
from service.knowledge import Knowledge
from service.storage.engine import Session, database_of
from service.storage.sources import data_version

_KEPT = 8
_Key = tuple[str, str, tuple[str, ...]]
_kept: WeakKeyDictionary[object, OrderedDict[_Key, Mapping[str, Standings]]] = WeakKeyDictionary()
_lock = Lock()


def standings_of(
    session: Session, knowledge: Knowledge, level: Level, members: Sequence[str]
) -> Mapping[str, Standings]:
    """Return by chain how the regions of one comparison set stand, as the database is now.

    `members` are all regions of the set. They are ranked once for each state of the data.
    """
    database = database_of(session)
    key = (data_version(session), str(level), tuple(members))
    with _lock:
        known = _kept.setdefault(database, OrderedDict())
        if key in known:
            known.move_to_end(key)
            return known[key]
    built = {
        chain: stand(view_chain(session, knowledge, members[0], chain, level=level).coverage)
        for chain in knowledge.chains
    }
    with _lock:
        known[key] = built
        while len(known) > _KEPT:
            known.popitem(last=False)
    return built
