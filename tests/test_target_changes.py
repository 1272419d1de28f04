"""Saved lists of targets, from the command line's file to the difference of two of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.errors import InvalidQuery
from service.results_targets import SavedTarget, TargetDiffRead, count_targets, target_reads
from service.target_changes import diff_targets, read_saved_targets
from service.targeting import rank_targets
from service.workspace import Workspace

NODE = "lithium-battery/wet-separator"
ROW = {
    "region": "330800",
    "node": NODE,
    "firm": "n:甲",
    "name": "甲",
    "rank": 1,
    "among": 1,
    "score": 50.0,
    "factors": [{"name": "x", "value": 0.5, "weight": 1.0, "contribution": 50.0, "reason": "。"}],
    "obstacles": [],
}


def write(path: Path, value: Any, encoding: str = "utf-8") -> Path:
    path.write_bytes((value if isinstance(value, str) else json.dumps(value)).encode(encoding))
    return path


def test_what_is_published_is_read_again(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.session() as session:
        found = rank_targets(session, workspace.knowledge, "330800", NODE)
    every = target_reads(found, excluded=True)
    assert len(every) == count_targets(found, excluded=True)
    assert count_targets(found) == len(target_reads(found)) == every[0].among
    assert target_reads(found, excluded=True, limit=2, offset=1) == every[1:3]
    assert {one.rank is None for one in every[every[0].among :]} <= {True}
    path = write(tmp_path / "a.json", [one.model_dump(mode="json") for one in every])
    again = read_saved_targets(path)
    same = diff_targets(again, again)
    assert (same.changes, same.unchanged) == ((), every[0].among)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_shells_write(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.json", json.dumps([ROW], ensure_ascii=False), encoding)
    assert read_saved_targets(path) == [SavedTarget.model_validate(ROW)]


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in ROW.items() if name != field}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "不是有效的 JSON"),
        ("企业,得分\n甲,50\n", "不是有效的 JSON"),
        ("[" * 5000, "不是有效的 JSON"),
        (ROW, "最外层应为 JSON 数组"),
        ([7], "第 1 家 应为 JSON 对象"),
        ([ROW, without("node")], "第 2 家 node 没有给出"),
        ([without("factors")], "第 1 家 factors 没有给出"),
        ([{**ROW, "score": "高"}], "第 1 家 score 应为数"),
        ([{**ROW, "score": 150.0}], "第 1 家 score 应不大于"),
        (json.dumps([{**ROW, "score": float("nan")}]), "第 1 家 score 应"),
        ([{**ROW, "rank": 0}], "第 1 家 rank 应不小于 1"),
        ([{**ROW, "factors": [{"name": "x"}]}], "第 1 家 factors.0.value 没有给出"),
        ([{**ROW, "region": "衢州"}], "第 1 家 region 含有不允许的字符"),
    ],
)
def test_files_that_are_no_list_of_targets(tmp_path: Path, content: Any, said: str) -> None:
    path = write(tmp_path / "bad.json", content)
    with pytest.raises(InvalidQuery) as caught:
        read_saved_targets(path)
    assert "bad.json" in str(caught.value)
    assert said in str(caught.value)
    assert "应为 targets --format json 的输出" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none.json", "无法读取"), (tmp_path, "无法读取")):
        with pytest.raises(InvalidQuery, match=said):
            read_saved_targets(path)
    (tmp_path / "x.json").write_bytes(b"\x80\x81")
    with pytest.raises(InvalidQuery, match="不是 UTF-8"):
        read_saved_targets(tmp_path / "x.json")


def row(**more: Any) -> SavedTarget:
    return SavedTarget.model_validate({**ROW, **more})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [], "两份名单都是空的"),
        ([row()], [row(node="lithium-battery/lfp")], "不是同一地区同一环节"),
        (
            [row(among=2), row(firm="b", rank=2, among=2, region="330700")],
            [row()],
            "前一份名单混有不同的地区",
        ),
        ([row()], [row(among=2), row(firm="b", rank=2, among=3)], "后一份名单混有不同的运行结果"),
        ([row(), row()], [row()], "前一份名单：名单中同一企业出现多次"),
        ([row()], [row(score=60.0)], "后一份名单：甲：各因素之和 50 与得分 60 不符"),
    ],
)
def test_lists_that_cannot_be_compared(
    before: list[SavedTarget], after: list[SavedTarget], said: str
) -> None:
    with pytest.raises(InvalidQuery, match=said):
        diff_targets(before, after)


def test_an_empty_list_is_of_the_other_ones_node() -> None:
    assert TargetDiffRead.model_validate(diff_targets([], [row()])).new == 1
    gone = diff_targets([row()], [])
    assert (gone.gone, gone.node) == (1, NODE)


@pytest.mark.parametrize("change", [lambda one: one, lambda one: {**one, "extra": 1}])
def test_fields_that_are_not_looked_at(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    assert SavedTarget.model_validate(change(ROW)).firm == "n:甲"
