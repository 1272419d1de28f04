"""`zhaoshang chains versions|diff|restore`: the same versions that the pages show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.chain_editing import change_draft, read_state
from service.chain_publishing import publish_draft
from service.cli import app
from service.domain.chain_edit import ChangeNode
from service.errors import InvalidQuery, UnknownVersion
from tests.small_chains import small_workspace


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder in which the demo chain was published once, and an environment that names it."""
    workspace = small_workspace(tmp_path)
    with workspace.session() as session:
        mark = read_state(session, workspace, "demo").mark
    edit = ChangeNode("demo/anode", {"name": "负极"})
    mark = change_draft(workspace, "demo", edit, mark=mark, by="王工").mark
    publish_draft(workspace, "demo", mark=mark, by="王工", note="改名")
    workspace.engine.dispose()
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(workspace.settings.data_dir))
    monkeypatch.setenv("ZHAOSHANG_CHAINS_DIR", str(workspace.settings.chains_dir))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["chains", *arguments])


@pytest.mark.usefixtures("published")
def test_versions_are_listed_compared_and_restored() -> None:
    listed = run("versions", "demo", "--format", "json")
    assert [(one["number"], one["kind"], one["note"]) for one in json.loads(listed.stdout)] == [
        (2, "edited", "改名"),
        (1, "shipped", "内置版 1.0（2026-11-22）"),
    ]
    assert "发布" in run("versions", "demo").stdout
    assert run("diff", "demo", "1", "2").stdout == "环节“负极材料”改名为“负极”，编号 demo/anode 不变\n"
    assert "1.0+2" in run("list").stdout, "what counts is what is listed"
    assert run("restore", "demo", "1", "--by", "李工").exit_code == 0
    assert run("diff", "demo", "1").stdout == ""
    assert run("restore", "demo", "shipped").exit_code == 0
    assert "1.0+" not in run("list").stdout


@pytest.mark.usefixtures("published")
def test_what_is_no_version_is_said() -> None:
    assert isinstance(run("restore", "demo", "neun").exception, InvalidQuery)
    assert isinstance(run("restore", "demo", "9" * 30).exception, InvalidQuery)
    assert isinstance(run("diff", "demo", "7").exception, UnknownVersion)
