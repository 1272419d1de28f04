"""Branches among registered firms: who opened which, where and when, for the back-test of expansion."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from service.domain.branches import PARENT_NAME, BranchTable
from service.domain.coverage import BoolArray
from service.domain.regions import Geography, Level
from service.ingest.firm_values import normal_name
from service.pipeline.frozen import distances


def branch_table(firms: pl.DataFrame, geography: Geography, day: dt.date, end: dt.date) -> BranchTable:
    """Return the firms known on `day` that have a branch in another city by `end`, and where.

    `firms` has name, founded, adcode. A parent is the one firm of that full name; where two bear it, or its
    city is not known, its branches are left out.
    """
    cities = [region.adcode for region in geography.regions(Level.CITY)]
    place = {city: column for column, city in enumerate(cities)}
    located = _located(firms, geography)
    named = located.with_columns(pl.col("normal").str.extract(PARENT_NAME).alias("parent"))
    parents = (
        named.filter(pl.col("parent").is_null(), pl.col("founded") <= day)
        .filter(pl.len().over("normal") == 1)
        .select(pl.col("normal").alias("parent"), pl.col("city").alias("seat"))
    )
    pairs = (
        named.drop_nulls("parent")
        .filter(pl.col("founded") <= end)
        .join(parents, on="parent")
        .filter(pl.col("city") != pl.col("seat"))
        .group_by("parent", "seat", "city")
        .agg(pl.col("founded").min())
        .sort("parent", "city")
    )
    names = pairs["parent"].unique(maintain_order=True).to_list()
    row = {name: number for number, name in enumerate(names)}
    seats = dict(pairs.select("parent", "seat").unique().iter_rows())
    before: BoolArray = np.zeros((len(names), len(cities)), dtype=np.bool_)
    after = before.copy()
    for parent, _, city, founded in pairs.iter_rows():
        (before if founded <= day else after)[row[parent], place[city]] = True
    known = located.filter(pl.col("founded") <= day).group_by("city").len()
    counts = dict(known.iter_rows())
    return BranchTable(
        names=tuple(names),
        cities=tuple(cities),
        seat=np.array([place[seats[name]] for name in names], dtype=np.int64),
        before=before,
        after=after,
        firms=np.array([float(counts.get(city, 0)) for city in cities]),
        province=np.array([geography.at_level(city, Level.PROVINCE) or city for city in cities]),
        distance_km=distances(geography, cities),
    )


def _located(firms: pl.DataFrame, geography: Geography) -> pl.DataFrame:
    """(normal, founded, city) of the firms whose city and founding date are known."""
    codes = firms["adcode"].drop_nulls().unique().to_list()
    cities = pl.DataFrame(
        {"adcode": codes, "city": [geography.at_level(code, Level.CITY) for code in codes]},
        schema={"adcode": pl.String, "city": pl.String},
    ).drop_nulls()
    known = firms.select("name", "founded", "adcode").drop_nulls().join(cities, on="adcode")
    normal = pl.Series("normal", [normal_name(name) for name in known["name"]], dtype=pl.String)
    return known.with_columns(normal).select("normal", "founded", "city")
