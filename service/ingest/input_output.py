"""Input shares of supply edges from a national input-output table (投入产出表).

`chains/io_sectors.csv` says which classes of GB/T 4754-2017 make up each sector of the table. An edge
between nodes of two sectors then has the sectors' input coefficient as evidence.
`python -m service.ingest.input_output --table FILE [--write]` computes the shares of all shipped chains
and writes them to `chains/input_shares.csv`; the table itself is never shipped.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from service.datafiles import data_folder
from service.domain.chains import Chain, Node, SupplyEdge
from service.errors import DataMismatch, ServiceError
from service.ingest.chains import load_chains
from service.ingest.gbt4754 import load_gbt4754_codes
from service.ingest.input_shares import SHARES_FILE, InputShare, write_input_shares
from service.ingest.manifest import verified_file

SECTORS_FILE = "io_sectors.csv"
SECTOR_COLUMNS = ("sector_code", "sector_name", "gbt4754")
SOURCE = "国家统计局《2020年全国投入产出表》（153部门）"

SMALLEST_SHARE = 0.001
"""Below it a share says nothing that the table is exact enough for."""

CAPITAL_SALES_SHARE = 0.5
"""A sector that sells more than this to fixed capital formation makes investment goods: see `edge_shares`."""

# International organisations (97) produce nothing that a national table counts.
_OUTSIDE = frozenset({"T"})
_CODE, _NAME, _INVESTMENT = "Code", "DescriptionInChinese", "FU201"
_INTERMEDIATE, _TOTAL = "TII", "TI"
_SUM_TOLERANCE = 1e-6

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IoSector:
    """One sector of the table: its code there ("087") and its Chinese name."""

    code: str
    name: str


@dataclass(frozen=True)
class IoTable:
    """An input-output table of n sectors, in 10,000 CNY at producers' prices, imports included.

    `flows[i, j]`: what sector j used up of sector i's products. `intermediate_inputs[j]`: all that it used
    up (the column sum). `total_inputs[j]`: that and its value added. `investment[i]`: what of i's products
    went into gross fixed capital formation.
    """

    sectors: tuple[str, ...]
    flows: Numbers
    intermediate_inputs: Numbers
    total_inputs: Numbers
    investment: Numbers


def load_io_sectors(folder: Path | None = None) -> Mapping[str, IoSector]:
    """Return every 4-digit class of GB/T 4754-2017 with its sector: "3841" -> 087 电池.

    A sector lists codes of 2 to 4 digits; a longer code given to another sector takes its classes out of
    the shorter one. Section T (国际组织) belongs to none.

    Raises
    ------
    DataMismatch : the file differs from its manifest, a code does not exist or stands twice, or a class
        has no sector; names the lines.
    """
    return _load_sectors(folder if folder is not None else data_folder("chains"))


@cache
def _load_sectors(folder: Path) -> Mapping[str, IoSector]:
    return read_io_sectors(verified_file(folder, SECTORS_FILE))


def read_io_sectors(path: Path) -> Mapping[str, IoSector]:
    """Read one map of sectors, as `load_io_sectors` does, without looking at a manifest."""
    sections = load_gbt4754_codes()
    given: dict[str, tuple[IoSector, int]] = {}
    problems: list[str] = []
    for line, sector, codes in _sector_rows(path):
        for code in codes:
            if code not in sections:
                problems.append(f"{path}:{line}: GB/T 4754-2017 中没有代码 {code!r}")
            elif code in given:
                other, where = given[code]
                problems.append(
                    f"{path}:{line}: 代码 {code} 重复，第 {where} 行部门 {other.code}（{other.name}）已有"
                )
            else:
                given[code] = (sector, line)
    classes = [code for code, section in sections.items() if len(code) == 4 and section not in _OUTSIDE]
    found = {code: _sector_of(code, given) for code in classes}
    problems += [f"{path}: 小类 {code} 不属于任何部门" for code, sector in found.items() if sector is None]
    if problems:
        raise DataMismatch("\n".join(problems))
    return MappingProxyType({code: sector for code, sector in found.items() if sector is not None})


def _sector_rows(path: Path) -> Iterator[tuple[int, IoSector, list[str]]]:
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        if header != list(SECTOR_COLUMNS):
            raise DataMismatch(f"{path}:1: 列应为 {','.join(SECTOR_COLUMNS)}，实为 {','.join(header)}")
        seen: set[str] = set()
        for cells in reader:
            if len(cells) != len(SECTOR_COLUMNS) or not all(cells) or cells[0] in seen:
                raise DataMismatch(
                    f"{path}:{reader.line_num}: 应有部门代码（不重复）、名称和国标代码三格，写的是 {cells}"
                )
            seen.add(cells[0])
            yield reader.line_num, IoSector(cells[0], cells[1]), cells[2].split(";")


def _sector_of(code: str, given: Mapping[str, tuple[IoSector, int]]) -> IoSector | None:
    for length in (4, 3, 2):
        if code[:length] in given:
            return given[code[:length]][0]
    return None


def read_io_table(path: Path) -> IoTable:
    """Read a table as CSV: a row a supplying sector, a column a using sector, named by the same codes.

    Needed columns: Code, the sectors' codes, FU201 (固定资本形成总额). Needed rows: the sectors, TII
    (中间投入合计), TI (总投入). Other rows and columns are not read.

    Raises
    ------
    DataMismatch : a row or column is missing, a cell is not a number of 0 or more, or a column does not
        sum to its TII; names row and column.
    """
    if not path.is_file():
        raise DataMismatch(f"{path}: 没有这个文件，应为投入产出表（CSV）")
    try:
        header, rows = _rows_by_code(path)
    except (UnicodeDecodeError, csv.Error):
        raise DataMismatch(f"{path}: 不是 UTF-8 编码的 CSV 表格") from None
    sectors = tuple(code for code in header if code in rows)
    missing = [column for column in (_CODE, _INVESTMENT) if column not in header]
    missing += [row for row in (_INTERMEDIATE, _TOTAL) if row not in rows]
    if missing or not sectors:
        lacking = "、".join(missing) or "部门（行与列的代码应相同）"
        raise DataMismatch(f"{path}: 不是投入产出表，缺少 {lacking}")
    table = IoTable(
        sectors,
        np.array([[_cell(path, rows[supplier], user) for user in sectors] for supplier in sectors]),
        np.array([_cell(path, rows[_INTERMEDIATE], user) for user in sectors]),
        np.array([_cell(path, rows[_TOTAL], user) for user in sectors]),
        np.array([_cell(path, rows[supplier], _INVESTMENT) for supplier in sectors]),
    )
    _check_sums(path, table)
    return table


def _rows_by_code(path: Path) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Return the header and the rows by their code; no rows where the column of codes is missing."""
    rows: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        header = list(reader.fieldnames or ())
        for row in reader if _CODE in header else ():
            if row[_CODE] in rows:
                line, code = reader.line_num, row[_CODE]
                raise DataMismatch(f"{path}: 第 {line} 行：行代码 {code!r} 重复，每个部门应只有一行")
            rows[row[_CODE]] = row
    return header, rows


