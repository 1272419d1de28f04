from __future__ import annotations

import copy
import csv
import json
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from service.datafiles import data_folder
from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.errors import CyclicChain, InvalidChain
from service.ingest.chains import Severity, check_chains, load_chain, load_chains
from service.ingest.gbt4754 import load_gbt4754_codes

GOOD = """\
id: demo
name: 示例链
version: "1.0"
date: 2026-11-22
summary: 一句话
sources:
  - {title: 某标准, publisher: 某机构, year: 2023}
nodes:
  - id: materials
    name: 电池材料
    stage: upstream
    children:
      - id: cathode
        name: 正极材料
        terms: [正极材料, 磷酸铁锂, 三元前驱体]
        exclusions: [正极材料检测]
        gbt4754: ["3985"]
      - id: anode
        name: 负极材料
        terms: [负极材料, 人造石墨, 硅碳复合物]
  - id: power-cell
    name: 动力电池
    stage: midstream
    terms: [动力电池, 锂离子电池, 电芯]
    bottleneck: 原因
edges:
  - from: cathode
    to: power-cell
    input_share: 0.35
    source: 某年报
  - {from: demo/anode, to: power-cell}
"""


def write(folder: Path, text: str | bytes, name: str = "demo.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def changed(*replacements: tuple[str, str]) -> str:
    text = GOOD
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def found(path: Path) -> list[tuple[int, str]]:
    return [(problem.line, problem.check) for problem in check_chains([path])]


def test_a_good_file_becomes_a_chain(tmp_path: Path) -> None:
    chain = load_chain(write(tmp_path, GOOD))
    assert (chain.id, chain.name, chain.version, chain.date) == ("demo", "示例链", "1.0", "2026-11-22")
    assert (chain.summary, chain.sources) == ("一句话", ("某标准，某机构，2023",))
    assert [(node.id, node.parent, node.stage) for node in chain.nodes] == [
        ("demo/materials", None, Stage.UPSTREAM),
        ("demo/cathode", "demo/materials", Stage.UPSTREAM),
        ("demo/anode", "demo/materials", Stage.UPSTREAM),
        ("demo/power-cell", None, Stage.MIDSTREAM),
    ]
    cathode = chain.node("demo/cathode")
    assert (cathode.terms[0], cathode.exclusions, cathode.gbt4754_codes) == (
        "正极材料",
        ("正极材料检测",),
        ("3985",),
    )
    assert chain.edges == (
        SupplyEdge("demo/cathode", "demo/power-cell", 0.35, "某年报"),
        SupplyEdge("demo/anode", "demo/power-cell"),
    )


def test_a_child_may_stand_in_another_stage_than_its_parent(tmp_path: Path) -> None:
    chain = load_chain(
        write(tmp_path, changed(("name: 负极材料", "name: 负极材料\n        stage: midstream")))
    )
    stages = [node.stage for node in chain.children("demo/materials")]
    assert stages == [Stage.UPSTREAM, Stage.MIDSTREAM]


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    plain = load_chain(write(tmp_path, GOOD))
    assert load_chain(write(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())) == plain


STRUCTURE = {
    "missing key": ([("summary: 一句话\n", ""), ("name: 示例链\n", "")], 1, "缺少必填字段 name"),
    "missing node key": ([("    name: 动力电池\n", "")], 21, "缺少必填字段 name"),
    "unknown key": (
        [("    bottleneck:", "    botleneck:")],
        25,
        '未知字段 "botleneck"，是否应为 "bottleneck"',
    ),
    "far unknown key": ([("summary: 一句话", "颜色: 红")], 5, "可用的字段有：id、name"),
    "bad chain id": ([("id: demo", "id: Demo_1"), ("demo/anode", "anode")], 1, "小写字母、数字"),
    "bad slug": ([("id: power-cell", "id: Power Cell")], 21, "小写字母、数字"),
    "unknown stage": ([("stage: upstream", "stage: upstraem")], 11, '是否应为 "upstream"'),
    "top without stage": ([("    stage: upstream\n", "")], 9, '"materials" 缺少 stage'),
    "leaf without terms": ([("    terms: [动力电池, 锂离子电池, 电芯]\n", "")], 21, "缺少 terms"),
    "leaf with no term": ([("[动力电池, 锂离子电池, 电芯]", "[]")], 24, "不能是空列表"),
    "empty value": ([("terms: [动力电池, 锂离子电池, 电芯]", "terms:")], 24, "terms 是空的"),
    "term of one character": ([("电芯]", "电]")], 24, '第 3 项 "电" 不合要求'),
    "number for text": ([('"1.0"', "1.0")], 3, "请加引号"),
    "code without quotes": ([('["3985"]', "[3985]")], 17, "请加引号"),
    "code with letter": ([("3985", "C3985")], 17, "不带门类字母"),
    "code twice": ([('["3985"]', '["3985", "3985"]')], 17, "重复"),
    "no such day": ([("2026-11-22", "2026-02-30")], 4, "ISO 日期"),
    "other date form": ([("2026-11-22", "2026/11/22")], 4, "ISO 日期"),
    "share above one": ([("0.35", "35")], 29, "0 到 1 之间，写的是 35"),
    "share below zero": ([("0.35", "-0.1")], 29, "0 到 1 之间"),
    "share without source": ([("    source: 某年报\n", "")], 27, "source 说明出处"),
    "text for list": ([('["3985"]', "三九八五")], 17, "应为列表"),
    "no sources": (
        [("sources:\n  - {title: 某标准, publisher: 某机构, year: 2023}", "sources: []")],
        6,
        "空列表",
    ),
    "misspelt edge": ([("  - from: cathode", "  - form: cathode")], 27, "缺少必填字段 from"),
}


@pytest.mark.parametrize("case", STRUCTURE.values(), ids=STRUCTURE.keys())
def test_a_wrong_structure_is_told_by_line(
    tmp_path: Path, case: tuple[list[tuple[str, str]], int, str]
) -> None:
    replacements, line, message = case
    path = write(tmp_path, changed(*replacements))
    with pytest.raises(InvalidChain) as caught:
        load_chain(path)
    assert [p for p in caught.value.problems if p.startswith(f"{path}:{line}: ") and message in p]


MEANING = {
    "duplicate id": ([("id: anode", "id: cathode"), ("demo/anode", "materials")], 18, "duplicate-id"),
    "unknown node": ([("demo/anode", "anodes")], 31, "unknown-node"),
    "node of another chain": ([("demo/anode", "other/anode")], 31, "unknown-node"),
    "self edge": ([("demo/anode, to: power-cell", "demo/anode, to: anode")], 31, "self-edge"),
    "edge to a part": ([("demo/anode, to: power-cell", "demo/anode, to: materials")], 31, "nested-edge"),
    "unknown code": ([("3985", "3986")], 17, "unknown-code"),
    "term on two nodes": ([("人造石墨", "三元前驱体")], 20, "duplicate-term"),
    "term twice on one": ([("人造石墨", "负极材料")], 20, "duplicate-term"),
    "same term in full width": ([("三元前驱体", "NCM811"), ("人造石墨", "ＮＣＭ811")], 20, "duplicate-term"),
    "term of one visible character": ([("电芯]", "\u200b电]")], 24, "short-term"),
    "exclusion equal to a term": ([("[正极材料检测]", "[正极材料]")], 16, "exclusion-is-term"),
    "orphan": ([("  - {from: demo/anode, to: power-cell}\n", "")], 18, "orphan"),
}


@pytest.mark.parametrize("case", MEANING.values(), ids=MEANING.keys())
def test_a_wrong_meaning_is_told_by_line(
    tmp_path: Path, case: tuple[list[tuple[str, str]], int, str]
) -> None:
    replacements, line, check = case
    path = write(tmp_path, changed(*replacements))
    assert found(path) == [(line, check)]
    with pytest.raises(InvalidChain):
        load_chain(path)


def test_a_repeated_edge_is_told_with_its_first_line(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + "  - {from: anode, to: power-cell}\n")
    assert [str(problem) for problem in check_chains([path])] == [
        f"{path}:32: 供应关系 anode → power-cell 重复，第 31 行已经写过"
    ]


def test_shares_of_one_customer_add_up_to_one_at_most(tmp_path: Path) -> None:
    second = "  - {from: demo/anode, to: power-cell"
    enough = changed((second, f"{second}, source: 某年报, input_share: 0.65"))
    assert found(write(tmp_path, enough)) == []
    too_much = changed((second, f"{second}, source: 某年报, input_share: 0.66"))
    assert found(write(tmp_path, too_much)) == [(31, "share-sum")]


def test_a_part_is_not_counted_beside_its_whole(tmp_path: Path) -> None:
    whole = GOOD + "  - {from: materials, to: power-cell, input_share: 0.8, source: 某年报}\n"
    assert found(write(tmp_path, whole)) == []


def test_an_edge_of_the_parent_keeps_a_leaf_from_being_an_orphan(tmp_path: Path) -> None:
    text = changed(("  - {from: demo/anode, to: power-cell}", "  - {from: materials, to: power-cell}"))
    assert found(write(tmp_path, text)) == []


def test_an_orphan_is_not_claimed_while_edges_cannot_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, changed(("{from: demo/anode", "{form: demo/anode")))
    assert found(path) == [(31, "required"), (31, "unknown-key")]


