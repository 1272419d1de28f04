"""A chain document as the text of its file: `parse_yaml` reads back exactly what was written.

Lists of texts and supply edges stand on one line each, as in the files that people write. Every text that
YAML could take for something else is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from service.domain.chain_document import Document
from service.errors import InvalidChain
from service.ingest.yaml_tree import YamlFault, parse_yaml

_PLAIN = re.compile(
    r"[A-Za-z\u4e00-\u9fff](?:[A-Za-z0-9\u4e00-\u9fff_/（）、，。；：“”《》·+.-]| (?! ))*(?<! )"
)
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
# What YAML 1.2 calls printable, without the line separators, the byte order mark and what is escaped here.
_ESCAPED = re.compile(
    '["\\\\]|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]'
)
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ON_ONE_LINE = frozenset({"edges"})


def write_chain_text(document: Mapping[str, Any]) -> str:
    """Return the text of a chain file, keys in the order of the document."""
    return "\n".join(_mapping(document, "")) + "\n"


def read_chain_document(text: str, chain_id: str) -> Document:
    """Return what a chain file says, as plain values; InvalidChain where it is no mapping in YAML."""
    try:
        value = parse_yaml(text.encode("utf-8")).value
    except YamlFault as fault:
        raise InvalidChain([f"{chain_id}.yaml:{fault.line}: {fault.message}"]) from None
    if not isinstance(value, dict):
        raise InvalidChain([f"{chain_id}.yaml:1: 应为键值结构"])
    return dict(value)


def _mapping(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        head = f"{indent}{_scalar(key)}:"
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            yield head
            for one in value:
                yield from _item(one, indent + "  ", on_one_line=key in _ON_ONE_LINE)
        elif isinstance(value, dict) and value:
            yield head
            yield from _mapping(value, indent + "  ")
        else:
            yield f"{head} {_inline(value)}"


def _item(value: Any, indent: str, *, on_one_line: bool) -> Iterator[str]:
    if on_one_line or not isinstance(value, dict) or not value:
        yield f"{indent}- {_inline(value)}"
        return
    first, *rest = _mapping(value, indent + "  ")
    yield f"{indent}- {first.lstrip(' ')}"
    yield from rest


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_inline(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_scalar(key)}: {_inline(one)}' for key, one in value.items())}}}"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    return _SHORT.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
