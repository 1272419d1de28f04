"""The command line as a user meets it: processes of their own, with their output, errors and exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer.main
from pydantic import BaseModel

from service.cli import app
from service.results import FirmRead, GapRead, NodeRead
from service.settings import Settings
from tests.web.conftest import FIRMS_CSV, Served, serving

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = Path(sys.executable).with_name("zhaoshang")
CHINESE = re.compile("[\u4e00-\u9fff]")
ASK = ("--region", "330800", "--chain", "lithium-battery")

# Imports the package once and runs every command in a fork: a process of its own, without two seconds of
# imports for each.
RUNNER = """
import json, os, sys
from service.cli import main
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(job["folder"])
        os.environ.update(job["environment"])
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = ["zhaoshang", *job["arguments"]]
        main()
        sys.exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Done:
    """What a command gave."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


def clean_environment(data_dir: Path, **others: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHAOSHANG_")}
    return {**kept, "ZHAOSHANG_DATA_DIR": str(data_dir), **others}


@pytest.fixture(scope="module")
def shared_dir(seeded_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that no test changes."""
    return Path(shutil.copytree(seeded_data_dir, tmp_path_factory.mktemp("cli") / "data"))


@pytest.fixture(scope="module")
def runner(shared_dir: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=clean_environment(shared_dir),
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def run(runner: subprocess.Popen[str], tmp_path: Path) -> Run:
    """Run one command in `tmp_path`; settings are given as environment variables."""
    assert runner.stdin
    assert runner.stdout
    lines_in, lines_out = runner.stdin, runner.stdout

    def run_one(*arguments: str, **environment: str) -> Done:
        out, err = tmp_path / ".out", tmp_path / ".err"
        job = {"folder": str(tmp_path), "arguments": arguments, "environment": environment}
        lines_in.write(json.dumps({**job, "out": str(out), "err": str(err)}) + "\n")
        lines_in.flush()
        code = int(lines_out.readline())
        return Done(code, out.read_text("utf-8"), err.read_text("utf-8"))

    return run_one


def check_refused(done: Done, *said: str) -> None:
    """One line for the user, nothing on stdout, exit code 2."""
    assert done.code == 2, done
    assert done.out == ""
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith("错误：")
    for text in said:
        assert text in done.err


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        (("gaps", *ASK), GapRead),
        (("firms", "--region", "330800"), FirmRead),
        (("chains", "show", "lithium-battery"), NodeRead),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value.__name__,
)
def test_csv_and_table(run: Run, arguments: tuple[str, ...], shape: type[BaseModel]) -> None:
    as_csv = run(*arguments, "--format", "csv")
    assert as_csv.code == 0
    rows = list(csv.DictReader(io.StringIO(as_csv.out)))
    assert rows
    assert list(rows[0]) == list(shape.model_fields)
    as_table = run(*arguments)
    assert as_table.code == 0
    assert rows[0]["name"][:10] in as_table.out
    assert len(as_table.out.splitlines()) >= len(rows)


def test_stability_in_words(run: Run) -> None:
    done, plain = run("gaps", *ASK, "--stability", COLUMNS="200"), run("gaps", *ASK, COLUMNS="200")
    assert done.code == plain.code == 0
    assert "平均保留" in done.err
    assert "平均保留" not in plain.err
    for heading in ("置信", "留在前列", "名次"):
        assert heading in done.out
        assert heading not in plain.out
    assert re.search(r"[高中低]（\d+%） *│ *\d+% *│ *\d+–\d+", done.out)


