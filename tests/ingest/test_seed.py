"""The seed firms: the shipped file as it is, and files that are wrong in one place."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from service.datafiles import data_folder
from service.domain.firms import Firm
from service.domain.regions import Level
from service.errors import DataMismatch, InvalidFirmFile
from service.ingest.chains import load_chains
from service.ingest.firms import FIRM_SCHEMA
from service.ingest.geography import load_geography
from service.ingest.manifest import write_manifest_hashes
from service.ingest.seed import COLUMNS, load_seed, load_seed_frame, read_rows
from service.ingest.seed_check import (
    Difference,
    compare_with_listed,
    main,
    read_explained,
    read_listed,
)

LISTED = Path(__file__).parents[3] / "shared" / "data" / "listed" / "listed_joined.csv.gz"
NODES = {"battery/cell", "battery/cathode"}
GOOD = {
    "name": "仙鹤股份有限公司",
    "short_name": "仙鹤股份",
    "stock_code": "603733",
    "uscc": "913308037344981434",
    "adcode": "330803",
    "products": "装饰原纸;热敏原纸",
    "nodes": "battery/cell",
    "standing": "单项冠军",
    "as_of": "2025-12",
    "note": "不进入系统",
}


@pytest.fixture(scope="module")
def seed() -> list[Firm]:
    return load_seed()


def write_chains(folder: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> Path:
    """Make a chains folder that holds only a seed file and its manifest."""
    (folder / "seed").mkdir(parents=True)
    with (folder / "seed" / "firms.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    entry = dict.fromkeys(("title", "source", "licence", "vintage", "sha256"), "test")
    manifest = {"files": [{"file": "seed/firms.csv", **entry}]}
    (folder / "manifest.yaml").write_text(json.dumps(manifest), encoding="utf-8")
    write_manifest_hashes(folder)
    return folder


def test_shipped_seed_is_large_enough_for_a_first_start(seed: list[Firm]) -> None:
    geography = load_geography()
    cities = Counter(geography.at_level(firm.adcode or "", Level.CITY) for firm in seed)
    assert len(seed) >= 380
    assert cities["330800"] >= 50


def test_shipped_seed_covers_every_chain(seed: list[Firm]) -> None:
    chains = load_chains()
    firms = Counter(chain for firm in seed for chain in {node.partition("/")[0] for node in firm.nodes})
    assert {chain: firms[chain] for chain in chains if firms[chain] < 40} == {}


def test_shipped_seed_names_only_nodes_and_regions_that_exist(seed: list[Firm]) -> None:
    known = {node.id for chain in load_chains().values() for node in chain.nodes}
    geography = load_geography()
    assert [firm.name for firm in seed if not firm.nodes or not known.issuperset(firm.nodes)] == []
    assert [firm.name for firm in seed if geography.at_level(firm.adcode or "", Level.CITY) is None] == []


def test_shipped_seed_is_sorted_by_region_and_name(seed: list[Firm]) -> None:
    order = [(firm.adcode, firm.name) for firm in seed]
    assert order == sorted(order, key=lambda pair: (str(pair[0]), pair[1]))


def test_a_row_becomes_a_firm(tmp_path: Path) -> None:
    folder = write_chains(tmp_path / "chains", [GOOD])
    assert load_seed(folder, NODES) == [
        Firm(
            name="仙鹤股份有限公司",
            uscc="913308037344981434",
            stock_code="603733",
            short_name="仙鹤股份",
            adcode="330803",
            products=(("装饰原纸", None), ("热敏原纸", None)),
            nodes=("battery/cell",),
            standing=("listed", "单项冠军"),
            as_of=date(2025, 12, 1),
        )
    ]


def test_blank_cells_become_none_and_a_year_its_first_day(tmp_path: Path) -> None:
    row = GOOD | {"short_name": "", "stock_code": "", "uscc": "", "standing": "", "as_of": "2019"}
    (firm,) = load_seed(write_chains(tmp_path / "chains", [row]), NODES)
    assert (firm.short_name, firm.stock_code, firm.uscc, firm.standing) == (None, None, None, ())
    assert firm.as_of == date(2019, 1, 1)


def test_the_frame_has_the_shape_of_an_imported_file(tmp_path: Path) -> None:
    other = GOOD | {"name": "金瑞泓科技（衢州）有限公司", "stock_code": "", "uscc": ""}
    frame = load_seed_frame(write_chains(tmp_path / "chains", [GOOD, other]), NODES)
    assert dict(frame.schema) == FIRM_SCHEMA
    assert frame["row"].to_list() == [2, 3]
    assert frame["key"].to_list() == ["913308037344981434", "n:金瑞泓科技(衢州)有限公司"]
    assert frame["products"].to_list()[0] == [
        {"name": "装饰原纸", "share": None},
        {"name": "热敏原纸", "share": None},
    ]
    assert frame["standing"].to_list()[0] == ["listed", "单项冠军"]
    assert frame["scope"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("name", "仙鹤", "登记全称"),
        ("name", " 仙鹤股份有限公司", "空白"),
        ("stock_code", "60373", "6 位 A 股代码"),
        ("stock_code", "3931.HK", "港股代码"),
        ("uscc", "913308037344981435", "校验位"),
        ("adcode", "3308", "6 位行政区划代码"),
        ("products", "", "产品"),
        ("products", "纸;纸", "不重复"),
        ("products", "a;b;c;d;e;f;g", "1 至 6 个"),
        ("nodes", "", "环节"),
        ("nodes", "battery/cell;battery/nothing", "没有环节 battery/nothing"),
        ("standing", "龙头", "单项冠军"),
        ("as_of", "2025-13", "YYYY"),
    ],
)
def test_a_wrong_cell_is_told_by_row_column_and_value(
    tmp_path: Path, column: str, value: str, expected: str
) -> None:
    other = GOOD | {"name": "另一家有限公司", "stock_code": "", "uscc": ""}
    folder = write_chains(tmp_path / "chains", [other, GOOD | {column: value}])
    with pytest.raises(InvalidFirmFile) as caught:
        load_seed(folder, NODES)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{folder / 'seed' / 'firms.csv'} 第 3 行 {column} 列：{value!r}，")
    assert expected in line


@pytest.mark.parametrize("column", ["name", "stock_code", "uscc"])
def test_a_firm_that_stands_twice_is_told_with_both_rows(tmp_path: Path, column: str) -> None:
    other = {"name": "另一家有限公司", "stock_code": "", "uscc": ""} | {column: GOOD[column]}
    folder = write_chains(tmp_path / "chains", [GOOD, GOOD | other])
    with pytest.raises(InvalidFirmFile, match=f"第 3 行 {column} 列：.*与第 2 行重复"):
        load_seed(folder, NODES)


def test_names_that_differ_in_width_only_are_the_same_firm(tmp_path: Path) -> None:
    rows = [
        GOOD | {"name": name, "stock_code": "", "uscc": ""}
        for name in ("金瑞泓科技（衢州）有限公司", "金瑞泓科技(衢州)有限公司")
    ]
    with pytest.raises(InvalidFirmFile, match="第 3 行 name 列"):
        load_seed(write_chains(tmp_path / "chains", rows), NODES)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    folder = write_chains(tmp_path / "chains", [GOOD | {"adcode": "x", "as_of": "y"}])
    with pytest.raises(InvalidFirmFile) as caught:
        load_seed(folder, NODES)
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    folder = write_chains(tmp_path / "chains", [GOOD], columns=COLUMNS[:-1])
    with pytest.raises(InvalidFirmFile, match="第 1 行：列应为 name,short_name"):
        load_seed(folder, NODES)


def test_a_row_with_too_many_cells_is_told(tmp_path: Path) -> None:
    folder = write_chains(tmp_path / "chains", [GOOD])
    file = folder / "seed" / "firms.csv"
    file.write_text(file.read_text(encoding="utf-8").rstrip() + ",多余\n", encoding="utf-8")
    write_manifest_hashes(folder)
    with pytest.raises(InvalidFirmFile, match="第 2 行：应有 10 列，实有 11 列"):
        load_seed(folder, NODES)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_bytes("name\n仙鹤股份有限公司\n".encode("gb18030"))
    with pytest.raises(InvalidFirmFile, match="不是 UTF-8"):
        list(read_rows(tmp_path / "firms.csv", ["name"]))


def test_an_open_quote_is_told(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text('name\n"仙鹤股份有限公司\n', encoding="utf-8")
    with pytest.raises(InvalidFirmFile, match="不是合格的 CSV"):
        list(read_rows(tmp_path / "firms.csv", ["name"]))


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    folder = write_chains(tmp_path / "chains", [GOOD])
    with (folder / "seed" / "firms.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    with pytest.raises(DataMismatch, match=r"firms\.csv"):
        load_seed(folder, NODES)


def listed_row(**changes: str) -> dict[str, str]:
    row = {
        "code": "603733",
        "name": "仙鹤股份",
        "fullname": "仙鹤股份有限公司",
        "province": "浙江省",
        "city": "衢州市",
        "uscc": "913308037344981434",
    }
    return row | changes


def xianhe(**changes: str | None) -> Firm:
    fields: dict[str, str | None] = {
        "name": "仙鹤股份有限公司",
        "short_name": "仙鹤股份",
        "stock_code": "603733",
        "uscc": "913308037344981434",
        "adcode": "330803",
    }
    return Firm(**(fields | changes))  # type: ignore[arg-type]


def test_a_seed_firm_like_its_listed_row_has_no_difference() -> None:
    comparison = compare_with_listed([xianhe()], [listed_row(name="*ST仙鹤股份")], load_geography())
    assert (comparison.firms, comparison.values, comparison.differences) == (1, 4, ())


def test_brackets_that_the_list_lost_are_no_difference() -> None:
    firm = xianhe(name="仙鹤（浙江）股份有限公司")
    comparison = compare_with_listed([firm], [listed_row(fullname="仙鹤浙江股份有限公司")], load_geography())
    assert comparison.differences == ()


def test_each_field_that_differs_is_told_with_both_values() -> None:
    listed = [listed_row(fullname="浙江仙鹤特种纸有限公司", city="杭州市", uscc="")]
    comparison = compare_with_listed([xianhe()], listed, load_geography())
    assert comparison.values == 3
    assert comparison.differences == (
        Difference("603733", "name", "仙鹤股份有限公司", "浙江仙鹤特种纸有限公司"),
        Difference("603733", "city", "衢州市", "杭州市"),
    )
    assert [item.field for item in comparison.unexplained({("603733", "city")})] == ["name"]


def test_a_listed_firm_without_its_code_and_a_code_without_a_row_are_told() -> None:
    firms = [xianhe(stock_code=None), xianhe(name="另一家有限公司", stock_code="688000")]
    comparison = compare_with_listed(firms, [listed_row()], load_geography())
    assert [item.field for item in comparison.differences] == ["stock_code"]
    assert comparison.unlisted == ("688000",)


def test_a_list_without_a_needed_column_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("code,name\n", encoding="utf-8")
    with pytest.raises(InvalidFirmFile, match="缺少列 fullname"):
        read_listed(tmp_path / "list.csv")
    assert main(["--listed", str(tmp_path / "nothing.csv")]) == 2


def test_the_check_fails_when_more_than_one_percent_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = listed_row(city="杭州市")
    (tmp_path / "list.csv").write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8")
    assert main(["--listed", str(tmp_path / "list.csv")]) == 1
    told = capsys.readouterr().out
    assert "603733 city：名录 '衢州市'，名单 '杭州市'（未说明）" in told
    assert "比对 1 家企业 4 个值，不符 25.00%，其中未说明 25.00%" in told


def test_without_a_list_only_the_seed_itself_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out.endswith("格式无误\n")


def test_every_explanation_has_a_reason() -> None:
    explained = read_explained(data_folder("chains"))
    assert all(reason and field for (_, field), reason in explained.items())


@pytest.mark.real
def test_shipped_seed_agrees_with_the_listed_firms(capsys: pytest.CaptureFixture[str]) -> None:
    if not LISTED.is_file():
        pytest.skip(f"the table of listed firms is not there: {LISTED}")
    assert main(["--listed", str(LISTED)]) == 0
    assert "其中未说明 0.00%" in capsys.readouterr().out


@pytest.mark.real
def test_no_explanation_outlives_its_difference(seed: list[Firm]) -> None:
    if not LISTED.is_file():
        pytest.skip(f"the table of listed firms is not there: {LISTED}")
    comparison = compare_with_listed(seed, read_listed(LISTED), load_geography())
    explained = read_explained(data_folder("chains"))
    assert set(explained) <= {(item.code, item.field) for item in comparison.differences}
