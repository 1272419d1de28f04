"""Files that a user may well hand in and that cannot be taken: refused in words, nothing half-written."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import text

from service.errors import DataDirUnusable, InvalidFirmFile, InvalidMapping, ServiceError
from service.pipeline import imports
from service.pipeline.imports import ImportOptions, ImportReport, import_file
from service.storage.candidates import find_firm, list_firms
from service.storage.sources import data_version
from service.workspace import Workspace
from tests.stored import row_counts, uscc, write_csv

NAMES = {"企业名称": ["衢州甲有限公司", "衢州乙有限公司"]}


def run(workspace: Workspace, path: Path, **options: object) -> ImportReport:
    return import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(**options),  # type: ignore[arg-type]
        rejects_dir=workspace.settings.rejects_dir,
    )


def state_of(workspace: Workspace) -> tuple[Mapping[str, int], str, list[Path]]:
    """Return all that an import could change: rows of every table, the version, files in the folders."""
    settings = workspace.settings
    folders = (settings.rejects_dir, settings.uploads_dir, settings.cache_dir)
    with workspace.session() as session:
        version = data_version(session)
    return row_counts(workspace.engine), version, [path for folder in folders for path in folder.rglob("*")]


def nothing_in_it(path: Path) -> None:
    path.write_bytes(b"")


def only_a_header(path: Path) -> None:
    path.write_text("企业名称,地址\n", encoding="utf-8")


def only_blank_lines(path: Path) -> None:
    path.write_text("\n\n  \n", encoding="utf-8")


def binary_garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(20_000))


def truncated_utf8(path: Path) -> None:
    path.write_bytes(("企业名称,地址\n" + "衢州甲有限公司,衢州市\n" * 20).encode()[:-2] + b"\xff\xfe\n")


def hundred_thousand_columns(path: Path) -> None:
    header = ",".join(f"列{number}" for number in range(100_000))
    path.write_text(f"{header}\n{',' * 99_999}\n", encoding="utf-8")


def no_name_column(path: Path) -> None:
    path.write_text("地址,电话\n衢州市,1\n", encoding="utf-8")


def a_picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))


def a_web_page(path: Path) -> None:
    path.write_text("<html><body>请先登录</body></html>", encoding="utf-8")


def an_open_quote(path: Path) -> None:
    path.write_text('企业名称,地址\n"衢州甲有限公司,衢州市\n乙有限公司,衢州市\n', encoding="utf-8")


def a_zip_bomb(path: Path) -> None:
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("名单").write_column(0, 0, ["企业名称", "衢州甲有限公司"])
    book.close()
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(200_000_000))


def half_a_workbook(path: Path) -> None:
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("名单").write_column(0, 0, ["企业名称", "衢州甲有限公司"])
    book.close()
    path.write_bytes(path.read_bytes()[:2000])


def half_a_parquet(path: Path) -> None:
    path.write_bytes(b"PAR1" + bytes(500))


@pytest.mark.parametrize(
    ("name", "make", "error"),
    [
        ("空.csv", nothing_in_it, InvalidFirmFile),
        ("表头.csv", only_a_header, InvalidFirmFile),
        ("空行.csv", only_blank_lines, InvalidFirmFile),
        ("乱码.csv", binary_garbage, InvalidFirmFile),
        ("乱码.xlsx", binary_garbage, InvalidFirmFile),
        ("坏字节.csv", truncated_utf8, InvalidFirmFile),
        ("很宽.csv", hundred_thousand_columns, InvalidFirmFile),
        ("没有名称列.csv", no_name_column, InvalidMapping),
        ("图片.xlsx", a_picture, InvalidFirmFile),
        ("网页.xls", a_web_page, InvalidFirmFile),
        ("引号.csv", an_open_quote, InvalidFirmFile),
        ("炸弹.xlsx", a_zip_bomb, InvalidFirmFile),
        ("半个.xlsx", half_a_workbook, InvalidFirmFile),
        ("半个.parquet", half_a_parquet, InvalidFirmFile),
    ],
)
def test_a_file_that_is_no_list_of_firms(
    workspace: Workspace,
    tmp_path: Path,
    name: str,
    make: Callable[[Path], None],
    error: type[ServiceError],
) -> None:
    path = tmp_path / name
    make(path)
    before = state_of(workspace)
    with pytest.raises(error) as caught:
        run(workspace, path)
    assert any("\u4e00" <= char <= "\u9fff" for char in str(caught.value))
    if error is InvalidFirmFile:
        assert name in str(caught.value)
    assert state_of(workspace) == before


def test_a_file_that_is_not_there_or_is_a_folder(workspace: Workspace, tmp_path: Path) -> None:
    before = state_of(workspace)
    for path in (tmp_path / "没有.csv", tmp_path):
        with pytest.raises(InvalidFirmFile):
            run(workspace, path)
    assert state_of(workspace) == before


def test_merged_header_cells(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "合并.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("名单")
    page.merge_range(0, 0, 0, 3, "衢州市规上企业名单")
    page.merge_range(1, 0, 2, 0, "企业名称")
    page.merge_range(1, 1, 1, 2, "所在地")
    page.merge_range(1, 3, 2, 3, "主要产品")
    page.write_row(2, 1, ["城市", "区县"])
    page.write_row(3, 0, ["衢州甲有限公司", "衢州市", "柯城区", "磷酸铁锂"])
    book.close()
    assert run(workspace, path).accepted == 1
    with workspace.session() as session:
        firm = find_firm(session, "n:衢州甲有限公司")
        assert (firm.adcode, firm.products) == ("330802", [{"name": "磷酸铁锂", "share": None}])


def test_a_cell_with_a_formula_gives_its_value(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "公式.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("名单")
    page.write_row(0, 0, ["企业名称", "员工人数"])
    page.write_string(1, 0, "衢州甲有限公司")
    page.write_formula(1, 1, "=300+20", value=320)
    page.write_formula(2, 0, '="衢州乙"&"有限公司"', value="衢州乙有限公司")
    book.close()
    assert run(workspace, path).accepted == 2
    with workspace.session() as session:
        assert find_firm(session, "n:衢州甲有限公司").employees == 320
        assert find_firm(session, "n:衢州乙有限公司").employees is None


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '=HYPERLINK("http://x","y")',
        "+cmd|' /C calc'!A0",
        "'; DROP TABLE firm; --x",
        "@SUM(A1)",
    ],
)
def test_a_name_that_is_code_is_only_text(workspace: Workspace, tmp_path: Path, name: str) -> None:
    report = run(workspace, write_csv(tmp_path / "名单.csv", {"企业名称": [name, name], "地址": ["", ""]}))
    assert (report.accepted, report.rejected) == (1, 1)
    with workspace.session() as session:
        _, found = list_firms(session, text=name)
    assert [firm.name for firm in found] == [name]
    assert report.rejects_file is not None
    content = Path(report.rejects_file).read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content))
    assert row["值"] == (name if name.startswith(("<", "'")) else f"'{name}")
    assert not row["值"].startswith(("=", "+", "-", "@"))


def test_values_that_are_wrong_are_dropped_or_cost_their_row(workspace: Workspace, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "名单.csv",
        {
            "企业名称": ["衢州甲有限公司", "衢州乙有限公司", "衢州丙有限公司", "", "衢州丁有限公司"],
            "统一社会信用代码": [uscc(1), uscc(2)[:9], uscc(3)[:-1] + "I", uscc(4), "330800000000001"],
            "区划代码": ["999999", "330802", "330802", "330802", "330803"],
        },
    )
    report = run(workspace, path)
    assert (report.rows, report.accepted, report.rejected) == (5, 2, 3)
    with workspace.session() as session:
        assert find_firm(session, uscc(1)).adcode == "330800"  # from its name, for the code is none
        assert find_firm(session, "n:衢州丁有限公司").uscc is None
    assert report.rejects_file is not None
    content = Path(report.rejects_file).read_text(encoding="utf-8-sig")
    assert [(row["行号"], row["处理"]) for row in csv.DictReader(io.StringIO(content))] == [
        ("2", "该值未收"),
        ("3", "整行未收"),
        ("4", "整行未收"),
        ("5", "整行未收"),
        ("6", "该值未收"),
    ]


def test_a_file_of_which_every_row_is_wrong_is_noted_with_its_rejects(
    workspace: Workspace, tmp_path: Path
) -> None:
    firms = row_counts(workspace.engine)["firm"]
    report = run(
        workspace,
        write_csv(tmp_path / "名单.csv", {"企业名称": ["甲", "乙"], "统一社会信用代码": ["1", "2"]}),
    )
    assert (report.accepted, report.updated, report.rejected) == (0, 0, 2)
    assert row_counts(workspace.engine)["firm"] == firms
    assert report.rejects_file is not None


def test_an_import_that_fails_at_its_end_leaves_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path / "名单.csv", {"企业名称": ["衢州甲有限公司", "衢州甲有限公司"]})
    before = state_of(workspace)

    def fail(*_: object) -> int:
        raise RuntimeError("the power goes")

    with monkeypatch.context() as patch:
        patch.setattr(imports, "save_import", fail)
        with pytest.raises(RuntimeError, match="the power goes"):
            run(workspace, path)
    assert state_of(workspace) == before
    assert run(workspace, path).accepted == 1


def test_a_rejects_folder_that_cannot_be_written_stops_the_import(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "名单.csv", {"企业名称": ["衢州甲有限公司", "衢州甲有限公司"]})
    before = row_counts(workspace.engine)
    blocked = tmp_path / "rejects"
    blocked.write_text("a file")
    with pytest.raises(DataDirUnusable):
        import_file(workspace.engine, workspace.knowledge, path, ImportOptions(), rejects_dir=blocked)
    assert row_counts(workspace.engine) == before


def test_a_full_disk_stops_the_import(workspace: Workspace, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "名单.csv", {"企业名称": [f"衢州{number}有限公司" for number in range(20_000)]}
    )
    before = state_of(workspace)
    with workspace.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 10}"))
    with pytest.raises(DataDirUnusable, match="磁盘已满"):
        run(workspace, path)
    assert state_of(workspace) == before


def test_the_built_in_list_keeps_its_name(workspace: Workspace, tmp_path: Path) -> None:
    before = state_of(workspace)
    with pytest.raises(ServiceError, match="seed"):
        run(workspace, write_csv(tmp_path / "seed.csv", NAMES), complete_for=("330800",))
    assert state_of(workspace) == before
    assert run(workspace, tmp_path / "seed.csv", source="mine").accepted == 2
