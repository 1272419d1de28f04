"""Changes of a chain: what they do to the document, what they refuse, and that ids never change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chain_diff import DiffKind, diff_chains
from service.domain.chain_document import copied, edge_pairs, entries
from service.domain.chain_edit import (
    AddNode,
    BorrowNode,
    ChangeChain,
    ChangeNode,
    Edit,
    MoveNode,
    PutEdge,
    RemoveEdge,
    RemoveNode,
    apply_edit,
    copy_chain,
)
from service.errors import ChainEditRefused
from service.ingest.chain_text import read_chain_document
from tests.small_chains import DEMO, OTHER

DEMO_DOCUMENT = read_chain_document(DEMO, "demo")
OTHER_DOCUMENT = read_chain_document(OTHER, "other")


def tree(document: dict[str, Any]) -> dict[str, str | None]:
    return {entry.id: entry.parent for entry in entries(document)}


def said(before: dict[str, Any], *edits: Edit) -> list[str]:
    after = before
    for edit in edits:
        after = apply_edit(after, edit)
    return [one.sentence for one in diff_chains(before, after, {"demo/anode": "负极材料"})]


def test_a_new_node_stands_where_it_was_put() -> None:
    facts = {"name": " 固态 电解质 ", "terms": ["固态电解质", "", "固态电解质", "硫化物电解质"]}
    new = apply_edit(DEMO_DOCUMENT, AddNode("solid", facts, "demo/materials", "demo/cathode"))
    children = new["nodes"][0]["children"]
    assert [child["id"] for child in children] == ["cathode", "solid", "anode"]
    assert children[1] == {
        "id": "solid",
        "name": "固态 电解质",
        "terms": ["固态电解质", "硫化物电解质"],
    }
    assert tree(DEMO_DOCUMENT) == tree(read_chain_document(DEMO, "demo")), "the old document is untouched"


def test_renaming_and_moving_keep_the_id_and_the_edges() -> None:
    renamed = apply_edit(DEMO_DOCUMENT, ChangeNode("demo/anode", {"name": "负极"}))
    moved = apply_edit(renamed, MoveNode("demo/anode", None, "demo/materials"))
    assert list(tree(moved)) == ["demo/materials", "demo/cathode", "demo/anode", "demo/power-cell"]
    assert edge_pairs(moved) == edge_pairs(DEMO_DOCUMENT)
    (anode,) = [entry for entry in entries(moved) if entry.id == "demo/anode"]
    assert (anode.parent, anode.name, anode.item["stage"]) == (None, "负极", "upstream")


def test_removing_takes_what_is_below_and_its_edges_and_no_empty_list_stays() -> None:
    without = apply_edit(DEMO_DOCUMENT, RemoveNode("demo/materials"))
    assert (list(tree(without)), without["edges"]) == (["demo/power-cell"], [])
    one = apply_edit(DEMO_DOCUMENT, RemoveNode("demo/anode"))
    none = apply_edit(one, RemoveNode("demo/cathode"))
    assert none["nodes"][0] == {"id": "materials", "name": "电池材料", "stage": "upstream"}


def test_an_edge_is_written_once_with_its_newest_values() -> None:
    new = apply_edit(DEMO_DOCUMENT, PutEdge("demo/cathode", "demo/power-cell", 0.4, " 某年报 "))
    assert new["edges"][0] == {"from": "cathode", "to": "power-cell", "input_share": 0.4, "source": "某年报"}
    assert len(new["edges"]) == 2
    gone = apply_edit(new, RemoveEdge("demo/cathode", "demo/power-cell"))
    assert list(edge_pairs(gone)) == [("demo/anode", "demo/power-cell")]
    borrowed = apply_edit(OTHER_DOCUMENT, PutEdge("demo/anode", "other/storage", None, None))
    assert borrowed["edges"] == [{"from": "demo/anode", "to": "storage"}]


REFUSED: list[tuple[Edit, str, str]] = [
    (AddNode("Bad Slug", {"name": "甲"}, "demo/materials"), "slug", "小写字母"),
    (AddNode("anode", {"name": "甲"}, "demo/materials"), "slug", "已被环节“负极材料”使用"),
    (AddNode("new", {"name": "  "}, "demo/materials"), "name", "不能为空"),
    (AddNode("new", {}, "demo/materials"), "name", "要有名称"),
    (AddNode("new", {"name": "甲"}, "demo/nowhere"), "parent", "没有环节 'demo/nowhere'"),
    (AddNode("new", {"name": "甲"}), "stage", "上游、中游或下游"),
    (AddNode("new", {"name": "甲", "stage": "above"}), "stage", "'above'"),
    (AddNode("new", {"name": "甲"}, "demo/materials", "demo/power-cell"), "beside", "同级"),
    (ChangeNode("demo/anode", {"name": "甲\x00"}), "name", "U+0000"),
    (ChangeNode("demo/anode", {"note": "长" * 5000}), "note", "收到 5000 个"),
    (ChangeNode("demo/anode", {"terms": [3]}), "terms", "应为文字，收到 3"),
    (ChangeNode("demo/anode", {"id": "other"}), "id", "没有字段 'id'"),
    (ChangeNode("demo/materials", {"stage": ""}), "stage", "上游、中游或下游"),
    (MoveNode("demo/materials", "demo/anode"), "parent", "它的下级之下"),
    (MoveNode("demo/materials", "demo/materials"), "parent", "它自己"),
    (RemoveNode("demo/gone"), "node", "可能已被删除"),
    (PutEdge("demo/anode", "demo/anode"), "customer", "不能供给自己"),
    (PutEdge("demo/anode", "demo/power-cell", 1.5, "甲"), "input_share", "收到 1.5"),
    (PutEdge("demo/anode", "demo/power-cell", 0.5), "source", "出处"),
    (PutEdge("demo/anode", "demo/gone"), "customer", "没有环节"),
    (RemoveEdge("demo/anode", "demo/cathode"), "supplier", "没有供应关系"),
    (BorrowNode("demo/anode", "demo/materials"), "node", "本链已有"),
    (BorrowNode("plain", "demo/materials"), "node", "环节全名"),
    (ChangeChain(name=""), "name", "不能为空"),
]


@pytest.mark.parametrize(("edit", "field", "words"), REFUSED)
def test_what_cannot_be_is_refused_at_its_field(edit: Edit, field: str, words: str) -> None:
    before = copied(DEMO_DOCUMENT)
    with pytest.raises(ChainEditRefused) as refused:
        apply_edit(DEMO_DOCUMENT, edit)
    assert (refused.value.field, words in str(refused.value)) == (field, True), str(refused.value)
    assert before == DEMO_DOCUMENT


def test_a_borrowed_node_has_no_name_of_its_own_and_nothing_below() -> None:
    with pytest.raises(ChainEditRefused, match="到那条链里改"):
        apply_edit(OTHER_DOCUMENT, ChangeNode("demo/anode", {"name": "负极"}))
    with pytest.raises(ChainEditRefused, match="不能再放环节"):
        apply_edit(OTHER_DOCUMENT, AddNode("x", {"name": "甲"}, "demo/anode"))
    moved = apply_edit(OTHER_DOCUMENT, ChangeNode("demo/anode", {"stage": "midstream"}))
    assert moved["nodes"][0] == {"ref": "demo/anode", "stage": "midstream"}


def test_the_last_top_node_stays() -> None:
    alone = apply_edit(DEMO_DOCUMENT, RemoveNode("demo/materials"))
    with pytest.raises(ChainEditRefused, match="唯一的顶层环节"):
        apply_edit(alone, RemoveNode("demo/power-cell"))


def test_a_copy_has_nodes_of_its_own_or_borrows_the_leaves() -> None:
    own = copy_chain(DEMO_DOCUMENT, "mine", "我的链")
    assert list(tree(own)) == ["mine/materials", "mine/cathode", "mine/anode", "mine/power-cell"]
    assert list(edge_pairs(own)) == [
        ("mine/cathode", "mine/power-cell"),
        ("mine/anode", "mine/power-cell"),
    ]
    lent = copy_chain(DEMO_DOCUMENT, "mine", "我的链", borrow=True)
    assert list(tree(lent)) == ["mine/materials", "demo/cathode", "demo/anode", "demo/power-cell"]
    assert list(edge_pairs(lent)) == list(edge_pairs(DEMO_DOCUMENT))
    with pytest.raises(ChainEditRefused, match="小写字母"):
        copy_chain(DEMO_DOCUMENT, "../etc", "我的链")
    with pytest.raises(ChainEditRefused, match="不能与原链"):
        copy_chain(DEMO_DOCUMENT, "demo", "我的链")


def test_differences_are_told_in_plain_words() -> None:
    assert said(
        DEMO_DOCUMENT,
        ChangeChain(name="新示例链"),
        ChangeNode("demo/anode", {"name": "负极", "terms": ["负极材料", "人造石墨", "锂金属负极"]}),
        AddNode("solid", {"name": "固态电解质", "terms": ["固态电解质"]}, "demo/materials"),
        MoveNode("demo/cathode", None),
        ChangeNode("demo/cathode", {"bottleneck": "高端依赖进口"}),
        PutEdge("demo/solid", "demo/power-cell", 0.05, "某年报"),
        PutEdge("demo/anode", "demo/power-cell"),
    ) == [
        "链名称由“示例链”改为“新示例链”",
        "新增环节“固态电解质”（上游，在“电池材料”之下），匹配词 1 个：固态电解质",
        "环节“负极材料”改名为“负极”，编号 demo/anode 不变",
        "环节“正极材料”由“电池材料”移到顶层之下",
        "环节“负极”的匹配词：增加 锂金属负极；删去 硅碳负极",
        "环节“正极材料”的卡脖子说明：新写“高端依赖进口”",
        "新增供应关系：“固态电解质” → “动力电池”（占投入 5%，出处：某年报）",
        "供应关系 “负极” → “动力电池”：由（占投入 10%，出处：某年报）改为（未写占比）",
    ]
    assert said(OTHER_DOCUMENT, RemoveNode("demo/anode")) == [
        "不再引用环节“负极材料”（原在顶层之下）",
        "删除供应关系：“负极材料” → “储能系统”",
    ]


def test_one_node_that_changed_places_is_told_and_not_its_siblings() -> None:
    more = DEMO_DOCUMENT
    for slug in ("a", "b", "c"):
        more = apply_edit(more, AddNode(slug, {"name": slug}, "demo/materials"))
    assert said(more, MoveNode("demo/c", "demo/materials", "first")) == ["环节“c”在同级中换了次序"]


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    """Any change of the demo chain, sensible or not."""
    node = st.sampled_from(
        ["demo/materials", "demo/cathode", "demo/anode", "demo/power-cell", "demo/n0", "demo/n1"]
    )
    parent = st.none() | node
    words = st.lists(st.text("甲乙丙丁a", min_size=1, max_size=4), max_size=4)
    facts = st.fixed_dictionaries(
        {}, optional={"name": st.text("甲乙 ", max_size=4), "terms": words, "note": st.text(max_size=5)}
    )
    kinds: list[st.SearchStrategy[Edit]] = [
        st.builds(AddNode, st.sampled_from(["n0", "n1"]), facts, parent),
        st.builds(ChangeNode, node, facts),
        st.builds(MoveNode, node, parent, st.sampled_from(["first", "last"]) | node),
        st.builds(RemoveNode, node),
        st.builds(PutEdge, node, node, st.none() | st.floats(0, 1), st.just("某年报")),
        st.builds(RemoveEdge, node, node),
    ]
    return draw(st.one_of(kinds))


@given(st.lists(edits(), max_size=8))
def test_whatever_is_changed_the_tree_stays_a_tree_and_moves_keep_everything(made: list[Edit]) -> None:
    document = DEMO_DOCUMENT
    for edit in made:
        before = document
        try:
            document = apply_edit(document, edit)
        except ChainEditRefused:
            continue
        ids = [entry.id for entry in entries(document)]
        assert len(set(ids)) == len(ids)
        ends = {end for pair in edge_pairs(document) for end in pair}
        assert ends <= set(ids), "an edge never points at a node that is gone"
        if isinstance(edit, MoveNode | ChangeNode):
            assert set(ids) == {entry.id for entry in entries(before)}
            assert edge_pairs(document) == edge_pairs(before)
        assert all("children" not in entry.item or entry.item["children"] for entry in entries(document))


@given(st.lists(edits(), max_size=6))
def test_no_difference_means_the_same_and_the_way_back_mirrors_the_way_there(made: list[Edit]) -> None:
    document = DEMO_DOCUMENT
    for edit in made:
        try:
            document = apply_edit(document, edit)
        except ChainEditRefused:
            continue
    there, back = diff_chains(DEMO_DOCUMENT, document, {}), diff_chains(document, DEMO_DOCUMENT, {})
    assert diff_chains(document, document, {}) == []
    if not there:
        assert tree(document) == tree(DEMO_DOCUMENT)
        assert edge_pairs(document) == edge_pairs(DEMO_DOCUMENT)
    mirrored = {DiffKind.ADDED: DiffKind.REMOVED, DiffKind.EDGE_ADDED: DiffKind.EDGE_REMOVED}
    for kind, other in mirrored.items():
        assert sum(one.kind is kind for one in there) == sum(one.kind is other for one in back)
