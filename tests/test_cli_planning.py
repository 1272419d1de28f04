"""The commands `zhaoshang whatif` and `zhaoshang portfolio`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.domain.portfolio import Limits
from service.errors import InvalidQuery, ServiceError, UnknownFirm, UnknownNode
from service.planning import Addition, Arrival, Needs, PortfolioQuestion, ask_what_if, plan_visits
from service.results_planning import PortfolioRead, WhatIfRead
from service.workspace import Workspace

CHAIN = "lithium-battery"
ASK = ("--region", "330800", "--chain", CHAIN)
SEPARATOR = f"{CHAIN}/wet-separator"


@pytest.fixture(autouse=True)
def on_this_data(data_dir: Path, monkeypatch: pytest.MonkeyPatch, no_settings_from_outside: None) -> None:
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(data_dir))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def printed(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout, parse_constant=pytest.fail)


def test_both_print_the_shapes_of_the_api(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.session() as session:
        plan = plan_visits(session, workspace.knowledge, PortfolioQuestion("330800", CHAIN, Limits(2)))
        firms = [choice.option.firm for choice in plan.portfolio.chosen]
        needs = {firms[0]: Needs(60.0), firms[1]: Needs(50.0, 7.0)}
        limited = PortfolioQuestion("330800", CHAIN, Limits(2, land_mu=100.0, per_node=1), needs, 4, 3)
        plan_limited = plan_visits(session, workspace.knowledge, limited)
        answer = ask_what_if(
            session, workspace.knowledge, "330800", CHAIN, [Addition(SEPARATOR, 2)], [Arrival(firms[0])]
        )
    asked = printed(run("whatif", *ASK, "--add", f"{SEPARATOR}=2", "--firm", firms[0], "--format", "json"))
    assert asked == WhatIfRead.of(answer).model_dump(mode="json")
    planned = printed(run("portfolio", *ASK, "--visits", "2", "--format", "json"))
    assert planned == PortfolioRead.of(plan).model_dump(mode="json")
    table = tmp_path / "needs.csv"
    table.write_text(f"firm,land_mu,energy_tce\n{firms[0]},60,\n{firms[1]},50,7\n", "utf-8")
    options = ("--land-mu", "100", "--per-node", "1", "--gaps", "4", "--per-gap", "3", "--needs", table)
    again = printed(run("portfolio", *ASK, "--visits", "2", *options, "--format", "json"))
    assert again == PortfolioRead.of(plan_limited).model_dump(mode="json")
    assert len(again["firms"]) == 1


def test_tables_for_people(workspace: Workspace) -> None:
    asked = run("whatif", *ASK, "--add", SEPARATOR)
    assert asked.exit_code == 0
    assert "湿法隔膜" in asked.stdout
    assert "0.00 → 1.00" in asked.stdout
    assert "完整度" in asked.stderr
    planned = run("portfolio", *ASK, "--visits", "2")
    assert planned.exit_code == 0
    for words in ("首要理由", "拜访家数", "起约束"):
        assert words in planned.stdout
    assert "用地" not in planned.stdout
    assert "已证明最优" in planned.stderr
    nobody = run("portfolio", *ASK, "--visits", "2", "--land-mu", "10")
    assert nobody.exit_code == 0
    assert "需求都没有给出" in nobody.stderr
    as_csv = run("portfolio", *ASK, "--visits", "2", "--format", "csv")
    assert as_csv.stdout.splitlines()[0].startswith("firm,name,adcode,node,")
    assert len(as_csv.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (("whatif", *ASK, "--add", f"{CHAIN}/no-such"), UnknownNode, "no-such"),
        (("whatif", *ASK, "--add", f"{SEPARATOR}=-2"), InvalidQuery, "新增 -2 家"),
        (("whatif", *ASK, "--add", f"{SEPARATOR}=10000"), InvalidQuery, "至多假设引进 500 家"),
        (("whatif", *ASK, "--add", f"{SEPARATOR}=two"), InvalidQuery, "应写作"),
        (("whatif", *ASK, "--add", f"{SEPARATOR}="), InvalidQuery, "应写作"),
        (("whatif", *ASK, "--firm", "n:没有这家"), UnknownFirm, "没有这家"),
        (("portfolio", *ASK, "--visits", "-1"), InvalidQuery, "--visits 应为不小于 0 的数，收到 -1"),
        (("portfolio", *ASK, "--visits", "101"), InvalidQuery, "收到 101"),
        (("portfolio", *ASK, "--visits", "2", "--land-mu", "nan"), InvalidQuery, "--land-mu"),
        (("portfolio", *ASK, "--visits", "2", "--energy-tce", "-5"), InvalidQuery, "--energy-tce"),
        (("portfolio", *ASK, "--visits", "2", "--per-node", "0"), InvalidQuery, "--per-node"),
        (("portfolio", *ASK, "--visits", "2", "--needs", "absent.csv"), InvalidQuery, "absent.csv"),
    ],
)
def test_bad_questions(arguments: tuple[str, ...], error: type[ServiceError], said: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, error), result.output
    assert said in str(result.exception)
    assert result.stdout == ""
