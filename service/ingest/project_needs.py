"""What firms' projects take (用地、能耗): a small CSV that the user fills in for a portfolio."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from service.errors import InvalidQuery

MAX_BYTES = 1 << 20

COLUMNS = {
    "firm": ("firm", "企业", "企业编号"),
    "land_mu": ("land_mu", "用地", "用地（亩）"),
    "energy_tce": ("energy_tce", "能耗", "能耗（吨标准煤）"),
}
"""Field -> headings that mean it. `firm` holds the firm's key."""

Amounts = tuple[float | None, float | None]
"""(land in mu, energy in tons of standard coal); None: not known"""


def read_needs(path: Path) -> dict[str, Amounts]:
    """Read firm key -> (land_mu, energy_tce) from a CSV in UTF-8 or GB 18030.

    An empty cell says that the need is not known, which is not 0. Either of the two columns may be absent.

    Raises
    ------
    InvalidQuery : the file cannot be read, is larger than 1 MB, or lacks a column; a row has no firm, names
    one twice, or has an amount that is no number or negative. The message names file, row and column.
    """
    return parse_needs(_text(path), path.name)


def parse_needs(text: str, name: str) -> dict[str, Amounts]:
    """As `read_needs`, of a text; `name` is what complaints call it."""
    rows = csv.DictReader(io.StringIO(text), restkey="", restval="")
    fields = _fields(name, rows.fieldnames or [])
    found: dict[str, Amounts] = {}
    try:
        for row in rows:
            place = f"{name} 第 {rows.line_num} 行"
            firm = (row[fields["firm"]] or "").strip()
            if not firm:
                raise InvalidQuery(f"{place}：没有企业编号")
            if firm in found:
                raise InvalidQuery(f"{place}：企业 {firm!r} 出现了不止一次")
            found[firm] = (_amount(place, row, fields, "land_mu"), _amount(place, row, fields, "energy_tce"))
    except csv.Error as error:
        raise InvalidQuery(f"{name} 第 {rows.line_num} 行：不是有效的 CSV（{error}）") from error
    return found


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidQuery(f"无法读取 {path}：{error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise InvalidQuery(f"{path.name} 超过 1 MB，应为企业、用地、能耗三列的小表")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidQuery(f"{path.name} 不是文本，应为 UTF-8 或 GB 18030 的 CSV")


def _fields(name: str, headings: object) -> Mapping[str, str]:
    known = {word: field for field, words in COLUMNS.items() for word in words}
    found: dict[str, str] = {}
    for heading in headings if isinstance(headings, list) else []:
        field = known.get(heading.strip())
        if field in found:
            raise InvalidQuery(f"{name}：列 {heading!r} 与 {found[field]!r} 说的是同一件事")
        if field:
            found[field] = heading
    if "firm" not in found or len(found) < 2:
        raise InvalidQuery(f"{name}：应有列 firm 以及 land_mu、energy_tce 中至少一列")
    return found


def _amount(place: str, row: Mapping[str, str | None], fields: Mapping[str, str], field: str) -> float | None:
    text = (row[fields[field]] or "").strip() if field in fields else ""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise InvalidQuery(f"{place}，列 {fields[field]}：应为不小于 0 的数，收到 {text!r}")
    return value
