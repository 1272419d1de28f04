"""A bureau's own table of a chain (产业链图谱, 招商清单) as plain rows: which node, which stage, which firms.

Such tables are made for people: a title above, a column a level of the tree with merged cells, 上游 / 中游 /
下游 as a column, as rows between or as the first level, firms in one cell. What a column is, its name says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.domain.chains import Stage
from service.errors import InvalidChain
from service.ingest.firm_apart import read_apart
from service.ingest.firm_package import check_package

HEADER_ROWS = 30
"""How many rows from the top may hold the header."""

_ORDER = {
    digit: number
    for number, pair in enumerate(("1一", "2二", "3三", "4四", "5五", "6六"), 1)
    for digit in pair
}
_PLACE = r"(?:产业链?|环节|节点|分类|类别|产业|领域|行业|目录|链条|产品)"
_NUMBERED = (
    re.compile(rf"第?([一二三四五六1-6])级{_PLACE}{{0,2}}(?:名称)?"),
    re.compile(rf"{_PLACE}{{1,2}}(?:层?级)?([一二三四五六1-6])"),
    re.compile(r"(?:level|l)([1-6])"),
)
_UNNUMBERED = re.compile(
    r"(?:产业链?|关键|重点|主要|核心|细分|子|所属|所在)?(?:产业链?)?(?:环节|领域|节点|赛道)(?:名称)?|[大中小]类|细分(?:产业|行业)"
)
_STAGE_HEADS = re.compile(
    r"上[/、]?中[/、]?下游|(?:所处|所属|产业链|链条|环节)?(?:位置|阶段)|所属链条|上下游"
)
_FIRM_HEADS = re.compile(r".*(?:企业|公司|厂商|厂家)(?:名称|名单|名录|清单|简称|全称)?(?:[(].*[)])?")
_TERM_HEADS = re.compile(r"匹配词|关键词|检索词|词条|(?:主要|重点|代表|细分|核心)?产品(?:名称)?")
_CODE_HEADS = re.compile(r".*(?:国标|4754|行业代码|国民经济行业).*")
_BOTTLENECK_HEADS = re.compile(r".*卡脖子.*")

_STAGES = {"上": Stage.UPSTREAM, "中": Stage.MIDSTREAM, "下": Stage.DOWNSTREAM}
_STAGE_WORDS = re.compile(
    r"(?:产业链)?([上中下])游(?:产业链?|环节|领域|部分|端)?(?:[\s:：(（、—–-]+(?P<inside>.*?)[)）]?|(?P<rest>.*))"
)
# 1.2 正极, （一）原材料, ① 隔膜; but not 3D打印 or 5.8GHz雷达.
_ORDINAL = re.compile(
    r"(?:[(（](?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]|\d{1,2}(?:\.\d{1,2})*(?:[、)）．]|\.(?!\d))|\d{1,2}(?:\.\d{1,2})+\s"
    # 三七 is a herb and no number.
    r"|(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])[、．.]|[\u2460-\u2473])\s*"
)
_SPREAD = re.compile(r"[\u4e00-\u9fff](?: [\u4e00-\u9fff])+")
REMARK = re.compile(r"(?:备?注|说明|数据来源|来源|资料来源)(?:[:：\d].*)?|(?:合|总|小)计")
"""What stands alone under a table and is no node: 备注, 来源：..., 合计. A node cannot have such a name."""
# A separator inside brackets parts no firms: 甲公司（动力、储能）.
BETWEEN = re.compile(r"[、；;，,\r\n\t]+(?![^（(]*[)）])")
_NOTHING = frozenset({"", "无", "暂无", "没有", "-", "—", "——", "/", "否", "×", "N", "n", "no", "NO"})
_YES = frozenset({"是", "√", "✓", "有", "Y", "y", "yes", "YES"})

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One row: the names from the top of the tree down to its node, and what the row says of the node.

    `row` counts from 1 as in the sheet. `firms` holds (column name, firm) pairs.
    """

    row: int
    path: tuple[str, ...]
    stage: Stage | None
    terms: tuple[str, ...]
    codes: tuple[str, ...]
    bottleneck: str | None
    firms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChainSheet:
    """The sheet that holds a chain: its name, the title above the table (or None), the rows."""

    name: str
    title: str | None
    rows: tuple[NodeRow, ...]


