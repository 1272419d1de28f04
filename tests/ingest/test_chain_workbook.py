"""Chains from and to the plain workbooks that a bureau has."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.errors import InvalidChain, InvalidFirmFile
from service.ingest.chain_draft import NodeFirm, draft_chain
from service.ingest.chain_sheet import REMARK, find_chain_sheet, plain_name, split_stage
from service.ingest.chain_workbook import (
    chain_from_workbook,
    chain_text,
    export_chain_workbook,
    new_chain_from_workbook,
)
from service.ingest.chains import Severity, check_chains, load_chain, load_chains

Rows = Sequence[Sequence[Any]]

BUREAU: Rows = [
    ["某市锂电池产业链全景图（2025年）"],
    ["序号", "产业链环节", None, None, "代表企业", "本地企业"],
    [None, "一级环节", "二级环节", "三级环节", None, None],
    [1, "上游：原材料", "正极材料", "磷酸铁锂", "甲公司、乙公司", "丙公司"],
    [2, None, None, "三元材料", "丁公司（动力、储能）；戊公司等", "无"],
    [3, None, "隔膜", None, "己公司\n庚公司", None],
    [4, "中游：电池", "电芯", None, "1. 辛公司\n2. 壬公司", None],
    [5, "下游：应用", "储能", None, None, None],
    [6, None, "电动车", None, None, "癸公司"],
    ["注：名单截至2025年底"],
]


def save(folder: Path, rows: Rows, merges: Sequence[str] = (), name: str = "chain.xlsx") -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for span in merges:
        sheet.merge_cells(span)
    book.save(folder / name)
    return folder / name


def draft(rows: Rows, name: str | None = None) -> tuple[Chain, tuple[NodeFirm, ...]]:
    """The chain of a sheet whose cells, as text, are these."""
    texts = [[None if cell is None else str(cell) for cell in row] for row in rows]
    width = max(map(len, texts))
    padded = [row + [None] * (width - len(row)) for row in texts]
    return draft_chain(find_chain_sheet("chain.xlsx", [("Sheet", padded)]), "demo", name, "chain.xlsx")


def tree(chain: Chain, node_id: str | None = None) -> list[Any]:
    """Names nested: a leaf is its name, a group is [name, [...]]."""
    return [
        [child.name, tree(chain, child.id)] if chain.children(child.id) else child.name
        for child in chain.children(node_id)
    ]


def errors_of(text: str, folder: Path, chain_id: str = "demo") -> list[str]:
    path = folder / f"{chain_id}.yaml"
    path.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check_chains([path]) if problem.severity is Severity.ERROR]


def stage_of(chain: Chain, name: str) -> Stage:
    return next(node.stage for node in chain.nodes if node.name == name)


# --- reading ------------------------------------------------------------------------------------


def test_a_bureaus_table_becomes_a_chain(tmp_path: Path) -> None:
    path = save(tmp_path, BUREAU, ["A1:F1", "B2:D2", "B4:B6", "C4:C5", "C6:D6", "B8:B9"])
    chain, firms = chain_from_workbook(path, "demo")
    assert chain.name == "某市锂电池"
    assert tree(chain) == [
        ["原材料", [["正极材料", ["磷酸铁锂", "三元材料"]], "隔膜"]],
        ["电池", ["电芯"]],
        ["应用", ["储能", "电动车"]],
    ]
    assert [stage_of(chain, name) for name in ("三元材料", "电芯", "储能")] == list(Stage)
    assert [(firm.node.partition("/")[2], firm.name, firm.column) for firm in firms] == [
        ("lin-suan-tie-li", "甲公司", "代表企业"),
        ("lin-suan-tie-li", "乙公司", "代表企业"),
        ("lin-suan-tie-li", "丙公司", "本地企业"),
        ("san-yuan-cai-liao", "丁公司（动力、储能）", "代表企业"),
        ("san-yuan-cai-liao", "戊公司", "代表企业"),
        ("ge-mo", "己公司", "代表企业"),
        ("ge-mo", "庚公司", "代表企业"),
        ("dian-xin", "辛公司", "代表企业"),
        ("dian-xin", "壬公司", "代表企业"),
        ("dian-dong-che", "癸公司", "本地企业"),
    ]


def test_the_text_is_a_chain_file_without_errors(tmp_path: Path) -> None:
    text = new_chain_from_workbook(save(tmp_path, BUREAU), "demo", "锂电")
    assert errors_of(text, tmp_path) == []
    chain = load_chain(tmp_path / "demo.yaml")
    assert (chain.id, chain.name) == ("demo", "锂电")
    assert [(edge.supplier, edge.customer) for edge in chain.edges] == [
        ("demo/yuan-cai-liao", "demo/dian-chi"),
        ("demo/dian-chi", "demo/ying-yong"),
    ]
    assert "暂按上游供中游、中游供下游的次序相连" in chain.summary
    leaf = chain.node("demo/san-yuan-cai-liao")
    assert (leaf.terms, leaf.note) == (("三元材料",), "词条暂取自环节名称，请按企业在经营范围里的说法补全。")
    assert chain.node("demo/yuan-cai-liao").terms == ()


def test_a_stage_column_may_be_merged() -> None:
    rows: Rows = [
        ["上中下游", "环节1", "环节2"],
        ["上游", "材料", "铜箔"],
        [None, "设备", "涂布机"],
        ["下游", "整车", None],
    ]
    chain, _ = draft(rows)
    assert tree(chain) == [["材料", ["铜箔"]], ["设备", ["涂布机"]], "整车"]
    assert [stage_of(chain, name) for name in ("铜箔", "涂布机", "整车")] == [
        "upstream",
        "upstream",
        "downstream",
    ]
    assert len(chain.edges) == 2


def test_a_first_level_of_stages_is_no_level() -> None:
    rows: Rows = [
        ["一级环节", "二级环节", "三级环节"],
        ["上游", "材料", "铜箔"],
        [None, None, "隔膜"],
        ["中游", "电芯", None],
    ]
    chain, _ = draft(rows)
    assert tree(chain) == [["材料", ["铜箔", "隔膜"]], "电芯"]
    assert [stage_of(chain, name) for name in ("隔膜", "电芯")] == ["upstream", "midstream"]


@pytest.mark.parametrize(
    "words", [("上游", "中游"), ("一、上游环节", "二、中游环节"), ("上游（原材料）", "中游（制造）")]
)
def test_rows_between_say_the_stage(words: tuple[str, str]) -> None:
    rows: Rows = [
        ["环节1", "环节2"],
        [words[0]],
        ["材料", "铜箔"],
        [None, "隔膜"],
        [words[1]],
        ["电芯", "方形"],
    ]
    chain, _ = draft(rows)
    assert tree(chain) == [["材料", ["铜箔", "隔膜"]], ["电芯", ["方形"]]]
    assert [stage_of(chain, name) for name in ("隔膜", "方形")] == ["upstream", "midstream"]


def test_without_stages_the_order_of_the_nodes_stands_for_them() -> None:
    rows: Rows = [["细分环节", "企业名称"], ["铜箔", None], ["电芯", "甲公司"], ["整车", None]]
    chain, _ = draft(rows)
    assert [node.stage for node in chain.nodes] == list(Stage)
    assert "上中下游在来源表中没有，暂按表中先后次序划分" in chain.summary


def test_nodes_of_one_stage_supply_each_the_next() -> None:
    rows: Rows = [["环节", "上中下游"], ["铜箔", "上游"], ["铝箔", "上游"], ["隔膜", "上游"]]
    chain, _ = draft(rows)
    assert [(edge.supplier, edge.customer) for edge in chain.edges] == [
        ("demo/tong-bo", "demo/lv-bo"),
        ("demo/lv-bo", "demo/ge-mo"),
    ]


def test_below_a_single_top_node_its_children_are_joined(tmp_path: Path) -> None:
    rows: Rows = [["一级环节", "二级环节"], ["锂电池", "铜箔"], ["锂电池", "电芯"]]
    path = save(tmp_path, rows)
    chain, _ = chain_from_workbook(path, "demo")
    assert tree(chain) == [["锂电池", ["铜箔", "电芯"]]]
    assert [(edge.supplier, edge.customer) for edge in chain.edges] == [("demo/tong-bo", "demo/dian-xin")]
    assert errors_of(new_chain_from_workbook(path, "demo"), tmp_path) == []


@pytest.mark.parametrize(
    "heads",
    [
        ("一级环节", "二级环节"),
        ("第一级", "第二级"),
        ("1级环节", "2级环节"),
        ("环节1", "环节2"),
        ("产业环节一", "产业环节二"),
        ("一级\n分类", "二级 分类"),
        ("一级产业链", "二级产业链"),
        ("大类", "中类"),
        ("产业链环节", "细分领域"),
        ("关键环节", "子环节"),
        ("Level1", "Level2"),
    ],
)
def test_column_names_of_levels(heads: tuple[str, str]) -> None:
    rows: Rows = [["序号", *heads, "企业数"], [1, "材料类", "铜箔", 3], [2, "电芯类", "方形电芯", 4]]
    chain, firms = draft(rows)
    assert tree(chain) == [["材料类", ["铜箔"]], ["电芯类", ["方形电芯"]]]
    assert firms == ()


def test_levels_may_be_given_in_any_order() -> None:
    rows: Rows = [["二级环节", "一级环节"], ["铜箔", "材料"], ["电芯", "电池"]]
    chain, _ = draft(rows)
    assert tree(chain) == [["材料", ["铜箔"]], ["电池", ["电芯"]]]


def test_a_repeated_upper_level_and_a_merged_one_below_go_on() -> None:
    rows: Rows = [["环节1", "环节2", "环节3"], ["甲", "乙", "丙"], ["甲", None, "丁"], ["戊", None, "丙"]]
    chain, _ = draft(rows)
    assert tree(chain) == [["甲", [["乙", ["丙", "丁"]]]], ["戊", ["丙"]]]


def test_rows_without_a_level_add_firms_to_the_node_before() -> None:
    rows: Rows = [["环节", "企业"], ["铜箔", "甲公司"], [None, "乙公司"], [None, None], ["电芯", "甲公司"]]
    _, firms = draft(rows)
    assert [(firm.node, firm.name) for firm in firms] == [
        ("demo/tong-bo", "甲公司"),
        ("demo/tong-bo", "乙公司"),
        ("demo/dian-xin", "甲公司"),
    ]


def test_terms_codes_and_bottlenecks_are_taken_over(tmp_path: Path) -> None:
    rows: Rows = [
        ["一级环节", "主要产品", "国标行业代码", "是否卡脖子", "龙头企业"],
        ["铜箔", "锂电铜箔、电子铜箔、铜", "C3985；3251", "是", None],
        ["电芯", "电子铜箔，方形电芯", None, "否", None],
        ["光刻胶", None, 3985, "高端依赖进口", None],
    ]
    path = save(tmp_path, rows)
    chain, _ = chain_from_workbook(path, "demo")
    foil, cell, resist = chain.nodes
    assert (foil.terms, foil.gbt4754_codes) == (("锂电铜箔", "电子铜箔"), ("3985", "3251"))
    assert foil.bottleneck == "来源工作簿标注为卡脖子环节"
    assert (cell.terms, cell.bottleneck) == (("方形电芯",), None)
    assert cell.note == "来源表中的词条与别的环节重复，没有写入：电子铜箔（环节“铜箔”）。"
    assert (resist.terms, resist.gbt4754_codes, resist.bottleneck) == (("光刻胶",), ("3985",), "高端依赖进口")
    assert errors_of(new_chain_from_workbook(path, "demo"), tmp_path) == []


def test_the_first_sheet_with_nodes_is_read(tmp_path: Path) -> None:
    path = save(tmp_path, [["说明"], ["本表供参考"]])
    book = load_workbook(path)
    sheet = book.create_sheet("图谱")
    for row in (["环节"], ["铜箔"], ["电芯"]):
        sheet.append(row)
    book.save(path)
    chain, _ = chain_from_workbook(path, "demo")
    assert [node.name for node in chain.nodes] == ["铜箔", "电芯"]
    assert chain.name == "demo"
    assert "的工作表“图谱”生成" in chain.summary


# --- names, slugs, terms ------------------------------------------------------------------------


def test_names_that_repeat_get_slugs_and_terms_of_their_own(tmp_path: Path) -> None:
    rows: Rows = [["环节1", "环节2"], ["正极", "设备"], [None, "前驱体"], ["负极", "设备"], [None, "前驱体"]]
    path = save(tmp_path, rows)
    chain, _ = chain_from_workbook(path, "demo")
    assert [(leaf.id, leaf.terms) for leaf in chain.leaves] == [
        ("demo/she-bei", ("正极设备",)),
        ("demo/qian-qu-ti", ("正极前驱体",)),
        ("demo/she-bei-2", ("负极设备",)),
        ("demo/qian-qu-ti-2", ("负极前驱体",)),
    ]
    assert errors_of(new_chain_from_workbook(path, "demo"), tmp_path) == []


def test_terms_of_a_name_are_its_parts_without_what_says_nothing() -> None:
    rows: Rows = [
        ["环节"],
        ["隔膜/涂覆膜环节"],
        ["正极材料（磷酸铁锂、三元）产业"],
        ["铝"],
        ["不饱和树脂"],
        ["材料"],
    ]
    chain, _ = draft(rows, "锂电池")
    assert [leaf.terms for leaf in chain.leaves] == [
        ("隔膜/涂覆膜", "隔膜", "涂覆膜"),
        ("正极材料（磷酸铁锂、三元）", "正极材料", "磷酸铁锂", "三元"),
        ("铝业",),
        ("不饱和树脂",),
        ("锂电池材料",),
    ]


def test_long_and_odd_names_are_no_trouble(tmp_path: Path) -> None:
    long = (
        "面向新能源汽车与储能领域的高镍低钴三元正极材料"
        + "及其前驱体的研发设计与规模化智能制造成套技术装备环节"
    )
    rows: Rows = [["环节"], [long], ["★"], ["null"], ["3D打印"], ["2025-01-01"], ["- 项: #1"], ["α"]]
    path = save(tmp_path, rows)
    text = new_chain_from_workbook(path, "demo")
    assert errors_of(text, tmp_path) == []
    chain = load_chain(tmp_path / "demo.yaml")
    assert [node.name for node in chain.nodes] == [row[0] for row in rows[1:]]
    assert chain.nodes[0].id == "demo/mian-xiang-xin-neng-yuan-qi-che-yu-chu"
    assert [node.id for node in chain.nodes[1:4]] == ["demo/node", "demo/null", "demo/3d-da-yin"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1.2 正极", "正极"),
        ("（一）原材料", "原材料"),
        ("二、电芯", "电芯"),
        ("① 隔膜", "隔膜"),
        ("正极\n材料", "正极材料"),
        ("隔  膜", "隔膜"),
        ("EDA 与 IP", "EDA 与 IP"),
        ("3D打印", "3D打印"),
        ("5.8GHz雷达", "5.8GHz雷达"),
        ("Wi-Fi\n模组", "Wi-Fi模组"),
        ("1.", "1."),
    ],
)
def test_plain_names(text: str, name: str) -> None:
    assert plain_name(text) == name


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("上游", (Stage.UPSTREAM, "")),
        ("中游环节", (Stage.MIDSTREAM, "")),
        ("下游（应用）", (Stage.DOWNSTREAM, "应用")),
        ("产业链上游-原材料", (Stage.UPSTREAM, "原材料")),
        ("中游制造", (Stage.MIDSTREAM, "制造")),
        ("中下游", (None, "中下游")),
        ("电芯", (None, "电芯")),
    ],
)
def test_stages_are_parted_from_names(text: str, parted: tuple[Stage | None, str]) -> None:
    assert split_stage(text) == parted


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["企业", "产值"], ["甲公司", 3]], "没有环节列"),
        ([], "没有环节列"),
        ([["一级环节", "二级环节"]], "表头下面没有环节"),
        ([["一级环节", "企业"], [None, "甲公司"]], "表头下面没有环节"),
        ([["一级环节"], ["上游"], ["下游"]], "表头下面没有环节"),
        ([["一级环节", "二级环节"], ["锂电池", None]], "只读到环节“锂电池”，至少要有两个并列的环节才成链"),
        ([["一级环节", "二级环节"], ["锂电池", "电芯"]], "只读到环节“锂电池”"),
        ([["环节", "国标代码"], ["铜箔", "9999"], ["电芯", "3841"]], "第 2 行：环节“铜箔”的国标代码 9999"),
    ],
)
def test_what_is_no_chain_is_refused(tmp_path: Path, rows: Rows, words: str) -> None:
    with pytest.raises(InvalidChain) as error:
        new_chain_from_workbook(save(tmp_path, rows), "demo")
    assert words in str(error.value)


def test_the_columns_that_were_found_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidChain, match="“Sheet”（企业、产值）"):
        chain_from_workbook(save(tmp_path, [["企业", "产值"]]), "demo")


def test_odd_merges_do_no_harm(tmp_path: Path) -> None:
    rows: Rows = [
        ["一级环节", "二级环节", "企业"],
        ["材料", None, "甲公司"],
        ["电芯", "方形", None],
        [None, None, None],
    ]
    path = save(tmp_path, rows, ["A2:B2", "B3:C5"])
    chain, _ = chain_from_workbook(path, "demo")
    assert tree(chain) == ["材料", ["电芯", ["方形"]]]


@pytest.mark.parametrize("chain_id", ["", "Lithium", "li_battery", "锂电", "a--b", "a\n"])
def test_the_id_has_to_be_a_slug(tmp_path: Path, chain_id: str) -> None:
    with pytest.raises(InvalidChain, match="链 id"):
        chain_from_workbook(save(tmp_path, BUREAU), chain_id)


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidChain, match="没有这个文件"):
        chain_from_workbook(tmp_path / "none.xlsx", "demo")
    text = tmp_path / "text.xlsx"
    text.write_text("一级环节,二级环节", encoding="utf-8")
    with pytest.raises(InvalidFirmFile):
        chain_from_workbook(text, "demo")
    with zipfile.ZipFile(tmp_path / "zip.xlsx", "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    with pytest.raises(InvalidFirmFile):
        chain_from_workbook(tmp_path / "zip.xlsx", "demo")


# --- writing ------------------------------------------------------------------------------------


def written(folder: Path, chain: Chain, firms: dict[str, list[str]] | None = None) -> Path:
    path = folder / "export.xlsx"
    path.write_bytes(export_chain_workbook(chain, firms or {}))
    return path


def test_an_export_is_a_table_with_merged_levels(tmp_path: Path) -> None:
    chain, _ = chain_from_workbook(save(tmp_path, BUREAU), "demo", "锂电")
    sheet = load_workbook(written(tmp_path, chain, {"demo/ge-mo": ["甲公司", "乙公司"]})).worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert sheet.title == "锂电"
    assert rows[0][0] == "锂电产业链"
    assert rows[1] == ["上中下游", "一级环节", "二级环节", "三级环节", "匹配词", "国标代码", "卡脖子", "企业"]
    assert rows[2] == ["上游", "原材料", "正极材料", "磷酸铁锂", "磷酸铁锂", None, None, None]
    assert rows[4] == [None, None, "隔膜", None, "隔膜", None, None, "甲公司、乙公司"]
    merged = {str(span) for span in sheet.merged_cells.ranges}
    assert merged == {"A1:H1", "A3:A5", "B3:B5", "C3:C4", "A7:A8", "B7:B8"}


def test_texts_that_look_like_formulas_stay_texts(tmp_path: Path) -> None:
    names = ["=1+1", "+86", "-项", "@SUM(A1)"]
    nodes = tuple(
        Node(f"demo/n{place}", name, None, Stage.UPSTREAM, (f"{name}甲",)) for place, name in enumerate(names)
    )
    edges = tuple(SupplyEdge(nodes[place].id, nodes[place + 1].id) for place in range(3))
    chain = Chain("demo", "=链", "1.0", "2026-11-22", nodes, edges)
    path = written(tmp_path, chain, {"demo/n0": ['=HYPERLINK("x")']})
    cells = [cell for row in load_workbook(path).worksheets[0].iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells if str(cell.value)[0] in "=+-@")
    again, firms = chain_from_workbook(path, "demo")
    assert tree(again) == names
    assert [firm.name for firm in firms] == ['=HYPERLINK("x")']


def test_many_firms_take_several_rows_and_come_back(tmp_path: Path) -> None:
    chain, _ = chain_from_workbook(save(tmp_path, BUREAU), "demo")
    names = [f"某某第{number}新材料股份有限公司" for number in range(3000)]
    path = written(tmp_path, chain, {"demo/ge-mo": names, "demo/yuan-cai-liao": ["总公司\x07"]})
    again, firms = chain_from_workbook(path, "demo")
    assert tree(again) == tree(chain)
    assert [firm.name for firm in firms if firm.node == "demo/ge-mo"] == names
    assert [firm.name for firm in firms if firm.node == "demo/yuan-cai-liao"] == ["总公司"]


def facts(chain: Chain) -> list[tuple[Any, ...]]:
    return [
        (depth, node.name, node.stage, node.terms, node.gbt4754_codes, node.bottleneck)
        for depth, node in chain.walk()
    ]


def reread(path: Path, name: str | None = None) -> Chain:
    """The chain of an exported file, read in this process."""
    return draft(list(load_workbook(path).worksheets[0].iter_rows(values_only=True)), name)[0]


@pytest.mark.parametrize("chain_id", sorted(load_chains()))
def test_the_shipped_chains_come_back_as_they_went(tmp_path: Path, chain_id: str) -> None:
    """Borrowed nodes come back as the chain's own: a term that two of them share then stays with the first,
    and a group has the stage of its leaves.
    """
    chain = load_chains()[chain_id]
    again = reread(written(tmp_path, chain))
    assert again.name == chain.name
    assert tree(again) == tree(chain)
    assert ends(again) == ends(chain)
    if chain.own_nodes == chain.nodes:
        assert facts(again) == facts(chain)
    assert errors_of(chain_text(again, "某表"), tmp_path) == []


def ends(chain: Chain) -> list[tuple[Any, ...]]:
    return [(leaf.name, leaf.stage, leaf.gbt4754_codes, leaf.bottleneck) for leaf in chain.leaves]


NAME = st.text(
    st.one_of(
        st.sampled_from("正负极隔膜电芯铜箔设备材料=+-@（）()/、3D1. "),
        st.characters(categories=["L", "N", "P"]),
    ),
    min_size=1,
    max_size=12,
).filter(
    lambda name: plain_name(name) == name and split_stage(name)[0] is None and not REMARK.fullmatch(name)
)


@st.composite
def trees(draw: st.DrawFn) -> Chain:
    """A tree of up to four levels with at least two top nodes; siblings have different names."""
    nodes: list[Node] = []

    def grow(parent: str | None, stage: Stage, depth: int) -> None:
        fewest = 2 if depth == 0 else 0
        most = 0 if depth == 4 else 3
        for name in draw(st.lists(NAME, min_size=fewest, max_size=max(fewest, most), unique=True)):
            own = draw(st.sampled_from(list(Stage))) if depth == 0 else stage
            node = Node(f"demo/n{len(nodes)}", name, parent, own)
            nodes.append(node)
            grow(node.id, own, depth + 1)

    grow(None, Stage.UPSTREAM, 0)
    return Chain("demo", "示例", "1.0", "2026-11-22", tuple(nodes), ())


@settings(max_examples=40)
@given(chain=trees())
def test_a_tree_of_names_comes_back_and_makes_a_sound_file(
    chain: Chain, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    again = reread(written(folder, chain))
    assert tree(again) == tree(chain)
    assert [node.stage for _, node in again.walk()] == [node.stage for _, node in chain.walk()]
    assert errors_of(chain_text(again, "某表"), folder) == []


def test_an_export_is_a_plain_zip_without_macros_or_links(tmp_path: Path) -> None:
    chain, _ = chain_from_workbook(save(tmp_path, BUREAU), "demo")
    members = zipfile.ZipFile(io.BytesIO(export_chain_workbook(chain, {}))).namelist()
    assert not [name for name in members if "vba" in name.lower() or "externalLink" in name]
