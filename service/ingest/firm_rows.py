"""Which rows of a firm file are firms: cleans the texts, and turns away what is no firm or is there twice."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from service.ingest.firm_columns import FIELDS, ColumnMapping
from service.ingest.firm_table import ROW_REJECTED, SHOWN_CHARACTERS, VALUE_DROPPED, RawTable
from service.ingest.firm_values import Parsed, check_name, normal_name, parse_unique, parse_uscc

LIST_FIELDS = ("gbt4754_codes", "products", "nodes", "standing")
_BLANKS = [*"-—/\\*无空", "--", "---", "——", "暂无", "未知", "不详", "未填", "未公开", "未披露"]
_BLANKS += ["null", "none", "nan", "n/a", "na", "#n/a", "#value!", "#ref!"]
_GONE = "注销|吊销|撤销|责令关闭"
_NOT_GONE = "未注销|未吊销|未撤销"


class Rejects:
    """Gathers what was not taken, with the header that the user knows each field by."""

    def __init__(self, headers: Mapping[str, str], first: pl.DataFrame) -> None:
        self._headers = headers
        self._frames = [first]

    def drop_values(self, frame: pl.DataFrame, field: str, complaints: pl.Series) -> None:
        """Note the values of `field` (columns `row`, `field`) that have a complaint: VALUE_DROPPED."""
        self._add(frame, field, complaints, VALUE_DROPPED)

    def turn_away(self, frame: pl.DataFrame, field: str, complaints: pl.Series) -> pl.DataFrame:
        """Note the rows that have a complaint as ROW_REJECTED; return the others."""
        self._add(frame, field, complaints, ROW_REJECTED)
        return frame.filter(complaints.is_null())

    def frame(self) -> pl.DataFrame:
        """Return all rejects by REJECTS_SCHEMA, by row."""
        return pl.concat(self._frames).sort("row", maintain_order=True)

    def _add(self, frame: pl.DataFrame, field: str, complaints: pl.Series, action: str) -> None:
        noted = frame.with_columns(complaints.alias("reason")).filter(pl.col("reason").is_not_null())
        self._frames.append(
            noted.select(
                pl.col("row").cast(pl.Int64),
                pl.lit(self._headers.get(field, FIELDS[field])).alias("column"),
                pl.col(field).fill_null("").str.slice(0, SHOWN_CHARACTERS).alias("value"),
                "reason",
                pl.lit(action).alias("action"),
            )
        )


def field_texts(table: RawTable, mapping: ColumnMapping) -> pl.DataFrame:
    """Return `row` and one String column for every field: cleaned, null where blank or not mapped.

    Control and invisible characters go, also the marks that stand for nothing (-, 无, 暂无, N/A ...).
    """
    texts = [
        _clean(pl.col(mapping.columns[field]), is_list=field in LIST_FIELDS).alias(field)
        if field in mapping.columns
        else pl.lit(None, pl.String).alias(field)
        for field in FIELDS
    ]
    return table.frame.select(texts).with_columns(table.rows.alias("row"))


def _clean(text: pl.Expr, *, is_list: bool) -> pl.Expr:
    if is_list:
        text = text.str.replace_all(r"[\r\n]+", ";")
    text = (
        text.str.replace_all(r"[\p{Cc}\p{Zl}\p{Zp}]+", " ").str.replace_all(r"\p{Cf}+", "").str.strip_chars()
    )
    blank = (text.str.len_bytes() == 0) | text.str.to_lowercase().is_in(_BLANKS)
    return pl.when(~blank).then(text)


def keep_firms(fields: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """Return the rows that are firms, each once, with `normal_name` and `key` added and `uscc` cleaned.

    Turned away: firms struck off the register, rows without a usable name, rows whose uscc is wrong, and
    every later row of a firm that stood before (nothing of it is merged into the first).
    """
    fields = rejects.turn_away(fields, "status", _struck_off(fields["status"]))
    names, complaints = parse_unique(fields["name"], _parse_name, pl.String)
    complaints = complaints.zip_with(fields["name"].is_not_null(), pl.Series(["企业名称为空"]))
    fields = rejects.turn_away(fields.with_columns(names.alias("normal_name")), "name", complaints)
    fields = _check_codes(fields, rejects)
    fields = rejects.turn_away(fields, "uscc", _repeated_codes(fields))
    fields = rejects.turn_away(fields, "name", _repeated_names(fields))
    return fields.with_columns(pl.coalesce("uscc", pl.concat_str(pl.lit("n:"), "normal_name")).alias("key"))


def _struck_off(status: pl.Series) -> pl.Series:
    gone = status.str.replace_all(_NOT_GONE, "").str.contains(_GONE).fill_null(False)
    reasons = "登记状态为 " + status + "，不是在营企业"
    return reasons.zip_with(gone, pl.Series([None], dtype=pl.String))


def _parse_name(text: str) -> Parsed:
    return normal_name(text), check_name(text)


def _check_codes(fields: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    codes, complaints = parse_unique(fields["uscc"], parse_uscc, pl.String)
    unlike = complaints.is_not_null() & codes.is_null()
    nothing = pl.Series([None], dtype=pl.String)
    rejects.drop_values(fields, "uscc", complaints.zip_with(unlike, nothing))
    checked = rejects.turn_away(fields, "uscc", complaints.zip_with(~unlike, nothing))
    wrong = complaints.is_not_null() & ~unlike
    return checked.with_columns(codes.filter(~wrong).alias("uscc"))


def _repeated_codes(fields: pl.DataFrame) -> pl.Series:
    first = pl.col("row").first().over("uscc")
    again = pl.col("uscc").is_not_null() & (pl.col("row") != first)
    reason = pl.concat_str(pl.lit("统一社会信用代码与第 "), first, pl.lit(" 行相同，只收前一行"))
    return fields.select(pl.when(again).then(reason).alias("reason"))["reason"]


def _repeated_names(fields: pl.DataFrame) -> pl.Series:
    """Return a reason for each later row of a name, where it or the earlier row lacks a uscc."""
    alike = (pl.len().over("normal_name") > 1) & pl.col("uscc").is_null().any().over("normal_name")
    kept: dict[str, list[tuple[int, bool]]] = {}
    reasons: dict[int, str] = {}
    for row, name, uscc in fields.filter(alike).select("row", "normal_name", "uscc").iter_rows():
        earlier = kept.setdefault(name, [])
        same = next((first for first, coded in earlier if uscc is None or not coded), None)
        if same is None:
            earlier.append((row, uscc is not None))
        else:
            reasons[row] = f"企业名称与第 {same} 行相同，只收前一行"
    found = {
        "row": pl.Series(reasons.keys(), dtype=pl.Int64),
        "reason": pl.Series(reasons.values(), dtype=pl.String),
    }
    return fields.select("row").join(pl.DataFrame(found), on="row", how="left", maintain_order="left")[
        "reason"
    ]
