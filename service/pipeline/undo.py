"""Taking back an import as a whole: its new firms go, the others stand as before, coverage follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.errors import ImportFixed, UnknownImport
from service.knowledge import Knowledge
from service.pipeline.imports import Progress, match_stored, refresh_coverage
from service.storage.engine import Connection, Engine, Session, write_transaction
from service.storage.firms import restore_firms
from service.storage.frames import read_firms
from service.storage.sources import ImportRecord, Source, find_import, save_source
from service.storage.undo import (
    KEPT,
    UndoRecord,
    count_decisions,
    find_source,
    note_undone,
    read_touched,
    read_undo,
    source_number,
    undoable_imports,
)


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What undoing an import did: firms that went, firms that stand as before, decisions lost with them."""

    id: int
    source: str
    removed: int
    restored: int
    decisions: int


def undo_import(
    engine: Engine,
    knowledge: Knowledge,
    number: int,
    *,
    progress: Progress = lambda _stage, _share: None,
) -> UndoReport:
    """Take back an import in one transaction: all of it is undone, or nothing.

    Firms that it brought are removed with their links and decisions; firms that it changed stand as they did
    before; its source is as it was, and covers nothing where the import had brought it.

    Raises
    ------
    UnknownImport : there is no import with this number.
    ImportFixed : it is undone already, lies too far back, or a later import names the same firms.
    DataDirUnusable : the database cannot be written.
    """
    with write_transaction(engine) as connection:
        progress("检查", 0.0)
        record, source = _undoable(connection, number)
        fresh = record.touched.filter("fresh")["id"].to_list()
        decisions = count_decisions(connection, fresh)
        progress("恢复企业", 0.1)
        source_id = source_number(connection, number)
        restore_firms(connection, record.touched, record.before, source_id)
        save_source(connection, record.source_before or replace(source, covers=(), complete_for=()))
        restored = read_firms(connection, record.before["id"].to_list())
        match_stored(connection, knowledge, restored, progress)
        progress("汇总覆盖", 0.9)
        refresh_coverage(connection, knowledge)
        note_undone(connection, number)
    progress("完成", 1.0)
    return UndoReport(number, source.key, len(fresh), record.before.height, decisions)


def undoable(session: Session) -> set[int]:
    """Return the numbers of the imports whose undoing is kept; a later one may still stand in the way."""
    return set(undoable_imports(session.connection()))


def _undoable(connection: Connection, number: int) -> tuple[UndoRecord, Source]:
    with Session(connection) as session:
        done = find_import(session, number)
    if done.undone_at is not None:
        raise ImportFixed(f"导入 {number}（{done.file_name}）已经撤销过")
    record = read_undo(connection, number)
    if record is None:
        raise ImportFixed(f"导入 {number}（{done.file_name}）不能撤销：只保留最近 {KEPT} 次导入的原状")
    for later in undoable_imports(connection):
        if later > number:
            _refuse_where_built_on(connection, record, done, later)
    source = _source(connection, done.source, number)
    return record, source


def _refuse_where_built_on(
    connection: Connection, record: UndoRecord, done: ImportRecord, later: int
) -> None:
    """Refuse where a later import updated the source, or named firms of the earlier one."""
    with Session(connection) as session:
        other = find_import(session, later)
    what = f"导入 {done.id}（{done.file_name}）之后，导入 {later}（{other.file_name}）又更新了"
    if other.source == done.source:
        raise ImportFixed(f"{what}同一来源：请先撤销导入 {later}")
    shared = int(record.touched["id"].is_in(read_touched(connection, later).implode()).sum())
    if shared:
        raise ImportFixed(f"{what}其中 {shared} 家企业：请先撤销导入 {later}")


def _source(connection: Connection, key: str, number: int) -> Source:
    found = find_source(connection, key)
    if found is None:
        raise UnknownImport(f"导入 {number} 的来源 {key!r} 已不在库中")
    return found
