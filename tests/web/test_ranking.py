"""Regions ranked for a node and for a firm: by the API, the command, and what must hold of both."""

from __future__ import annotations

import datetime as dt
import json

import httpx
import pytest
from typer.testing import CliRunner

from service.cli import app
from service.domain.priority import FITTED_FACTORS
from service.domain.regions import Level
from service.errors import InvalidQuery, UnknownFirm
from service.ranking import rank_for_firm, rank_regions
from service.workspace import Workspace

NODE = "lithium-battery/wet-separator"


def test_all_cities_are_ranked_once_and_scores_add_up(workspace: Workspace) -> None:
    with workspace.session() as session:
        found = rank_regions(session, workspace.knowledge, NODE, level=Level.CITY).regions
    cities = {region.adcode for region in workspace.knowledge.geography.regions(Level.CITY)}
    assert {one.adcode for one in found} == cities
    assert [one.rank for one in found] == list(range(1, len(cities) + 1))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    weights = workspace.knowledge.weights.gap
    for one in found[:5]:
        assert one.score == pytest.approx(sum(factor.contribution for factor in one.factors))
        odds = weights.intercept + sum(
            weights.values[factor.name] * factor.value
            for factor in one.factors
            if factor.name in FITTED_FACTORS
        )
        assert one.probability == pytest.approx(1 / (1 + 2.718281828459045**-odds))


def test_the_score_is_the_priority_of_the_gap_where_it_is_one(
    workspace: Workspace, client: httpx.Client
) -> None:
    """The same node, region and comparison set: the ranking and the list of gaps say the same."""
    params = {"region": "330800", "chain": "lithium-battery"}
    gaps = {gap["node"]: gap for gap in client.get("/api/v1/gaps", params=params).json()}
    node = next(iter(gaps))
    found = client.get("/api/v1/rank", params={"node": node, "limit": 1000}).raise_for_status().json()
    ours = next(one for one in found if one["adcode"] == "330800")
    assert ours["score"] == pytest.approx(gaps[node]["priority"])
    assert [factor["reason"] for factor in ours["factors"]] == [
        factor["reason"] for factor in gaps[node]["factors"]
    ]


def test_a_firm_is_not_sent_to_where_it_is(workspace: Workspace) -> None:
    with workspace.session() as session:
        found = rank_for_firm(session, workspace.knowledge, "002812", NODE, level=Level.CITY).regions
    assert found
    seat = "530400"  # 玉溪: 恩捷股份
    assert seat not in {one.adcode for one in found}
    near = next(one for one in found if one.adcode == "530100")
    far = next(one for one in found if one.adcode == "230100")
    value = {one.adcode: {f.name: f.value for f in one.factors}["proximity"] for one in (near, far)}
    assert value["530100"] > value["230100"]
    assert found[0].probability is None
    assert all(one.score <= 100 for one in found)


def test_firms_of_later_years_are_not_known_before(workspace: Workspace) -> None:
    """The seed has no founding dates: before any day nothing is known, and every region reads the same."""
    with workspace.session() as session:
        found = rank_regions(
            session, workspace.knowledge, NODE, level=Level.PROVINCE, as_of=dt.date(1990, 1, 1)
        ).regions
    assert {one.effective_firms for one in found} == {0.0}


def test_bad_questions_are_answered_clearly(workspace: Workspace, client: httpx.Client) -> None:
    with workspace.session() as session:
        with pytest.raises(UnknownFirm):
            rank_for_firm(session, workspace.knowledge, "没有这家公司", NODE, level=Level.CITY)
        with pytest.raises(InvalidQuery, match="不止一家"):
            rank_for_firm(session, workspace.knowledge, "股份有限公司", NODE, level=Level.CITY)
        with pytest.raises(InvalidQuery, match="一组环节"):
            rank_regions(session, workspace.knowledge, "lithium-battery/materials", level=Level.CITY)
    assert client.get("/api/v1/rank", params={"node": "lithium-battery/none"}).status_code == 404
    assert client.get("/api/v1/rank", params={"node": NODE, "level": "village"}).status_code == 422


def test_the_command_prints_what_the_api_gives(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, client: httpx.Client
) -> None:
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(workspace.settings.data_dir))
    told = ["rank", "--chain", "lithium-battery", "--node", "wet-separator", "--level", "province"]
    run = CliRunner().invoke(app, [*told, "--format", "json"])
    assert run.exit_code == 0, run.stderr
    params = {"node": NODE, "level": "province", "limit": 1000}
    assert [one["adcode"] for one in json.loads(run.stdout)] == [
        one["adcode"] for one in client.get("/api/v1/rank", params=params).json()
    ]
