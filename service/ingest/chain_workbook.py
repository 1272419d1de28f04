"""Chains to and from plain workbooks: what a bureau has as a table becomes a chain file, and back again."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from ruamel.yaml import YAML

from service.domain.chains import Chain, Node, Stage
from service.errors import InvalidChain
from service.ingest.chain_draft import PUBLISHER, NodeFirm, draft_chain
from service.ingest.chain_sheet import BETWEEN, read_chain_sheet

__all__ = ["NodeFirm", "chain_from_workbook", "export_chain_workbook", "new_chain_from_workbook"]

FIRMS_PER_ROW = 40
"""A node with more firms takes several rows: a cell holds 32,767 characters."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STAGE_NAMES = {Stage.UPSTREAM: "上游", Stage.MIDSTREAM: "中游", Stage.DOWNSTREAM: "下游"}
_NUMERALS = "一二三四五六七八九十"
_FACT_HEADS = ("匹配词", "国标代码", "卡脖子", "企业")
_FACT_WIDTHS = (40, 14, 30, 60)
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_CELL = 32_767
_SHEET_NAME_CHARACTERS = re.compile(r"[\[\]:*?/\\']")


def chain_from_workbook(
    path: Path, chain_id: str, name: str | None = None
) -> tuple[Chain, tuple[NodeFirm, ...]]:
    """Return the chain that a workbook draws, and the firms that it names at its nodes.

    Columns are known by their names: levels of the tree (一级环节, 环节1, 细分环节 ...), stage (上中下游),
    terms (匹配词, 产品), codes (国标), 卡脖子, firms (any column of 企业 or 公司). Slugs are pinyin.
    Terms are those of the table, else the node's name; supply edges join the groups of each stage to
    those of the next, since such tables have none; the chain's `summary` and its nodes' `note` say so.
    `name`: by default the title above the table.

    Raises
    ------
    InvalidChain : the id is no slug, no such file, no column of nodes, fewer than two nodes, unknown codes.
    InvalidFirmFile : the file is no workbook, is damaged, has a password or is too large.
    """
    if not _SLUG.fullmatch(chain_id):
        raise InvalidChain([f"链 id {chain_id!r} 应由小写字母、数字和单个连字符组成，例如 lithium-battery"])
    return draft_chain(read_chain_sheet(path), chain_id, name, path.name)


def new_chain_from_workbook(xlsx: Path, chain_id: str, name: str | None = None) -> str:
    """Return what `chain_from_workbook` reads as the text of a sound chain file; raises as it does."""
    chain, _ = chain_from_workbook(xlsx, chain_id, name)
    return chain_text(chain, xlsx.name)


def chain_text(chain: Chain, source: str) -> str:
    """Return a chain without borrowed nodes as the text of its file; `source`: title of its only source."""
    document: dict[str, Any] = {
        "id": chain.id,
        "name": chain.name,
        "version": chain.version,
        "date": chain.date,
        "summary": chain.summary,
        "sources": [{"title": source, "publisher": PUBLISHER}],
        "nodes": [_node(chain, node, None) for node in chain.children(None)],
        "edges": [
            {"from": edge.supplier.partition("/")[2], "to": edge.customer.partition("/")[2]}
            for edge in chain.edges
        ],
    }
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 10_000
    yaml.representer.ignore_aliases = lambda _: True
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _node(chain: Chain, node: Node, inherited: Stage | None) -> dict[str, Any]:
    """Return a node as the chain file writes it; what is empty or inherited is left out."""
    entry: dict[str, Any] = {"id": node.id.partition("/")[2], "name": node.name}
    if node.stage is not inherited:
        entry["stage"] = node.stage.value
    facts = {
        "terms": list(node.terms),
        "gbt4754": list(node.gbt4754_codes),
        "bottleneck": node.bottleneck,
        "note": node.note,
        "children": [_node(chain, child, node.stage) for child in chain.children(node.id)],
    }
    return entry | {key: value for key, value in facts.items() if value}