def read_chain_sheet(path: Path) -> ChainSheet:
    """Read the first sheet that has a column of nodes (一级环节, 环节1, 细分环节 ...).

    Raises
    ------
    InvalidChain : no such file, no sheet with a column of nodes, no node below the header.
    InvalidFirmFile : not a workbook, damaged, with a password, too large.
    """
    if not path.is_file():
        raise InvalidChain([f"{path}: 没有这个文件，应为工作簿（.xlsx）"])
    with path.open("rb") as file:
        if file.read(2) == b"PK":
            check_package(path)
    with read_apart(path, None) as sheets:
        return find_chain_sheet(path.name, ((name, frame.rows()) for name, frame in sheets))


def find_chain_sheet(file: str, sheets: Iterable[tuple[str, Iterable[Sequence[str | None]]]]) -> ChainSheet:
    """Return the first of the (name, cells as text) that has a column of nodes; InvalidChain as above."""
    seen: list[str] = []
    for name, rows in sheets:
        cells = [[(cell or "").strip() for cell in row] for row in rows]
        columns = _find_columns(cells)
        if columns is not None:
            return _sheet(file, name, cells, columns)
        seen.append(f"“{name}”（{_first_filled(cells)}）")
    expected = "表头应有“一级环节、二级环节……”或“环节1、环节2……”"
    raise InvalidChain([f"{file}：没有环节列，{expected}，读到的工作表：{'；'.join(seen) or '无'}"])


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column is what; `header` is the index of the header's row."""

    header: int
    levels: tuple[int, ...]
    stage: int | None
    terms: tuple[int, ...]
    codes: tuple[int, ...]
    bottleneck: int | None
    firms: Mapping[int, str]


def _find_columns(cells: Sequence[Cells]) -> _Columns | None:
    """Return the columns by the row, among the first, that names most levels; None where none does."""
    counts = [len(_levels(row)) for row in cells[:HEADER_ROWS]]
    if not any(counts):
        return None
    header = counts.index(max(counts))
    names = _header_names(cells, header)
    body = cells[header + 1 :]
    stages = [
        place
        for place in range(len(names))
        if (_STAGE_HEADS.fullmatch(names[place]) or place in _levels(names)) and _only_stages(body, place)
    ]
    rest = {place: name for place, name in enumerate(names) if name and place not in stages}
    levels = tuple(place for place in _levels(names) if place not in stages)
    rest = {place: name for place, name in rest.items() if place not in levels}
    bottlenecks = [place for place, name in rest.items() if _BOTTLENECK_HEADS.fullmatch(name)]
    return _Columns(
        header,
        levels or tuple(stages),
        stages[0] if stages and levels else None,
        tuple(place for place, name in rest.items() if _TERM_HEADS.fullmatch(name)),
        tuple(place for place, name in rest.items() if _CODE_HEADS.fullmatch(name)),
        bottlenecks[0] if bottlenecks else None,
        {place: name for place, name in rest.items() if _FIRM_HEADS.fullmatch(name)},
    )


def _header_names(cells: Sequence[Cells], header: int) -> list[str]:
    """Return the column names; a cell left blank by a merge takes the name above it."""
    above = cells[header - 1] if header and sum(map(bool, cells[header - 1])) > 1 else []
    padded = [*above, *[""] * (len(cells[header]) - len(above))]
    return [_plain_head(name or other) for name, other in zip(cells[header], padded, strict=False)]


