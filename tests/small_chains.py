"""Two tiny chains, one of which borrows from the other, and three firms: enough to publish in a moment."""

from __future__ import annotations

from pathlib import Path

from service.domain.firms import Firm
from service.knowledge import load_knowledge
from service.pipeline.imports import rematch_all
from service.settings import Settings
from service.storage.engine import open_engine
from service.workspace import Workspace
from tests.stored import store

DEMO = """\
id: demo
name: 示例链
version: "1.0"
date: 2026-11-22
sources:
  - {title: 某年报, publisher: 某公司, year: 2023}
nodes:
  - id: materials
    name: 电池材料
    stage: upstream
    children:
      - id: cathode
        name: 正极材料
        terms: [正极材料, 磷酸铁锂, 三元前驱体]
        gbt4754: ["3985"]
      - id: anode
        name: 负极材料
        terms: [负极材料, 人造石墨, 硅碳负极]
  - id: power-cell
    name: 动力电池
    stage: midstream
    terms: [动力电池, 锂离子电池, 电芯]
edges:
  - {from: cathode, to: power-cell}
  - {from: anode, to: power-cell, input_share: 0.1, source: 某年报}
"""
OTHER = """\
id: other
name: 另一条链
version: "1.0"
date: 2026-11-22
sources:
  - {title: 某年报, publisher: 某公司}
nodes:
  - ref: demo/anode
    stage: upstream
  - id: storage
    name: 储能系统
    stage: downstream
    terms: [储能系统, 储能柜, 储能电站]
edges:
  - {from: demo/anode, to: storage}
"""
FIRMS = (
    Firm(name="衢州甲有限公司", adcode="330802", scope="磷酸铁锂的生产"),
    Firm(name="衢州乙有限公司", adcode="330802", scope="人造石墨的生产；固态电解质的制造"),
    Firm(name="衢州丙有限公司", adcode="330803", scope="储能柜的制造"),
)


def write_chains(folder: Path) -> Path:
    """Write both chain files into `folder`, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.yaml").write_text(DEMO, encoding="utf-8")
    (folder / "other.yaml").write_text(OTHER, encoding="utf-8")
    return folder


def small_workspace(folder: Path) -> Workspace:
    """Return a workspace in `folder` on the two chains, with the firms matched."""
    settings = Settings(data_dir=folder / "data", chains_dir=write_chains(folder / "chains"))
    settings.prepare_data_dir()
    knowledge = load_knowledge(settings.chains_dir)
    workspace = Workspace(settings, open_engine(settings.sqlalchemy_url), knowledge)
    store(workspace.engine, *FIRMS)
    rematch_all(workspace.engine, knowledge)
    return workspace
