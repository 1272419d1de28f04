"""How many firms of a table write each term of the chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from service.domain.chains import Chain
from service.domain.matching_rules import normalise
from service.ingest.firm_columns import guess_mapping
from service.ingest.firm_files import read_table

_BATCH = 50_000
_TEXTS = ("name", "scope", "products", "industry")


def count_hits(path: Path, chains: Iterable[Chain]) -> tuple[dict[str, int], int]:
    """Return term -> firms of the file that write it (in name, scope, products or industry), and the number
    of firms. No rule of matching applies: it is plain containment after normalisation.

    Raises InvalidFirmFile, InvalidMapping.
    """
    table = read_table(path)
    mapping = guess_mapping(table.headers)
    mapping.require_name()
    columns = [mapping.columns[field] for field in _TEXTS if field in mapping.columns]
    shown = sorted({term for chain in chains for node in chain.own_nodes for term in node.terms})
    forms = pl.DataFrame({"term": shown}, schema={"term": pl.String}).with_columns(
        normalise(pl.col("term")).alias("form")
    )
    patterns = forms["form"].unique().sort().to_list()
    counted: Counter[str] = Counter()
    for start in range(0, table.frame.height, _BATCH):
        batch = table.frame.slice(start, _BATCH)
        text = pl.concat_str(columns, separator="\n", ignore_nulls=True)
        found = batch.select(normalise(text).str.extract_many(patterns, overlapping=True).list.unique())
        counts = found.to_series().explode().drop_nulls().value_counts()
        counted.update(dict(counts.iter_rows()))
    return {term: counted[form] for term, form in forms.iter_rows()}, table.frame.height
