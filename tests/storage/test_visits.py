"""The visit list in the database: adding again, firms that go and come back, changing, taking off."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, delete

from service.domain.firms import Firm
from service.errors import UnknownVisit
from service.storage.engine import reading_session, write_transaction
from service.storage.frames import column
from service.storage.tables import FirmRow
from service.storage.visits import (
    NewVisit,
    VisitState,
    add_visits,
    change_visit,
    find_visit,
    list_visits,
    listed_firms,
    remove_visit,
)
from tests.stored import ids_by_name, store, uscc

NODE = ("lithium-battery/lfp", "磷酸铁锂")


def entry(engine: Engine, name: str, key: str | None = None, rank: int | None = 1) -> NewVisit:
    return NewVisit(ids_by_name(engine)[name], key or f"n:{name}", name, "310100", rank, 9, 51.5)


def add(engine: Engine, *visits: NewVisit, region: str = "330800") -> list[str]:
    with write_transaction(engine) as connection:
        return add_visits(connection, region, NODE, "3-abc", visits)


def test_adding_twice_is_adding_once(engine: Engine) -> None:
    store(engine, Firm("甲公司"), Firm("乙公司"))
    one, two = entry(engine, "甲公司"), entry(engine, "乙公司", rank=2)
    assert add(engine, one) == ["n:甲公司"]
    assert add(engine, one, two, two) == ["n:乙公司"]
    assert add(engine, one, region="330100") == ["n:甲公司"]
    with reading_session(engine) as session:
        total, found = list_visits(session, region="330800")
        assert total == 2
        assert [(v.row.firm_name, v.row.rank, v.row.state) for v in found] == [
            ("甲公司", 1, "waiting"),
            ("乙公司", 2, "waiting"),
        ]
        assert list_visits(session)[0] == 3
        assert len(list_visits(session, limit=1, offset=1)[1]) == 1


def test_an_entry_outlives_its_firm_and_finds_it_again(engine: Engine) -> None:
    store(engine, Firm("甲公司"))
    add(engine, entry(engine, "甲公司"))
    with write_transaction(engine) as connection:
        connection.execute(delete(FirmRow).where(column(FirmRow, "name") == "甲公司"))
    with reading_session(engine) as session:
        (left,) = list_visits(session)[1]
        assert (left.firm, left.row.firm_name, left.row.score) == (None, "甲公司", 51.5)
    store(engine, Firm("甲公司"), source="again")
    with reading_session(engine) as session:
        (back,) = list_visits(session)[1]
        assert back.firm is not None
        assert listed_firms(session, "330800", NODE[0]) == {"n:甲公司": back.row.id}
    assert add(engine, entry(engine, "甲公司")) == []


def test_a_firm_whose_code_came_later_is_the_same_firm(engine: Engine) -> None:
    store(engine, Firm("甲公司"))
    add(engine, entry(engine, "甲公司"))
    store(engine, Firm("甲公司", uscc=uscc(7)), source="register")
    assert add(engine, entry(engine, "甲公司", key=uscc(7))) == []
    with reading_session(engine) as session:
        assert list(listed_firms(session, "330800", NODE[0])) == [uscc(7)]


def test_changing_and_taking_off(engine: Engine) -> None:
    store(engine, Firm("甲公司"))
    add(engine, entry(engine, "甲公司"))
    with reading_session(engine) as session:
        number = int(list_visits(session)[1][0].row.id or 0)
    with write_transaction(engine) as connection:
        change_visit(connection, number, {"state": "visited", "note": "谈过两次"})
    with reading_session(engine) as session:
        row = find_visit(session, number).row
        assert (row.state, row.note) == ("visited", "谈过两次")
        assert row.changed_at > row.added_at
        assert list_visits(session, state=VisitState.WAITING)[0] == 0
        assert list_visits(session, state=VisitState.VISITED, node=NODE[0])[0] == 1
    with write_transaction(engine) as connection:
        remove_visit(connection, number)
    for change in (lambda c: remove_visit(c, number), lambda c: change_visit(c, number, {"note": "x"})):
        with pytest.raises(UnknownVisit, match=str(number)), write_transaction(engine) as connection:
            change(connection)
    with reading_session(engine) as session, pytest.raises(UnknownVisit):
        find_visit(session, number)