@pytest.fixture(scope="module")
def api(shared_dir: Path) -> Iterator[Served]:
    with serving(Settings(data_dir=shared_dir)) as running:
        yield running


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (("gaps", "--region", "浙江", "--chain", "photovoltaics"), "/gaps?region=330000&chain=photovoltaics"),
        (("gaps", *ASK, "--all"), "/gaps?region=330800&chain=lithium-battery&all=true"),
        (("targets", *ASK), "/targets?region=330800&chain=lithium-battery&limit=20"),
        (
            ("targets", "--region", "衢州", "--node", "lithium-battery/wet-separator", "--limit", "3"),
            "/targets?region=330800&node=lithium-battery/wet-separator&limit=3",
        ),
        (("chains", "list"), "/chains"),
        (("chains", "show", "specialty-paper"), "/chains/specialty-paper"),
        (("regions", "qz"), "/regions?q=qz&limit=20"),
        (("firms", "--region", "330800", "--limit", "10"), "/firms?region=330800&limit=10"),
        (("firms", "--node", "lithium-battery/lfp"), "/firms?node=lithium-battery/lfp&limit=50"),
    ],
)  # fmt: skip
def test_the_same_json_as_the_api(run: Run, api: Served, arguments: Sequence[str], address: str) -> None:
    done = run(*arguments, "--format", "json")
    assert done.code == 0
    found = json.loads(done.out, parse_constant=pytest.fail)
    assert found == api.client.get(f"/api/v1{address}").raise_for_status().json()


def test_an_import(run: Run, data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "名单.csv").write_text(FIRMS_CSV, "utf-8")
    settings = {"ZHAOSHANG_DATA_DIR": str(data_dir)}
    done = run("import", "名单.csv", "--source", "test", "--format", "json", **settings)
    assert done.code == 0, done
    report = json.loads(done.out)
    assert set(report) == {
        "id", "source", "file_name", "rows", "accepted", "updated", "rejected", "rejects_file", "located",
        "links", "seconds", "finished_at", "undone_at",
    }  # fmt: skip
    assert (report["rows"], report["accepted"], report["rejected"]) == (3, 2, 1)
    assert set(report["located"]) == {"province", "city", "county"}
    assert Path(report["rejects_file"]).is_file()
    table = run("import", "名单.csv", "--source", "test", **settings)
    assert table.code == 0
    assert "更新" in table.out
    as_csv = run("import", "名单.csv", "--source", "test", "--format", "csv", **settings)
    (row,) = csv.DictReader(io.StringIO(as_csv.out))
    assert (row["rows"], row["accepted"], row["updated"]) == ("3", "0", "2")
    matched = run("match", "--format", "json", **settings)
    assert json.loads(matched.out)[0]["links"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gaps", "--region", "不存在的地方", "--chain", "lithium-battery"), "没有找到行政区划"),
        (("gaps", "--region", "鼓楼区", "--chain", "lithium-battery"), "不止一处"),
        (("gaps", "--region", "330800", "--chain", "no-such"), "lithium-battery"),
        (("gaps", *ASK, "--level", "province"), "province"),
        (("targets", "--region", "330800", "--node", "lithium-battery/separator"), "wet-separator"),
        (("targets", "--region", "330800"), "请指定"),
        (("chains", "show", "no-such"), "no-such"),
        (("import", "missing.csv"), "missing.csv：文件不存在"),
        (("import", "."), "文件夹"),
        (("import", "firms.csv", "--map", "nonsense"), "nonsense"),
        (("import", "firms.csv", "--map", "没有这个字段=企业名称"), "没有这个字段"),
        (("import", "firms.csv", "--complete-for", "不存在的地方"), "不存在的地方"),
        (("map", *ASK, "-o", "no/such/folder/map.html"), "no/such/folder"),
        (("map", *ASK, "-o", "firms.csv/map.html"), "firms.csv"),
        (("map", *ASK, "-o", "."), "无法写入"),
        (("map", *ASK, "-o", ""), "无法写入"),
        (("map", *ASK, "-o", "/dev/full"), "无法写入"),
        (("chains", "check", "empty-folder"), "empty-folder"),
        (("serve", "--host", "0.0.0.0"), "拒绝监听 0.0.0.0"),
        (("serve", "--host", ""), "拒绝监听"),
        (("firms", "--text", "\udcff"), "UTF-8"),
    ],
    ids=lambda value: ascii(" ".join(value)) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_errors_are_one_line(run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "firms.csv").write_text(FIRMS_CSV, "utf-8")
    (tmp_path / "empty-folder").mkdir()
    check_refused(run(*arguments), said)
    left = {path.name for path in tmp_path.iterdir()} - {".out", ".err"}
    assert left == {"firms.csv", "empty-folder"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ZHAOSHANG_PORT", "abc", "ZHAOSHANG_PORT"),
        ("ZHAOSHANG_CHAINS_DIR", "/no/such/folder", "/no/such/folder"),
        ("ZHAOSHANG_DATA_DIR", "/dev/null", "/dev/null"),
    ],
)
def test_settings_that_cannot_be(run: Run, name: str, value: str, said: str) -> None:
    check_refused(run("gaps", *ASK, **{name: value}), said)


