"""Storing firms by hand, and looking at what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, func, select
from sqlmodel import SQLModel

from service.domain.firms import Firm
from service.ingest.firm_values import normal_name
from service.ingest.firms import FIRM_SCHEMA
from service.pipeline.match import LINKS
from service.storage.engine import reading_session, write_transaction
from service.storage.firms import Upserted, upsert_firms
from service.storage.frames import column
from service.storage.sources import Source, save_source
from service.storage.tables import FirmRow

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(number: int) -> str:
    """Return a made-up code with a right check character (GB 32100-2015)."""
    body = f"91330800MA{number:07d}"
    total = sum(_USCC_ALPHABET.index(char) * 3**place for place, char in enumerate(body))
    return body + _USCC_ALPHABET[-total % 31]


def firms_frame(firms: Iterable[Firm]) -> pl.DataFrame:
    """Return firms in the shape of a parsed file; a row's number is its place in the list."""
    rows = []
    for number, firm in enumerate(firms, start=1):
        name = normal_name(firm.name)
        products = [{"name": product, "share": share} for product, share in firm.products]
        key = firm.uscc or f"n:{name}"
        rows.append({**asdict(firm), "products": products, "row": number, "key": key, "normal_name": name})
    return pl.DataFrame(rows, schema=FIRM_SCHEMA, orient="row")


def store(engine: Engine, *firms: Firm, source: str = "list") -> Upserted:
    """Store firms as rows of one source."""
    with write_transaction(engine) as connection:
        number = save_source(connection, Source(source, source, ("100000",)))
        return upsert_firms(connection, firms_frame(firms), number)


def stored_firms(engine: Engine) -> list[FirmRow]:
    """Return every stored firm, by number."""
    with reading_session(engine) as session:
        return list(session.execute(select(FirmRow).order_by(column(FirmRow, "id"))).scalars())


def ids_by_name(engine: Engine) -> dict[str, int]:
    """Return the number of each stored firm by its name."""
    return {firm.name: firm.id for firm in stored_firms(engine)}


def row_counts(engine: Engine) -> dict[str, int]:
    """Return the number of rows of every table."""
    with engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in SQLModel.metadata.tables.items()
        }


def links_frame(links: Iterable[tuple[int, str, float]]) -> pl.DataFrame:
    """Return (firm, node, confidence) as the matcher's frame; confirmed from 0.5 on."""
    evidence = [{"field": "scope", "term": "词", "note": None}]
    rows = [(firm, node, confidence, confidence >= 0.5, evidence) for firm, node, confidence in links]
    return pl.DataFrame(rows, schema={"firm": pl.Int64, **LINKS}, orient="row")


def write_csv(path: Path, columns: Mapping[str, Sequence[object]], *, encoding: str = "utf-8") -> Path:
    """Write columns as a CSV file in the encoding."""
    frame = pl.DataFrame({name: [str(value) for value in values] for name, values in columns.items()})
    path.write_bytes(frame.write_csv().encode(encoding))
    return path
