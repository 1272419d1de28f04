"""Links to coverage: how many effective firms each node has in each region, at every level."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable

import polars as pl

from service.domain.firms import ReviewState
from service.domain.landscape import RECENT_YEARS
from service.domain.regions import Geography, Level


def counted_links(linked: pl.DataFrame) -> pl.DataFrame:
    """Return the links that count, with `effective` in place of `confidence`.

    A link counts when a person accepted it (then as 1), or when it is confirmed and nobody rejected
    it (then with its confidence). Uncertain links wait for review and count nothing.
    """
    accepted = pl.col("state") == str(ReviewState.ACCEPTED)
    rejected = pl.col("state") == str(ReviewState.REJECTED)
    return linked.filter(
        accepted.fill_null(False) | (pl.col("confirmed") & ~rejected.fill_null(False))
    ).with_columns(
        pl.when(accepted.fill_null(False)).then(1.0).otherwise(pl.col("confidence")).alias("effective")
    )


_REACH_SHARE = 0.995
"""The data reaches up to the day by which this share of the dated firms was founded: a few firms of a newer
list must not make all others look old.
"""


def years_before(day: dt.date, years: int) -> dt.date:
    """Return the same day some years earlier; 29 February becomes the 28th."""
    year = day.year - years
    last = calendar.monthrange(year, day.month)[1]
    return day.replace(year=year, day=min(day.day, last))


def data_reaches(founded: pl.Series) -> dt.date | None:
    """Return the day up to which the firms reach, by their founding dates; None where none is known."""
    known = founded.drop_nulls().sort()
    return known[int((known.len() - 1) * _REACH_SHARE)] if known.len() else None


def reach_of_days(days: Iterable[tuple[dt.date, int]]) -> dt.date | None:
    """Return `data_reaches` of (founding day, firms founded on it) pairs."""
    frame = pl.DataFrame(list(days), schema={"founded": pl.Date, "firms": pl.UInt32}, orient="row")
    return data_reaches(frame.select(pl.col("founded").repeat_by("firms").explode())["founded"])


def coverage_cells(counted: pl.DataFrame, geography: Geography, reach: dt.date | None) -> pl.DataFrame:
    """Return (chain, level, adcode, node, effective, firms, anchors, dated, recent) summed over `counted`.

    `counted` has firm_id, node, effective, adcode, founded, anchor. A firm known only to its city counts for
    the city and the province and for no county. `recent` counts RECENT_YEARS back from `reach`, the day up
    to which the data reaches.
    """
    parts = []
    since = years_before(reach, RECENT_YEARS) if reach else dt.date.max
    founded = pl.col("founded")
    for level, places in _levels(counted["adcode"].drop_nulls().unique().to_list(), geography):
        parts.append(
            counted.join(places, on="adcode", how="inner")
            .group_by("region", "node")
            .agg(
                pl.col("effective").sum(),
                pl.len().cast(pl.Int64).alias("firms"),
                pl.col("anchor").sum().cast(pl.Int64).alias("anchors"),
                pl.col("effective").filter(founded.is_not_null()).sum().alias("dated"),
                pl.col("effective").filter(founded > since).sum().alias("recent"),
            )
            .select(
                pl.col("node").str.split("/").list.first().alias("chain"),
                pl.lit(str(level)).alias("level"),
                pl.col("region").alias("adcode"),
                "node",
                "effective",
                "firms",
                "anchors",
                "dated",
                "recent",
            )
        )
    return pl.concat(parts).sort("chain", "level", "adcode", "node")


def region_firms(firms_by_adcode: pl.DataFrame, counted: pl.DataFrame, geography: Geography) -> pl.DataFrame:
    """Return (level, adcode, firms, chain_firms): firms of any kind and firms of any chain."""
    of_chains = counted.select("firm_id", "adcode").unique().group_by("adcode").len("chain_firms")
    both = firms_by_adcode.join(of_chains, on="adcode", how="left").with_columns(
        pl.col("chain_firms").fill_null(0).cast(pl.Int64)
    )
    parts = [
        both.join(places, on="adcode", how="inner")
        .group_by("region")
        .agg(pl.col("firms").sum(), pl.col("chain_firms").sum())
        .select(pl.lit(str(level)).alias("level"), pl.col("region").alias("adcode"), "firms", "chain_firms")
        for level, places in _levels(both["adcode"].to_list(), geography)
    ]
    return pl.concat(parts).sort("level", "adcode")


def _levels(adcodes: list[str], geography: Geography) -> Iterable[tuple[Level, pl.DataFrame]]:
    for level in Level:
        regions = [geography.at_level(adcode, level) for adcode in adcodes]
        frame = pl.DataFrame(
            {"adcode": adcodes, "region": regions}, schema={"adcode": pl.String, "region": pl.String}
        )
        yield level, frame.drop_nulls("region")