@pytest.mark.parametrize(
    "arguments",
    [("gaps",), ("nonsense",), ("gaps", *ASK, "--limit", "0"), ("gaps", *ASK, "--format", "xml"),
     ("serve", "--port", "0"), ("serve", "--port", "70000"), ("import", "x", "--as-of", "yesterday"),
     ("gaps", *ASK, "--level", "planet")],
    ids=" ".join,
)  # fmt: skip
def test_usage_errors(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err
    assert "Traceback" not in done.err


def test_the_unexpected_is_one_line_and_a_log(run: Run, data_dir: Path) -> None:
    """What somebody else wrote into the database is nothing the user did."""
    database = sqlite3.connect(data_dir / "zhaoshang.db")
    database.execute("UPDATE link SET evidence = '{'")
    database.commit()
    database.close()
    done = run("firms", ZHAOSHANG_DATA_DIR=str(data_dir))
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1
    assert str(data_dir / "zhaoshang.log") in done.err
    assert "Traceback" in (data_dir / "zhaoshang.log").read_text("utf-8")


def test_chains_check(run: Run, tmp_path: Path) -> None:
    good = run("chains", "check")
    assert good.code == 0
    folder = run("chains", "check", str(ROOT / "chains"))
    assert (folder.code, folder.out) == (0, good.out)
    for path in (ROOT / "chains").glob("*.yaml"):
        shutil.copy(path, tmp_path)
    text = (ROOT / "chains" / "specialty-paper.yaml").read_text("utf-8")
    (tmp_path / "specialty-paper.yaml").write_text(text + "oddity: 1\n", "utf-8")
    line = text.count("\n") + 1
    broken = run("chains", "check", "specialty-paper.yaml")
    assert broken.code == 1
    assert f"specialty-paper.yaml:{line}" in broken.out
    assert "1 处错误" in broken.err
    (tmp_path / "x.yaml").write_text("id: [", "utf-8")
    assert run("chains", "check", "x.yaml").code == 1
    missing = run("chains", "check", "missing.yaml")
    assert missing.code == 1
    assert "missing.yaml" in missing.out


def test_a_map(run: Run, tmp_path: Path) -> None:
    done = run("map", *ASK, "-o", "map.html")
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "map.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert {path.name for path in tmp_path.iterdir()} == {"map.html", ".out", ".err"}
    piped = run("map", *ASK, "-o", "-")
    assert piped.out.startswith("<!DOCTYPE html>")


def every_command() -> Iterator[tuple[tuple[str, ...], Any]]:
    waiting: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    while waiting:
        path, command = waiting.pop()
        yield path, command
        waiting += [((*path, name), one) for name, one in getattr(command, "commands", {}).items()]


COMMANDS = list(every_command())


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) or "-" for path, _ in COMMANDS])
def test_help_is_chinese(run: Run, path: tuple[str, ...], command: Any) -> None:
    assert CHINESE.search(command.help)
    for parameter in command.params:
        assert CHINESE.search(parameter.help or ""), parameter.name
    done = run(*path, "--help")
    assert (done.code, done.err) == (0, "")
    assert CHINESE.search(done.out)


