"""Targets from stored firms, on both databases: ties, branches, how far the data reaches, the policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.data_reach import data_reach
from service.domain.source_policy import PolicyLine, SourcePolicy
from service.domain.target_diff import ChangeKind, GoneReason, compare_targets, saved_targets
from service.domain.targets import Target, TieKind
from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, import_file
from service.settings import Settings
from service.storage.engine import open_engine
from service.targeting import RankedTargets, rank_targets
from service.workspace import Workspace, open_workspace
from tests.stored import write_csv

NODE = "lithium-battery/coated-separator"
ROWS = [
    # name, place, products, capital (万元), founded, stock code
    ("上海膜业股份有限公司", "上海市浦东新区", "涂覆隔膜", "50000", "2005-01-01", ""),
    ("上海膜业股份有限公司金华分公司", "浙江省金华市", "", "", "2018-03-01", ""),
    ("上海膜业股份有限公司武汉分公司", "湖北省武汉市", "", "", "2010-03-01", ""),
    ("衢州新膜有限公司苏州分公司", "江苏省苏州市", "涂覆隔膜", "", "2012-05-01", ""),
    ("衢州新膜有限公司", "浙江省衢州市柯城区", "纸箱", "3000", "2009-05-01", ""),
    ("深圳隔膜有限公司", "广东省深圳市", "涂覆隔膜", "8000", "2008-01-01", ""),
    ("衢州动力电池股份有限公司", "浙江省衢州市柯城区", "动力电池", "90000", "2011-01-01", "300999"),
    ("衢州小电池有限公司", "浙江省衢州市衢江区", "动力电池", "500", "2019-06-01", ""),
]
HEADINGS = ("企业名称", "地址", "主营产品", "注册资本(万元)", "成立日期", "股票代码")


@pytest.fixture
def stored(database_url: str, tmp_path: Path, knowledge: Knowledge) -> Iterator[Workspace]:
    """A workspace that holds ROWS and no seed."""
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url)
    settings.prepare_data_dir()
    engine = open_engine(settings.sqlalchemy_url)
    workspace = Workspace(settings, engine, knowledge)
    take(workspace, tmp_path, ROWS)
    yield workspace
    engine.dispose()


def take(workspace: Workspace, folder: Path, rows: list[tuple[str, ...]]) -> None:
    path = write_csv(folder / "名单.csv", dict(zip(HEADINGS, zip(*rows, strict=True), strict=True)))
    import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(),
        rejects_dir=workspace.settings.rejects_dir,
    )


def ask(workspace: Workspace, region: str = "330800") -> RankedTargets:
    with workspace.session() as session:
        return rank_targets(session, workspace.knowledge, region, NODE)


def target(found: RankedTargets, name: str) -> Target:
    return next(one for one in found.ranked.targets if one.name == name)


def reason(one: Target, factor: str) -> str:
    return next(found.reason for found in one.factors if found.name == factor)


def test_ties_follow_chain_anchor_and_group(stored: Workspace) -> None:
    found = ask(stored)
    shanghai = target(found, "上海膜业股份有限公司")
    group, *partners = shanghai.ties
    assert (group.direction, group.local_name) == (TieKind.BRANCH, "上海膜业股份有限公司金华分公司")
    assert group.reason.startswith("其分支机构上海膜业股份有限公司金华分公司在金华市，距衢州市约 ")
    assert [(tie.local_name, tie.anchor, tie.direction, tie.local_node) for tie in partners] == [
        ("衢州动力电池股份有限公司", True, TieKind.SUPPLIES, "lithium-battery/power-cell"),
        ("衢州小电池有限公司", False, TieKind.SUPPLIES, "lithium-battery/power-cell"),
    ]
    assert partners[0].strength > 0
    branch = target(found, "衢州新膜有限公司苏州分公司")
    parent = branch.ties[0]
    assert (parent.direction, parent.reason) == (TieKind.PARENT, "其母公司衢州新膜有限公司就在衢州市。")
    assert TieKind.HOMETOWN in {tie.direction for tie in branch.ties}
    assert {tie.direction for tie in target(found, "深圳隔膜有限公司").ties} == {TieKind.SUPPLIES}


def test_lately_is_counted_from_the_day_the_data_reaches(stored: Workspace) -> None:
    """Eight dated firms: the day by which 99.5% were founded is that of the seventh, 2018-03-01."""
    with stored.session() as session:
        assert data_reach(session) == dt.date(2018, 3, 1)
    assert reason(target(ask(stored), "上海膜业股份有限公司"), "expansion") == (
        "数据截至 2018-03-01：已知分支机构 2 家，近三年新设 1 家，其中浙江省 1 家（金华市 2018-03）。"
    )
    assert "近三年新设 1 家（金华市 2018-03）" in reason(
        target(ask(stored, "420600"), "上海膜业股份有限公司"), "expansion"
    )  # seen from 襄阳 in 湖北, where the branch is an old one


def test_the_reach_follows_the_data(stored: Workspace, tmp_path: Path) -> None:
    more = [(f"甲{number}有限公司", "上海市", "", "", "2021-01-01", "") for number in range(9)]
    with stored.session() as session:
        assert data_reach(session) == dt.date(2018, 3, 1)
    take(stored, tmp_path, more)
    with stored.session() as session:
        assert data_reach(session) == dt.date(2021, 1, 1)
    assert "近三年新设 1 家" in reason(target(ask(stored), "上海膜业股份有限公司"), "expansion")


def test_the_policy_of_the_bureau_moves_the_source_region_and_nothing_else(stored: Workspace) -> None:
    plain = ask(stored)
    line = PolicyLine("330800", "深圳市", frozenset({"440300"}), 0.9, "深圳是重点。", "招商方案", "2025")
    policy = replace(stored.knowledge, source_policy=SourcePolicy((line,)))
    sought = ask(replace(stored, knowledge=policy))
    moved = compare_targets(saved_targets(plain.ranked), saved_targets(sought.ranked))
    points = {change.name: {one.name: one.points for one in change.factors} for change in moved.changes}
    weight = 100 * stored.knowledge.weights.target.share("source_region")
    assert points["深圳隔膜有限公司"] == {"source_region": pytest.approx(0.4 * weight)}
    assert points["上海膜业股份有限公司"] == {"source_region": pytest.approx(-0.5 * weight)}
    shenzhen = target(sought, "深圳隔膜有限公司")
    assert reason(shenzhen, "source_region") == "深圳是重点。"


def test_two_states_of_the_data_are_compared(stored: Workspace, tmp_path: Path) -> None:
    before = saved_targets(ask(stored).ranked)
    changed = [("深圳隔膜有限公司", "广东省深圳市", "涂覆隔膜", "80", "2008-01-01", "")]
    take(
        stored,
        tmp_path,
        [*changed, ("厦门隔膜有限公司", "福建省厦门市", "涂覆隔膜", "9000", "2010-01-01", "")],
    )
    found = compare_targets(before, saved_targets(ask(stored).ranked))
    told = {change.name: change for change in found.changes}
    assert told["厦门隔膜有限公司"].kind is ChangeKind.NEW
    gone = told["深圳隔膜有限公司"]
    assert gone.gone is GoneReason.EXCLUDED
    assert gone.reason.endswith("注册资本仅 80 万元，投资能力有限。")


def test_the_policy_file_is_read_when_the_folder_is_opened(data_dir: Path) -> None:
    (data_dir / "source_policy.csv").write_text(
        "region,source_region,weight,source\n衢州,长三角,0.75,招商方案\n", "utf-8"
    )
    with open_workspace(Settings(data_dir=data_dir)) as workspace:
        factors = [
            factor
            for one in ask(workspace).ranked.targets
            for factor in one.factors
            if factor.name == "source_region"
        ]
    assert {(factor.value, factor.source) for factor in factors} >= {(0.75, "招商方案"), (0.0, "招商方案")}
