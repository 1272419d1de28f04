"""The landscape of a comparison set: built from the stored coverage, kept while the data stays the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.data_reach import data_reach
from service.domain.landscape import Landscape
from service.domain.regions import Level
from service.kept import Kept
from service.knowledge import Knowledge
from service.pipeline.frozen import DATED_SHARE, distances, own_leaves
from service.storage.engine import Session
from service.storage.links import read_landscape_cells
from service.storage.sources import data_version

_kept: Kept[Landscape] = Kept(8)


def landscape_of(session: Session, knowledge: Knowledge, level: Level, regions: Sequence[str]) -> Landscape:
    """Return all leaves of all chains over `regions`, as the database stands now.

    It is built once for each state of the data: a first question after an import takes a little longer.
    """
    key = (data_version(session), str(level), tuple(regions))
    return _kept.find(session, key, lambda: _build(session, knowledge, level, regions))


def _build(session: Session, knowledge: Knowledge, level: Level, regions: Sequence[str]) -> Landscape:
    leaves = own_leaves(knowledge.chains)
    rows = {region: row for row, region in enumerate(regions)}
    columns = {leaf: column for column, (leaf, _) in enumerate(leaves)}
    effective = np.zeros((len(rows), len(columns)))
    recent, dated = np.zeros_like(effective), 0.0
    for adcode, node, firms, with_date, new in read_landscape_cells(session, level):
        if adcode in rows and node in columns:
            effective[rows[adcode], columns[node]] = firms
            recent[rows[adcode], columns[node]] = new
            dated += with_date
    return Landscape(
        regions=tuple(regions),
        nodes=tuple(leaf for leaf, _ in leaves),
        branches=tuple(branch for _, branch in leaves),
        effective=effective,
        recent=recent,
        distance_km=lambda some: distances(knowledge.geography, regions, some),
        dated=bool(dated >= DATED_SHARE * effective.sum() > 0),
        until=data_reach(session),
    )
