"""Firm files -> a validated frame of firms, and a list of all that was not taken with the reason for each."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from service.domain.datum import Datum, to_wgs84
from service.domain.regions import Geography
from service.errors import InvalidQuery
from service.ingest.addresses import locate as locate_addresses
from service.ingest.firm_columns import ColumnMapping
from service.ingest.firm_money import WAN_YUAN, YUAN, parse_money
from service.ingest.firm_rows import LIST_FIELDS, Rejects, field_texts, keep_firms
from service.ingest.firm_table import ROW_REJECTED, RawTable
from service.ingest.firm_values import (
    Parsed,
    parse_adcode,
    parse_count,
    parse_date,
    parse_degrees,
    parse_gbt4754,
    parse_products,
    parse_stock_code,
    parse_unique,
    parse_website,
    parse_words,
)

Locate = Callable[..., list[str | None]]

FIRM_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int64,
    "key": pl.String,
    "normal_name": pl.String,
    "name": pl.String,
    "uscc": pl.String,
    "short_name": pl.String,
    "stock_code": pl.String,
    "adcode": pl.String,
    "address": pl.String,
    "scope": pl.String,
    "industry": pl.String,
    "gbt4754_codes": pl.List(pl.String),
    "products": pl.List(pl.Struct({"name": pl.String, "share": pl.Float64})),
    "nodes": pl.List(pl.String),
    "capital_cny": pl.Float64,
    "revenue_cny": pl.Float64,
    "employees": pl.Int64,
    "founded": pl.Date,
    "entity_type": pl.String,
    "standing": pl.List(pl.String),
    "lon": pl.Float64,
    "lat": pl.Float64,
    "website": pl.String,
    "as_of": pl.Date,
}
MAX_CAPITAL_CNY = 2e12
MAX_REVENUE_CNY = 1e13
"""More than any firm of China has: what lies above was read in the wrong unit."""

LISTED = "listed"
_LISTED_WORDS = {"上市", "上市公司", "上市企业", "已上市", "A股上市", "A股上市公司", "主板上市"}
_DATUMS = {"wgs84": Datum.WGS84, "gcj02": Datum.GCJ02, "bd09": Datum.BD09}
_LON_RANGE, _LAT_RANGE = (73.0, 136.0), (3.0, 54.0)
_FORMULA_START = r"^[=+\-@\t\r＝＋－＠]"


@dataclass(frozen=True)
class ParsedFirms:
    """What a firm file gave.

    `frame`: the firms by FIRM_SCHEMA, in file order. `rejects`: what was not taken, by REJECTS_SCHEMA.
    `rows`: how many rows the file has; `rejected`: how many of them are not in the frame.
    """

    frame: pl.DataFrame
    rejects: pl.DataFrame
    rows: int
    rejected: int


def parse_firms(
    table: RawTable,
    mapping: ColumnMapping,
    *,
    geography: Geography,
    datum: str = "wgs84",
    known_nodes: Collection[str] | None = None,
    today: dt.date | None = None,
    locate: Locate = locate_addresses,
) -> ParsedFirms:
    """Validate every row and every value of `table`.

    A row is rejected whole where it cannot be trusted to be a firm (see `firm_rows.keep_firms`); a value
    that cannot be read is dropped and the rest of its row kept. Bare numbers: capital counts 万元, as the
    register does, revenue counts 元, unless the header names a unit. A firm with a stock code has the
    standing "listed". A firm that cannot be located is kept, with adcode null.

    Parameters
    ----------
    geography : the regions an adcode may be.
    datum : of the coordinate columns: "wgs84", "gcj02" or "bd09"; converted to WGS-84.
    known_nodes : node ids that a nodes column may name; None accepts any.
    today : the day after which dates are dropped; the machine's by default.
    locate : finds adcodes of addresses, with the signature of `service.ingest.addresses.locate`.

    Raises
    ------
    InvalidMapping : no column holds the firm's name.
    InvalidQuery : unknown datum.
    """
    mapping.require_name()
    known_datum = _known_datum(datum)
    rejects = Rejects(mapping.columns, table.rejects)
    firms = keep_firms(field_texts(table, mapping), rejects)
    parsers = _parsers(mapping, today or dt.datetime.now(dt.UTC).date(), geography, known_nodes)
    values = [_values(firms, field, parse, rejects) for field, parse in parsers.items()]
    located = firms.with_columns(values).with_columns(_coordinates(firms, known_datum, rejects))
    located = _with_listed(located).with_columns(_adcodes(located, geography, locate))
    frame = located.select(_typed(name, dtype) for name, dtype in FIRM_SCHEMA.items())
    noted = rejects.frame()
    unread = table.rejects.filter(pl.col("action") == ROW_REJECTED).height
    rows = table.frame.height + unread
    return ParsedFirms(frame=frame, rejects=noted, rows=rows, rejected=rows - frame.height)


def _typed(name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """Cast to the schema; a list that the file does not give is empty, not null."""
    column = pl.col(name).cast(dtype)
    return column.fill_null(pl.lit([], dtype=dtype)) if name in LIST_FIELDS else column


def _known_datum(text: str) -> Datum:
    plain = text.lower().replace("-", "")
    if plain not in _DATUMS:
        raise InvalidQuery(f'没有坐标系 "{text}"；可用 {"、".join(_DATUMS)}')
    return _DATUMS[plain]


def _parsers(
    mapping: ColumnMapping, today: dt.date, geography: Geography, known_nodes: Collection[str] | None
) -> dict[str, Callable[[str], Parsed]]:
    capital, revenue = mapping.unit("capital_cny") or WAN_YUAN, mapping.unit("revenue_cny") or YUAN
    return {
        "stock_code": parse_stock_code,
        "adcode": partial(_parse_known_adcode, geography=geography),
        "gbt4754_codes": parse_gbt4754,
        "products": parse_products,
        "nodes": partial(_parse_nodes, known_nodes=known_nodes),
        "capital_cny": partial(parse_money, unit=capital, limit=MAX_CAPITAL_CNY),
        "revenue_cny": partial(parse_money, unit=revenue, limit=MAX_REVENUE_CNY),
        "employees": parse_count,
        "founded": partial(parse_date, today=today),
        "standing": _parse_standing,
        "website": parse_website,
        "as_of": partial(parse_date, today=today),
    }


def _values(firms: pl.DataFrame, field: str, parse: Callable[[str], Parsed], rejects: Rejects) -> pl.Series:
    values, complaints = parse_unique(firms[field], parse, FIRM_SCHEMA[field])
    rejects.drop_values(firms, field, complaints)
    return values.alias(field)


def _parse_known_adcode(text: str, geography: Geography) -> Parsed:
    code, complaint = parse_adcode(text)
    if code is not None and code not in geography:
        return None, f"没有行政区划代码 {code}，改按地址定位"
    return code, complaint


def _parse_nodes(text: str, known_nodes: Collection[str] | None) -> Parsed:
    words, _ = parse_words(text)
    if not isinstance(words, list) or known_nodes is None:
        return words, None
    unknown = [word for word in words if word not in known_nodes]
    complaint = f"没有环节 {'、'.join(unknown)}，应为 产业链/环节 形式的 id" if unknown else None
    return [word for word in words if word in known_nodes], complaint


def _parse_standing(text: str) -> Parsed:
    words, _ = parse_words(text)
    if not isinstance(words, list):
        return None, None
    return list(dict.fromkeys(LISTED if word in _LISTED_WORDS else word for word in words)), None


def _with_listed(firms: pl.DataFrame) -> pl.DataFrame:
    standing = pl.col("standing")
    listed = pl.concat_list(pl.lit(LISTED), standing.fill_null([])).list.unique(maintain_order=True)
    return firms.with_columns(
        pl.when(pl.col("stock_code").is_not_null()).then(listed).otherwise(standing).alias("standing")
    )


def _coordinates(firms: pl.DataFrame, datum: Datum, rejects: Rejects) -> list[pl.Series]:
    """Return lon and lat in WGS-84; both are null where one is missing or they lie outside China's box."""
    columns = {}
    for field in ("lon", "lat"):
        columns[field], complaints = parse_unique(firms[field], parse_degrees, pl.Float64)
        rejects.drop_values(firms, field, complaints)
    lon, lat = to_wgs84(
        columns["lon"].fill_null(float("nan")).to_numpy(),
        columns["lat"].fill_null(float("nan")).to_numpy(),
        datum,
    )
    points = pl.DataFrame({"lon": lon, "lat": lat}).fill_nan(None)
    inside = pl.col("lon").is_between(*_LON_RANGE) & pl.col("lat").is_between(*_LAT_RANGE)
    swapped = pl.col("lat").is_between(*_LON_RANGE) & pl.col("lon").is_between(*_LAT_RANGE)
    reason = (
        pl.when(inside)
        .then(None)
        .when(swapped)
        .then(pl.lit("经度与纬度可能写反了：经度应在 73-136，纬度应在 3-54"))
        .when(pl.col("lon").is_not_null() & pl.col("lat").is_not_null())
        .then(pl.lit("坐标在中国范围之外：经度应在 73-136，纬度应在 3-54"))
        .when(pl.col("lon").is_not_null() | pl.col("lat").is_not_null())
        .then(pl.lit("经度与纬度缺一，两个都未收"))
    )
    both = firms.with_columns(pl.concat_str("lon", "lat", separator=", ", ignore_nulls=True).alias("lon"))
    rejects.drop_values(both, "lon", points.select(reason.alias("reason"))["reason"])
    return points.select(
        pl.when(inside).then("lon").alias("lon"), pl.when(inside).then("lat").alias("lat")
    ).get_columns()


