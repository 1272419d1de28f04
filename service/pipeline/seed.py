"""The seed firms that make the first start real: a selective source over the whole country."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import polars as pl
from sqlalchemy import Engine

from service.domain.firms import Firm
from service.ingest.firm_values import normal_name
from service.ingest.firms import FIRM_SCHEMA
from service.ingest.seed import load_seed
from service.knowledge import Knowledge
from service.pipeline.imports import WHOLE_COUNTRY, match_stored, refresh_coverage
from service.storage.engine import write_transaction
from service.storage.firms import upsert_firms
from service.storage.sources import Source, save_source


def import_seed(engine: Engine, knowledge: Knowledge) -> None:
    """Load the seed firms that ship with the service: a selective source over the whole country."""
    source = Source(
        key="seed",
        title="内置名录(知名企业,名录性质,不求完整)",
        covers=(WHOLE_COUNTRY,),
        licence="Apache-2.0(仅事实)",
        imported_at=dt.datetime.now(dt.UTC),
    )
    with write_transaction(engine) as connection:
        number = save_source(connection, source)
        stored = upsert_firms(connection, firms_frame(load_seed()), number)
        match_stored(connection, knowledge, stored.firms)
        refresh_coverage(connection, knowledge)


def firms_frame(firms: Iterable[Firm]) -> pl.DataFrame:
    """Return firms in the shape of a parsed firm file; a row's number is its place in the list."""
    rows = [_row(number, firm) for number, firm in enumerate(firms, start=1)]
    return pl.DataFrame(rows, schema=FIRM_SCHEMA, orient="row")


def _row(number: int, firm: Firm) -> dict[str, Any]:
    name = normal_name(firm.name)
    products = [{"name": product, "share": share} for product, share in firm.products]
    identity = {"row": number, "key": firm.uscc or f"n:{name}", "normal_name": name}
    return {**asdict(firm), **identity, "products": products}
