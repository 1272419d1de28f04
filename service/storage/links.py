"""Links of firms to nodes, the decisions on them, and the coverage that follows from both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, Text, case, cast, delete, func, insert, select
from sqlmodel import Session

from service.domain.chains import Chain
from service.domain.firms import ReviewState
from service.storage.frames import chunks, column, insert_rows, read_frame
from service.storage.tables import CoverageRow, FirmRow, LinkDecisionRow, LinkRow, RegionFirmsRow

LINKED_FIRM: dict[str, Any] = {
    "firm_id": pl.Int64,
    "node": pl.String,
    "confidence": pl.Float64,
    "confirmed": pl.Boolean,
    "state": pl.String,
    "adcode": pl.String,
    "founded": pl.Date,
    "capital_cny": pl.Float64,
    "revenue_cny": pl.Float64,
    "employees": pl.Int64,
    "stock_code": pl.String,
    "standing": pl.List(pl.String),
}


def replace_links(connection: Connection, firm_ids: Iterable[int], links: pl.DataFrame) -> None:
    """Take away the matcher's links of these firms and store `links` (firm, node, confidence, ...).

    Decisions stay: they are kept apart and win over whatever the matcher finds next time.
    """
    for part in chunks(sorted(firm_ids)):
        connection.execute(delete(LinkRow).where(column(LinkRow, "firm_id").in_(part)))
    _store_links(connection, links)


def replace_chain_links(connection: Connection, chains: Iterable[str], links: pl.DataFrame) -> None:
    """Take away the matcher's links to the own nodes of these chains and store `links`; decisions stay."""
    for chain in sorted(chains):
        connection.execute(delete(LinkRow).where(column(LinkRow, "node").startswith(f"{chain}/")))
    _store_links(connection, links)


def _store_links(connection: Connection, links: pl.DataFrame) -> None:
    if links.height:
        named = links.select(
            pl.col("firm").alias("firm_id"),
            "node",
            pl.col("confidence").cast(pl.Float64).round(4),
            "confirmed",
            "evidence",
        )
        insert_rows(connection, LinkRow, named)
    keep_accepted(connection)


def keep_accepted(connection: Connection) -> None:
    """A link that a person accepted stays, also where the matcher no longer finds it."""
    decided = (column(LinkDecisionRow, "firm_id"), column(LinkDecisionRow, "node"))
    linked = (column(LinkRow, "firm_id") == decided[0]) & (column(LinkRow, "node") == decided[1])
    lost = select(*decided).where(
        column(LinkDecisionRow, "state") == str(ReviewState.ACCEPTED), ~select(LinkRow).where(linked).exists()
    )
    evidence = [{"field": "review", "term": "", "note": "人工确认"}]
    rows = [
        {"firm_id": firm, "node": node, "confidence": 0.0, "confirmed": False, "evidence": evidence}
        for firm, node in connection.execute(lost)
    ]
    if rows:
        connection.execute(insert(LinkRow), rows)


def read_linked_firms(connection: Connection) -> pl.DataFrame:
    """Return every link with its decision (`state`, null where none) and what sizes its firm."""
    return read_frame(connection, _linked_firms(column(FirmRow, "standing")), LINKED_FIRM)


def read_chain_links(session: Session, chain: Chain) -> pl.DataFrame:
    """Return the links to the nodes of one chain, borrowed nodes too, in the shape of `read_linked_firms`.

    `standing` is null where it is empty: so it is for most firms, and each list has to be parsed.
    """
    nodes = [node.id for node in chain.nodes]
    stored = column(FirmRow, "standing")
    statement = _linked_firms(case((cast(stored, Text) != "[]", stored))).where(
        column(LinkRow, "node").in_(nodes)
    )
    return read_frame(session.connection(), statement, LINKED_FIRM)


def _linked_firms(standing: Any) -> Select[Any]:
    return (
        select(
            *(column(LinkRow, name) for name in ("firm_id", "node", "confidence", "confirmed")),
            column(LinkDecisionRow, "state"),
            *(
                column(FirmRow, name)
                for name in (
                    "adcode",
                    "founded",
                    "capital_cny",
                    "revenue_cny",
                    "employees",
                    "stock_code",
                )
            ),
            standing,
        )
        .join(FirmRow, column(FirmRow, "id") == column(LinkRow, "firm_id"))
        .outerjoin(
            LinkDecisionRow,
            (column(LinkDecisionRow, "firm_id") == column(LinkRow, "firm_id"))
            & (column(LinkDecisionRow, "node") == column(LinkRow, "node")),
        )
    )


def count_firms_by_adcode(connection: Connection) -> pl.DataFrame:
    """Return (adcode, firms) over all located firms."""
    adcode = column(FirmRow, "adcode")
    statement = select(adcode, func.count()).where(adcode.is_not(None)).group_by(adcode)
    return read_frame(connection, statement, {"adcode": pl.String, "firms": pl.Int64})


def replace_coverage(connection: Connection, cells: pl.DataFrame, regions: pl.DataFrame) -> None:
    """Store the coverage cells and the firms known of each region in place of the old ones."""
    connection.execute(delete(CoverageRow))
    connection.execute(delete(RegionFirmsRow))
    insert_rows(connection, CoverageRow, cells)
    insert_rows(connection, RegionFirmsRow, regions)


def read_coverage(session: Session, chain: Chain, level: str) -> list[tuple[str, str, float, int, int]]:
    """Return (adcode, node, effective, firms, anchors) of one chain at one level, borrowed nodes too."""
    names = ("adcode", "node", "effective", "firms", "anchors")
    statement = select(*(column(CoverageRow, name) for name in names)).where(
        column(CoverageRow, "chain").in_(sorted(chain.homes)),
        column(CoverageRow, "level") == level,
        column(CoverageRow, "node").in_([node.id for node in chain.nodes]),
    )
    return [tuple(row) for row in session.execute(statement)]


def read_landscape_cells(session: Session, level: str) -> list[tuple[str, str, float, float, float]]:
    """Return (adcode, node, effective, dated, recent) of all chains at one level."""
    names = ("adcode", "node", "effective", "dated", "recent")
    statement = select(*(column(CoverageRow, name) for name in names)).where(
        column(CoverageRow, "level") == level
    )
    return [tuple(row) for row in session.execute(statement)]


def read_region_firms(session: Session, level: str) -> dict[str, tuple[int, int]]:
    """Return adcode -> (firms of any kind, firms of any chain) at one level."""
    statement = select(*(column(RegionFirmsRow, name) for name in ("adcode", "firms", "chain_firms"))).where(
        column(RegionFirmsRow, "level") == level
    )
    return {adcode: (firms, chain_firms) for adcode, firms, chain_firms in session.execute(statement)}