def _adcodes(firms: pl.DataFrame, geography: Geography, locate: Locate) -> pl.Series:
    """Return the adcode of the file where it gives one, else what its address, city or name tells."""
    unknown = firms.filter(pl.col("adcode").is_null())
    if not unknown.height:
        return firms["adcode"]
    county = pl.col("county")
    whole = pl.concat_str("province", "city", "county", "address", ignore_nulls=True)
    told = county.is_null() | pl.col("address").str.contains(county, literal=True).fill_null(False)
    addresses = unknown.select(pl.when(told).then("address").otherwise(whole).alias("address"))["address"]
    found = locate(
        addresses.to_list(),
        provinces=unknown["province"].to_list(),
        cities=unknown["city"].to_list(),
        names=unknown["name"].to_list(),
        geography=geography,
    )
    located = pl.DataFrame({"row": unknown["row"], "found": pl.Series(found, dtype=pl.String)})
    joined = firms.select("row", "adcode").join(located, on="row", how="left", maintain_order="left")
    return joined.select(pl.coalesce("adcode", "found").alias("adcode"))["adcode"]


def write_rejects(rejects: pl.DataFrame, path: Path) -> None:
    """Write rejects as a CSV file that a spreadsheet opens safely; the file is there whole or not at all.

    UTF-8 with BOM. A text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    headers = {"row": "行号", "column": "列", "value": "值", "reason": "原因", "action": "处理"}
    safe = pl.col(pl.String).str.replace(_FORMULA_START, "'$0")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            rejects.with_columns(safe).rename(headers, strict=False).write_csv(file, include_bom=True)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
