"""Input shares from an input-output table: hand-worked on three sectors, and the real table."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from service.datafiles import data_folder
from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.errors import DataMismatch
from service.ingest import input_output
from service.ingest.chains import Severity, check_chains, load_chains
from service.ingest.gbt4754 import load_gbt4754_codes
from service.ingest.input_output import (
    SMALLEST_SHARE,
    IoSector,
    edge_shares,
    input_coefficients,
    load_io_sectors,
    read_io_sectors,
    read_io_table,
)
from service.ingest.input_shares import SHARES_FILE, load_input_shares
from service.ingest.manifest import write_manifest_hashes

# Three sectors; 12 of 78 units of machines are used up, the rest is invested.
TABLE = """\
Code,Description,DescriptionInChinese,M,E,B,TIU,FU201,GO
M,Machines,设备,2,5,5,12,66,78
E,Electronics,电子,10,40,30,80,0,80
B,Batteries,电池,0,5,25,30,20,50
TII,Total intermediate input,中间投入合计,12,50,60,122,,
TVA,Total value-added,增加值合计,66,30,-10,86,,
TI,Total inputs,总投入,78,80,50,208,,
"""
MACHINES, ELECTRONICS, BATTERIES = IoSector("M", "设备"), IoSector("E", "电子"), IoSector("B", "电池")
SECTORS = {
    "3562": MACHINES,
    "3972": ELECTRONICS,
    "3973": ELECTRONICS,
    "3985": ELECTRONICS,
    "3841": BATTERIES,
    "3843": BATTERIES,
}


def table_file(folder: Path, text: str = TABLE) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def leaf(slug: str, *codes: str, parent: str | None = None) -> Node:
    return Node(f"demo/{slug}", slug, parent and f"demo/{parent}", Stage.UPSTREAM, (slug,), (), codes)


def chain(*edges: tuple[str, str], nodes: tuple[Node, ...], stated: float | None = None) -> Chain:
    made = [SupplyEdge(f"demo/{supplier}", f"demo/{customer}") for supplier, customer in edges]
    if stated is not None:
        made[0] = SupplyEdge(made[0].supplier, made[0].customer, stated, "某年报")
    return Chain("demo", "示例", "1.0", "2026-11-22", nodes, tuple(made))


def shares_of(a_chain: Chain, folder: Path) -> dict[tuple[str, str], float]:
    rows = edge_shares(a_chain, read_io_table(table_file(folder)), SECTORS)
    return {
        (row.supplier.removeprefix("demo/"), row.customer.removeprefix("demo/")): row.share for row in rows
    }


# --- the table ----------------------------------------------------------------------------------


def test_coefficients_are_shares_of_the_intermediate_inputs(tmp_path: Path) -> None:
    table = read_io_table(table_file(tmp_path))
    assert table.sectors == ("M", "E", "B")
    assert table.total_inputs.tolist() == [78, 80, 50]
    expected = [[2 / 12, 5 / 50, 5 / 60], [10 / 12, 40 / 50, 30 / 60], [0, 5 / 50, 25 / 60]]
    np.testing.assert_allclose(input_coefficients(table), expected)


def test_a_sector_that_buys_nothing_has_no_shares(tmp_path: Path) -> None:
    text = "Code,A,B,FU201\nA,0,3,0\nB,0,1,0\nTII,0,4,\nTI,5,9,\n"
    np.testing.assert_allclose(
        input_coefficients(read_io_table(table_file(tmp_path, text))), [[0, 0.75], [0, 0.25]]
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("10,40,30", "10,41,30", "第 E 列各部门合计 51，与中间投入合计 50 不符"),
        ("10,40,30", "10,x,30", "第 E 行第 E 列应为不小于 0 的数，写的是 'x'"),
        ("10,40,30", "10,-40,30", "写的是 '-40'"),
        ("10,40,30", "10,nan,30", "写的是 'nan'"),
        ("TII,", "ZZ,", "缺少 TII"),
        ("FU201", "FU999", "缺少 FU201"),
        ("B,Batteries", "E,Batteries", "第 4 行：行代码 'E' 重复"),
        ("Code,", "代码,", "缺少 Code"),
    ],
)
def test_a_broken_table_is_refused_by_row_and_column(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(DataMismatch) as error:
        read_io_table(table_file(tmp_path, TABLE.replace(old, new, 1)))
    assert words in str(error.value)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataMismatch, match="没有这个文件"):
        read_io_table(tmp_path / "none.csv")


# --- shares of edges ----------------------------------------------------------------------------


def test_suppliers_of_one_sector_part_its_coefficient(tmp_path: Path) -> None:
    """Half of the inputs of B is E; two nodes of E supply the cell: a quarter each."""
    nodes = (leaf("cathode", "3985"), leaf("anode", "3985"), leaf("cell", "3841"))
    found = shares_of(chain(("cathode", "cell"), ("anode", "cell"), nodes=nodes), tmp_path)
    assert found == {("cathode", "cell"): 0.25, ("anode", "cell"): 0.25}


def test_a_supplier_through_its_group_counts_among_the_suppliers(tmp_path: Path) -> None:
    """Three nodes of E supply the cell, two of them as a group: 1/6 of the inputs each, 2/6 the group."""
    nodes = (
        leaf("group"),
        leaf("cathode", "3985", parent="group"),
        leaf("anode", "3985", parent="group"),
        leaf("chip", "3973"),
        leaf("cell", "3841"),
    )
    found = shares_of(chain(("group", "cell"), ("chip", "cell"), nodes=nodes), tmp_path)
    assert found == {("group", "cell"): 0.3333, ("chip", "cell"): 0.1667}


def test_a_group_of_customers_has_the_mean_of_its_members(tmp_path: Path) -> None:
    """The chip is the only supplier of one cell (0.5) and one of two of the other (0.25)."""
    nodes = (
        leaf("chip", "3973"),
        leaf("anode", "3985"),
        leaf("cells"),
        leaf("cell", "3841", parent="cells"),
        leaf("pack", "3843", parent="cells"),
    )
    found = shares_of(chain(("chip", "cells"), ("anode", "pack"), nodes=nodes), tmp_path)
    assert found == {("chip", "cells"): 0.375, ("anode", "pack"): 0.25}


def test_within_a_sector_only_different_classes_can_be_told_apart(tmp_path: Path) -> None:
    nodes = (leaf("wafer", "3985"), leaf("chip", "3973"), leaf("module", "3973", "3972"))
    found = shares_of(chain(("wafer", "chip"), ("chip", "module"), nodes=nodes), tmp_path)
    assert found == {("wafer", "chip"): 0.8}


def test_makers_of_investment_goods_have_no_share(tmp_path: Path) -> None:
    nodes = (leaf("machine", "3562"), leaf("cell", "3841"))
    assert shares_of(chain(("machine", "cell"), nodes=nodes), tmp_path) == {}


@pytest.mark.parametrize("codes", [(), ("3985", "3562"), ("39", "38")])
def test_a_node_of_no_or_several_sectors_has_no_share(tmp_path: Path, codes: tuple[str, ...]) -> None:
    nodes = (leaf("cathode", *codes), leaf("cell", "3841"))
    assert shares_of(chain(("cathode", "cell"), nodes=nodes), tmp_path) == {}


def test_a_short_code_within_one_sector_is_enough(tmp_path: Path) -> None:
    nodes = (leaf("cathode", "39"), leaf("cell", "384"))
    assert shares_of(chain(("cathode", "cell"), nodes=nodes), tmp_path) == {("cathode", "cell"): 0.5}


def test_an_edge_that_states_its_share_gets_none_and_still_counts(tmp_path: Path) -> None:
    nodes = (leaf("cathode", "3985"), leaf("anode", "3985"), leaf("cell", "3841"))
    edges = (("cathode", "cell"), ("anode", "cell"))
    assert shares_of(chain(*edges, nodes=nodes, stated=0.4), tmp_path) == {("anode", "cell"): 0.25}


def test_a_share_too_small_to_mean_anything_is_left_out(tmp_path: Path) -> None:
    small = TABLE.replace("0,5,25,30,20,50", "0,0.04,25,30,20,50").replace("12,50,60", "12,45.04,60")
    nodes = (leaf("cell", "3841"), leaf("chip", "3973"))
    rows = edge_shares(
        chain(("cell", "chip"), nodes=nodes), read_io_table(table_file(tmp_path, small)), SECTORS
    )
    assert rows == []  # 0.04 / 45.04 = 0.00089


def test_a_share_says_how_it_came_about(tmp_path: Path) -> None:
    nodes = (leaf("cathode", "3985"), leaf("anode", "3985"), leaf("cell", "3841"))
    table = read_io_table(table_file(tmp_path))
    row = edge_shares(chain(("cathode", "cell"), ("anode", "cell"), nodes=nodes), table, SECTORS)[0]
    assert row.basis == "E 电子 → B 电池 占中间投入 0.5000，由 2 个供应环节均分"
    assert row.source == "国家统计局《2020年全国投入产出表》（153部门）"


# --- the map of sectors -------------------------------------------------------------------------


def test_every_class_has_one_sector() -> None:
    sectors = load_io_sectors()
    sections = load_gbt4754_codes()
    expected = {code for code, section in sections.items() if len(code) == 4 and section != "T"}
    assert set(sectors) == expected
    assert len({sector.code for sector in sectors.values()}) == 153


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("3841", "电池"),
        ("3985", "电子元器件"),
        ("3562", "其他专用设备"),
        ("3612", "汽车整车"),
        ("3670", "汽车零部件及配件"),
        ("3061", "玻璃和玻璃制品"),
        ("2614", "基础化学原料"),
        ("3110", "铁及铁合金产品"),
        ("3120", "钢"),
        ("3231", "有色金属及其合金"),
        ("5611", "航空旅客运输"),
        ("5612", "航空货物运输和运输辅助活动"),
        ("9412", "社会保障"),
        ("9222", "公共管理和社会组织"),
    ],
)
def test_classes_lie_in_the_sector_of_their_product(code: str, name: str) -> None:
    assert load_io_sectors()[code].name == name


def sectors_file(folder: Path, *changes: tuple[str, str]) -> Path:
    text = (data_folder("chains") / "io_sectors.csv").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "io_sectors.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_finer_code_takes_its_classes_out_of_a_coarser_one(tmp_path: Path) -> None:
    sectors = read_io_sectors(sectors_file(tmp_path, ("088,家用器具,385;386", "088,家用器具,385;386;3841")))
    assert (sectors["3841"].code, sectors["3842"].code) == ("088", "087")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            [("087,电池,384", "087,电池,381")],
            [":88: 代码 381 重复，第 85 行部门 084（电机）已有", "小类 3841"],
        ),
        ([("087,电池,384", "087,电池,3841")], ["小类 3842 不属于任何部门", "小类 3849 不属于任何部门"]),
        ([("087,电池,384", "087,电池,384;3840")], [":88: GB/T 4754-2017 中没有代码 '3840'"]),
        ([("087,电池,384", "087,电池,")], [":88: 应有部门代码"]),
        ([("087,电池,384", "086,电池,384")], [":88: 应有部门代码（不重复）"]),
        ([("sector_name", "name")], [":1: 列应为 sector_code,sector_name,gbt4754"]),
    ],
)
def test_a_broken_map_is_refused_by_line(
    tmp_path: Path, changes: list[tuple[str, str]], words: list[str]
) -> None:
    with pytest.raises(DataMismatch) as error:
        read_io_sectors(sectors_file(tmp_path, *changes))
    assert all(word in str(error.value) for word in words)


# --- the file of shares -------------------------------------------------------------------------

CHAIN = """\
id: demo
name: 示例链
version: "1.0"
date: 2026-11-22
sources: [{title: 某标准, publisher: 某机构}]
nodes:
  - {id: cathode, name: 正极, stage: upstream, terms: [正极材料, 磷酸铁锂, 三元前驱体], gbt4754: ["3985"]}
  - {id: anode, name: 负极, stage: upstream, terms: [负极材料, 人造石墨, 硅碳负极], gbt4754: ["3985"]}
  - {id: cell, name: 电芯, stage: midstream, terms: [动力电池, 锂离子电池, 电芯], gbt4754: ["3841"]}
