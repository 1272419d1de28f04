"""Sources, imports that were done, and the version of the data."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Engine

from service.errors import UnknownImport
from service.storage.engine import reading_session, write_transaction
from service.storage.sources import (
    Source,
    bump_data_version,
    data_changed_at,
    data_version,
    find_import,
    list_imports,
    list_sources,
    matched_chains_hash,
    save_import,
    save_source,
)

NOON = dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)
REGISTER = Source(
    key="register",
    title="工商登记",
    covers=("330000",),
    complete_for=("330800", "330700"),
    licence="内部",
    as_of=dt.date(2026, 1, 1),
    imported_at=NOON,
)


def test_sources_come_back_as_they_were_by_key(engine: Engine) -> None:
    other = Source("listed", "上市公司", ("100000",))
    with write_transaction(engine) as connection:
        assert save_source(connection, REGISTER) != save_source(connection, other)
    with reading_session(engine) as session:
        assert list_sources(session) == [other, REGISTER]


def test_a_source_of_the_same_key_is_brought_up_to_date(engine: Engine) -> None:
    newer = Source("register", "工商登记 2027", ("100000",), imported_at=NOON)
    with write_transaction(engine) as connection:
        assert save_source(connection, REGISTER) == save_source(connection, newer)
    with reading_session(engine) as session:
        assert list_sources(session) == [newer]


def test_imports_come_newest_first_and_by_number(engine: Engine) -> None:
    values = {
        "file_name": "名单.csv",
        "sha256": "0" * 64,
        "rows": 3,
        "accepted": 1,
        "updated": 1,
        "rejected": 1,
        "rejects_file": None,
        "located": {"city": 2},
        "links": 4,
        "seconds": 0.5,
        "finished_at": NOON,
    }
    with write_transaction(engine) as connection:
        source = save_source(connection, REGISTER)
        numbers = [save_import(connection, source, {**values, "rows": rows}) for rows in (3, 4, 5)]
    with reading_session(engine) as session:
        assert [record.id for record in list_imports(session)] == numbers[::-1]
        assert [record.rows for record in list_imports(session, limit=1, offset=1)] == [4]
        record = find_import(session, numbers[0])
        assert (record.source, record.located, record.finished_at) == ("register", {"city": 2}, NOON)
        with pytest.raises(UnknownImport):
            find_import(session, max(numbers) + 1)


def test_the_version_counts_up_and_carries_the_chains(engine: Engine) -> None:
    with reading_session(engine) as session:
        assert (data_version(session), matched_chains_hash(session)) == ("0", None)
        assert data_changed_at(session) is None
    for number, chains in enumerate(("a" * 64, "a" * 64, "b" * 64), start=1):
        with write_transaction(engine) as connection:
            bump_data_version(connection, chains)
        with reading_session(engine) as session:
            assert data_version(session) == f"{number}-{chains[:8]}"
            assert matched_chains_hash(session) == chains


def test_a_write_that_fails_leaves_nothing(engine: Engine) -> None:
    def write_and_fail() -> None:
        with write_transaction(engine) as connection:
            save_source(connection, REGISTER)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_and_fail()
    with reading_session(engine) as session:
        assert list_sources(session) == []