def _cell(path: Path, row: Mapping[str, str], column: str) -> float:
    text = row.get(column) or ""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    # Only investment can be negative (more scrapped than bought).
    if not math.isfinite(number) or (number < 0 and column != _INVESTMENT):
        raise DataMismatch(f"{path}: 第 {row[_CODE]} 行第 {column} 列应为不小于 0 的数，写的是 {text!r}")
    return number


def _check_sums(path: Path, table: IoTable) -> None:
    sums = table.flows.sum(axis=0)
    for code, found, stated in zip(table.sectors, sums, table.intermediate_inputs, strict=True):
        if abs(found - stated) > _SUM_TOLERANCE * max(1.0, stated):
            raise DataMismatch(
                f"{path}: 第 {code} 列各部门合计 {found:.6g}，与中间投入合计 {stated:.6g} 不符"
            )


def input_coefficients(table: IoTable) -> Numbers:
    """Return the n x n shares of supplying sectors (row) in the intermediate inputs of using ones (column).

    Denominator: the total of intermediate inputs (中间投入合计), not of all inputs: an input share is a
    share of what is bought in, so wages, taxes and profits stay out. Columns sum to 1, or to 0 where a
    sector buys nothing. Imports count with what is made at home, since the table does not part them.
    """
    bought = table.intermediate_inputs
    return np.divide(table.flows, bought, out=np.zeros_like(table.flows), where=bought > 0)


def edge_shares(chain: Chain, table: IoTable, sectors: Mapping[str, IoSector]) -> list[InputShare]:
    """Return the input share of each edge that the table says something of, in file order.

    For leaves u -> v: coefficient(sector of u, sector of v) / number of leaves of u's sector that supply v.
    For groups: the sum over the supplying leaves, as the mean over the supplied ones. No share where
    - the chain file states one itself;
    - the leaves of one end lie in more than one sector, or one of them has no code;
    - both ends lie in one sector and have a class in common: the table cannot tell them apart (between
      different classes of a sector its own coefficient is used; it is the most that they can have);
    - the supplying sector sells more to investment than to use: what a machine costs its user is
      depreciation, and no intermediate input;
    - the share is below `SMALLEST_SHARE`.
    """
    shares = _Shares(chain, table, sectors)
    found = [shares.of(edge) for edge in chain.edges if edge.input_share is None]
    return [share for share in found if share is not None]


