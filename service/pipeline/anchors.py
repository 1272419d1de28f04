"""Which counted links are those of anchor firms (链主)."""

from __future__ import annotations

import polars as pl

from service.domain.anchors import anchor_reason
from service.domain.firms import Firm

_SIZE = ("stock_code", "standing", "employees", "revenue_cny")


def mark_anchors(counted: pl.DataFrame) -> pl.DataFrame:
    """Return the links with a column `anchor`: the firm can lead its node.

    `counted` has firm_id, stock_code, standing, employees and revenue_cny.
    """
    notable = counted.filter(
        pl.col("stock_code").is_not_null()
        | (pl.col("standing").list.len() > 0)
        | (pl.col("employees").is_not_null() & pl.col("revenue_cny").is_not_null())
    ).unique("firm_id")
    leading = [firm_id for firm_id, *size in notable.select("firm_id", *_SIZE).iter_rows() if _leads(*size)]
    return counted.with_columns(pl.col("firm_id").is_in(leading).alias("anchor"))


def _leads(
    stock_code: str | None, standing: list[str] | None, employees: int | None, revenue_cny: float | None
) -> bool:
    firm = Firm(
        name="",
        stock_code=stock_code,
        standing=tuple(standing or ()),
        employees=employees,
        revenue_cny=revenue_cny,
    )
    return anchor_reason(firm) is not None
