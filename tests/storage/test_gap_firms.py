"""The few columns read for a score are those of the whole rows, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, import_file
from service.storage.candidates import (
    read_branches,
    read_by_name,
    read_links_of,
    read_node_firms,
    read_node_members,
    read_sources_of,
)
from service.storage.engine import Engine, Session, open_engine, reading_session
from service.storage.gap_firms import read_gap_firms
from service.storage.sources import data_version
from tests.stored import write_csv

NODE = "lithium-battery/coated-separator"
HEADINGS = ("企业名称", "地址", "主营产品", "注册资本(万元)", "资质", "股票代码")
ROWS = [
    ("上海膜业股份有限公司", "上海市浦东新区", "涂覆隔膜:60%;动力电池:40%", "50000", "专精特新", "688001"),
    ("上海膜业股份有限公司金华分公司", "浙江省金华市", "涂覆隔膜", "", "", ""),
    ("深圳隔膜有限公司", "广东省深圳市", "涂覆隔膜；动力电池", "8000", "", ""),
    ("衢州动力电池股份有限公司", "浙江省衢州市柯城区", "动力电池", "90000", "", "300999"),
]


@pytest.fixture
def engine(database_url: str, tmp_path: Path, knowledge: Knowledge) -> Iterator[Engine]:
    found = open_engine(database_url)
    path = write_csv(tmp_path / "名单.csv", dict(zip(HEADINGS, zip(*ROWS, strict=True), strict=True)))
    import_file(found, knowledge, path, ImportOptions(), rejects_dir=tmp_path)
    yield found
    found.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with reading_session(engine) as found:
        yield found


def test_firms_their_links_sources_branches_and_parents(session: Session, knowledge: Knowledge) -> None:
    beside = knowledge.chain("lithium-battery").leaf_graph
    read = read_gap_firms(session, NODE, beside)
    whole = {one.firm.id: one for one in read_node_firms(session, [NODE])}
    assert {one.id for one in read.firms} == set(whole)
    assert len(whole) == 3
    links, sources = read_links_of(session, list(whole)), read_sources_of(session, list(whole))
    for one in read.firms:
        firm = whole[one.id].firm
        told = (one.key, one.name, one.adcode, one.stock_code, one.capital_cny, one.founded, one.effective)
        assert told == (
            firm.key,
            firm.name,
            firm.adcode,
            firm.stock_code,
            firm.capital_cny,
            firm.founded,
            whole[one.id].effective,
        )
        assert (one.standing or []) == firm.standing
        assert one.products in (None, firm.products)
        own = [link for link in links[one.id] if link.node == NODE]
        others = [link for link in links[one.id] if link.node != NODE and link.node in beside]
        assert [one.confidence] == [link.confidence for link in own]
        assert list(read.links.get(one.id, ())) == [(link.node, link.confidence) for link in others]
        assert list(read.sources[one.id]) == sources[one.id]
        assert one.has_branches == bool(read_branches(session, [one.normal_name]))


def test_shares_are_read_where_a_source_states_them(session: Session, knowledge: Knowledge) -> None:
    read = read_gap_firms(session, NODE, knowledge.chain("lithium-battery").leaf_graph)
    by_name = {one.name: one for one in read.firms}
    stated = by_name["上海膜业股份有限公司"]
    assert [product["share"] for product in stated.products or ()] == [0.6, 0.4]
    assert read.evidence[stated.id]
    assert by_name["深圳隔膜有限公司"].products is None


def test_a_branch_and_its_parent_find_each_other(session: Session, knowledge: Knowledge) -> None:
    read = read_gap_firms(session, NODE, knowledge.chain("lithium-battery").leaf_graph)
    (branch,) = (one for one in read.firms if one.parent_name)
    parent = read.parents[branch.parent_name or ""]
    assert parent.key == read_by_name(session, [branch.parent_name or ""])[branch.parent_name or ""].key
    assert parent.name == "上海膜业股份有限公司"
    assert [one.name for one in read.branches[branch.parent_name or ""]] == [branch.name]


def test_members_of_a_city_and_of_many_regions_are_found_alike(session: Session) -> None:
    """Many regions are looked up by the nodes, those of a city by its firms."""
    nodes = [NODE, "lithium-battery/power-cell"]
    few = read_node_members(session, nodes, inside=["330802"])
    many = read_node_members(session, nodes, inside=["330802", *(f"99{n:04}" for n in range(60))])
    assert few == many
    assert {one.name for one in few} == {"衢州动力电池股份有限公司"}


def test_a_session_asks_for_the_version_of_the_data_once(engine: Engine) -> None:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *parts: asked.append(parts[2]))
    with reading_session(engine) as session:
        versions = {data_version(session) for _ in range(5)}
    assert len(versions) == 1
    assert sum("data_version" in statement for statement in asked) == 1
