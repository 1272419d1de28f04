"""The seed firms: `chains/seed/firms.csv`, checked to the last cell, as domain firms.

The columns are described in chains/seed/README.md. The file is ours, so nothing in it is forgiven: a row that
is wrong in any way stops the load, and every problem of the file is told, by row and column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from service.datafiles import data_folder
from service.domain.firms import Firm
from service.errors import InvalidFirmFile
from service.ingest.chains import load_chains
from service.ingest.firm_values import normal_name, uscc_is_valid
from service.ingest.firms import FIRM_SCHEMA, LISTED
from service.ingest.manifest import verified_file

SEED_FILE = "seed/firms.csv"
COLUMNS = (
    "name",
    "short_name",
    "stock_code",
    "uscc",
    "adcode",
    "products",
    "nodes",
    "standing",
    "as_of",
    "note",
)
STANDINGS = (LISTED, "单项冠军", "专精特新")
MAX_PRODUCTS = 6

_STOCK_CODE = re.compile(r"[0-9]{6}|[0-9]{5}\.HK")
_ADCODE = re.compile(r"[1-9][0-9]{5}")
_AS_OF = re.compile(r"(20[0-9]{2})(?:-(0[1-9]|1[0-2]))?")
_SHOWN = 20

_Row = Mapping[str, str]
_Fault = tuple[str, str]  # column, what was expected


def load_seed(folder: Path | None = None, known_nodes: Collection[str] | None = None) -> list[Firm]:
    """Return the seed firms in file order.

    Parameters
    ----------
    folder : the chains folder that holds `seed/firms.csv` and the manifest; the shipped one by default.
    known_nodes : ids that the column `nodes` may use; by default those of the chains in `folder`.

    Every firm with a stock code has the standing "listed". `as_of` is the first day of the month or year
    that the file names. The column `note` is for people and is not taken over.

    Raises
    ------
    InvalidFirmFile : a column or a cell is wrong, or a firm stands twice; names row, column and value.
    DataMismatch : the file differs from what the manifest says.
    """
    folder = folder if folder is not None else data_folder("chains")
    if known_nodes is None:
        known_nodes = {node.id for chain in load_chains(folder).values() for node in chain.nodes}
    path = verified_file(folder, SEED_FILE)
    rows = list(read_rows(path, COLUMNS))
    faults = [*_cell_faults(path, rows, known_nodes), *_double_faults(path, rows)]
    if faults:
        rest = [f"……另有 {len(faults) - _SHOWN} 处"] if len(faults) > _SHOWN else []
        raise InvalidFirmFile("\n".join([*faults[:_SHOWN], *rest]))
    return [_firm(row) for _, row in rows]


def load_seed_frame(folder: Path | None = None, known_nodes: Collection[str] | None = None) -> pl.DataFrame:
    """Return the seed firms by `firms.FIRM_SCHEMA`, as an imported file gives them; raises as `load_seed`.

    `row` is the row in the file, the header being row 1. What the seed does not tell is null or empty.
    """
    firms = load_seed(folder, known_nodes)
    cells = [_cells(row, firm) for row, firm in enumerate(firms, start=2)]
    return pl.DataFrame(cells, schema=FIRM_SCHEMA, orient="row")


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (row number, cells) of a UTF-8 CSV file with exactly these columns; the header is row 1.

    InvalidFirmFile when the columns differ, a row has more or fewer cells, or the file is not UTF-8.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = next(reader, [])
            if header != list(columns):
                raise InvalidFirmFile(f"{path} 第 1 行：列应为 {','.join(columns)}，实为 {','.join(header)}")
            for number, cells in enumerate(reader, start=2):
                if len(cells) != len(columns):
                    raise InvalidFirmFile(
                        f"{path} 第 {number} 行：应有 {len(columns)} 列，实有 {len(cells)} 列"
                    )
                yield number, dict(zip(columns, cells, strict=True))
        except UnicodeDecodeError as error:
            raise InvalidFirmFile(f"{path}: 不是 UTF-8 编码（{error.reason}）") from None
        except csv.Error as error:
            raise InvalidFirmFile(f"{path} 第 {reader.line_num} 行：不是合格的 CSV（{error}）") from None


def words(cell: str) -> tuple[str, ...]:
    """Split a cell that holds several values, separated by `;`."""
    return tuple(cell.split(";")) if cell else ()


def _cell_faults(path: Path, rows: Sequence[tuple[int, _Row]], known_nodes: Collection[str]) -> Iterator[str]:
    for number, row in rows:
        for column, expected in _row_faults(row, known_nodes):
            yield f"{path} 第 {number} 行 {column} 列：{row[column]!r}，{expected}"


def _row_faults(row: _Row, known_nodes: Collection[str]) -> Iterator[_Fault]:
    untidy = [column for column in COLUMNS if row[column] != row[column].strip()]
    yield from ((column, "前后有空白") for column in untidy)
    for column, (is_right, expected) in _RULES.items():
        if column not in untidy and not is_right(row[column]):
            yield column, expected
    unknown = [node for node in words(row["nodes"]) if node not in known_nodes]
    if unknown:
        yield "nodes", f"产业链中没有环节 {'、'.join(unknown)}"


def _is_name(cell: str) -> bool:
    return len(cell) >= 4 and not any(mark in cell for mark in ";,\n")


def _is_uscc(cell: str) -> bool:
    return not cell or uscc_is_valid(cell)


def _is_stock_code(cell: str) -> bool:
    return not cell or _STOCK_CODE.fullmatch(cell) is not None


def _are_products(cell: str) -> bool:
    return 1 <= len(words(cell)) <= MAX_PRODUCTS and _are_distinct(cell)


def _are_nodes(cell: str) -> bool:
    return cell != "" and _are_distinct(cell)


def _are_standings(cell: str) -> bool:
    return _are_distinct(cell) and all(word in STANDINGS for word in words(cell))


def _are_distinct(cell: str) -> bool:
    found = words(cell)
    return len(set(found)) == len(found) and all(word and word == word.strip() for word in found)


_RULES: dict[str, tuple[Callable[[str], bool], str]] = {
    "name": (_is_name, "应为企业登记全称"),
    "stock_code": (_is_stock_code, "应为 6 位 A 股代码，或 5 位港股代码加 .HK"),
    "uscc": (_is_uscc, "应为 18 位统一社会信用代码，且校验位正确（GB 32100）"),
    "adcode": (lambda cell: _ADCODE.fullmatch(cell) is not None, "应为 6 位行政区划代码"),
    "products": (_are_products, f"应为 1 至 {MAX_PRODUCTS} 个不重复的产品，以 ; 分隔"),
    "nodes": (_are_nodes, "应为一个或多个不重复的环节 id（产业链/环节），以 ; 分隔"),
    "standing": (_are_standings, f"只能取 {'、'.join(STANDINGS)}，以 ; 分隔"),
    "as_of": (lambda cell: _AS_OF.fullmatch(cell) is not None, "应为 YYYY 或 YYYY-MM"),
}


def _double_faults(path: Path, rows: Sequence[tuple[int, _Row]]) -> Iterator[str]:
    for column in ("name", "stock_code", "uscc"):
        first: dict[str, int] = {}
        for number, row in rows:
            key = normal_name(row[column])
            if key and first.setdefault(key, number) != number:
                yield f"{path} 第 {number} 行 {column} 列：{row[column]!r}，与第 {first[key]} 行重复"


def _firm(row: _Row) -> Firm:
    listed = (LISTED,) if row["stock_code"] else ()
    return Firm(
        name=row["name"],
        short_name=row["short_name"] or None,
        stock_code=row["stock_code"] or None,
        uscc=row["uscc"] or None,
        adcode=row["adcode"],
        products=tuple((product, None) for product in words(row["products"])),
        nodes=words(row["nodes"]),
        standing=(*listed, *(word for word in words(row["standing"]) if word not in listed)),
        as_of=_first_day(row["as_of"]),
    )


def _cells(row: int, firm: Firm) -> dict[str, object]:
    name = normal_name(firm.name)
    told = {field: getattr(firm, field) for field in FIRM_SCHEMA if field in Firm.__dataclass_fields__}
    products = [{"name": product, "share": share} for product, share in firm.products]
    return told | {"row": row, "key": firm.uscc or f"n:{name}", "normal_name": name, "products": products}


def _first_day(text: str) -> date:
    year, _, month = text.partition("-")
    return date(int(year), int(month or 1), 1)
