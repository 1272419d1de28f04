"""Firms are found by parts of names, sounds and codes, on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from service.domain.firms import Firm
from service.storage.engine import open_engine, reading_session, write_transaction
from service.storage.search import count_by_source, search_firms
from service.storage.sounds import fill_sounds
from tests.stored import store, stored_firms, uscc

FIRMS = (
    Firm(name="浙江永和电池有限公司", uscc=uscc(1), adcode="330803"),
    Firm(
        name="永和铜箔股份有限公司", uscc=uscc(2), adcode="310101", stock_code="300100", short_name="永和铜箔"
    ),
    Firm(name="杭州大永和机械厂", uscc=uscc(3), adcode="330106"),
    Firm(name="衢州铜箔一百%有限公司", adcode="330802"),
    Firm(name="LG化学(南京)有限公司", adcode="320115"),
)
NEAR = ("330800", "330802", "330803")


def found(engine: Engine, *words: str, nearest: tuple[str, ...] = NEAR, limit: int = 10) -> list[str]:
    with reading_session(engine) as session:
        return [hit.name for hit in search_firms(session, words, nearest=nearest, limit=limit)]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        # The beginning before the part; 永和铜箔 is the whole short name.
        (("永和",), [FIRMS[1].name, FIRMS[0].name, FIRMS[2].name]),
        (("永和铜箔",), [FIRMS[1].name]),
        # The region's own firm goes before the listed one elsewhere.
        (("铜箔",), [FIRMS[3].name, FIRMS[1].name]),
        # The brand begins with the letters: equally good, so the near one first.
        (("yh",), [FIRMS[0].name, FIRMS[1].name]),
        (("YongHe",), [FIRMS[1].name, FIRMS[0].name, FIRMS[2].name]),
        (("yhtb",), [FIRMS[1].name]),
        (("zjyh",), [FIRMS[0].name]),
        (("lg化学",), [FIRMS[4].name]),
        (("lghx",), [FIRMS[4].name]),
        (("300100",), [FIRMS[1].name]),
        (("3001",), [FIRMS[1].name]),
        ((uscc(3),), [FIRMS[2].name]),
        ((uscc(3).lower(),), [FIRMS[2].name]),
        (("永和", "机械"), [FIRMS[2].name]),
        (("永和", "化工"), []),
        # What stands for any character elsewhere stands for itself.
        (("百%",), [FIRMS[3].name]),
        (("_",), []),
        (("%",), [FIRMS[3].name]),
        (("没有的",), []),
        ((), []),
        (("",), []),
    ],
)
def test_the_best_firm_comes_first(engine: Engine, words: tuple[str, ...], names: list[str]) -> None:
    store(engine, *FIRMS)
    assert found(engine, *words) == names


def test_a_search_gives_no_more_than_asked(engine: Engine) -> None:
    store(engine, *FIRMS)
    assert found(engine, "永和", limit=2) == [FIRMS[1].name, FIRMS[0].name]
    assert found(engine, "y", limit=1) == [FIRMS[0].name]
    assert found(engine, "永和", limit=0) == []


def test_without_a_region_the_listed_one_goes_first(engine: Engine) -> None:
    store(engine, *FIRMS)
    assert found(engine, "铜箔", nearest=()) == [FIRMS[1].name, FIRMS[3].name]


def test_a_new_name_is_found_by_its_sound_and_the_old_one_no_longer(engine: Engine) -> None:
    store(engine, Firm(name="衢州甲厂", uscc=uscc(1)))
    store(engine, Firm(name="衢州新名厂", uscc=uscc(1)))
    assert found(engine, "xinming") == ["衢州新名厂"]
    assert found(engine, "jiachang") == []


def test_firms_of_before_are_spelt_once(engine: Engine) -> None:
    store(engine, *FIRMS)
    wanted = [(firm.pinyin, firm.initials) for firm in stored_firms(engine)]
    with write_transaction(engine) as connection:
        connection.execute(text("UPDATE firm SET pinyin = '', initials = ''"))
        assert fill_sounds(connection) == len(FIRMS)
        assert fill_sounds(connection) == 0
    assert [(firm.pinyin, firm.initials) for firm in stored_firms(engine)] == wanted


@pytest.mark.parametrize(
    ("word", "plan"),
    [
        ("tongbo", "SCAN firm USING COVERING INDEX ix_firm_search"),
        ("铜箔", "SCAN firm USING COVERING INDEX ix_firm_search"),
        ("yh", "SEARCH firm USING COVERING INDEX ix_firm_search (initials>? AND initials<?)"),
    ],
)
def test_sqlite_reads_the_index_and_not_the_table(tmp_path: Path, word: str, plan: str) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'plan.db'}")
    store(engine, *FIRMS)
    asked: list[tuple[str, Any]] = []
    event.listen(
        engine, "before_cursor_execute", lambda _c, _u, said, values, *_: asked.append((said, values))
    )
    found(engine, word, limit=2)
    said, values = next((said, values) for said, values in asked if "near" in said)
    with engine.connect() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values).fetchall()
    assert plan in [step[3] for step in steps]
    engine.dispose()


def test_firms_of_a_region_are_counted_by_source(engine: Engine) -> None:
    store(engine, *FIRMS, source="one")
    store(engine, FIRMS[0], FIRMS[1], source="two")
    with reading_session(engine) as session:
        assert count_by_source(session, inside=NEAR) == {"one": 2, "two": 1}
        assert count_by_source(session, inside=()) == {}