edges:
  - {from: cathode, to: cell}
  - {from: anode, to: cell, input_share: 0.2, source: 某年报}
"""
MANIFEST = """\
files:
  - {file: input_shares.csv, title: t, source: s, licence: l, vintage: "2020", sha256: "0"}
"""
HEADER = "chain,supplier,customer,input_share,basis,source\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "demo.yaml").write_text(CHAIN, encoding="utf-8")
    (tmp_path / "manifest.yaml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


def write_shares(folder: Path, *rows: str) -> None:
    (folder / SHARES_FILE).write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    write_manifest_hashes(folder)


def edges_of(folder: Path) -> list[tuple[float | None, str | None]]:
    return [(edge.input_share, edge.source) for edge in load_chains(folder)["demo"].edges]


def test_a_chain_takes_the_shares_that_its_file_does_not_state(folder: Path) -> None:
    assert edges_of(folder) == [(None, None), (0.2, "某年报")]
    write_shares(
        folder, "demo,demo/cathode,demo/cell,0.25,依据,统计", "demo,demo/anode,demo/cell,0.25,依据,统计"
    )
    assert edges_of(folder) == [(0.25, "统计：依据"), (0.2, "某年报")]
    assert check_chains([folder / "demo.yaml"]) == []
    assert [edge.input_share for edge in load_chains(folder, statistics=False)["demo"].edges] == [None, 0.2]


def test_shares_change_as_soon_as_their_file_does(folder: Path) -> None:
    write_shares(folder, "demo,demo/cathode,demo/cell,0.25,依据,统计")
    first = load_chains(folder)["demo"]
    assert load_chains(folder)["demo"] is first
    write_shares(folder, "demo,demo/cathode,demo/cell,0.125,依据,统计")
    assert edges_of(folder)[0] == (0.125, "统计：依据")


def test_statistics_that_exceed_the_whole_with_stated_shares_are_not_used(folder: Path) -> None:
    write_shares(folder, "demo,demo/cathode,demo/cell,0.9,依据,统计")
    assert edges_of(folder) == [(None, None), (0.2, "某年报")]
    (problem,) = check_chains([folder / "demo.yaml"])
    assert problem.severity is Severity.WARNING
    assert "环节“电芯”的投入占比与链文件里写明的合计超过 1" in str(problem)


def test_rows_that_fit_no_edge_are_warned_of(folder: Path) -> None:
    write_shares(folder, "demo,demo/cell,demo/anode,0.25,依据,统计", "gone,gone/a,gone/b,0.25,依据,统计")
    assert edges_of(folder)[0] == (None, None)
    first, second = check_chains([folder / "demo.yaml"])
    assert {first.severity, second.severity} == {Severity.WARNING}
    assert f"{folder / SHARES_FILE}:2: 警告：产业链 demo 没有供应关系 demo/cell → demo/anode" in str(first)
    assert ":3: 警告：没有产业链 gone" in str(second)


def test_rows_of_a_chain_that_is_not_looked_at_are_let_be(folder: Path) -> None:
    write_shares(folder, "demo,demo/cell,demo/anode,0.25,依据,统计")
    other = folder / "other.yaml"
    other.write_text(CHAIN.replace("id: demo", "id: other"), encoding="utf-8")
    assert check_chains([other]) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("demo,demo/cathode,demo/cell,1.5,依据,统计", ":2: input_share 应为大于 0、不大于 1 的小数"),
        ("demo,demo/cathode,demo/cell,nan,依据,统计", "写的是 'nan'"),
        ("demo,demo/cathode,demo/cell,x,依据,统计", "写的是 'x'"),
        ("demo,demo/cathode,demo/cell,0.5,,统计", ":2: 应有 6 个单元格"),
        (
            "demo,demo/cathode,demo/cell,0.5,a,b\ndemo,demo/cathode,demo/cell,0.5,a,b",
            ":3: 产业链 demo 的供应关系 demo/cathode → demo/cell 重复，第 2 行已有",
        ),
    ],
)
def test_a_broken_file_of_shares_is_refused(folder: Path, row: str, words: str) -> None:
    write_shares(folder, row)
    with pytest.raises(DataMismatch) as error:
        load_chains(folder)
    assert words in str(error.value)
    (problem,) = check_chains([folder / "demo.yaml"])
    assert problem.severity is Severity.ERROR
    assert words in str(problem)


def test_a_changed_file_of_shares_is_refused(folder: Path) -> None:
    write_shares(folder, "demo,demo/cathode,demo/cell,0.25,依据,统计")
    with (folder / SHARES_FILE).open("a", encoding="utf-8") as stream:
        stream.write("demo,demo/anode,demo/cell,0.25,依据,统计\n")
    with pytest.raises(DataMismatch, match="sha256"):
        load_chains(folder)


def test_no_customer_of_a_shipped_chain_buys_more_than_all_its_inputs() -> None:
    for a_chain in load_chains().values():
        totals: defaultdict[str, float] = defaultdict(float)
        for _, customer, edge in a_chain.leaf_graph.edges(data=True):
            totals[customer] += edge["input_share"] or 0
        assert max(totals.values()) <= 1, a_chain.id


def test_the_shipped_shares_name_their_source() -> None:
    shares = load_input_shares(data_folder("chains"))
    rows = [row for edges in shares.values() for row in edges.values()]
    assert rows
    assert all(row.share >= SMALLEST_SHARE and row.source == input_output.SOURCE for row in rows)


# --- the real table -----------------------------------------------------------------------------


@pytest.mark.real
def test_the_real_table_is_read_whole_and_matches_the_map(real_data: Path) -> None:
    path = real_data / "io_china" / "china_2020_153.csv"
    table = read_io_table(path)
    assert table.flows.shape == (153, 153)
    np.testing.assert_allclose(input_coefficients(table).sum(axis=0), 1.0)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        names = {row["Code"]: row["DescriptionInChinese"].strip() for row in csv.DictReader(stream)}
    assert {sector.code: sector.name for sector in load_io_sectors().values()} == {
        code: names[code] for code in table.sectors
    }


@pytest.mark.real
def test_the_command_writes_what_the_real_table_says(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table's cell (094, 087) over its total TII of 087 is 0.06016; two nodes part it."""
    chains = tmp_path / "chains"
    chains.mkdir()
    (chains / "demo.yaml").write_text(CHAIN, encoding="utf-8")
    (chains / "manifest.yaml").write_text(MANIFEST, encoding="utf-8")
    table = str(real_data / "io_china" / "china_2020_153.csv")
    assert input_output.main(["--table", table, "--chains", str(chains)]) == 0
    assert "demo/cathode → demo/cell 0.0" in capsys.readouterr().out
    assert not (chains / SHARES_FILE).exists()
    assert input_output.main(["--table", table, "--chains", str(chains), "--write"]) == 0
    write_manifest_hashes(chains)
    share, source = edges_of(chains)[0]
    assert share == pytest.approx(0.06016 / 2, abs=1e-4)
    assert source is not None
    assert "094 电子元器件 → 087 电池" in source


@pytest.mark.real
def test_the_command_refuses_a_table_of_other_sectors(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert input_output.main(["--table", str(real_data / "io_china" / "china_2020_42.csv")]) == 2
    assert "行代码 '01' 重复" in capsys.readouterr().err
    assert input_output.main(["--table", str(table_file(tmp_path))]) == 2
    assert "表有 3 个部门，io_sectors.csv 对照的是 153 个部门的表" in capsys.readouterr().err


def test_the_shipped_folder_still_fits_its_manifest_when_copied(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(data_folder("chains"), tmp_path / "chains"))
    assert load_io_sectors(copy) == load_io_sectors()
