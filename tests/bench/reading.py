"""Reading firm files as text, against pandas on the same files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl

from service.ingest.firm_files import read_table
from tests.bench.figures import Figure

CSV_ROWS, XLSX_ROWS = 200_000, 20_000


def measure_reading(folder: Path) -> list[Figure]:
    """Read a CSV and an XLSX of eight columns."""
    csv, xlsx = folder / "firms.csv", folder / "firms.xlsx"
    _firms(CSV_ROWS).write_csv(csv)
    _firms(XLSX_ROWS).write_excel(xlsx)
    text = {"dtype": str, "keep_default_na": False}
    return [
        _compare(f"CSV of {CSV_ROWS:,} rows", csv, lambda: pd.read_csv(csv, **text)),  # type: ignore[call-overload]
        _compare(f"XLSX of {XLSX_ROWS:,} rows", xlsx, lambda: pd.read_excel(xlsx, **text)),  # type: ignore[call-overload]
    ]


def _firms(rows: int) -> pl.DataFrame:
    number = pl.int_range(rows).cast(pl.String)
    return pl.select(
        pl.format("某市第{}科技有限公司", number).alias("企业名称"),
        pl.format("9133{}", number.str.zfill(14)).alias("统一社会信用代码"),
        pl.lit("浙江").alias("省份"),
        pl.lit("衢州").alias("城市"),
        pl.format("浙江省衢州市柯城区某路{}号", number).alias("地址"),
        pl.lit("锂离子电池制造、销售；货物进出口（国家禁止的除外）；电子产品、五金制品销售。").alias(
            "经营范围"
        ),
        pl.format("{}万人民币", number).alias("注册资本"),
        pl.lit("2015-06-01").alias("成立日期"),
    )


def _compare(what: str, path: Path, pandas_way: Callable[[], object]) -> Figure:
    ours = _seconds(lambda: read_table(path))
    theirs = _seconds(pandas_way)
    return Figure(
        f"Reading a {what} as text", f"{ours:.2f} s; pandas {theirs:.2f} s ({theirs / ours:.1f} times)"
    )


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