def _plain_head(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def _levels(row: Cells) -> list[int]:
    """Return the places of the columns that are levels of the tree, upper level first."""
    numbered: dict[int, int] = {}
    plain: list[int] = []
    for place, text in enumerate(row):
        head = _plain_head(text)
        match = next((found for form in _NUMBERED if (found := form.fullmatch(head))), None)
        if match:
            numbered[place] = _ORDER[match[1]]
        elif _UNNUMBERED.fullmatch(head):
            plain.append(place)
    return sorted(numbered, key=lambda place: numbered[place]) or plain


def _only_stages(body: Sequence[Cells], place: int) -> bool:
    filled = [row[place] for row in body if place < len(row) and row[place]]
    return bool(filled) and all(stage and not rest for stage, rest in map(split_stage, filled))


def split_stage(text: str) -> tuple[Stage | None, str]:
    """Part 上游 / 中游 / 下游 from what follows: "上游（原材料）" -> (UPSTREAM, "原材料")."""
    match = _STAGE_WORDS.fullmatch(_ORDINAL.sub("", text, count=1) if _ORDINAL.match(text) else text)
    if match is None:
        return None, text
    return _STAGES[match[1]], (match["inside"] or match["rest"] or "").strip()


def _sheet(file: str, name: str, cells: Sequence[Cells], columns: _Columns) -> ChainSheet:
    titles = [row for row in cells[: columns.header] if any(row)]
    title = next(cell for cell in titles[0] if cell) if titles else None
    rows = tuple(_rows(cells, columns))
    if not rows:
        raise InvalidChain([f"{file}：工作表“{name}”的表头下面没有环节"])
    return ChainSheet(name, title, rows)


def _rows(cells: Sequence[Cells], columns: _Columns) -> Iterator[NodeRow]:
    """Yield the rows that belong to a node; a blank level stands for the one above it.

    A row without any level continues the node before it (firms over several rows).
    """
    path: list[str] = [""] * len(columns.levels)
    stage: Stage | None = None
    for number, row in enumerate(cells[columns.header + 1 :], start=columns.header + 2):
        filled = [cell for cell in row if cell]
        if not filled or (len(filled) == 1 and REMARK.fullmatch(filled[0])):
            continue
        if len(filled) == 1 and columns.stage is None and (between := _stage_row(filled[0], len(path))):
            stage, path = between, [""] * len(path)
            continue
        if columns.stage is not None and row[columns.stage]:
            stage = split_stage(row[columns.stage])[0]
        path, found = _next_path(path, [row[place] for place in columns.levels], columns.stage is None)
        stage = found or stage
        names = tuple(name for name in path if name)
        if names and not REMARK.fullmatch(names[0]):
            yield _node_row(number, names, stage, row, columns)


def _stage_row(text: str, levels: int) -> Stage | None:
    """Return the stage that a row with nothing but `text` begins: 上游, 二、中游：制造."""
    stage, rest = split_stage(text)
    return stage if levels > 1 or not rest else None


def _next_path(path: Sequence[str], levels: Cells, stage_in_first: bool) -> tuple[list[str], Stage | None]:
    """Return the path of a row (by level, "" where one is passed over) and the stage its first level says.

    Above the first level that differs from the path so far, blank cells go on with it; below, all is new.
    """
    names, stage = [plain_name(text) for text in levels], None
    if stage_in_first:
        stage, rest = split_stage(levels[0])
        if stage is not None:
            names[0] = plain_name(rest)
            path = path if rest else [""] * len(path)
    filled = [place for place, name in enumerate(names) if name]
    if not filled:
        return list(path), stage
    first = next((place for place in filled if names[place] != path[place]), None)
    if first is None:
        return [*path[: filled[-1] + 1], *names[filled[-1] + 1 :]], stage
    return [*path[:first], *names[first:]], stage


def plain_name(text: str) -> str:
    """Return a node's name on one line, without a number in front or blanks within: "1. 隔  膜" -> "隔膜"."""
    lines = re.sub(r"(?<=[^\x00-\x7f])\s*\n\s*|\s*\n\s*(?=[^\x00-\x7f])", "", text)
    name = " ".join(lines.split())
    name = (_ORDINAL.sub("", name, count=1) if _ORDINAL.match(name) else name) or name
    return name.replace(" ", "") if _SPREAD.fullmatch(name) else name


def _node_row(
    number: int, path: tuple[str, ...], stage: Stage | None, row: Cells, columns: _Columns
) -> NodeRow:
    bottleneck = row[columns.bottleneck] if columns.bottleneck is not None else ""
    codes = " ".join(row[place] for place in columns.codes)
    return NodeRow(
        row=number,
        path=path,
        stage=stage,
        terms=tuple(dict.fromkeys(term for place in columns.terms for term in _parts(row[place]))),
        codes=tuple(dict.fromkeys(re.findall(r"(?<![0-9])[0-9]{2,4}(?![0-9])", codes))),
        bottleneck=_reason(bottleneck),
        firms=tuple(
            dict.fromkeys(
                (head, firm) for place, head in columns.firms.items() for firm in _parts(row[place])
            )
        ),
    )


def _parts(text: str) -> list[str]:
    """Return the entries of a cell, without numbers in front and 等 behind; a | parts before all else."""
    pieces = text.split("|") if "|" in text else BETWEEN.split(text)
    parts = (" ".join(part.split()) for part in pieces)
    bare = (_ORDINAL.sub("", part, count=1) if _ORDINAL.match(part) else part for part in parts)
    return [
        part for part in (re.sub(r"(?<=.)等$", "", part).strip() for part in bare) if part not in _NOTHING
    ]


def _reason(text: str) -> str | None:
    if text in _NOTHING:
        return None
    return "来源工作簿标注为卡脖子环节" if text in _YES else text


def _first_filled(cells: Sequence[Cells]) -> str:
    row = next((row for row in cells if sum(map(bool, row)) > 1), next((r for r in cells if any(r)), []))
    return "、".join(cell[:20] for cell in row if cell)[:80] or "空表"