def test_two_lists_of_targets(run: Run, tmp_path: Path) -> None:
    asked = ("targets", "--region", "330800", "--node", "lithium-battery/wet-separator", "--format", "json")
    whole = run(*asked, "--excluded", "--limit", "1000")
    now = json.loads(whole.out)
    (tmp_path / "b.json").write_text(whole.out, "utf-8")
    (tmp_path / "a.json").write_text(run(*asked, "--limit", "2").out, "utf-8")
    done = run("targets-diff", "a.json", "b.json", "--format", "json")
    assert done.code == 0
    found = json.loads(done.out)
    assert (found["new"], found["unchanged"]) == (now[0]["among"] - 2, 2)
    table = run("targets-diff", "b.json", "a.json")
    assert f"退出 {found['new']} 家" in table.err
    assert "不在所列2家之内" in re.sub(r"[\s│]", "", table.out)
    (tmp_path / "c.json").write_text("{", "utf-8")
    check_refused(run("targets-diff", "a.json", "c.json"), "c.json", "不是有效的 JSON")
    check_refused(run("targets-diff", "a.json", "none.json"), "none.json", "无法读取")
    other = json.dumps([{**one, "node": "lithium-battery/lfp"} for one in now])
    (tmp_path / "c.json").write_text(other, "utf-8")
    check_refused(run("targets-diff", "a.json", "c.json"), "不是同一地区同一环节")


def test_a_reader_that_goes_is_no_error(shared_dir: Path) -> None:
    for arguments in (("chains", "show", "lithium-battery"), ("firms", "--limit", "900", "--format", "json")):
        with subprocess.Popen(
            [SCRIPT, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(shared_dir),
        ) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            said = process.stderr.read().decode()
        assert said == ""
        assert process.returncode in (0, 1)


def is_being_written(database: Path) -> bool:
    connection = sqlite3.connect(database, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


def stored(database: Path) -> list[Any]:
    connection = sqlite3.connect(database)
    try:
        asked = ("SELECT count(*) FROM firm", "SELECT key FROM source", "SELECT number FROM data_version")
        return [connection.execute(query).fetchall() for query in asked]
    finally:
        connection.close()


def test_ctrl_c_during_an_import_changes_nothing(data_dir: Path, tmp_path: Path) -> None:
    rows = "".join(
        f"衢州测试{number}号有限公司,浙江省衢州市柯城区,锂离子电池隔膜的生产\n" for number in range(40_000)
    )
    (tmp_path / "firms.csv").write_text("企业名称,注册地址,经营范围\n" + rows, "utf-8")
    database = data_dir / "zhaoshang.db"
    before = stored(database)
    with subprocess.Popen(
        [SCRIPT, "import", "firms.csv"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(data_dir),
    ) as process:
        while not is_being_written(database):
            assert process.poll() is None, "the import ended before it could be interrupted"
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err.decode()
    assert out == b""
    assert err.decode() == "已中断：这次导入没有写入任何数据。\n"
    assert stored(database) == before


def free_port(host: str) -> int:
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as found:
        return int(found.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_serve(data_dir: Path, run: Run, host: str) -> None:
    plain = host.strip("[]")
    try:
        port = free_port(plain)
    except OSError:
        pytest.skip(f"this machine has no {plain}")
    with subprocess.Popen(
        [SCRIPT, "serve", "--host", host, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(data_dir),
    ) as process:
        try:
            assert process.stderr
            assert f"http://{host}:{port}/" in process.stderr.readline().decode()
            chains = wait_for(f"http://{host}:{port}/api/v1/chains")
            assert chains.status_code == 200
            check_refused(run("serve", "--host", host, "--port", str(port)), f":{port} 不可用")
        finally:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (out, err) == (b"", b"")
    assert process.returncode in (0, 130)


def wait_for(address: str) -> httpx.Response:
    end = time.monotonic() + 30
    while True:
        try:
            return httpx.get(address, trust_env=False, timeout=30)
        except httpx.ConnectError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