def test_a_circle_is_named_and_placed_at_its_last_edge(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + "  - {from: power-cell, to: cathode}\n")
    with pytest.raises(CyclicChain) as caught:
        load_chain(path)
    assert caught.value.problems == (f"{path}:32: 供应关系成环：正极材料 → 动力电池 → 正极材料",)


def test_a_circle_between_leaves_that_stand_for_their_parents_is_found(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        changed(("  - {from: demo/anode, to: power-cell}", "  - {from: power-cell, to: materials}")),
    )
    with pytest.raises(CyclicChain, match="正极材料 → 动力电池 → 正极材料"):
        load_chain(path)
    assert found(path) == [(31, "cycle")]


def test_every_separate_circle_is_told(tmp_path: Path) -> None:
    more = """\
  - {id: pack, name: 电池包, stage: downstream, terms: [电池包, 电池模组, 电池系统]}
  - {id: car, name: 电动汽车, stage: downstream, terms: [电动汽车, 新能源汽车, 纯电动车]}
edges:
"""
    extra = "  - {from: pack, to: car}\n  - {from: car, to: pack}\n  - {from: power-cell, to: anode}\n"
    path = write(tmp_path, changed(("edges:\n", more)) + extra)
    assert found(path) == [(35, "cycle"), (36, "cycle")]


