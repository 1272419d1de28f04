"""An import is taken back as a whole: afterwards the data is what it was before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from service.domain.firms import ReviewState
from service.errors import ImportFixed, UnknownImport
from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, import_file
from service.pipeline.reviews import review_link
from service.pipeline.undo import undo_import, undoable
from service.storage.engine import open_engine, reading_session
from service.storage.sources import data_version, find_import, list_sources
from service.storage.undo import KEPT
from tests.stored import ids_by_name, uscc, write_csv

LFP = "lithium-battery/lfp"
# What an import changes; the log of imports and the version of the data go on.
DATA = ("firm", "firm_source", "link", "link_decision", "coverage", "region_firms")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def rows_of(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            name: sorted(
                (tuple(map(str, row)) for row in connection.execute(select(SQLModel.metadata.tables[name]))),
            )
            for name in DATA
        }


def bring(
    engine: Engine, knowledge: Knowledge, path: Path, columns: dict[str, list[str]], **options: Any
) -> int:
    file = write_csv(path, columns)
    given = ImportOptions(**options)
    return import_file(engine, knowledge, file, given, rejects_dir=path.parent).id


def known(*numbers: int, scope: str = "磷酸铁锂生产") -> dict[str, list[str]]:
    return {
        "企业名称": [f"衢州第{number}有限公司" for number in numbers],
        "统一社会信用代码": [uscc(number) for number in numbers],
        "地址": ["浙江省衢州市柯城区"] * len(numbers),
        "经营范围": [scope] * len(numbers),
    }


def test_after_undoing_the_data_is_as_before(engine: Engine, knowledge: Knowledge, tmp_path: Path) -> None:
    bring(engine, knowledge, tmp_path / "a.csv", known(1, 2, 3), complete_for=("衢州",))
    before = rows_of(engine)
    with reading_session(engine) as session:
        version, sources = data_version(session), list_sources(session)
    # Firm 2 changes its trade, firm 4 is new, firm 3 stays the same.
    columns = known(2, 4, 3)
    columns["经营范围"] = ["造纸", "隔膜生产", "磷酸铁锂生产"]
    number = bring(engine, knowledge, tmp_path / "b.csv", columns, source="b")
    assert rows_of(engine) != before
    report = undo_import(engine, knowledge, number)
    assert (report.removed, report.restored, report.decisions) == (1, 1, 0)
    assert rows_of(engine) == before
    with reading_session(engine) as session:
        assert data_version(session) != version
        gone = next(source for source in list_sources(session) if source.key == "b")
        assert (gone.covers, gone.complete_for) == ((), ())
        assert [source for source in list_sources(session) if source.key != "b"] == sources
        assert find_import(session, number).undone_at is not None
        assert number not in undoable(session)


def test_an_update_of_a_source_gives_the_earlier_promise_back(
    engine: Engine, knowledge: Knowledge, tmp_path: Path
) -> None:
    bring(engine, knowledge, tmp_path / "a.csv", known(1), source="s", title="旧", complete_for=("衢州",))
    before = rows_of(engine)
    again = bring(engine, knowledge, tmp_path / "b.csv", known(9, 1), source="s", title="新")
    undo_import(engine, knowledge, again)
    assert rows_of(engine) == before
    with reading_session(engine) as session:
        (source,) = list_sources(session)
    assert (source.title, source.complete_for, source.covers) == ("旧", ("330800",), ("330000",))


def test_decisions_on_firms_that_go_are_counted(engine: Engine, knowledge: Knowledge, tmp_path: Path) -> None:
    number = bring(engine, knowledge, tmp_path / "a.csv", known(1, 2))
    firm = ids_by_name(engine)["衢州第1有限公司"]
    review_link(engine, knowledge, firm, LFP, ReviewState.REJECTED, decided_by="审核员")
    assert undo_import(engine, knowledge, number).decisions == 1
    assert all(not rows for rows in rows_of(engine).values())


def test_what_a_later_import_built_on_stands(engine: Engine, knowledge: Knowledge, tmp_path: Path) -> None:
    first = bring(engine, knowledge, tmp_path / "a.csv", known(1, 2))
    apart = bring(engine, knowledge, tmp_path / "b.csv", known(7))
    later = bring(engine, knowledge, tmp_path / "c.csv", known(2, 3))
    before = rows_of(engine)
    with pytest.raises(ImportFixed, match=f"其中 1 家企业：请先撤销导入 {later}"):
        undo_import(engine, knowledge, first)
    assert rows_of(engine) == before
    for number in (apart, later, first):  # the one apart from the others may go in any order
        undo_import(engine, knowledge, number)
    assert all(not rows for rows in rows_of(engine).values())


def test_the_same_source_is_taken_back_newest_first(
    engine: Engine, knowledge: Knowledge, tmp_path: Path
) -> None:
    first = bring(engine, knowledge, tmp_path / "a.csv", known(1), source="s")
    later = bring(engine, knowledge, tmp_path / "b.csv", known(2), source="s")
    with pytest.raises(ImportFixed, match=f"同一来源：请先撤销导入 {later}"):
        undo_import(engine, knowledge, first)


def test_twice_unknown_and_too_old_are_said(engine: Engine, knowledge: Knowledge, tmp_path: Path) -> None:
    numbers = [
        bring(engine, knowledge, tmp_path / f"{n}.csv", known(n), source=f"s{n}") for n in range(KEPT + 1)
    ]
    with pytest.raises(ImportFixed, match=f"只保留最近 {KEPT} 次"):
        undo_import(engine, knowledge, numbers[0])
    undo_import(engine, knowledge, numbers[-1])
    with pytest.raises(ImportFixed, match="已经撤销过"):
        undo_import(engine, knowledge, numbers[-1])
    with pytest.raises(UnknownImport, match="没有编号为 999 的导入"):
        undo_import(engine, knowledge, 999)
