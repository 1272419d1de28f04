"""The seed firms that make the first start real: a selective source over the whole country."""

from __future__ import annotations

import datetime as dt

from service.ingest.seed import load_seed_frame
from service.knowledge import Knowledge
from service.pipeline.imports import SEED_SOURCE, WHOLE_COUNTRY, match_stored, refresh_coverage
from service.storage.engine import Engine, write_transaction
from service.storage.firms import upsert_firms
from service.storage.sources import Source, save_source


def import_seed(engine: Engine, knowledge: Knowledge) -> None:
    """Load the seed firms that ship with the service: a selective source over the whole country."""
    source = Source(
        key=SEED_SOURCE,
        title="内置名录（知名企业，选择性名录）",
        covers=(WHOLE_COUNTRY,),
        licence="Apache-2.0（仅事实）",
        imported_at=dt.datetime.now(dt.UTC),
    )
    with write_transaction(engine) as connection:
        number = save_source(connection, source)
        stored = upsert_firms(connection, load_seed_frame(), number)
        match_stored(connection, knowledge, stored.firms)
        refresh_coverage(connection, knowledge)
