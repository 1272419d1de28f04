"""One import, from a file to coverage, as one transaction: all of it is stored, or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from service.domain.regions import Geography, Level
from service.errors import DataDirUnusable, InvalidQuery
from service.ingest.firm_columns import guess_mapping
from service.ingest.firm_files import read_table
from service.ingest.firms import ParsedFirms, parse_firms, write_rejects
from service.knowledge import Knowledge
from service.pipeline.anchors import mark_anchors
from service.pipeline.cover import counted_links, coverage_cells, reach_of_days, region_firms
from service.pipeline.match import match_firms
from service.storage.before import keep_before
from service.storage.candidates import read_founding_days
from service.storage.engine import Connection, Engine, write_transaction
from service.storage.firms import upsert_firms
from service.storage.frames import read_firms
from service.storage.links import (
    count_firms_by_adcode,
    read_linked_firms,
    replace_coverage,
    replace_links,
)
from service.storage.sources import Source, bump_data_version, save_import, save_source
from service.storage.undo import find_source, save_undo

Progress = Callable[[str, float], None]
WHOLE_COUNTRY = "100000"
SEED_SOURCE = "seed"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is to be read, and what it claims to be.

    `source`: key of the source, by default the file's stem. `complete_for`: adcodes for which the file
    names every firm; empty means a selective list. `covers`: adcodes that it could show; by default the
    provinces of `complete_for`, else the whole country. `mapping`: field -> column, over the guess.
    """

    source: str | None = None
    title: str | None = None
    complete_for: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    licence: str = ""
    as_of: dt.date | None = None
    datum: str = "wgs84"
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; rows = accepted + updated + rejected."""

    id: int
    source: str
    file_name: str
    rows: int
    accepted: int
    updated: int
    rejected: int
    rejects_file: str | None
    located: dict[str, int]
    links: int
    seconds: float
    finished_at: dt.datetime


def import_file(
    engine: Engine,
    knowledge: Knowledge,
    path: Path,
    options: ImportOptions,
    *,
    rejects_dir: Path,
    progress: Progress = lambda _stage, _share: None,
) -> ImportReport:
    """Read, check, store and match one firm file, and bring coverage up to date.

    Raises
    ------
    InvalidFirmFile, InvalidMapping : the file cannot be read as a table of firms.
    InvalidQuery, UnknownRegion : an adcode of `covers` or `complete_for` is not one, the date lies in the
        future, the source's key is that of the built-in list.
    DataDirUnusable : the database or the rejects file cannot be written.
    """
    started = time.perf_counter()
    source = _source(path.name, options, knowledge.geography)
    progress("读取文件", 0.0)
    table = read_table(path, sheet=options.sheet)
    mapping = guess_mapping(table.headers).mapping_with(dict(options.mapping))
    progress("校验与定位", 0.1)
    parsed = parse_firms(
        table,
        mapping,
        geography=knowledge.geography,
        datum=options.datum,
        known_nodes={node.id for chain in knowledge.chains.values() for node in chain.nodes},
    )
    digest = _sha256(path)
    rejects_path = _rejects_path(parsed, rejects_dir, source.key, digest)
    with _gone_on_failure(rejects_path), write_transaction(engine) as connection:
        progress("写入企业", 0.4)
        frame = parsed.frame.with_columns(pl.col("as_of").fill_null(pl.lit(source.as_of, pl.Date)))
        source_before = find_source(connection, source.key)
        keep_before(connection)
        number = save_source(connection, source)
        stored = upsert_firms(connection, frame, number)
        links = match_stored(connection, knowledge, stored.firms, progress)
        progress("汇总覆盖", 0.9)
        refresh_coverage(connection, knowledge)
        _write_rejects(parsed, rejects_path)
        values: dict[str, Any] = {
            "rows": parsed.rows,
            "accepted": stored.accepted,
            "updated": stored.updated,
            "rejected": parsed.rejected,
            "rejects_file": str(rejects_path) if rejects_path else None,
            "located": _located(frame, knowledge.geography),
            "links": links,
            "seconds": round(time.perf_counter() - started, 2),
        }
        values |= {"file_name": path.name, "finished_at": dt.datetime.now(dt.UTC)}
        import_id = save_import(connection, number, values | {"sha256": digest})
        save_undo(connection, import_id, stored, source_before)
    progress("完成", 1.0)
    return ImportReport(id=import_id, source=source.key, **values)


def rematch_all(
    engine: Engine, knowledge: Knowledge, *, progress: Progress = lambda _stage, _share: None
) -> int:
    """Match every stored firm again, as after a change of the chains; return the number of links."""
    with write_transaction(engine) as connection:
        firms = read_firms(connection)
        links = match_stored(connection, knowledge, firms, progress)
        refresh_coverage(connection, knowledge)
    progress("完成", 1.0)
    return links


def refresh_coverage(connection: Connection, knowledge: Knowledge) -> None:
    """Compute coverage anew from all links and decisions, and say that the data changed."""
    counted = mark_anchors(counted_links(read_linked_firms(connection)))
    known = {node.id for chain in knowledge.chains.values() for node in chain.nodes}
    counted = counted.filter(pl.col("node").is_in(list(known)))
    reach = reach_of_days(read_founding_days(connection))
    cells = coverage_cells(counted, knowledge.geography, reach)
    firms = region_firms(count_firms_by_adcode(connection), counted, knowledge.geography)
    replace_coverage(connection, cells, firms)
    bump_data_version(connection, knowledge.chains_hash)


def read_pairs(lines: Iterable[str]) -> dict[str, str]:
    """Return field -> column from "field=column" texts; InvalidQuery where one is not."""
    pairs = {}
    for line in lines:
        if not line.strip():
            continue
        field, equals, column = line.partition("=")
        if not equals or not field.strip() or not column.strip():
            raise InvalidQuery(f"列对应应写作 字段=列名，收到 {line!r}")
        pairs[field.strip()] = column.strip()
    return pairs


def match_stored(
    connection: Connection, knowledge: Knowledge, firms: pl.DataFrame, progress: Progress | None = None
) -> int:
    """Match these firms anew and store their links in place of the old ones; return how many there are."""
    texts = firms.select(
        pl.col("id").alias("firm"), "name", "scope", "products", "industry", "gbt4754_codes", "nodes"
    )
    total = max(1, texts.height)
    tell = (lambda done: progress("匹配环节", 0.5 + 0.35 * done / total)) if progress else None
    links = match_firms(texts, knowledge.terms, on_progress=tell)
    replace_links(connection, firms["id"].to_list(), links)
    return links.height


def _source(file_name: str, options: ImportOptions, geography: Geography) -> Source:
    complete = tuple(geography.find(text).adcode for text in options.complete_for)
    covers = tuple(
        WHOLE_COUNTRY if text in (WHOLE_COUNTRY, "全国") else geography.find(text).adcode
        for text in options.covers
    )
    if not covers:
        provinces = sorted({geography.at_level(code, Level.PROVINCE) or code for code in complete})
        covers = tuple(provinces) or (WHOLE_COUNTRY,)
    if options.as_of and options.as_of > dt.datetime.now(dt.UTC).date():
        raise InvalidQuery(f"数据日期 {options.as_of} 在将来")
    key = options.source or file_name.partition(".")[0] or file_name
    if key == SEED_SOURCE:
        raise InvalidQuery(f"来源编号 {SEED_SOURCE} 留给内置名录，请另取一个（--source）")
    return Source(
        key=key,
        title=options.title or key,
        covers=covers,
        complete_for=complete,
        licence=options.licence,
        as_of=options.as_of,
        imported_at=dt.datetime.now(dt.UTC),
    )


def _located(frame: pl.DataFrame, geography: Geography) -> dict[str, int]:
    """How many rows are known down to the province, the city, the county (each includes the finer)."""
    counts = frame.group_by("adcode").len().drop_nulls("adcode")
    located = {}
    for level in Level:
        held = [
            count for adcode, count in counts.iter_rows() if geography.at_level(adcode, level) is not None
        ]
        located[str(level)] = sum(held)
    return located


def _rejects_path(parsed: ParsedFirms, folder: Path, source: str, digest: str) -> Path | None:
    if not parsed.rejects.height:
        return None
    safe = "".join(char if char.isalnum() or char in "-_" else "_" for char in source)[:60]
    return folder / f"{safe}-{digest[:12]}-rejects.csv"


def _write_rejects(parsed: ParsedFirms, path: Path | None) -> None:
    if path is None:
        return
    try:
        write_rejects(parsed.rejects, path)
    except OSError as error:
        raise DataDirUnusable(path.parent, f"未收清单无法写入：{error.strerror}") from error


@contextmanager
def _gone_on_failure(path: Path | None) -> Iterator[None]:
    """Take a file away that a failed import wrote; one that an earlier import wrote stays."""
    earlier = path is None or path.exists()
    try:
        yield
    except BaseException:
        if path is not None and not earlier:
            with suppress(OSError):
                path.unlink()
        raise


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