def test_all_problems_of_a_file_are_told_at_once_by_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        changed(("name: 示例链", "nam: 示例链"), ("3985", "0000"), ("demo/anode", "anod"), ("upstream", "up"))
        + "  - {from: power-cell, to: cathode}\n",
    )
    assert found(path) == [
        (1, "required"),
        (2, "unknown-key"),
        (11, "enum"),
        (17, "unknown-code"),
        (31, "unknown-node"),
        (32, "cycle"),
    ]
    with pytest.raises(CyclicChain):
        load_chain(path)


def test_warnings_are_told_and_do_not_stop_a_chain(tmp_path: Path) -> None:
    path = write(tmp_path, changed(("[正极材料检测]", "[电池回收]"), (", 硅碳复合物", "")))
    problems = check_chains([path])
    assert [(p.line, p.severity, p.check) for p in problems] == [
        (16, Severity.WARNING, "idle-exclusion"),
        (20, Severity.WARNING, "few-terms"),
    ]
    assert str(problems[0]).startswith(f"{path}:16: 警告：")
    assert load_chain(path).id == "demo"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 1, "文件是空的"),
        (b"# nothing\n", 1, "文件是空的"),
        (b"- id: demo\n", 1, "应为键值结构，写的是 列表"),
        (b"demo\n", 1, '应为键值结构，写的是 "demo"'),
        ("id: demo\nname: 锂电池\n".encode("gb18030"), 2, "不是 UTF-8"),
        (b"id: demo\nname: a\x00b\n", 2, "U\\+0000"),
        (b"id: demo\n\tname: x\n", 2, "制表符"),
        (b"id: demo\nname: a: b\n", 2, "冒号"),
        (b'id: demo\nname: "a\n', 3, "引号没有配对"),
        (b"id: demo\nsources: [a, b\n", 3, "方括号"),
        (b"id: demo\nid: demo\n", 2, "键 'id' 重复，第 1 行"),
        (b"id: demo\n---\nid: demo\n", 2, "只能有一个 YAML 文档"),
        (b"? [a]\n: b\n", 1, "键必须是文字"),
        (b"id: !!python/object:os.system x\n", 1, "不支持 YAML 标签"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "锚点与别名"),
        (b"a: b\nc: *missing\n", 2, "锚点与别名"),
        (b"[" * 200_000, 1, "嵌套过深"),
        ("\n".join(f"{' ' * depth}a:" for depth in range(900)).encode(), 41, "嵌套过深"),
        (b"a" * (4 * 1024 * 1024 + 1), 1, "超过 4 MB"),
    ],
)
def test_what_is_no_chain_file_at_all_is_refused_by_line(
    tmp_path: Path, data: bytes, line: int, message: str
) -> None:
    path = write(tmp_path, data)
    with pytest.raises(InvalidChain, match=message):
        load_chain(path)
    assert line in [problem.line for problem in check_chains([path])]


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidChain, match="没有这个文件"):
        load_chain(tmp_path / "none.yaml")
    with pytest.raises(InvalidChain, match="无法读取文件"):
        load_chain(tmp_path)
    with pytest.raises(InvalidChain, match="没有这个目录"):
        load_chains(tmp_path / "none")


