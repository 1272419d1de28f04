"""The source-region policy of a bureau: `source_policy.csv` in the data folder, if the bureau keeps one.

Columns (English or Chinese): region (地区), source_region (来源地), weight (权重), sentence (说明), source
(来源), date (日期). One line says how far a region seeks firms of a source region (0-1), and who decided so.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from service.datafiles import data_folder
from service.domain.regions import Geography
from service.domain.source_policy import PolicyLine, SourcePolicy
from service.errors import InvalidSourcePolicy, UnknownRegion

POLICY_NAME = "source_policy.csv"
_COLUMNS = {
    "region": "地区",
    "source_region": "来源地",
    "weight": "权重",
    "sentence": "说明",
    "source": "来源",
    "date": "日期",
}
_NEEDED = ("region", "source_region", "weight", "source")
_DAY = re.compile(r"(19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_MOST_BYTES = 1 << 20

_Row = Mapping[str, str]


def load_source_policy(folder: Path, geography: Geography) -> SourcePolicy:
    """Return what `source_policy.csv` in `folder` says; an empty policy where there is no such file.

    Raises
    ------
    InvalidSourcePolicy : the file cannot be read, or a line is wrong; every problem is told, by line.
    """
    path = folder / POLICY_NAME
    if not path.exists():
        return SourcePolicy(())
    regions = _source_regions()
    lines: list[PolicyLine] = []
    problems: list[str] = []
    for number, row in _rows(path):
        try:
            lines.append(_line(row, geography, regions))
        except (ValueError, UnknownRegion) as error:
            problems.append(f"第 {number} 行：{error}")
    pairs = [(line.region, line.source_region) for line in lines]
    problems += [
        f"{geography.get(region).name}的来源地“{name}”写了两次"
        for region, name in sorted({pair for pair in pairs if pairs.count(pair) > 1})
    ]
    if problems:
        raise InvalidSourcePolicy(f"{path}：" + "；".join(problems))
    return SourcePolicy(tuple(lines))


def _rows(path: Path) -> Iterator[tuple[int, _Row]]:
    """Yield (line number, values by English column name)."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidSourcePolicy(f"{path}：无法读取（{error.strerror}）") from error
    if len(content) > _MOST_BYTES:
        raise InvalidSourcePolicy(f"{path}：超过 1 MB，不像来源地政策表")
    reader = csv.reader(io.StringIO(_text(path, content), newline=""))
    try:
        table = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise InvalidSourcePolicy(f"{path} 第 {reader.line_num} 行：不是 CSV（{error}）") from error
    english = {chinese: name for name, chinese in _COLUMNS.items()}
    headers = [english.get(cell.strip(), cell.strip()) for cell in (table[0][1] if table else [])]
    missing = [f"{name}（{_COLUMNS[name]}）" for name in _NEEDED if name not in headers]
    if missing:
        raise InvalidSourcePolicy(f"{path}：缺少列 {'、'.join(missing)}")
    for number, cells in table[1:]:
        if len(cells) > len(headers):
            raise InvalidSourcePolicy(
                f"{path} 第 {number} 行：有 {len(cells)} 格，表头只有 {len(headers)} 列"
            )
        yield number, {name: cell.strip() for name, cell in zip(headers, cells, strict=False)}


def _text(path: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidSourcePolicy(f"{path}：既不是 UTF-8 也不是 GB18030 编码的文字")


def _line(row: _Row, geography: Geography, regions: Mapping[str, tuple[str, frozenset[str]]]) -> PolicyLine:
    """Return one line; ValueError or UnknownRegion say what is wrong."""
    empty = [f"{name}（{_COLUMNS[name]}）" for name in _NEEDED if not row.get(name)]
    if empty:
        raise ValueError(f"{'、'.join(empty)} 为空")
    place = geography.find(row["region"])
    name, members = _members(row["source_region"], geography, regions)
    day = row.get("date", "")
    if day and not _DAY.fullmatch(day):
        raise ValueError(f"date（日期）应如 2025、2025-06 或 2025-06-30，写的是 {day!r}")
    sentence = row.get("sentence") or f"{name}是{place.name}的重点招商来源地。"
    return PolicyLine(
        region=place.adcode,
        source_region=name,
        members=members,
        weight=_weight(row["weight"]),
        sentence=sentence,
        source=row["source"],
        as_of=day or None,
    )


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"weight（权重）应为 0 到 1 的数，写的是 {text!r}")
    return weight


def _members(
    text: str, geography: Geography, regions: Mapping[str, tuple[str, frozenset[str]]]
) -> tuple[str, frozenset[str]]:
    """Return the name and the adcodes of a named source region, or of a region of China."""
    if text in regions:
        return regions[text]
    try:
        place = geography.find(text)
    except UnknownRegion as error:
        known = "、".join(sorted({name for name, _ in regions.values()}))
        raise ValueError(f"{error}；来源地可写地区，或 {known} 之一") from None
    return place.name, frozenset({place.adcode})


def _source_regions() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Name or alias -> (name, adcodes) of the source regions in geodata/source_regions.csv."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    with (data_folder("geodata") / "source_regions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known = (row["name"], frozenset(row["adcodes"].split(";")))
            for label in (row["name"], *filter(None, row["aliases"].split(";"))):
                found.setdefault(label, known)
    return found