class _Shares:
    """The coefficients of one table, asked for the edges of one chain."""

    def __init__(self, chain: Chain, table: IoTable, sectors: Mapping[str, IoSector]) -> None:
        self._chain = chain
        self._places = {code: place for place, code in enumerate(table.sectors)}
        self._coefficients = input_coefficients(table)
        used = table.flows.sum(axis=1)
        self._capital = table.investment > CAPITAL_SALES_SHARE * (used + table.investment)
        self._classes = {leaf.id: _classes(leaf, sectors) for leaf in chain.leaves}
        self._sector = {leaf: _only(codes, sectors) for leaf, codes in self._classes.items()}

    def of(self, edge: SupplyEdge) -> InputShare | None:
        """Return the share of one edge, or None where the table says nothing of it."""
        suppliers, customers = (self._chain.leaves_below(node) for node in (edge.supplier, edge.customer))
        supplying, using = self._common(suppliers), self._common(customers)
        if supplying is None or using is None or self._capital[self._places[supplying.code]]:
            return None
        if supplying == using and self._all_classes(suppliers) & self._all_classes(customers):
            return None
        coefficient = float(self._coefficients[self._places[supplying.code], self._places[using.code]])
        beside = [self._suppliers(customer)[supplying] for customer in customers]
        part = len(suppliers) * math.fsum(1 / count for count in beside) / len(beside)
        share = round(coefficient * part, 4)
        if share < SMALLEST_SHARE:
            return None
        basis = _basis(supplying, using, coefficient, len(suppliers), beside)
        return InputShare(self._chain.id, edge.supplier, edge.customer, share, basis, SOURCE)

    def _common(self, leaves: Sequence[str]) -> IoSector | None:
        found = {self._sector[leaf] for leaf in leaves}
        return found.pop() if len(found) == 1 else None

    def _all_classes(self, leaves: Sequence[str]) -> frozenset[str]:
        return frozenset().union(*(self._classes[leaf] for leaf in leaves))

    def _suppliers(self, customer: str) -> Counter[IoSector | None]:
        return Counter(self._sector[leaf] for leaf in self._chain.leaf_graph.predecessors(customer))


def _classes(node: Node, sectors: Mapping[str, IoSector]) -> frozenset[str]:
    return frozenset(code for code in sectors if code.startswith(node.gbt4754_codes))


def _only(classes: frozenset[str], sectors: Mapping[str, IoSector]) -> IoSector | None:
    found = {sectors[code] for code in classes}
    return found.pop() if len(found) == 1 else None


def _basis(
    supplying: IoSector, using: IoSector, coefficient: float, members: int, beside: Sequence[int]
) -> str:
    """Say how a share came about: "094 电子元器件 → 087 电池 占中间投入 0.0602，由 3 个供应环节均分"."""
    sectors = f"{supplying.code} {supplying.name} → {using.code} {using.name}"
    counts = f"{min(beside)}" if min(beside) == max(beside) else f"{min(beside)} 至 {max(beside)}"
    words = f"{sectors} 占中间投入 {coefficient:.4f}，由 {counts} 个供应环节均分"
    return words if members == 1 else f"{words}，本组占 {members} 个"


def _check_sectors(path: Path, table: IoTable, sectors: Mapping[str, IoSector]) -> None:
    mapped = {sector.code for sector in sectors.values()}
    if mapped != set(table.sectors):
        raise DataMismatch(
            f"{path}: 表有 {len(table.sectors)} 个部门，{SECTORS_FILE} 对照的是 {len(mapped)} 个部门的表"
        )


def main(arguments: Sequence[str]) -> int:
    """Compute the shares of all chains and print or write them; exit code 0, or 2 (unreadable)."""
    parser = argparse.ArgumentParser(
        prog="python -m service.ingest.input_output", description="由投入产出表推算供应关系的投入占比"
    )
    parser.add_argument("--table", type=Path, required=True, help="投入产出表（CSV，153 部门）")
    parser.add_argument("--write", action="store_true", help=f"写入 {SHARES_FILE}；不给则只列出")
    parser.add_argument("--chains", type=Path, help="产业链目录，默认为随软件提供的目录")
    options = parser.parse_args(arguments)
    try:
        _run(options.chains or data_folder("chains"), options.table, options.write)
    except ServiceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _run(folder: Path, table_path: Path, write: bool) -> None:
    table, sectors = read_io_table(table_path), load_io_sectors()
    _check_sectors(table_path, table, sectors)
    chains = load_chains(folder, statistics=False).values()
    rows = [row for chain in chains for row in edge_shares(chain, table, sectors)]
    for chain in chains:
        known = sum(row.chain == chain.id for row in rows)
        sys.stdout.write(f"{chain.id}：{len(chain.edges)} 条供应关系，{known} 条有统计的投入占比\n")
    if write:
        write_input_shares(folder / SHARES_FILE, rows)
        sys.stdout.write(
            f"已写入 {folder / SHARES_FILE}（{len(rows)} 行）；请再运行 python -m service.ingest.manifest "
            f"{folder} 更新校验值\n"
        )
    else:
        sys.stdout.writelines(
            f"{row.supplier} → {row.customer} {row.share:.4f}（{row.basis}）\n" for row in rows
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
