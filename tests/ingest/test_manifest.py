from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from service.datafiles import data_folder
from service.errors import DataMismatch
from service.ingest.manifest import main, read_manifest, verified_file, verify_manifest, write_manifest_hashes

TABLE = "code,name\n1,甲\n2,乙\n"

ENTRY = """\
# kept
files:
  - file: sub/table.csv
    title: A table
    source: somewhere
    licence: CC0
    vintage: "2024"
    datum: WGS-84
    sha256: {sha256}
    rows: 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "table.csv").write_bytes(TABLE.encode())
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "manifest.yaml").write_bytes(text.encode())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_every_field_is_read_and_a_true_hash_passes(folder: Path) -> None:
    write(folder, ENTRY.format(sha256=digest(TABLE)))
    manifest = verify_manifest(folder)
    entry = manifest.entry("sub/table.csv")
    assert (entry.title, entry.vintage, entry.datum, entry.rows) == ("A table", "2024", "WGS-84", 2)
    assert verified_file(folder, "sub/table.csv") == folder / "sub/table.csv"


def test_a_changed_file_is_refused_with_its_name_and_both_hashes(folder: Path) -> None:
    write(folder, ENTRY.format(sha256=digest(TABLE)))
    (folder / "sub" / "table.csv").write_bytes(b"changed")
    with pytest.raises(DataMismatch) as caught:
        verify_manifest(folder)
    for part in ("table.csv", digest(TABLE), digest("changed")):
        assert part in str(caught.value)


def test_a_missing_file_and_an_unlisted_file_are_refused(folder: Path) -> None:
    write(folder, ENTRY.format(sha256=digest(TABLE)))
    with pytest.raises(DataMismatch, match=r"清单里没有文件 other\.csv"):
        verified_file(folder, "other.csv")
    (folder / "sub" / "table.csv").unlink()
    with pytest.raises(DataMismatch, match=r"table\.csv: 清单登记的文件不存在"):
        verify_manifest(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("files: {a: b}\n", "文件列表"),
        ("- file: x\n", "只有一个键 files"),
        ("files:\n  - file: x\n    colour: red\n", r"manifest\.yaml:2: .*缺少 title.*未知字段 colour"),
        ("files:\n  - file: ../x\n", "本目录下的相对路径"),
        ("files:\n  - file: /etc/passwd\n", "本目录下的相对路径"),
        ("files:\n  - file: a\n    file: b\n", r"manifest\.yaml:3: 键 'file' 重复"),
        (ENTRY.format(sha256="x").replace("rows: 2", "rows: many"), "rows 应为整数"),
        (ENTRY.format(sha256="x") + ENTRY.format(sha256="x").partition("files:\n")[2], "不止一次"),
    ],
)
def test_a_malformed_manifest_is_refused(folder: Path, text: str, message: str) -> None:
    write(folder, text)
    with pytest.raises(DataMismatch, match=message):
        read_manifest(folder)


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMismatch, match="缺少数据清单"):
        read_manifest(tmp_path)


def test_hashes_and_rows_are_refreshed_and_all_else_is_kept(folder: Path) -> None:
    write(folder, ENTRY.format(sha256="").replace("rows: 2", "rows: 7"))
    assert write_manifest_hashes(folder) == ["sub/table.csv"]
    assert (folder / "manifest.yaml").read_text("utf-8") == ENTRY.format(sha256=digest(TABLE))
    assert write_manifest_hashes(folder) == []


def test_the_command_tells_what_changed_and_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, ENTRY.format(sha256=""))
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'sub/table.csv'}\n"
    (folder / "sub" / "table.csv").unlink()
    assert main([str(folder)]) == 2
    assert "不存在" in capsys.readouterr().err


def test_the_shipped_chains_folder_matches_its_manifest() -> None:
    assert verify_manifest(data_folder("chains")).entry("gbt4754.csv").rows == 1951
