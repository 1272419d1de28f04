"""From a change to chains that count: drafts, publication, versions, and what follows for firms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from service.chain_editing import (
    ChainState,
    begin_copy,
    change_draft,
    discard_draft,
    free_slug,
    read_state,
    removal_use,
    stranded_use,
    undo_step,
)
from service.chain_following import ChainFollower, up_to_date
from service.chain_publishing import (
    diff_versions,
    publish_draft,
    remove_chain,
    reset_chain,
    restore_version,
    version_text,
)
from service.domain.chain_edit import AddNode, BorrowNode, ChangeNode, Edit, MoveNode, PutEdge, RemoveNode
from service.domain.firms import ReviewState
from service.domain.matching_part import changed_chains, part_of
from service.errors import (
    ChainChanged,
    ChainEditRefused,
    InvalidChain,
    InvalidQuery,
    UnknownChain,
    UnknownVersion,
)
from service.pipeline.chain_rematch import rematch_changed
from service.pipeline.imports import rematch_all
from service.pipeline.reviews import review_links
from service.storage.chain_versions import NodeUse, list_versions
from service.storage.engine import write_transaction
from service.storage.links import read_linked_firms
from service.storage.sources import bump_data_version, data_version, matched_chains_hash
from service.workspace import Workspace, open_workspace
from tests.small_chains import DEMO, small_workspace
from tests.stored import ids_by_name

SOLID = AddNode(
    "solid", {"name": "固态电解质", "terms": ["固态电解质", "硫化物电解质", "固态电解液"]}, "demo/materials"
)
SUPPLIES = PutEdge("demo/solid", "demo/power-cell")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Workspace]:
    workspace = small_workspace(tmp_path)
    yield workspace
    workspace.engine.dispose()


def state_of(workspace: Workspace, chain: str = "demo") -> ChainState:
    with workspace.session() as session:
        return read_state(session, workspace, chain)


def draft(workspace: Workspace, *edits: Edit, chain: str = "demo") -> ChainState:
    state = state_of(workspace, chain)
    for edit in edits:
        state = change_draft(workspace, chain, edit, mark=state.mark, by="王工")
    return state


def published(workspace: Workspace, *edits: Edit, chain: str = "demo") -> Workspace:
    state = draft(workspace, *edits, chain=chain)
    publish_draft(workspace, chain, mark=state.mark, by="王工", note="试")
    return up_to_date(workspace)


def links(workspace: Workspace) -> pl.DataFrame:
    with write_transaction(workspace.engine) as connection:
        return read_linked_firms(connection).sort("firm_id", "node")


def nodes_of(workspace: Workspace, firm: str) -> list[str]:
    number = ids_by_name(workspace.engine)[firm]
    return links(workspace).filter(pl.col("firm_id") == number)["node"].to_list()


def test_what_is_published_counts_with_its_firms_and_after_a_restart(small: Workspace) -> None:
    before, other = small.knowledge, nodes_of(small, "衢州乙有限公司")
    assert other == ["demo/anode"]
    state = draft(small, SOLID)
    assert [one.check for one in state.complaints] == ["orphan"], "an edge comes with the next step"
    with pytest.raises(InvalidChain, match="孤立环节“固态电解质”"):
        publish_draft(small, "demo", mark=state.mark, by="王工")
    state = draft(small, SUPPLIES)
    stages: list[str] = []
    done = publish_draft(
        small,
        "demo",
        mark=state.mark,
        by="王工",
        note="补固态",
        progress=lambda stage, _: stages.append(stage),
    )
    assert (done.number, done.rematched.chains, done.rematched.firms) == (2, ("demo",), 3)
    assert stages[0] == "检查产业链"
    assert stages[-1] == "完成"
    assert nodes_of(small, "衢州乙有限公司") == ["demo/anode", "demo/solid"]
    assert small.knowledge is before, "a workspace is never changed: requests under way keep theirs"
    follower = ChainFollower()
    now = follower.follow(small)
    assert now.knowledge.chain("demo").version == "1.0+2"
    assert "demo/solid" in now.knowledge.chain("demo")
    assert follower.follow(now) is now
    with now.session() as session:
        assert matched_chains_hash(session) == now.knowledge.chains_hash
    with open_workspace(small.settings) as again:
        assert again.knowledge.chains_hash == now.knowledge.chains_hash
        assert not state_of(again).drafted
        with again.session() as session:
            assert data_version(session) == f"2-{now.knowledge.chains_hash[:8]}", "no second matching"


def test_matching_only_what_changed_gives_what_matching_all_gives(small: Workspace) -> None:
    now = published(small, SOLID, SUPPLIES, ChangeNode("demo/cathode", {"gbt4754": ["3985", "2613"]}))
    part = links(small)
    rematch_all(small.engine, now.knowledge)
    assert part.equals(links(small))


def test_a_code_that_more_nodes_carry_is_worth_less_everywhere(small: Workspace) -> None:
    terms = small.knowledge.terms
    codes = small.knowledge.chain("demo").nodes
    many = [replace(node, gbt4754_codes=("3985",)) for node in codes]
    crowded = replace(small.knowledge.chain("demo"), nodes=tuple(many))
    lent = replace(
        small.knowledge.chain("other"),
        nodes=tuple(replace(node, gbt4754_codes=("3985",)) for node in small.knowledge.chain("other").nodes),
    )
    alone = type(terms).from_chains([small.knowledge.chain("demo"), lent])
    beside = type(terms).from_chains([crowded, lent])
    assert changed_chains(terms, terms) == frozenset()
    assert changed_chains(alone, beside) >= {"demo"}
    whole = beside.code_strengths.filter(pl.col("node").str.starts_with("other/"))
    assert part_of(beside, {"other"}).code_strengths.equals(whole)


def test_names_and_edges_match_no_firm_again(small: Workspace) -> None:
    state = draft(small, ChangeNode("demo/anode", {"name": "负极"}), MoveNode("demo/anode", None))
    before = links(small)
    done = publish_draft(small, "demo", mark=state.mark, by="王工")
    assert (done.rematched.chains, done.rematched.firms) == ((), 0)
    assert before.equals(links(small))
    now = up_to_date(small)
    assert now.knowledge.chain("demo").node("demo/anode").name == "负极"
    assert now.knowledge.chain("other").node("demo/anode").name == "负极", "the borrower sees it too"


def test_links_of_unknown_chains_are_all_matched_again(small: Workspace) -> None:
    with write_transaction(small.engine) as connection:
        done = rematch_changed(connection, None, small.knowledge, lambda _stage, _share: None)
    assert (done.chains, done.firms, done.links) == (None, 3, 3)


def test_two_people_at_once_are_told(small: Workspace) -> None:
    seen = state_of(small).mark
    state = change_draft(small, "demo", SOLID, mark=seen, by="王工")
    with pytest.raises(ChainChanged, match="王工"):
        change_draft(small, "demo", RemoveNode("demo/cathode"), mark=seen, by="李工")
    with pytest.raises(ChainChanged, match="刚被别人改过"):
        publish_draft(small, "demo", mark=seen, by="李工")
    with pytest.raises(ChainChanged, match="有未发布的草稿"):
        restore_version(small, "demo", 1, by="李工")
    assert state_of(small).mark == state.mark


def test_a_draft_is_undone_step_by_step_or_thrown_away(small: Workspace) -> None:
    start = state_of(small)
    state = draft(small, SOLID, SUPPLIES)
    assert [step.change for step in state.steps] == [
        "新增供应关系：“固态电解质” → “动力电池”",
        "新增环节“固态电解质”（上游，在“电池材料”之下），匹配词 3 个：固态电解质、硫化物电解质、固态电解液",
    ]
    back = undo_step(small, "demo", mark=state.mark)
    assert back is not None
    assert len(back.steps) == 1
    discard_draft(small, "demo", mark=back.mark)
    assert state_of(small).mark == start.mark
    with pytest.raises(ChainEditRefused, match="没有可以撤销"):
        undo_step(small, "demo", mark=start.mark)
    with pytest.raises(InvalidQuery, match="没有草稿"):
        publish_draft(small, "demo", mark=start.mark, by="王工")


def test_a_draft_that_comes_back_to_where_it_began_is_not_published(small: Workspace) -> None:
    state = draft(
        small, ChangeNode("demo/anode", {"name": "负极"}), ChangeNode("demo/anode", {"name": "负极材料"})
    )
    with pytest.raises(InvalidQuery, match="与现行版本相同"):
        publish_draft(small, "demo", mark=state.mark, by="王工")


UNSOUND: list[tuple[Edit, str, str]] = [
    (
        ChangeNode("demo/anode", {"terms": ["磷酸铁锂", "人造石墨", "硅碳负极"]}),
        "terms",
        "环节“正极材料”已有",
    ),
    (ChangeNode("demo/anode", {"terms": ["石"]}), "terms", "至少 2 个字"),
    (ChangeNode("demo/anode", {"gbt4754": ["9999"]}), "gbt4754", "没有代码"),
    (ChangeNode("demo/anode", {"exclusions": ["人造石墨"]}), "exclusions", "与本环节的匹配词相同"),
    (PutEdge("demo/power-cell", "demo/anode"), "", "供应关系成环"),
    (PutEdge("demo/materials", "demo/anode"), "", "上级环节与它的下级之间"),
    (PutEdge("demo/cathode", "demo/power-cell", 0.95, "某年报"), "input_share", "不应超过 1"),
    (RemoveNode("demo/anode"), "node", "被产业链“另一条链”引用，不能删除"),
    (RemoveNode("demo/materials"), "node", "被产业链“另一条链”引用"),
    (AddNode("sub", {"name": "下级", "terms": ["某某材料"]}, "demo/anode"), "node", "不能再分下级"),
    (ChangeNode("demo/anode", {"terms": ["负极材料", "储能柜"]}), "terms", "会被算两次"),
    (BorrowNode("other/nowhere", "demo/materials"), "", "不是别的产业链的末级环节"),
    (ChangeNode("demo/anode", {"name": "负极材料"}), "", "没有改动"),
]


@pytest.mark.parametrize(("edit", "field", "words"), UNSOUND)
def test_an_unsound_step_is_refused_and_nothing_kept(
    small: Workspace, edit: Edit, field: str, words: str
) -> None:
    before = state_of(small)
    with pytest.raises(ChainEditRefused) as refused:
        change_draft(small, "demo", edit, mark=before.mark, by="王工")
    assert words in str(refused.value)
    assert refused.value.field == field
    assert not re.search(r"第 \d+ 行", str(refused.value)), "a form has no lines"
    assert state_of(small).mark == before.mark


def test_an_old_version_comes_back_as_a_new_one(small: Workspace) -> None:
    now = published(small, SOLID, SUPPLIES)
    now = published(now, ChangeNode("demo/anode", {"name": "负极"}))
    restore_version(now, "demo", 2, by="李工")
    now = up_to_date(now)
    assert (now.knowledge.chain("demo").version, now.knowledge.chain("demo").node("demo/anode").name) == (
        "1.0+4",
        "负极材料",
    )
    with now.session() as session:
        versions = list_versions(session, "demo")
        assert [(one.number, str(one.kind), one.saved_by, one.note) for one in versions] == [
            (4, "restored", "李工", "恢复第 2 版"),
            (3, "edited", "王工", "试"),
            (2, "edited", "王工", "试"),
            (1, "shipped", "随程序", "内置版 1.0（2026-11-22）"),
        ]
        assert versions[-1].text == DEMO, "the file as it shipped is kept word for word"
        state = read_state(session, now, "demo")
        assert [one.sentence for one in diff_versions(session, state, "3", "live")] == [
            "环节“负极”改名为“负极材料”，编号 demo/anode 不变"
        ]
        assert diff_versions(session, state, "2", "4") == []
        for wrong in ("9", "draft", "x", "-1", "9" * 30, ""):
            with pytest.raises(UnknownVersion):
                version_text(session, state, wrong)
    with pytest.raises(InvalidQuery, match="与现行版本相同"):
        restore_version(now, "demo", 2, by="李工")
    reset_chain(now, "demo", by="李工")
    now = up_to_date(now)
    assert now.knowledge.chains_hash == small.knowledge.chains_hash, "the shipped chains, and nothing else"
    with pytest.raises(InvalidQuery, match="用的就是内置版"):
        reset_chain(now, "demo", by="李工")


def test_an_upgrade_leaves_what_users_published_and_says_so(small: Workspace) -> None:
    published(small, ChangeNode("demo/anode", {"name": "负极"}))
    assert small.settings.chains_dir is not None
    file = small.settings.chains_dir / "demo.yaml"
    file.write_text(DEMO.replace('"1.0"', '"1.1"').replace("硅碳负极", "硅基负极"), encoding="utf-8")
    with open_workspace(small.settings) as upgraded:
        assert upgraded.knowledge.chain("demo").node("demo/anode").name == "负极"
        state = state_of(upgraded)
        assert state.own
        assert state.file_changed
        with upgraded.session() as session:
            assert [one.sentence for one in diff_versions(session, state, "live", "shipped")] == [
                "环节“负极”改名为“负极材料”，编号 demo/anode 不变",
                "环节“负极材料”的匹配词：增加 硅基负极；删去 硅碳负极",
            ]
        reset_chain(upgraded, "demo", by="王工")
        assert up_to_date(upgraded).knowledge.chain("demo").version == "1.1"


def test_a_version_that_no_longer_fits_is_set_aside_and_the_service_starts(small: Workspace) -> None:
    published(small, SOLID, SUPPLIES)
    assert small.settings.chains_dir is not None
    file = small.settings.chains_dir / "other.yaml"
    borrowing = file.read_text(encoding="utf-8").replace(
        "nodes:\n", "nodes:\n  - {ref: demo/gone, stage: upstream}\n"
    )
    shipped = small.settings.chains_dir / "demo.yaml"
    gone = "      - {id: gone, name: 新内置环节, terms: [新内置, 新内置二, 新内置三]}\n"
    shipped.write_text(
        DEMO.replace("  - id: power-cell", f"{gone}  - id: power-cell").replace(
            "edges:\n", "edges:\n  - {from: gone, to: power-cell}\n"
        ),
        encoding="utf-8",
    )
    file.write_text(
        borrowing.replace("edges:\n", "edges:\n  - {from: demo/gone, to: storage}\n"), encoding="utf-8"
    )
    with open_workspace(small.settings) as upgraded:
        assert list(upgraded.knowledge.set_aside) == ["demo"]
        assert "不再相符" in upgraded.knowledge.set_aside["demo"]
        assert "demo/gone" in upgraded.knowledge.chain("demo")
        with upgraded.session() as session:
            assert len(list_versions(session, "demo")) == 2, "nothing is lost"


def test_a_draft_begun_on_what_no_longer_counts_says_so(small: Workspace) -> None:
    state = draft(small, SOLID)
    assert not state.overtaken
    assert small.settings.chains_dir is not None
    (small.settings.chains_dir / "demo.yaml").write_text(DEMO.replace("电芯]", "电池芯]"), encoding="utf-8")
    now = state_of(small)
    assert now.overtaken
    assert now.mark != state.mark


def test_decisions_outlive_a_removed_node_and_act_again_when_it_is_back(small: Workspace) -> None:
    firm = ids_by_name(small.engine)["衢州甲有限公司"]
    review_links(
        small.engine, small.knowledge, {(firm, "demo/cathode"): ReviewState.ACCEPTED}, decided_by="李工"
    )
    with small.session() as session:
        assert removal_use(session, state_of(small), "demo/cathode") == NodeUse(1, 1)
    state = draft(small, RemoveNode("demo/cathode"))
    with small.session() as session:
        assert stranded_use(session, state) == NodeUse(1, 1)
    publish_draft(small, "demo", mark=state.mark, by="王工")
    now = up_to_date(small)
    assert "demo/cathode" not in now.knowledge.chain("demo")
    restore_version(now, "demo", 1, by="王工")
    (link,) = links(small).filter(pl.col("firm_id") == firm).iter_rows(named=True)
    assert (link["node"], link["state"], link["confidence"] > 0) == ("demo/cathode", "accepted", True)


def test_a_copy_becomes_a_chain_and_can_be_taken_away(small: Workspace) -> None:
    state = begin_copy(small, "demo", "mine", "我的链", by="王工", borrow=True)
    assert state.live is None
    assert len([one for one in state.differences if one.kind == "added"]) == 4
    with pytest.raises(ChainEditRefused, match="已经有一条产业链"):
        begin_copy(small, "other", "mine", "又一条", by="李工")
    publish_draft(small, "mine", mark=state.mark, by="王工")
    now = up_to_date(small)
    assert [node.id for node in now.knowledge.chain("mine").leaves][:2] == ["demo/cathode", "demo/anode"]
    with pytest.raises(ChainEditRefused, match="被产业链“我的链”引用"):
        draft(now, RemoveNode("demo/cathode"))
    with pytest.raises(InvalidQuery, match="是内置的"):
        remove_chain(now, "demo", by="王工")
    remove_chain(now, "mine", by="王工")
    now = up_to_date(now)
    assert set(now.knowledge.chains) == {"demo", "other"}
    with pytest.raises(UnknownChain):
        state_of(now, "mine")


def test_a_discarded_copy_leaves_nothing(small: Workspace) -> None:
    state = begin_copy(small, "demo", "mine", "我的链", by="王工")
    assert undo_step(small, "mine", mark=state.mark) is None
    with pytest.raises(UnknownChain):
        state_of(small, "mine")


def test_a_borrowed_node_comes_and_goes(small: Workspace) -> None:
    state = draft(
        small, BorrowNode("other/storage", None, "downstream"), PutEdge("demo/power-cell", "other/storage")
    )
    assert state.complaints == ()
    publish_draft(small, "demo", mark=state.mark, by="王工")
    now = up_to_date(small)
    assert now.knowledge.chain("demo").node("other/storage").terms == ("储能系统", "储能柜", "储能电站")


def test_slugs_for_new_nodes_are_free(small: Workspace) -> None:
    state = draft(small, AddNode("fu-ji", {"name": "负极", "terms": ["某某负极"]}, "demo/materials"))
    assert (free_slug(state, "负极"), free_slug(state, "隔膜"), free_slug(state, "？！")) == (
        "fu-ji-2",
        "ge-mo",
        "node",
    )


def test_a_hash_that_our_chains_cannot_make_is_tried_once(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_transaction(small.engine) as connection:
        bump_data_version(connection, "f" * 64)  # as another version of the program would write it
    follower = ChainFollower()
    assert follower.follow(small).knowledge.chains_hash == small.knowledge.chains_hash

    def never(_workspace: Workspace) -> Workspace:
        raise AssertionError("the chains were read again for nothing")

    monkeypatch.setattr("service.chain_following.up_to_date", never)
    assert follower.follow(small) is small
