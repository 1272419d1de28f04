"""Drive the matching kernel over many firms on one machine, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from service.domain.matching import TermTable, match_batch

LINKS: dict[str, Any] = {
    "node": pl.String,
    "confidence": pl.Float32,
    "confirmed": pl.Boolean,
    "evidence": pl.List(pl.Struct({"field": pl.String, "term": pl.String, "note": pl.String})),
}


def match_firms(
    frame: pl.DataFrame,
    terms: TermTable,
    *,
    batch_rows: int = 50_000,
    on_progress: Callable[[int], None] | None = None,
) -> pl.DataFrame:
    """Link firms to nodes; see `match_batch` for the columns in and out.

    Parameters
    ----------
    frame : one firm a row.
    batch_rows : firms per batch, at least 1: memory grows with it, the result does not depend on it.
    on_progress : called after each batch with the number of firms done so far.
    """
    parts = [pl.DataFrame(schema={"firm": frame.schema["firm"], **LINKS})]
    for start in range(0, frame.height, batch_rows):
        batch = frame.slice(start, batch_rows)
        parts.append(pl.DataFrame(pl.from_arrow(match_batch(batch.to_arrow(), terms))))
        if on_progress is not None:
            on_progress(start + batch.height)
    return pl.concat(parts)
