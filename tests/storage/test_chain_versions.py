"""Versions and drafts of chains in the database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from service.errors import UnknownVersion
from service.storage.chain_versions import (
    ChainVersion,
    DraftStep,
    NodeUse,
    VersionKind,
    count_use,
    drafted_chains,
    drop_draft,
    drop_step,
    find_version,
    list_versions,
    read_draft,
    read_newest,
    save_step,
    save_version,
)
from service.storage.engine import write_transaction

AT = dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC)
TEXT = "id: demo\nname: 示例链 😀\n" + "长" * 100_000


def version(chain: str, kind: str, text: str = TEXT) -> dict[str, object]:
    values = {"chain": chain, "kind": kind, "text": text, "note": "试", "saved_by": "王工", "saved_at": AT}
    return values | {"restored_from": None, "shipped_sha256": None}


def test_versions_are_numbered_by_chain_and_the_newest_is_found(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        numbers = [save_version(connection, version("demo", kind)) for kind in ("shipped", "edited", "reset")]
        numbers.append(save_version(connection, version("other", "edited", "id: other\n")))
        assert numbers == [1, 2, 3, 1]
        newest = read_newest(connection)
        assert {chain: (one.number, one.kind) for chain, one in newest.items()} == {
            "demo": (3, VersionKind.RESET),
            "other": (1, VersionKind.EDITED),
        }
        assert [one.number for one in list_versions(connection, "demo")] == [3, 2, 1]
        found = find_version(connection, "demo", 2)
        assert found == ChainVersion(
            "demo", 2, VersionKind.EDITED, TEXT, "试", "王工", found.saved_at, None, None
        )
        assert found.saved_at.replace(tzinfo=dt.UTC) == AT
        with pytest.raises(UnknownVersion, match="demo 没有第 4 版"):
            find_version(connection, "demo", 4)


def test_a_version_is_of_a_known_kind(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="kind_known"), write_transaction(engine) as connection:
        save_version(connection, version("demo", "invented"))


def test_a_draft_is_a_row_of_steps(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        for revision in (1, 2, 3):
            save_step(connection, DraftStep("demo", revision, TEXT, f"第 {revision} 步", "王工", AT, None))
        save_step(connection, DraftStep("other", 1, TEXT, "第 1 步", "李工", AT, "0" * 64))
        drop_step(connection, "demo", 3)
        assert [step.change for step in read_draft(connection, "demo")] == ["第 2 步", "第 1 步"]
        assert drafted_chains(connection) == ["demo", "other"]
        drop_draft(connection, "demo")
        assert drafted_chains(connection) == ["other"]
        assert read_draft(connection, "demo") == []


def test_nothing_is_used_where_there_is_nothing(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        assert count_use(connection, ["demo/anode"]) == NodeUse(0, 0)
        assert count_use(connection, []) == NodeUse(0, 0)
