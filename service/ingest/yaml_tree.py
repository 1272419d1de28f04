"""YAML files as plain values, with the line of every one of them.

Only what a hand-written data file needs is read: one document of mappings with text keys, lists and scalars.
Anchors, aliases and tags are refused, so no file can grow while it is read; values are built without
recursion and to a limited depth, so no nesting can overflow the stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | bool | None"
Place: TypeAlias = "tuple[str | int, ...]"
Event: TypeAlias = Any
"""A parser event; those of both parsers have the same names and attributes."""

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 40

# The core schema of YAML 1.2.2, section 10.3.2: what an unquoted scalar means. Dates stay text.
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")

# The scanner's commonest complaints, in the words of the person who wrote the file.
_COMPLAINTS = (
    ("'\\t' that cannot start any token", "缩进用了制表符，应改为空格"),
    ("mapping values are not allowed here", "冒号的位置不对：检查缩进，或给含冒号的文字加引号"),
    ("expected <block end>", "缩进与上文不一致"),
    ("could not find expected ':'", "缺少冒号（键与值之间要有“: ”）"),
    ("while scanning a quoted scalar", "引号没有配对"),
    ("while parsing a flow", "方括号或花括号没有配对，或缺少逗号"),
)


class YamlFault(Exception):
    """The text is not a YAML document that this project reads; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        self.message = message
        super().__init__(f"{line}: {message}")


@dataclass(frozen=True, slots=True)
class YamlTree:
    """A document's value, and the line on which each place in it begins (a mapping's entry: its key)."""

    value: Value
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """Return the line of `place`, or of the nearest thing around it that stands in the file."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]


def read_yaml(path: Path) -> YamlTree:
    """Read one file; `YamlFault` says on which line it cannot be read, and why. OSError is passed on."""
    if path.stat().st_size > MAX_BYTES:
        raise YamlFault(1, f"文件超过 {MAX_BYTES // 1024**2} MB，不像手写的数据文件")
    return parse_yaml(path.read_bytes())


def parse_yaml(data: bytes) -> YamlTree:
    """Read one document from UTF-8 bytes (a byte order mark is allowed)."""
    text = _decode(data)
    try:
        return _Builder().build(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return _read_carefully(text)


def _read_carefully(text: str) -> YamlTree:
    """libyaml is fast, yet knows YAML 1.1 only and says little: what it refuses is read again by the book."""
    try:
        return _Builder().build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlFault(mark.line + 1 if mark else 1, f"YAML 写法有误：{_complaint(error)}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlFault(line, f"含有不允许的控制字符 U+{error.character:04X}") from None


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlFault(line, "不是 UTF-8 编码的文本，请另存为 UTF-8（不要用 GBK）") from None


def _complaint(error: MarkedYAMLError) -> str:
    original = "，".join(str(part) for part in (error.context, error.problem) if part)
    for needle, chinese in _COMPLAINTS:
        if needle in original:
            return chinese
    return original


def _scalar(text: str) -> Value:
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Builder:
    """Turns parser events into one value; `_open` is the stack of the collections not yet closed."""

    def __init__(self) -> None:
        self._open: list[tuple[dict[str, Value] | list[Value], Place]] = []
        self._keys: list[str | None] = []
        self._lines: dict[Place, int] = {}
        self._root: list[Value] = []

    def build(self, events: Iterator[Event]) -> YamlTree:
        documents = 0
        for event in events:
            if _is(event, "DocumentStart"):
                documents += 1
                if documents > 1:
                    raise YamlFault(_line(event), "一个文件只能有一个 YAML 文档（多了一个“---”）")
            elif _is(event, "SequenceEnd", "MappingEnd"):
                self._open.pop()
                self._keys.pop()
            elif _is(event, "Scalar", "SequenceStart", "MappingStart", "Alias"):
                self._node(event)
        if not self._root or self._root[0] is None:
            raise YamlFault(1, "文件是空的")
        return YamlTree(self._root[0], self._lines)

    def _node(self, event: Event) -> None:
        if _is(event, "Alias") or event.anchor is not None:
            raise YamlFault(_line(event), "不支持 YAML 锚点与别名：内容要写全，以 * 或 & 开头的文字要加引号")
        if getattr(event, "tag", None) is not None:
            raise YamlFault(_line(event), "不支持 YAML 标签：以 ! 开头的文字要加引号")
        if self._open and isinstance(self._open[-1][0], dict) and self._keys[-1] is None:
            self._key(event)
        else:
            self._value(event)

    def _key(self, event: Event) -> None:
        if not _is(event, "Scalar"):
            raise YamlFault(_line(event), "键必须是文字")
        key = str(event.value)
        place = (*self._open[-1][1], key)
        if place in self._lines:
            raise YamlFault(_line(event), f"键 {key!r} 重复，第 {self._lines[place]} 行已经写过")
        self._lines[place] = _line(event)
        self._keys[-1] = key

    def _value(self, event: Event) -> None:
        place = self._place()
        self._lines.setdefault(place, _line(event))
        value: Value
        if _is(event, "Scalar"):
            value = _scalar(event.value) if event.implicit[0] else str(event.value)
        else:
            value = {} if _is(event, "MappingStart") else []
        self._attach(value)
        if isinstance(value, dict | list):
            if len(self._open) == MAX_DEPTH:
                raise YamlFault(_line(event), f"嵌套过深（最多 {MAX_DEPTH} 层）")
            self._open.append((value, place))
            self._keys.append(None)

    def _place(self) -> Place:
        if not self._open:
            return ()
        parent, place = self._open[-1]
        step = self._keys[-1] if isinstance(parent, dict) else len(parent)
        return (*place, step if step is not None else "")

    def _attach(self, value: Value) -> None:
        if not self._open:
            self._root.append(value)
            return
        parent, _ = self._open[-1]
        if isinstance(parent, list):
            parent.append(value)
        else:
            parent[self._keys[-1] or ""] = value
            self._keys[-1] = None


def _is(event: Event, *kinds: str) -> bool:
    return type(event).__name__.removesuffix("Event") in kinds


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1