def test_the_file_is_named_after_the_chain(tmp_path: Path) -> None:
    path = write(tmp_path, "# 注释\n" + GOOD, "other.yaml")
    assert found(path) == [(2, "file-name")]


def test_two_files_must_not_hold_the_same_chain(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    first, second = write(tmp_path, GOOD), write(tmp_path / "sub", "\n" + GOOD)
    problems = check_chains([first, second])
    assert [(p.file, p.line, p.check) for p in problems] == [(second, 2, "duplicate-chain")]
    assert str(first) in problems[0].message


def test_a_folder_is_read_sorted_and_again_only_when_it_changed(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, changed(("id: demo", "id: alpha"), ("demo/anode", "anode")), "alpha.yaml")
    write(tmp_path, "files: []\n", "manifest.yaml")
    write(tmp_path, "gap: {}\n", "weights.yaml")
    chains = load_chains(tmp_path)
    assert list(chains) == ["alpha", "demo"]
    assert load_chains(tmp_path)["demo"] is chains["demo"]
    chains.clear()
    path = write(tmp_path, changed(("示例链", "新名字")))
    os.utime(path, ns=(1, 1))
    assert load_chains(tmp_path)["demo"].name == "新名字"


def test_problems_of_all_files_of_a_folder_are_told(tmp_path: Path) -> None:
    write(tmp_path, changed(("3985", "0000")))
    write(tmp_path, "", "alpha.yaml")
    with pytest.raises(InvalidChain) as caught:
        load_chains(tmp_path)
    assert [problem.rpartition(".yaml:")[2][:2] for problem in caught.value.problems] == ["1:", "17"]


def test_the_shipped_chains_have_no_problems() -> None:
    assert [str(problem) for problem in check_chains()] == []


def test_the_example_of_the_readme_is_a_chain_without_problems(tmp_path: Path) -> None:
    readme = (data_folder("chains") / "README.md").read_text("utf-8")
    example = readme.partition("## Example")[2].partition("```yaml\n")[2].partition("```")[0]
    assert check_chains([write(tmp_path, example)]) == []


# --- the schema ---------------------------------------------------------------------------------


def as_document() -> dict[str, Any]:
    """The good chain as plain values, in a form that YAML and JSON share."""
    return {
        "id": "demo",
        "name": "示例链",
        "version": "1.0",
        "date": "2026-11-22",
        "sources": [{"title": "某标准", "publisher": "某机构"}],
        "nodes": [
            {
                "id": "materials",
                "name": "电池材料",
                "stage": "upstream",
                "children": [
                    {"id": "cathode", "name": "正极材料", "terms": ["正极材料", "三元前驱体", "钴酸锂"]}
                ],
            },
            {"id": "cell", "name": "电池", "stage": "midstream", "terms": ["动力电池", "锂离子电池", "电芯"]},
        ],
        "edges": [{"from": "cathode", "to": "cell", "input_share": 0.3, "source": "某年报"}],
    }


NODE = ("nodes", 0, "children", 0)
GOOD_CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    (("summary",), "两句话。\n第二句。"),
    (("sources", 0, "year"), 2023),
    ((*NODE, "stage"), "downstream"),
    ((*NODE, "exclusions"), []),
    ((*NODE, "gbt4754"), ["39", "398", "3985"]),
    ((*NODE, "sources"), ["某年报"]),
    (("edges", 0, "from"), "demo/cathode"),
    (("edges", 0, "input_share"), 1),
]
BAD_CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    (("id",), "demo "),
    (("id",), "demo\n"),
    (("id",), "-demo"),
    (("name",), ""),
    (("name",), None),
    (("version",), 1.0),
    (("date",), "2026-13-01"),
    (("date",), "20261122"),
    (("sources",), []),
    (("sources", 0, "year"), "2023"),
    (("sources", 0, "url"), "x"),
    (("nodes",), []),
    (("nodes", 1, "stage"), "middle"),
    (("nodes", 1, "terms"), []),
    (("nodes", 1, "terms", 0), "电"),
    (("nodes", 1, "terms", 0), "动力电池\n"),
    (("nodes", 1, "terms", 0), ["动力电池"]),
    ((*NODE, "gbt4754"), ["3"]),
    ((*NODE, "gbt4754"), ["３９８５"]),
    ((*NODE, "gbt4754"), [3985]),
    ((*NODE, "bottleneck"), True),
    ((*NODE, "children"), []),
    (("edges",), {}),
    (("edges", 0), "cathode -> cell"),
    (("edges", 0, "from"), "正极材料"),
    (("edges", 0, "input_share"), 1.01),
    (("edges", 0, "input_share"), "0.3"),
    (("edges", 0, "share"), 0.3),
]


