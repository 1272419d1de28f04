"""Label files: (firm, node, label) as CSV."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from service.domain.evaluation import Label
from service.errors import InvalidFirmFile

_NEEDED = ("firm", "node", "label")
_WORDS = {
    "1": True, "true": True, "yes": True, "是": True,
    "0": False, "false": False, "no": False, "否": False,
}  # fmt: skip


def read_labels(path: Path) -> list[Label]:
    """Return the labels of a CSV with columns firm, node, label and, if it likes, weight; others are ignored.

    `label` is 1/0, true/false, yes/no or 是/否.

    Raises InvalidFirmFile, naming file, row, column and value.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise InvalidFirmFile(f"{path.name}：缺少列 {'、'.join(missing)}，应有 {'、'.join(_NEEDED)}")
            return [_label(path, number, row) for number, row in enumerate(reader, start=2)]
    except OSError as error:
        raise InvalidFirmFile(f"{path}：无法读取（{error.strerror}）") from error
    except UnicodeDecodeError:
        raise InvalidFirmFile(f"{path.name}：不是 UTF-8 编码的标注文件") from None


def _label(path: Path, number: int, row: dict[str, str]) -> Label:
    firm, node = (row.get("firm") or "").strip(), (row.get("node") or "").strip()
    word = (row.get("label") or "").strip().lower()
    for name, value in (("firm", firm), ("node", node)):
        if not value:
            raise InvalidFirmFile(f"{path.name} 第 {number} 行 {name} 列为空")
    if word not in _WORDS:
        raise InvalidFirmFile(f"{path.name} 第 {number} 行 label 列：{word!r}，应为 1 或 0")
    return Label(firm, node, _WORDS[word], _weight(path, number, row.get("weight")))


def _weight(path: Path, number: int, text: str | None) -> float:
    try:
        weight = float(text) if text and text.strip() else 1.0
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight > 0):
        raise InvalidFirmFile(f"{path.name} 第 {number} 行 weight 列：{text!r}，应为大于 0 的数")
    return weight
