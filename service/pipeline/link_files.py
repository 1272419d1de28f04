"""Links as files: match a firm file without a database, read the result back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from service.errors import InvalidFirmFile
from service.ingest.firm_columns import guess_mapping
from service.ingest.firm_files import read_table
from service.ingest.firms import parse_firms
from service.knowledge import Knowledge
from service.pipeline.match import match_firms

_TEXTS = ("name", "scope", "products", "industry", "gbt4754_codes", "nodes")


def match_file(
    knowledge: Knowledge,
    path: Path,
    *,
    seed: pl.DataFrame | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> pl.DataFrame:
    """Return the links of the firms in a file: firm (key), node, confidence, confirmed, evidence.

    The firm's key is its uscc, or `n:` and its normalised name. Rows that an import would reject are left
    out here too. With the frame of the `seed` firms, what the seed asserts of a firm (the same stock code,
    credit code or name) is evidence as well, as it is in a database that holds both.
    Raises InvalidFirmFile, InvalidMapping.
    """
    table = read_table(path)
    parsed = parse_firms(
        table,
        guess_mapping(table.headers),
        geography=knowledge.geography,
        known_nodes={node.id for chain in knowledge.chains.values() for node in chain.nodes},
        locate=_nowhere,
    )
    firms = parsed.frame if seed is None else _with_assertions(parsed.frame, seed)
    texts = firms.select(pl.col("key").alias("firm"), *_TEXTS)
    return match_firms(texts, knowledge.terms, on_progress=on_progress)


def _with_assertions(firms: pl.DataFrame, seed: pl.DataFrame) -> pl.DataFrame:
    """Add the nodes that the seed asserts of a firm to those that its own file does."""
    found = []
    for by in ("stock_code", "uscc", "name"):
        told = seed.select(by, pl.col("nodes").alias("seed")).drop_nulls(by)
        found.append(firms.select("row", by).drop_nulls(by).join(told, on=by).select("row", "seed"))
    asserted = pl.concat(found).explode("seed").unique().group_by("row").agg(pl.col("seed").sort())
    both = pl.concat_list("nodes", pl.col("seed").fill_null([])).list.unique(maintain_order=True)
    joined = firms.join(asserted, on="row", how="left", maintain_order="left")
    return joined.with_columns(both.alias("nodes"))


def _nowhere(addresses: list[str | None], **_hints: object) -> list[str | None]:
    """Where a firm is does not matter to what it makes."""
    return [None] * len(addresses)


def write_links(links: pl.DataFrame, path: Path) -> None:
    """Write links as Parquet, or as CSV (evidence as text) where the name ends in .csv; whole or not at all.

    Raises InvalidFirmFile where the file cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".csv":
            plain = links.with_columns(
                pl.col("evidence")
                .list.eval(
                    pl.concat_str(
                        pl.element().struct.field("field"),
                        pl.element().struct.field("term"),
                        pl.element().struct.field("note"),
                        separator="|",
                        ignore_nulls=True,
                    )
                )
                .list.join("；")
            )
            plain.write_csv(part)
        else:
            links.write_parquet(part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidFirmFile(f"无法写入 {path}：{error.strerror or error}") from error


def read_confirmed(path: Path) -> list[tuple[str, str]]:
    """Return the (firm, node) pairs of a links file (Parquet or CSV) that are confirmed.

    Raises InvalidFirmFile where it is not a links file.
    """
    try:
        frame = pl.read_csv(path, infer_schema_length=0) if path.suffix == ".csv" else pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InvalidFirmFile(f"{path}：不能作为挂链文件读取（{str(error).splitlines()[0]}）") from error
    missing = [name for name in ("firm", "node", "confirmed") if name not in frame.columns]
    if missing:
        raise InvalidFirmFile(f"{path.name}：缺少列 {'、'.join(missing)}，应有 firm、node、confirmed")
    confirmed = pl.col("confirmed").cast(pl.String).str.to_lowercase().is_in(["true", "1"])
    return [
        (str(firm), str(node)) for firm, node in frame.filter(confirmed).select("firm", "node").iter_rows()
    ]
