"""Several at once: two processes that import, a reader while one writes, one that is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from service.domain.firms import Firm
from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, import_file
from service.storage.engine import open_engine, reading_session, write_transaction
from service.storage.firms import upsert_firms
from service.storage.sources import Source, data_version, save_source
from service.storage.tables import FirmRow
from tests.stored import firms_frame, row_counts, store, uscc, write_csv

ROOT = Path(__file__).resolve().parents[2]


def begin_import(url: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.import_once", url, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def report_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return dict(json.loads(out))


def count_firms(engine: Engine) -> int:
    with reading_session(engine) as session:
        return int(session.execute(select(func.count()).select_from(FirmRow)).scalar_one())


def test_two_processes_that_import_at_once_both_succeed(database_url: str, tmp_path: Path) -> None:
    engine = open_engine(database_url)
    names = [["甲有限公司", "乙有限公司"], ["乙有限公司", "丙有限公司"]]
    files = [write_csv(tmp_path / f"{place}.csv", {"企业名称": each}) for place, each in enumerate(names)]
    with write_transaction(engine):  # so that both have to wait for their turn, together
        both = [begin_import(database_url, file, tmp_path / "rejects") for file in files]
        assert [said(process) for process in both] == ["ready", "ready"]
        time.sleep(1.0)
        assert [process.poll() for process in both] == [None, None]
    reports = [report_of(process) for process in both]
    assert sum(report["accepted"] for report in reports) == 3
    assert sum(report["updated"] for report in reports) == 1
    counts = row_counts(engine)
    assert (counts["firm"], counts["firm_source"], counts["import_run"]) == (3, 4, 2)
    with reading_session(engine) as session:
        assert data_version(session).startswith("2-")
    engine.dispose()


def test_two_processes_that_open_a_new_database_at_once(database_url: str, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "甲.csv", {"企业名称": ["甲有限公司"]})
    both = [begin_import(database_url, file, tmp_path) for _ in range(2)]
    assert sorted(
        json.loads(process.communicate(timeout=120)[0].splitlines()[-1])["accepted"] for process in both
    ) == [0, 1]


def test_a_reader_sees_the_old_state_until_the_import_is_whole(engine: Engine) -> None:
    store(engine, Firm(name="甲"))
    with reading_session(engine) as before:
        total = select(func.count()).select_from(FirmRow)
        assert before.execute(total).scalar() == 1
        with write_transaction(engine) as connection:
            number = save_source(connection, Source("two", "two", ("100000",)))
            upsert_firms(connection, firms_frame([Firm(name="乙"), Firm(name="丙")]), number)
            assert count_firms(engine) == 1
        assert count_firms(engine) == 3
        # An answer is put together from several queries: all of them see one state.
        assert before.execute(total).scalar() == 1


def test_killed_in_the_middle_nothing_is_stored_and_the_import_can_be_repeated(
    database_url: str, knowledge: Knowledge, tmp_path: Path
) -> None:
    # More than SQLite keeps in memory: part of the transaction lies on the disk when it ends.
    rows, words = (60_000, 120) if database_url.startswith("sqlite") else (3_000, 1)
    path = write_csv(
        tmp_path / "名录.csv",
        {
            "企业名称": [f"衢州第{number}号电池有限公司" for number in range(rows)],
            "统一社会信用代码": [*(uscc(number) for number in range(rows - 1)), "half"],
            "区划代码": ["330803"] * rows,
            "地址": ["衢江区" + "甲路一号" * words] * rows,
            "经营范围": ["磷酸铁锂生产"] * rows,
        },
    )
    engine = open_engine(database_url)
    store(engine, Firm(name="早先的有限公司"))
    before = row_counts(engine)
    rejects = tmp_path / "rejects"
    process = begin_import(database_url, path, rejects, "汇总覆盖")
    assert [said(process), said(process)] == ["ready", "inside"]
    for log in tmp_path.glob("*.db-wal"):
        assert log.stat().st_size > 1_000_000
    process.kill()
    process.communicate()
    engine.dispose()
    engine = open_engine(database_url)
    assert row_counts(engine) == before
    assert not rejects.exists() or list(rejects.iterdir()) == []
    report = import_file(engine, knowledge, path, ImportOptions(), rejects_dir=rejects)
    assert (report.accepted, report.updated, report.rejected) == (rows - 1, 0, 1)
    assert count_firms(engine) == rows
    engine.dispose()
