"""Rows of a source become firms: which firm a row is, and which value wins."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace

import pytest
from sqlalchemy import Engine, select

from service.domain.firms import Firm
from service.storage.frames import column
from service.storage.tables import FirmSourceRow
from tests.stored import ids_by_name, row_counts, store, stored_firms, uscc

OLD, NEW = dt.date(2020, 1, 1), dt.date(2025, 1, 1)


def test_a_new_firm_is_stored_as_it_is(engine: Engine) -> None:
    firm = Firm(
        name="衢州甲电池有限公司",
        uscc=uscc(1),
        stock_code="300001",
        short_name="甲电池",
        adcode="330803",
        address="衢江区甲路1号",
        scope="锂电池制造",
        industry="电池制造",
        gbt4754_codes=("3841", "3985"),
        products=(("电芯", 0.6), ("电池包", None)),
        nodes=("lithium-battery/power-cell",),
        capital_cny=1e8,
        revenue_cny=2.5e8,
        employees=320,
        founded=dt.date(2015, 6, 1),
        entity_type="有限责任公司",
        standing=("listed", "专精特新"),
        lon=118.95,
        lat=28.98,
        website="www.example.com",
        as_of=NEW,
    )
    stored = store(engine, firm)
    assert (stored.accepted, stored.updated) == (1, 0)
    (row,) = stored_firms(engine)
    assert row.key == row.uscc == uscc(1)
    assert row.normal_name == "衢州甲电池有限公司"
    assert row.products == [{"name": "电芯", "share": 0.6}, {"name": "电池包", "share": None}]
    told = asdict(firm)
    for name in ("gbt4754_codes", "nodes", "standing"):
        assert tuple(getattr(row, name)) == told.pop(name)
    del told["products"]
    assert {name: getattr(row, name) for name in told} == told


def test_a_firm_without_uscc_is_known_by_its_normal_name(engine: Engine) -> None:
    store(engine, Firm(name="甲（衢州）有限公司"))
    assert store(engine, Firm(name="甲(衢州) 有限公司")).updated == 1
    assert [firm.key for firm in stored_firms(engine)] == ["n:甲(衢州)有限公司"]


def test_importing_again_doubles_nothing(engine: Engine) -> None:
    firms = [Firm(name="甲有限公司", uscc=uscc(1)), Firm(name="乙有限公司")]
    first = store(engine, *firms)
    counts, before = row_counts(engine), [row.model_dump() for row in stored_firms(engine)]
    again = store(engine, *firms)
    assert (first.accepted, first.updated) == (2, 0)
    assert (again.accepted, again.updated) == (0, 2)
    assert row_counts(engine) == counts
    assert [row.model_dump() for row in stored_firms(engine)] == before


def test_the_same_uscc_is_the_same_firm_whatever_its_name(engine: Engine) -> None:
    store(engine, Firm(name="旧名有限公司", uscc=uscc(1), as_of=OLD))
    assert store(engine, Firm(name="新名有限公司", uscc=uscc(1), as_of=NEW)).updated == 1
    (row,) = stored_firms(engine)
    assert (row.name, row.normal_name, row.key) == ("新名有限公司", "新名有限公司", uscc(1))


@pytest.mark.parametrize("coded_first", [True, False])
def test_the_same_name_with_and_without_uscc_is_one_firm_with_the_uscc(
    engine: Engine, coded_first: bool
) -> None:
    coded, plain = Firm(name="甲有限公司", uscc=uscc(1)), Firm(name="甲有限公司", scope="制造")
    for firm in (coded, plain) if coded_first else (plain, coded):
        store(engine, firm)
    (row,) = stored_firms(engine)
    assert (row.uscc, row.key, row.scope) == (uscc(1), uscc(1), "制造")


def test_the_same_name_with_two_codes_is_two_firms(engine: Engine) -> None:
    store(engine, Firm(name="甲有限公司", uscc=uscc(1)))
    assert store(engine, Firm(name="甲有限公司", uscc=uscc(2))).accepted == 1
    assert store(engine, Firm(name="甲有限公司")).updated == 1
    assert [row.uscc for row in stored_firms(engine)] == [uscc(1), uscc(2)]


def test_two_rows_of_one_name_never_take_the_same_firm(engine: Engine) -> None:
    store(engine, Firm(name="甲有限公司"))
    rows = [Firm(name="甲有限公司", uscc=uscc(1)), Firm(name="甲有限公司", uscc=uscc(2))]
    stored = store(engine, *rows)
    assert (stored.accepted, stored.updated) == (1, 1)
    assert sorted(str(row.uscc) for row in stored_firms(engine)) == sorted([uscc(1), uscc(2)])


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_newer_value_wins_and_the_older_fills_what_is_blank(engine: Engine, newest_first: bool) -> None:
    newer = Firm(name="甲有限公司", uscc=uscc(1), scope="新", employees=10, as_of=NEW, standing=("单项冠军",))
    older = Firm(
        name="甲厂",
        uscc=uscc(1),
        scope="旧",
        address="旧址",
        gbt4754_codes=("3841",),
        products=(("旧品", None),),
        nodes=("a/b",),
        standing=("listed",),
        as_of=OLD,
    )
    for firm in (newer, older) if newest_first else (older, newer):
        store(engine, firm)
    (row,) = stored_firms(engine)
    assert (row.name, row.scope, row.employees, row.as_of) == ("甲有限公司", "新", 10, NEW)
    assert (row.address, row.gbt4754_codes) == ("旧址", ["3841"])
    assert row.products == [{"name": "旧品", "share": None}]
    assert row.nodes == ["a/b"]
    assert set(row.standing) == {"listed", "单项冠军"}


@pytest.mark.parametrize("reverse", [False, True])
def test_assertions_and_standings_are_united(engine: Engine, reverse: bool) -> None:
    one = Firm(name="甲有限公司", nodes=("a/x", "a/y"), standing=("listed",), as_of=NEW)
    two = Firm(name="甲有限公司", nodes=("a/y", "a/z"), standing=("专精特新",), as_of=NEW)
    for firm in (two, one) if reverse else (one, two):
        store(engine, firm)
    (row,) = stored_firms(engine)
    assert sorted(row.nodes) == ["a/x", "a/y", "a/z"]
    assert sorted(row.standing) == ["listed", "专精特新"]


def test_a_row_without_a_date_fills_but_does_not_replace_a_dated_value(engine: Engine) -> None:
    store(engine, Firm(name="甲有限公司", scope="有日期", as_of=OLD))
    store(engine, Firm(name="甲有限公司", scope="无日期", address="址"))
    (row,) = stored_firms(engine)
    assert (row.scope, row.address, row.as_of) == ("有日期", "址", OLD)


def test_of_two_rows_of_one_date_the_later_import_wins(engine: Engine) -> None:
    firm = Firm(name="甲有限公司", scope="先", as_of=NEW)
    store(engine, firm)
    store(engine, replace(firm, scope="后"))
    assert stored_firms(engine)[0].scope == "后"


def test_each_source_notes_the_row_that_names_the_firm(engine: Engine) -> None:
    store(engine, Firm(name="甲有限公司"), Firm(name="乙有限公司"), source="one")
    store(engine, Firm(name="乙有限公司"), source="two")
    store(engine, Firm(name="乙有限公司"), Firm(name="甲有限公司"), source="one")
    ids = ids_by_name(engine)
    noted_columns = [column(FirmSourceRow, name) for name in ("firm_id", "source_id", "row")]
    with engine.connect() as connection:
        noted = {tuple(row) for row in connection.execute(select(*noted_columns))}
    assert noted == {(ids["甲有限公司"], 1, 2), (ids["乙有限公司"], 1, 1), (ids["乙有限公司"], 2, 1)}


def test_a_branch_carries_its_parents_name(engine: Engine) -> None:
    names = ("甲股份有限公司衢州分公司", "甲股份有限公司", "衢州分公司", "乙有限公司第一分厂")
    store(engine, *(Firm(name=name) for name in names))
    parents = {row.name: row.parent_name for row in stored_firms(engine)}
    assert parents == {
        "甲股份有限公司衢州分公司": "甲股份有限公司",
        "甲股份有限公司": None,
        "衢州分公司": None,
        "乙有限公司第一分厂": "乙有限公司",
    }


def test_no_rows_change_nothing(engine: Engine) -> None:
    stored = store(engine)
    assert (stored.accepted, stored.updated, stored.firms.height) == (0, 0, 0)


def test_more_firms_than_one_statement_takes(engine: Engine) -> None:
    firms = [Firm(name=f"第{number}号有限公司") for number in range(10_050)]
    assert store(engine, *firms).accepted == 10_050
    assert store(engine, *firms).updated == 10_050
    assert row_counts(engine)["firm"] == row_counts(engine)["firm_source"] == 10_050
