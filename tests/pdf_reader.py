"""Reads back a PDF as reportlab writes it: its pages' text, its outline, what its fonts are."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)endobj", re.DOTALL)
_SHOWN = re.compile(rb"/(F\S+) [\d.]+ Tf|\(((?:[^\\()]|\\.)*)\) Tj", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class ReadPdf:
    """Text of each page as drawn, titles of the outline in order, names of the fonts that text is set in."""

    pages: list[str]
    outline: list[str]
    fonts: set[str]
    embedded: set[str]
    about: dict[str, str]


def read_pdf(content: bytes) -> ReadPdf:
    """Return what a reader would see of the file."""
    objects = {int(found[1]): found[2] for found in _OBJECT.finditer(content)}
    names = _fonts(objects)
    maps = {name: _unicode(objects, number) for name, number in names.items()}
    used: set[str] = set()
    pages = []
    kids = next(body for body in objects.values() if b"/Type /Pages" in body)
    listed = re.search(rb"/Kids \[(.*?)\]", kids, re.DOTALL)
    assert listed
    for number in re.findall(rb"(\d+) 0 R", listed[1]):
        contents = _number(objects[int(number)], b"Contents")
        pages.append(_text(_stream(objects[contents]), maps, used))
    base = {name: _base_font(objects[number]) for name, number in names.items()}
    embedded = {base[name] for name, number in names.items() if b"/FontDescriptor" in objects[number]}
    return ReadPdf(pages, _outline(objects), {base[name] for name in used}, embedded, _about(objects))


def _base_font(body: bytes) -> str:
    found = re.search(rb"/BaseFont /(\S+)", body)
    assert found, body
    return found[1].decode()


def _number(body: bytes, key: bytes) -> int:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    assert found, (key, body)
    return int(found[1])


def _fonts(objects: dict[int, bytes]) -> dict[str, int]:
    table = next(body for body in objects.values() if re.match(rb"<<\s*/F\d\S* \d+ 0 R", body))
    return {name.decode(): int(number) for name, number in re.findall(rb"/(F\S+) (\d+) 0 R", table)}


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*?)\r?\n?endstream", body, re.DOTALL)
    assert found
    data = found[1]
    if b"ASCII85Decode" in body:
        data = base64.a85decode(data.strip().removesuffix(b"~>"))
    return zlib.decompress(data) if b"FlateDecode" in body else data


def _unicode(objects: dict[int, bytes], font: int) -> dict[int, str]:
    if b"/ToUnicode" not in objects[font]:
        return {code: chr(code) for code in range(256)}
    table = _stream(objects[_number(objects[font], b"ToUnicode")])
    codes: dict[int, str] = {}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, signs in re.findall(rb"<(\w+)>\s*<(\w+)>\s*(\[.*?\]|<\w+>)", block, re.DOTALL):
            listed = re.findall(rb"<(\w+)>", signs)
            for place, code in enumerate(range(int(first, 16), int(last, 16) + 1)):
                if signs.startswith(b"["):
                    codes[code] = bytes.fromhex(listed[place].decode()).decode("utf-16-be")
                else:
                    codes[code] = chr(int(listed[0], 16) + place)
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, sign in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            codes[int(code, 16)] = bytes.fromhex(sign.decode()).decode("utf-16-be")
    return codes


def _text(drawn: bytes, maps: dict[str, dict[int, str]], used: set[str]) -> str:
    said, font = [], ""
    for found in _SHOWN.finditer(drawn):
        if found[1]:
            font = found[1].decode()
        elif found[2]:
            used.add(font)
            said.append("".join(maps[font].get(code, "\ufffd") for code in _unescape(found[2])))
    return "".join(said)


def _unescape(text: bytes) -> bytes:
    def sign(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else _ESCAPES.get(code, code)

    return re.sub(rb"\\([0-7]{1,3}|.)", sign, text, flags=re.DOTALL)


def _outline(objects: dict[int, bytes]) -> list[str]:
    """Titles, walking the outline from its first entry, children before the next one."""
    roots = [body for body in objects.values() if b"/Type /Outlines" in body]
    found: list[str] = []

    def walk(number: int) -> None:
        body = objects[number]
        found.append(_title(body))
        if b"/First" in body:
            walk(_number(body, b"First"))
        if b"/Next" in body:
            walk(_number(body, b"Next"))

    for root in roots:
        if b"/First" in root:
            walk(_number(root, b"First"))
    return found


def _title(body: bytes, key: bytes = b"Title") -> str:
    found = re.search(rb"/" + key + rb" \(((?:[^\\()]|\\.)*)\)", body, re.DOTALL)
    assert found, body
    raw = _unescape(found[1])
    return raw.decode("utf-16") if raw.startswith((b"\xfe\xff", b"\xff\xfe")) else raw.decode("latin-1")


def _about(objects: dict[int, bytes]) -> dict[str, str]:
    body = next(body for body in objects.values() if b"/CreationDate" in body)
    return {key: _title(body, key.encode()) for key in ("Title", "Author", "CreationDate")}
