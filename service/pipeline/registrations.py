"""Business registrations of past years -> linked firms with founding dates: what a back-test is made of."""

from __future__ import annotations

import csv
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from service.asking import Words
from service.domain.regions import Geography, Level
from service.errors import InvalidFirmFile
from service.ingest.firm_columns import guess_mapping
from service.ingest.firm_files import read_table
from service.ingest.firms import parse_firms
from service.knowledge import Knowledge, load_knowledge
from service.pipeline.cover import counted_links
from service.pipeline.match import match_firms

YEARS_FILE = "coverage_province_year.csv"
_TABLES = (".parquet", ".csv", ".csv.gz", ".xlsx", ".xls", ".ods")
_WORKERS = 4
_SCANT_SHARE = 0.1
"""A province-year with fewer firms than this share of the province's median year counts as missing."""

FIRMS = {
    "firm": pl.String,
    "name": pl.String,
    "founded": pl.Date,
    "adcode": pl.String,
    "capital_cny": pl.Float64,
}
LINKS = {"firm": pl.String, "node": pl.String, "effective": pl.Float64}


@dataclass(frozen=True)
class Registrations:
    """What registration files say.

    `firms` by FIRMS, one row a firm. `links` by LINKS: the counted links of those firms. `years` holds the
    (province adcode, year) that the files cover; None stands for a firm without place or date, never here.
    """

    firms: pl.DataFrame
    links: pl.DataFrame
    years: frozenset[tuple[str, int]]


def read_registrations(
    folders: Sequence[Path],
    knowledge: Knowledge,
    *,
    words: Words = Words.SCOPE,
    chains_dir: Path | None = None,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Registrations:
    """Read every table of firms in the folders, link the firms, and note which province-years are there.

    A firm that stands twice counts once (the first time). Where a folder has `coverage_province_year.csv`
    (province, year, status) only its years with the status `present` count; elsewhere a year counts when it
    has at least a tenth as many firms as the province's median year.

    Raises
    ------
    InvalidFirmFile : a folder is missing or holds no table of firms, a file cannot be read.
    """
    files = [path for folder in folders for path in _tables(folder)]
    firms, links = [], []
    workers = max(1, min(len(files), os.cpu_count() or 1, _WORKERS))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_prepare, initargs=(chains_dir,)
    ) as pool:
        for done, (found, linked) in enumerate(pool.map(_read_one, files, [words] * len(files)), start=1):
            progress(f"读取并挂链 {files[done - 1].name}", done / len(files))
            firms.append(found)
            links.append(linked)
    unique = pl.concat(firms).unique("firm", keep="first", maintain_order=True)
    linked = pl.concat(links).unique(["firm", "node"], keep="first", maintain_order=True)
    return Registrations(unique, linked, _years(folders, unique, knowledge.geography))


def _tables(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InvalidFirmFile(f"{folder}：没有这个文件夹，应为存放企业登记表（Parquet、CSV 或 XLSX）的文件夹")
    found = sorted(
        path for path in folder.iterdir() if path.name.endswith(_TABLES) and path.name != YEARS_FILE
    )
    if not found:
        raise InvalidFirmFile(f"{folder}：没有企业登记表，应有 {'、'.join(_TABLES)} 文件")
    return found


_in_worker: list[Knowledge] = []


def _prepare(chains_dir: Path | None) -> None:
    """Load in each worker what matching needs, once."""
    _in_worker[:] = [load_knowledge(chains_dir)]


def _read_one(path: Path, words: Words) -> tuple[pl.DataFrame, pl.DataFrame]:
    (known,) = _in_worker
    table = read_table(path)
    parsed = parse_firms(table, guess_mapping(table.headers), geography=known.geography).frame
    texts = ["name"] if words is Words.NAME else ["name", "scope", "products", "industry", "gbt4754_codes"]
    keyed = parsed.select(pl.col("key").alias("firm"), *texts)
    links = match_firms(keyed, known.terms).with_columns(pl.lit(None, pl.String).alias("state"))
    firms = parsed.rename({"key": "firm"}).select(pl.col(name).cast(kind) for name, kind in FIRMS.items())
    counted = counted_links(links).select(pl.col(name).cast(kind) for name, kind in LINKS.items())
    return firms, counted


def _years(folders: Sequence[Path], firms: pl.DataFrame, geography: Geography) -> frozenset[tuple[str, int]]:
    stated = [folder / YEARS_FILE for folder in folders if (folder / YEARS_FILE).is_file()]
    counted = _counted_years(firms, geography)
    if not stated:
        return counted
    told = {pair for path in stated for pair in _stated_years(path, geography)}
    # A file may state years of provinces whose table is not in the folder.
    return frozenset(told & _any_years(firms, geography))


def _stated_years(path: Path, geography: Geography) -> list[tuple[str, int]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"province", "year", "status"} <= rows[0].keys():
        raise InvalidFirmFile(f"{path}：应有列 province、year、status，实有 {'、'.join(rows[0])}")
    found = []
    for number, row in enumerate(rows, start=2):
        if row["status"] == "present":
            if not row["year"].isdecimal():
                raise InvalidFirmFile(f"{path} 第 {number} 行：year 应为四位年份，写的是 {row['year']!r}")
            found.append((geography.find(row["province"]).adcode, int(row["year"])))
    return found


def _province_years(firms: pl.DataFrame, geography: Geography) -> pl.DataFrame:
    known = firms.drop_nulls(["adcode", "founded"])
    provinces = _provinces(known["adcode"].unique().to_list(), geography)
    return (
        known.select(
            pl.col("adcode").replace_strict(provinces, return_dtype=pl.String).alias("province"),
            pl.col("founded").dt.year().alias("year"),
        )
        .group_by("province", "year")
        .len()
    )


def _provinces(adcodes: Sequence[str], geography: Geography) -> Mapping[str, str | None]:
    return {adcode: geography.at_level(adcode, Level.PROVINCE) for adcode in adcodes}


def _any_years(firms: pl.DataFrame, geography: Geography) -> set[tuple[str, int]]:
    return set(_province_years(firms, geography).select("province", "year").iter_rows())


def _counted_years(firms: pl.DataFrame, geography: Geography) -> frozenset[tuple[str, int]]:
    counts = _province_years(firms, geography)
    enough = counts.filter(pl.col("len") >= _SCANT_SHARE * pl.col("len").median().over("province"))
    return frozenset(enough.select("province", "year").iter_rows())