@pytest.mark.parametrize(
    ("change", "good"),
    [(None, True), *((c, True) for c in GOOD_CHANGES), *((c, False) for c in BAD_CHANGES)],
)
def test_schema_and_reader_agree(
    tmp_path: Path, change: tuple[tuple[str | int, ...], Any] | None, good: bool
) -> None:
    document = as_document()
    if change is not None:
        *way, last = change[0]
        target: Any = document
        for step in way:
            target = target[step]
        target[last] = copy.deepcopy(change[1])
    schema = json.loads((data_folder("chains") / "chain.schema.json").read_text("utf-8"))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert validator.is_valid(document) is good
    path = write(tmp_path, json.dumps(document, ensure_ascii=False, indent=1))
    assert (not check_chains([path])) is good


def test_the_schema_is_a_schema() -> None:
    schema = json.loads((data_folder("chains") / "chain.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)


# --- load-store-load ----------------------------------------------------------------------------

# Among plain letters what YAML reads as more than a letter.
TEXT = st.text("锂电池材料ab9 :#-[]{}&*!|>'\"%@,?=~（）", max_size=8)


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Random trees; edges run down the file between nodes of which none holds the other, so never round."""
    nodes: list[Node] = []

    def grow(parent: Node | None, depth: int) -> None:
        least = 2 if parent is None else 0
        for _ in range(draw(st.integers(least, 3 if depth < 3 else 0))):
            number = len(nodes)
            terms = tuple(f"甲{number}乙{each}丙{draw(TEXT)}丁" for each in range(3))
            node = Node(
                id=f"random/n{number}",
                name=f"名{draw(TEXT)}称",
                parent=parent.id if parent else None,
                stage=draw(st.sampled_from(Stage)),
                terms=terms,
                exclusions=(f"不含{terms[0]}",) if draw(st.booleans()) else (),
                gbt4754_codes=tuple(
                    draw(st.lists(st.sampled_from(["0111", "39", "398", "3985"]), unique=True))
                ),
                bottleneck=draw(st.none() | TEXT.map(lambda text: f"因{text}为")),
                note=draw(st.none() | TEXT.map(lambda text: f"注{text}\n释")),
                sources=tuple(draw(st.lists(TEXT.map(lambda text: f"出{text}处"), max_size=2))),
            )
            nodes.append(node)
            grow(node, depth + 1)

    grow(None, 0)
    bare = Chain("random", "随机", "1.0", "2026-11-22", tuple(nodes), ())
    return Chain(
        "random", "随机", "1.0", "2026-11-22", tuple(nodes), draw(edges_of(bare)), "概要", ("甲，乙，2020",)
    )


@st.composite
def edges_of(draw: st.DrawFn, chain: Chain) -> tuple[SupplyEdge, ...]:
    order = [node.id for _, node in chain.walk()]
    free = [
        (supplier, customer)
        for position, supplier in enumerate(order)
        for customer in order[position + 1 :]
        if supplier not in chain.ancestors(customer)
    ]
    leaves = [node_id for node_id in order if not chain.children(node_id)]
    needed = list(pairwise(leaves))
    pairs = dict.fromkeys([*needed, *draw(st.lists(st.sampled_from(free), max_size=10))])
    shares = st.none() | st.floats(0, 1 / len(order))
    backwards = draw(st.booleans())
    edges = []
    for supplier, customer in draw(st.permutations(list(pairs))):
        share = draw(shares)
        source = None if share is None else "某年报"
        ends = (customer, supplier) if backwards else (supplier, customer)
        edges.append(SupplyEdge(*ends, share, source))
    return tuple(edges)


def as_yaml(chain: Chain) -> dict[str, Any]:
    def node_items(parent: str | None) -> list[dict[str, Any]]:
        return [
            {
                "id": node.id.partition("/")[2],
                "name": node.name,
                "stage": node.stage.value,
                "terms": list(node.terms),
                "exclusions": list(node.exclusions),
                "gbt4754": list(node.gbt4754_codes),
                "sources": list(node.sources),
            }
            | ({"bottleneck": node.bottleneck} if node.bottleneck else {})
            | ({"note": node.note} if node.note else {})
            | ({"children": node_items(node.id)} if chain.children(node.id) else {})
            for node in chain.children(parent)
        ]

    edges: list[dict[str, Any]] = [
        {"from": edge.supplier, "to": edge.customer}
        | ({} if edge.input_share is None else {"input_share": edge.input_share, "source": edge.source})
        for edge in chain.edges
    ]
    return {
        "id": chain.id,
        "name": chain.name,
        "version": chain.version,
        "date": chain.date,
        "summary": chain.summary,
        "sources": [{"title": "甲", "publisher": "乙", "year": 2020}],
        "nodes": node_items(None),
        "edges": edges,
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chain=chains())
def test_a_chain_written_and_read_is_the_same(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("random") / "random.yaml"
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    with path.open("w", encoding="utf-8") as stream:
        yaml.dump(as_yaml(chain), stream)
    assert load_chain(path) == chain


# --- GB/T 4754-2017 -----------------------------------------------------------------------------


def test_the_code_table_has_the_known_numbers_of_codes() -> None:
    codes = load_gbt4754_codes()
    assert Counter(map(len, codes)) == {2: 97, 3: 473, 4: 1381}
    assert sorted(set(codes.values())) == list("ABCDEFGHIJKLMNOPQRST")
    assert (codes["01"], codes["3841"], codes["7340"]) == ("A", "C", "M")


def test_every_code_stands_under_a_code_of_the_same_section() -> None:
    codes = load_gbt4754_codes()
    assert all(codes[code[:-1]] == section for code, section in codes.items() if len(code) > 2)


@pytest.mark.real
def test_the_code_table_equals_the_published_one() -> None:
    path = Path(__file__).parents[3] / "shared/data/gbt4754/gbt4754_2017.csv"
    if not path.exists():
        pytest.skip("the real data folder ../shared/data is not beside the checkout")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        published = {
            row["code"][1:]: row["code"][0] for row in csv.DictReader(stream) if len(row["code"]) > 1
        }
    assert dict(load_gbt4754_codes()) == published
