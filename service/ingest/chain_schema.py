"""The structure of a chain file: `chains/chain.schema.json`, its complaints told in Chinese and by line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from service.datafiles import data_folder
from service.ingest.yaml_tree import Place, Value, YamlTree

_TYPES = {"object": "键值结构", "array": "列表", "string": "文字", "number": "数字", "integer": "整数"}


class Severity(StrEnum):
    """An error keeps a chain from being loaded; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a chain file; `line` counts from 1, `check` names the check that found it.

    `place` is where in the document it is, as far as that is known.
    """

    file: Path
    line: int
    severity: Severity
    message: str
    check: str
    place: Place = field(default=(), compare=False)

    def __str__(self) -> str:
        mark = "警告：" if self.severity is Severity.WARNING else ""
        return f"{self.file}:{self.line}: {mark}{self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """Collects the problems of one file while it is checked."""

    file: Path
    tree: YamlTree
    problems: list[Problem] = field(default_factory=list)

    def error(self, place: Place, check: str, message: str) -> None:
        """Note an error at a place of the document."""
        self._note(place, Severity.ERROR, check, message)

    def warn(self, place: Place, check: str, message: str) -> None:
        """Note a warning at a place of the document."""
        self._note(place, Severity.WARNING, check, message)

    def _note(self, place: Place, severity: Severity, check: str, message: str) -> None:
        problem = Problem(self.file, self.tree.line(place), severity, message, check, place)
        if problem not in self.problems:
            self.problems.append(problem)


def check_structure(report: Report) -> None:
    """Report every place where the document differs from the schema."""
    for error in _validator().iter_errors(report.tree.value):
        place = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            _report_unknown_keys(report, place, error)
        else:
            report.error(place, str(error.validator), _message(place, error))


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads((data_folder("chains") / "chain.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _report_unknown_keys(report: Report, place: Place, error: ValidationError) -> None:
    known = list(_schema(error)["properties"])
    for key in _value(error):
        if key not in known:
            hint = suggestion(key, known) or f"，可用的字段有：{'、'.join(known)}"
            report.error((*place, key), "unknown-key", f"未知字段 {shown(key)}{hint}")


def _message(place: Place, error: ValidationError) -> str:
    schema, value = _schema(error), _value(error)
    match error.validator:
        case "required":
            return _missing([key for key in schema["required"] if key not in value], value)
        case "dependentRequired":
            return "写了 input_share 就必须用 source 说明出处"
        case "type":
            return _wrong_type(place, schema["type"], value)
        case "minItems":
            return f"{_called(place)} 不能是空列表"
        case "uniqueItems":
            return f"{_called(place)} 有重复的项"
        case "enum":
            hint = suggestion(str(value), schema["enum"])
            return f"{_called(place)} 应为 {'、'.join(schema['enum'])} 之一，写的是 {shown(value)}{hint}"
        case "minimum" | "maximum":
            limits = f"{schema['minimum']} 到 {schema['maximum']}"
            return f"{_called(place)} 应在 {limits} 之间，写的是 {shown(value)}"
        case _:
            return f"{_called(place)} {shown(value)} 不合要求：{schema['patternErrorMessage']}"


def _missing(keys: list[str], value: Mapping[str, Value]) -> str:
    if keys == ["terms"]:
        return f"末级环节 {shown(value.get('id'))} 缺少 terms：没有词条就匹配不到企业"
    if keys == ["stage"]:
        return f"顶层环节 {shown(value.get('id'))} 缺少 stage（upstream、midstream 或 downstream）"
    return f"缺少必填字段 {'、'.join(keys)}"


def _wrong_type(place: Place, expected: str, value: Value) -> str:
    if value is None:
        return f"{_called(place)} 是空的，应为{_TYPES[expected]}"
    if expected == "string" and isinstance(value, int | float):
        return f"{_called(place)} 应为文字，写的是 {shown(value)}：请加引号"
    return f"{_called(place)} 应为{_TYPES[expected]}，写的是 {shown(value)}"


def _schema(error: ValidationError) -> dict[str, Any]:
    schema = error.schema
    return schema if isinstance(schema, dict) else {}


def _value(error: ValidationError) -> Any:
    return error.instance


def _called(place: Place) -> str:
    """Name a place by its nearest key: `stage`, `terms 第 2 项`."""
    if not place:
        return "文件"
    last = place[-1]
    return last if isinstance(last, str) else f"{place[-2]} 第 {last + 1} 项"


def shown(value: Value) -> str:
    """Return a value as a message quotes it, cut to a readable length."""
    if isinstance(value, dict | list):
        return _TYPES["object" if isinstance(value, dict) else "array"]
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def suggestion(wrong: str, known: list[str]) -> str:
    """Return a hint at the nearest known word, or an empty text when nothing is near."""
    near = get_close_matches(wrong, known, n=1)
    return f"，是否应为 {shown(near[0])}？" if near else ""
