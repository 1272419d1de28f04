"""How pydantic's complaints read in Chinese; the API and the command line say them alike."""

from __future__ import annotations

from typing import Any

# What is not here reads as pydantic puts it.
_COMPLAINTS = {
    "missing": "没有给出",
    "string_too_long": "至多 {max_length} 个字符",
    "string_too_short": "至少 {min_length} 个字符",
    "string_pattern_mismatch": "含有不允许的字符",
    "string_unicode": "不是有效的文字",
    "string_type": "应为文字",
    "int_parsing": "应为整数",
    "int_parsing_size": "数字太大",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "float_parsing": "应为数",
    "float_type": "应为数",
    "finite_number": "应为有限的数",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "enum": "应为 {expected} 之一",
    "json_invalid": "不是有效的 JSON",
    "extra_forbidden": "不认识的字段",
    "list_type": "应为 JSON 数组",
    "too_long": "至多 {max_length} 项",
    "model_type": "应为 JSON 对象",
    "model_attributes_type": "应为 JSON 对象",
}


def complain(entry: Any) -> str:
    """Return what one entry of `ValidationError.errors()` says."""
    words = _COMPLAINTS.get(entry["type"])
    return words.format(**entry.get("ctx", {})) if words else str(entry["msg"])
