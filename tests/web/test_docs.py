"""docs/settings.md names every setting; the examples of docs/api.md do what they say."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import Settings
from tests.web.conftest import FIRMS_CSV, Serve, Served

DOCS = Path(__file__).resolve().parents[2] / "docs"
PUBLISHED = "http://127.0.0.1:8000"
API_TEXT = (DOCS / "api.md").read_text("utf-8")


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", API_TEXT, flags=re.DOTALL)


def documented_settings() -> dict[str, str]:
    text = (DOCS / "settings.md").read_text("utf-8")
    return dict(re.findall(r"^\| `ZHAOSHANG_(\w+)` \| (.*?) \|", text, flags=re.MULTILINE))


def test_every_setting_is_documented_with_its_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    said = {"": "empty", None: "unset"}
    settings = Settings()
    defaults = {name: getattr(settings, name) for name in Settings.model_fields}
    expected = {
        name.upper(): said.get(value) or f"`{value}`".replace(str(tmp_path), "~")
        for name, value in defaults.items()
    }
    assert documented_settings() == expected


def run_curl(command: str, service: Served, folder: Path) -> str:
    words = shlex.split(command.replace(PUBLISHED, f"http://127.0.0.1:{service.port}"))
    done = subprocess.run(words, cwd=folder, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_examples(serve: Serve, tmp_path: Path) -> None:
    service = serve()
    (tmp_path / "firms.csv").write_text(FIRMS_CSV, "utf-8")
    gaps, targets, page, regions, upload = [
        run_curl(command, service, tmp_path) for command in examples("sh")
    ]
    assert len(json.loads(gaps)) == 3
    assert json.loads(targets)
    assert page == ""
    assert (tmp_path / "map.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert json.loads(regions)[0]["adcode"] == "330800"
    assert " 202 " in upload.splitlines()[0]
    (location,) = re.findall(r"(?im)^location: (\S+)", upload)
    assert service.wait_for_job(location)["state"] == "done"


@pytest.mark.parametrize("number", range(len(examples("python"))))
def test_the_python_examples(served: Served, tmp_path: Path, number: int) -> None:
    code = examples("python")[number].replace(PUBLISHED, f"http://127.0.0.1:{served.port}")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert len(done.stdout.decode().splitlines()) > 5


def test_the_qgis_address_is_a_layer(served: Served) -> None:
    (address,) = examples("text")
    layer = served.client.get(address.strip().removeprefix(PUBLISHED)).raise_for_status().json()
    assert layer["type"] == "FeatureCollection"
    assert len(layer["features"]) == 11  # the cities of 浙江


def test_every_address_is_documented(served: Served) -> None:
    """The first column of the table, with what stands after a comma, names every path of the API."""
    paths = served.client.get("/api/v1/openapi.json").json()["paths"]
    for path in paths:
        tail = path.removeprefix("/api/v1").rpartition("/")[2]
        shown = tail if not tail.startswith("{") else path.removeprefix("/api/v1").split("/")[1]
        assert shown in API_TEXT, path
