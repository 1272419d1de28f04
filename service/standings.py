"""The ranks of every chain over a comparison set: from the stored coverage, kept while the data stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.analysis import view_chain
from service.domain.regions import Level
from service.domain.standing import Standings, stand
from service.kept import Kept
from service.knowledge import Knowledge
from service.storage.engine import Session
from service.storage.sources import data_version

_kept: Kept[Mapping[str, Standings]] = Kept(8)


def standings_of(
    session: Session, knowledge: Knowledge, level: Level, members: Sequence[str]
) -> Mapping[str, Standings]:
    """Return by chain how the regions of one comparison set stand, as the database is now.

    `members` are all regions of the set. They are ranked once for each state of the data.
    """
    key = (data_version(session), str(level), tuple(members))
    return _kept.find(
        session,
        key,
        lambda: {
            chain: stand(view_chain(session, knowledge, members[0], chain, level=level).coverage)
            for chain in knowledge.chains
        },
    )
