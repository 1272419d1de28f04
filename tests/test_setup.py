"""The project can be set up: locks, the wheel with all it needs, scripts beside the Makefile, the image."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs_drift import PROJECT, replace_block
from tests.scripts.dockerfile_steps import instructions

LOCKS = ("requirements.lock", "requirements-dev.lock")
FRONTEND_LOCK = "service/web/frontend/package-lock.json"
START_SECONDS = 60


@pytest.mark.parametrize("name", [*LOCKS, FRONTEND_LOCK])
def test_locks_name_no_host(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert re.findall(r"\w+://|index-url|find-links|\"resolved\"", text) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_a_hash(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(lines) > 20
    for line in lines:
        assert re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ ", line), line
        assert "--hash=sha256:" in line, line


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, PROJECT], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_data_pages_migrations_and_vendor_files(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = [
        *("chains/" + path.relative_to(PROJECT / "chains").as_posix() for path in _files("chains")),
        *("geodata/" + path.relative_to(PROJECT / "geodata").as_posix() for path in _files("geodata")),
    ]
    assert {f"service/_data/{name}" for name in tracked} <= names
    for folder in ("service/web/templates", "service/web/static", "service/storage/migrations"):
        assert {path.relative_to(PROJECT).as_posix() for path in _files(folder)} <= names
    assert "service/web/static/vendor/echarts.min.js" in names
    assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]


def _files(folder: str) -> Iterator[Path]:
    for path in (PROJECT / folder).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def test_the_installed_wheel_serves_pages_from_its_own_data(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", site, wheel], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    environment = os.environ | {
        "PYTHONPATH": str(site),
        "ZHAOSHANG_DATA_DIR": str(tmp_path / "data"),
        "ZHAOSHANG_PORT": address.rpartition(":")[2],
    }
    code = "import service, sys; print(service.__file__, flush=True); from service.cli import main; main()"
    started = [sys.executable, "-c", code, "serve"]
    with subprocess.Popen(
        started, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(str(site))
            assert "招商地图" in _page(f"{address}/", process)
            assert '"specialty-paper"' in _page(f"{address}/api/v1/chains", process)
            assert "echarts" in _page(f"{address}/static/vendor/echarts.min.js", process)
        finally:
            process.terminate()


def _page(address: str, process: subprocess.Popen[str]) -> str:
    """Return the page, waiting for the service to come up; the last error where it does not."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            with opener.open(address, timeout=30) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            if time.monotonic() > ends or process.poll() is not None:
                raise
            time.sleep(0.3)


def test_system_packages_says_what_is_missing_and_never_fails(tmp_path: Path) -> None:
    """Without root and without a browser it names both packages."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "id").write_text("#!/bin/sh\necho 1000\n", encoding="utf-8")
    (programs / "id").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", PROJECT / "tests" / "system_packages.sh"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "apt-get install chromium" in done.stderr
    assert "apt-get install fonts-wqy-microhei" in done.stderr


def test_ci_prints_the_closing_line_of_the_tests_last() -> None:
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    assert os.access(PROJECT / ".ci" / "run", os.X_OK)
    assert script.index("make -k check") < script.index("make test")
    assert script.rstrip().endswith('exit "$failed"')


def test_the_image_runs_as_nobody_special_and_says_whether_it_is_well() -> None:
    steps = instructions((PROJECT / "Dockerfile").read_text(encoding="utf-8"))
    last_stage = steps[max(place for place, (word, _) in enumerate(steps) if word == "FROM") :]
    settled = dict(last_stage)
    assert settled["USER"].isdigit()
    assert int(settled["USER"]) > 0
    assert "/api/v1/chains" in settled["HEALTHCHECK"]
    assert settled["VOLUME"] in settled["ENV"]
    assert "EXPOSE" not in settled  # the service listens on loopback only
    installs = [rest for word, rest in steps if word == "RUN" and "requirements" in rest]
    assert all("--require-hashes" in rest for rest in installs)


def test_a_block_is_replaced_between_its_markers_only() -> None:
    page = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"
    assert replace_block(page, "x", "new") == "a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb\n"
    with pytest.raises(SystemExit, match="'y'"):
        replace_block(page, "y", "new")
