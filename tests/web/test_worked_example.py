"""The example that docs/method.md works by hand, asked of the running service: API, page and command alike.

Its four nodes become a chain of their own, its regions four real cities, its firms an imported file; every
link is accepted, so that each firm counts 1 as it does on paper.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.domain.branches import PLACE_FACTORS
from service.domain.firms import ReviewState
from service.domain.priority import CHAIN_FACTORS, GAP_FACTORS
from service.domain.target_factors import TARGET_FACTORS
from service.pipeline.imports import ImportOptions, import_file
from service.pipeline.reviews import review_links
from service.settings import Settings
from service.storage.candidates import read_node_firms
from service.workspace import open_workspace
from tests.domain.worked_example import FIRMS
from tests.web.conftest import Served, serving

CITIES = {"R1": "330800", "R2": "330700", "R3": "361100", "R4": "341000"}
CHAIN = """\
id: ex
name: 储能电池
version: "1"
date: 2026-01-01
summary: 手算示例。
sources: [{title: 手算示例, publisher: 本项目}]
nodes:
  - {id: cathode, name: 正极材料, stage: upstream, terms: [示例甲一, 示例甲二, 示例甲三], gbt4754: ["3985"]}
  - {id: separator, name: 隔膜, stage: upstream, terms: [示例乙一, 示例乙二, 示例乙三], gbt4754: ["2921"]}
  - {id: cell, name: 电芯, stage: midstream, terms: [示例丙一, 示例丙二, 示例丙三], gbt4754: ["3841"]}
  - {id: storage, name: 储能系统, stage: downstream, terms: [示例丁一, 示例丁二, 示例丁三], gbt4754: ["3849"]}
edges:
  - {from: cathode, to: cell}
  - {from: separator, to: cell}
  - {from: cell, to: storage}
"""
NODES = ("cathode", "separator", "cell", "storage")


def weights_text() -> str:
    """The six factors of the chain weigh 1, those of the whole table 0."""
    lines = ['version: "by-hand"', "date: 2026-01-01", "how: equal", "note: 手算示例，链内六项等权。"]
    lines += ["gap:", *(f"  {name}: {int(name in CHAIN_FACTORS)}" for name in GAP_FACTORS)]
    for group, names in (("target", TARGET_FACTORS), ("place", PLACE_FACTORS)):
        lines += [f"{group}:", *(f"  {name}: 1" for name in names)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder with the example's chain, weights, firms and decisions."""
    folder = tmp_path_factory.mktemp("example")
    chains = folder / "chains"
    chains.mkdir()
    (chains / "ex.yaml").write_text(CHAIN, encoding="utf-8")
    (chains / "weights.yaml").write_text(weights_text(), encoding="utf-8")
    lines = ["企业名称,行政区划代码,环节"]
    for region, counts in FIRMS.items():
        for node, count in zip(NODES, counts, strict=True):
            lines += [f"示例{region}{node}{n}号公司,{CITIES[region]},ex/{node}" for n in range(count)]
    source = folder / "firms.csv"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = Settings(data_dir=folder / "data", chains_dir=chains)
    with open_workspace(found) as workspace:
        known = [CITIES[region] for region in ("R1", "R2", "R4")]
        import_file(
            workspace.engine,
            workspace.knowledge,
            source,
            ImportOptions(complete_for=tuple(known), covers=tuple(CITIES.values())),
            rejects_dir=found.rejects_dir,
        )
        with workspace.session() as session:
            links = read_node_firms(session, [f"ex/{node}" for node in NODES])
            wanted = {(one.firm.id, one.node): ReviewState.ACCEPTED for one in links if one.firm.id}
        assert len(wanted) == sum(map(sum, FIRMS.values()))
        review_links(workspace.engine, workspace.knowledge, wanted, decided_by="手算")
    return found


@pytest.fixture(scope="module")
def example(settings: Settings) -> Iterator[Served]:
    with serving(settings) as running:
        yield running


def test_the_api_gives_the_numbers_of_the_page(example: Served) -> None:
    (gap,) = (
        example.client.get("/api/v1/gaps", params={"region": "330800", "chain": "ex"})
        .raise_for_status()
        .json()
    )
    assert (gap["node"], gap["rating"], gap["kind"]) == ("ex/separator", "missing", "extend_upstream")
    assert gap["priority"] == pytest.approx(56.25)
    assert gap["expected"] == pytest.approx(3)
    assert gap["intensity"]["mean"] == pytest.approx(0.25)
    values = {factor["name"]: factor["value"] for factor in gap["factors"] if factor["name"] in CHAIN_FACTORS}
    assert values == pytest.approx(
        {
            "shortfall": 0.75,
            "demand_pull": 0.75,
            "supply_push": 0.5,
            "criticality": 0.375,
            "feasibility": 0.5,
            "fit": 0.5,
        }
    )
    every = {"region": "330800", "chain": "ex", "all": "true"}
    rated = example.client.get("/api/v1/gaps", params=every).raise_for_status().json()
    expected = {one["node"]: one["expected"] for one in rated}
    assert expected == pytest.approx(
        {"ex/cathode": 16 / 18, "ex/separator": 3, "ex/cell": 35 / 15, "ex/storage": 35 / 17}
    )


def test_the_selective_region_has_its_gaps_in_the_order_of_the_page(example: Served) -> None:
    found = (
        example.client.get("/api/v1/gaps", params={"region": "361100", "chain": "ex"})
        .raise_for_status()
        .json()
    )
    assert [(gap["node"], gap["rating"]) for gap in found] == [
        ("ex/storage", "suspected"),
        ("ex/cathode", "suspected"),
    ]
    assert [gap["priority"] for gap in found] == pytest.approx([52.84, 41.92], abs=0.005)


def test_the_page_shows_the_same_numbers(example: Served) -> None:
    page = example.client.get("/gaps", params={"region": "330800", "chain": "ex"}).raise_for_status().text
    assert "56" in page
    assert "隔膜" in page
    asked = {"region": "330800", "chain": "ex", "node": "ex/separator"}
    page = example.client.get("/gaps/why", params=asked).raise_for_status().text
    assert "参照同级地区，本地应有约 3 家，现有 0 家，约缺 3 家。" in page
    assert "1 个下游客户环节中有 1 个在衢州市已有企业：电芯 3 家。" in page


def test_the_command_prints_the_same_numbers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ZHAOSHANG_CHAINS_DIR", str(settings.chains_dir))
    run = CliRunner().invoke(app, ["gaps", "--region", "330800", "--chain", "ex", "--format", "json"])
    assert run.exit_code == 0, run.stderr
    (gap,) = json.loads(run.stdout)
    assert gap["priority"] == pytest.approx(56.25)
