"""The table of what firms' projects take."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.errors import InvalidQuery
from service.ingest.project_needs import MAX_BYTES, read_needs


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "needs.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_empty_cell_is_not_zero(tmp_path: Path, encoding: str) -> None:
    text = "企业,名称,用地（亩）,能耗（吨标准煤）\n甲,甲公司,30.5,\n乙,乙公司,0,1e3\n丙,丙公司\n"
    assert read_needs(write(tmp_path, text, encoding)) == {
        "甲": (30.5, None),
        "乙": (0.0, 1000.0),
        "丙": (None, None),
    }


def test_one_column_is_enough(tmp_path: Path) -> None:
    assert read_needs(write(tmp_path, "firm,energy_tce\na,5\n")) == {"a": (None, 5.0)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "应有列 firm"),
        ("firm\na\n", "land_mu、energy_tce 中至少一列"),
        ("land_mu,energy_tce\n1,2\n", "应有列 firm"),
        ("firm,land_mu,用地\na,1,2\n", "说的是同一件事"),
        ("firm,land_mu\n,1\n", "第 2 行：没有企业编号"),
        ("firm,land_mu\na,1\na,2\n", "第 3 行：企业 'a' 出现了不止一次"),
        ("firm,land_mu\na,-1\n", "第 2 行，列 land_mu：应为不小于 0 的数，收到 '-1'"),
        ("firm,land_mu\na,许多\n", "许多"),
        ("firm,land_mu\na,nan\n", "nan"),
        ("firm,land_mu\na,inf\n", "inf"),
        ("firm,land_mu\na," + "1" * 200_000, "needs.csv"),
        ("firm,land_mu\n" + "x" * MAX_BYTES, "超过 1 MB"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        read_needs(write(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(InvalidQuery, match="无法读取"):
            read_needs(path)
    (tmp_path / "binary.csv").write_bytes(b"\x80\xff\x00\xff\xff")
    with pytest.raises(InvalidQuery, match="不是文本"):
        read_needs(tmp_path / "binary.csv")