def export_chain_workbook(chain: Chain, firms_by_node: Mapping[str, Sequence[str]]) -> bytes:
    """Return the chain as an .xlsx table that people can fill in and `chain_from_workbook` reads again.

    A column for the stage, one for each level of the tree (merged over the nodes below), then terms, codes,
    卡脖子 and the firms of `firms_by_node` (node id -> names), in the order given. A group has a row of its
    own where it has facts of its own. Texts that look like formulas stay texts.
    """
    book = Workbook()
    sheet: Worksheet = book.worksheets[0]
    sheet.title = _SHEET_NAME_CHARACTERS.sub(" ", chain.name).strip()[:31] or chain.id[:31]
    levels = 1 + max(depth for depth, _ in chain.walk())
    heads = ["上中下游", *(f"{_NUMERALS[depth]}级环节" for depth in range(levels)), *_FACT_HEADS]
    _write(sheet, 1, 1, f"{chain.name}产业链")
    for column, head in enumerate(heads, start=1):
        _write(sheet, 2, column, head)
    rows = list(_rows(chain, firms_by_node))
    for number, (_, *facts) in enumerate(rows, start=3):
        for column, fact in enumerate(facts, start=levels + 2):
            _write(sheet, number, column, fact)
    _write_tree(sheet, chain, [node for node, *_ in rows], levels)
    _dress(sheet, levels, len(heads))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _rows(
    chain: Chain, firms_by_node: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Node, str, str, str, str]]:
    """Yield node, terms, codes, 卡脖子, firms of each row, down the tree."""
    for _, node in chain.walk():
        firms = list(firms_by_node.get(node.id, ()))
        facts = (_joined(node.terms), "、".join(node.gbt4754_codes), node.bottleneck or "")
        if chain.children(node.id) and not firms and not any(facts):
            continue
        yield node, *facts, _joined(firms[:FIRMS_PER_ROW])
        for start in range(FIRMS_PER_ROW, len(firms), FIRMS_PER_ROW):
            yield node, "", "", "", _joined(firms[start : start + FIRMS_PER_ROW])


def _joined(texts: Sequence[str]) -> str:
    """Return the texts as one cell, parted by 、, or by | where one of them has such a mark in itself."""
    texts = [text.replace("|", "｜") for text in texts]
    if not any(BETWEEN.search(text) for text in texts):
        return "、".join(texts)
    return "|".join(texts) + "|"


def _write_tree(sheet: Worksheet, chain: Chain, nodes: Sequence[Node], levels: int) -> None:
    """Write stage and levels of the rows from row 3 on, each run of one value as one merged cell."""
    paths = [[*reversed(chain.ancestors(node.id)), node.id] for node in nodes]
    stages = [_STAGE_NAMES[node.stage] for node in nodes]
    _write_runs(sheet, 1, stages, stages)
    for depth in range(levels):
        ids = [path[depth] if depth < len(path) else None for path in paths]
        names = [chain.node(node_id).name if node_id else None for node_id in ids]
        _write_runs(sheet, depth + 2, ids, names)


def _write_runs(
    sheet: Worksheet, column: int, keys: Sequence[str | None], texts: Sequence[str | None]
) -> None:
    start = 0
    for position in range(1, len(keys) + 1):
        if position < len(keys) and keys[position] == keys[start]:
            continue
        text = texts[start]
        if text is not None:
            _write(sheet, start + 3, column, text)
            if position - start > 1:
                sheet.merge_cells(
                    start_row=start + 3, end_row=position + 2, start_column=column, end_column=column
                )
        start = position


def _write(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """Write a cell as text, whatever it looks like."""
    cell = sheet.cell(row, column)
    if not text or not isinstance(cell, Cell):
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST_CELL]
    cell.data_type = "s"
    cell.number_format = "@"
    # This is how Excel saves a leading apostrophe: the text stays one when somebody edits the cell.
    cell.quotePrefix = text.startswith(_FORMULA_START)
    cell.alignment = Alignment(vertical="center", wrap_text=True)


def _dress(sheet: Worksheet, levels: int, width: int) -> None:
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=width)
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    for column in range(1, width + 1):
        sheet.cell(2, column).font = Font(bold=True)
        sheet.cell(2, column).fill = PatternFill("solid", fgColor="DDE7F3")
    widths = [10, *[18] * levels, *_FACT_WIDTHS]
    for column, characters in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = characters
    sheet.freeze_panes = "A3"
