from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.domain.evaluation import hash_firm
from service.errors import InvalidQuery
from service.ingest.chains import check_chains

FIRMS = """\
企业名称,统一社会信用代码,经营范围
宁德试验动力电池有限公司,,动力电池、锂离子电池电芯的研发、生产和销售
某某律师事务所,,法律服务
"""


@pytest.fixture
def firms(tmp_path: Path) -> Path:
    path = tmp_path / "firms.csv"
    path.write_text(FIRMS, encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_firm_file_is_matched_and_the_links_are_evaluated(tmp_path: Path, firms: Path) -> None:
    links, labels = tmp_path / "links.parquet", tmp_path / "labels.csv"
    done = run("match", "--firms", firms, "--out", links, "--format", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)[0]["confirmed"] >= 1
    assert pl.read_parquet(links).columns == ["firm", "node", "confidence", "confirmed", "evidence"]
    key = "n:宁德试验动力电池有限公司"
    labels.write_text(
        "firm,node,label\n"
        f"{hash_firm(key)},lithium-battery/power-cell,1\n{key},lithium-battery/separator-wet,1\n",
        encoding="utf-8",
    )
    said = run("links", "evaluate", "--links", links, "--labels", labels, "--format", "json")
    whole = json.loads(said.stdout)[0]
    # One of the two true pairs is a confirmed link, and it is right.
    assert (whole["precision"]["hits"], whole["precision"]["counted"]) == (1, 1)
    assert (whole["recall"]["hits"], whole["recall"]["counted"]) == (1, 2)


def test_firms_and_out_go_together(tmp_path: Path, firms: Path) -> None:
    assert isinstance(run("match", "--firms", firms).exception, InvalidQuery)
    assert isinstance(run("match", "--out", tmp_path / "x.parquet").exception, InvalidQuery)


def test_a_chain_goes_out_as_a_workbook_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(tmp_path / "data"))
    book, file = tmp_path / "paper.xlsx", tmp_path / "my-paper.yaml"
    assert run("chains", "export", "specialty-paper", "--out", book).exit_code == 0
    assert run("chains", "new", "my-paper", "--from-xlsx", book, "--out", file).exit_code == 0
    assert [problem for problem in check_chains([file]) if problem.severity == "error"] == []
    again = run("chains", "new", "my-paper", "--from-xlsx", book, "--out", file)
    assert isinstance(again.exception, InvalidQuery), "what is there is not written over"


def test_content_is_advice_and_no_error(firms: Path) -> None:
    done = run("chains", "check", "--content", "--firms", firms)
    assert done.exit_code == 0, done.output
    assert "没有企业写到" in done.stdout
