"""Values of firm files as people write them -> typed values.

Every `parse_` function takes one non-empty text and returns (value, complaint): the value, or None where
it has to be dropped, and a Chinese sentence that says what was wrong, or None where nothing was.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable

import polars as pl

Parsed = tuple[object, str | None]

MAX_NAME_CHARACTERS = 120
_MAX_WEBSITE_CHARACTERS = 300
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WORTH = {character: worth for worth, character in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_BRACKETS = str.maketrans("[]{}<>【】〔〕〖〗「」『』《》〈〉", "()" * 10)
_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
_WRITTEN = re.compile(r"[^\W\d_]")
_CLOCK = r"(?:[ t]*\d{1,2}:\d{2}.*)?"
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?" + _CLOCK, re.IGNORECASE)
_COMPACT_DATE = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})?")
_EXCEL_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_FIRST_DAY = dt.date(1900, 1, 1)
_COUNT = re.compile(r"约?([0-9][0-9,]*(?:\.[0-9]+)?)(万)?余?[人名个位]?")
_STOCK = re.compile(r"(?:sh|sz|bj)?\.?([0-9]{1,6})(?:\.0+)?(?:\.(sh|sz|bj|ss|hk))?", re.I)
_GBT_CODE = re.compile(r"(?<![0-9A-Za-z])[A-T]?([0-9]{2,4})(?![0-9])")
_SEPARATORS = ";、,|\n"
_SHARE = re.compile(r"(.+?)(?::\s*(-?[0-9.]+)\s*(%?)|\(\s*([0-9.]+)\s*(%)\s*\))")
_WEBSITE = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?", re.I)


def uscc_is_valid(text: str) -> bool:
    """Tell whether `text` is an 18-character unified social credit code whose check character holds.

    Upper case only, without spaces. Source: GB 32100-2015: base 31 without I, O, S, V, Z, weights
    3^(i-1) mod 31, check character 31 - (sum mod 31), 31 written as 0.
    """
    worths = [_USCC_WORTH.get(character, -1) for character in text]
    if len(worths) != 18 or -1 in worths:
        return False
    total = sum(worth * weight for worth, weight in zip(worths, _USCC_WEIGHTS, strict=False))
    return worths[17] == -total % 31


def parse_uscc(text: str) -> Parsed:
    """Clean a code (full width, spaces, lower case); a text of 18 characters must hold its check.

    An old registration number (15 digits) gives (None, complaint): it is no uscc, yet the firm is fine.
    Anything else that is no uscc gives (text, complaint): half a code or a wrong check character means
    that the row cannot be trusted.
    """
    code = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).upper().strip("'`")
    if uscc_is_valid(code):
        return code, None
    if re.fullmatch("[0-9]{15}", code):
        return None, "15 位旧注册号，不是统一社会信用代码；应为 18 位"
    if len(code) != 18:
        return code, f"统一社会信用代码应为 18 位，这里 {len(code)} 位"
    wrong = sorted(set(code) - set(_USCC_ALPHABET))
    if wrong:
        return code, f"统一社会信用代码不用字符 {'、'.join(wrong)}；应为 0-9 与大写字母(不含 I O S V Z)"
    return code, "统一社会信用代码的校验码不符（GB 32100-2015）"


def normal_name(name: str) -> str:
    """Return the key form of a firm's name: NFKC, no spaces, one kind of bracket; 繁体 is left as it is."""
    text = unicodedata.normalize("NFKC", name).translate(_BRACKETS)
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))


def check_name(name: str) -> str | None:
    """Return why `name` cannot be a firm's name, or None when it can."""
    if len(name) > MAX_NAME_CHARACTERS:
        return f"企业名称 {len(name)} 字，超过 {MAX_NAME_CHARACTERS} 字"
    if not _WRITTEN.search(name):
        return "企业名称里没有文字"
    return None


def parse_date(text: str, today: dt.date) -> Parsed:
    """Read a day; a month or a year stands for its first day; five digits are an Excel serial.

    Dropped: days before 1900 or after `today`, two-digit years, days that no calendar has.
    """
    day = _read_day(unicodedata.normalize("NFKC", text).strip())
    if day is None:
        return None, "日期无法识别，应如 2020-01-02"
    if day < _FIRST_DAY:
        return None, f"日期 {day} 早于 1900 年"
    if day > today:
        return None, f"日期 {day} 在将来"
    return day, None


def _read_day(text: str) -> dt.date | None:
    serial = _EXCEL_SERIAL.fullmatch(text)
    if serial:
        return _EXCEL_EPOCH + dt.timedelta(days=int(serial[1]))
    parts = _COMPACT_DATE.fullmatch(text) or _DATE.fullmatch(text)
    if parts is None:
        return None
    try:
        return dt.date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1))
    except ValueError:
        return None


def parse_count(text: str) -> Parsed:
    """Read a number of people ("1,234人", "1.2万"); 0, negatives and ranges are dropped."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    match = _COUNT.fullmatch(plain)
    if match is None:
        return None, "人数无法识别，应为一个正整数（区间不算）"
    count = round(float(match[1].replace(",", "")) * (10_000 if match[2] else 1))
    if not 0 < count <= 10_000_000:
        return None, "人数为 0，视为未填" if count == 0 else "人数超过一千万，请核对单位"
    return count, None


def parse_degrees(text: str) -> Parsed:
    """Read decimal degrees; degrees and minutes are not read."""
    try:
        return float(unicodedata.normalize("NFKC", text).strip(" °")), None
    except ValueError:
        return None, "经纬度无法识别，应为十进制度数，如 120.1536"


def parse_stock_code(text: str) -> Parsed:
    """Read a code: A shares as six digits (zeros that Excel lost are put back), Hong Kong as 03931.HK."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    match = _STOCK.fullmatch(plain)
    if match is None or int(match[1]) == 0:
        return None, "股票代码无法识别，应为 6 位数字或 03931.HK 这样的港股代码"
    if (match[2] or "").lower() == "hk":
        return match[1].zfill(5)[-5:] + ".HK", None
    return match[1].zfill(6), None


def parse_gbt4754(text: str) -> Parsed:
    """Read GB/T 4754 codes ("C3841", "3841 锂离子电池制造", "3841;3985"): 2-4 digits without the letter."""
    codes = _GBT_CODE.findall(unicodedata.normalize("NFKC", text).upper())
    if not codes:
        return None, "行业代码无法识别，应为 GB/T 4754 的 2-4 位数字，如 C3841"
    return list(dict.fromkeys(codes)), None


def parse_adcode(text: str) -> Parsed:
    """Read a six-digit adcode; the longer codes of statistics (9 or 12 digits) begin with it."""
    match = re.fullmatch(r"([0-9]{6})(?:[0-9]{3}|[0-9]{6})?", _INVISIBLE.sub("", text))
    return (match[1], None) if match else (None, "行政区划代码应为 6 位数字，如 330803")


def parse_website(text: str) -> Parsed:
    """Keep an address that a browser may open, the first of several: a host name, with or without http(s)."""
    for plain in re.split(r"[\s,;、]+", unicodedata.normalize("NFKC", text)):
        if len(plain) <= _MAX_WEBSITE_CHARACTERS and _WEBSITE.fullmatch(plain):
            return plain, None
    return None, "网址无法识别，应如 www.example.com"


def parse_words(text: str) -> Parsed:
    """Split "A、B;C" into its words, each once, in the order written."""
    words = (word.strip() for word in _split(text))
    return list(dict.fromkeys(word for word in words if word)), None


def parse_products(text: str) -> Parsed:
    """Read products with or without shares of revenue: "轮胎:0.99;商用车胎:60%" or "A、B;C".

    A share outside 0-1 is left out with a complaint; the product itself is kept.
    """
    products: dict[str, float | None] = {}
    complaint = None
    for part in _split(text):
        name, share = part.strip(), None
        match = _SHARE.fullmatch(name)
        if match:
            name = match[1].strip()
            share = _share(match[2] or match[4], match[3] or match[5])
            if share is None:
                complaint = f'"{part.strip()}" 的占比应在 0-1 或带 %，占比未收'
        if name:
            products.setdefault(name, share)
    return [{"name": name, "share": share} for name, share in products.items()], complaint


def _share(number: str, percent: str | None) -> float | None:
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _split(text: str) -> list[str]:
    """Split at separators that stand outside brackets; a comma between digits belongs to its word."""
    plain = unicodedata.normalize("NFKC", text)
    parts, depth, start = [], 0, 0
    for place, character in enumerate(plain):
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif character in _SEPARATORS and not depth and not _within_number(plain, place):
            parts.append(plain[start:place])
            start = place + 1
    return [*parts, plain[start:]]


def _within_number(text: str, place: int) -> bool:
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return text[place] == "," and len(around) == 2 and around.isdigit()


def parse_unique(
    column: pl.Series, parse: Callable[[str], Parsed], dtype: pl.DataType | type[pl.DataType]
) -> tuple[pl.Series, pl.Series]:
    """Run `parse` once for every distinct text of `column`; return (values, complaints), aligned with it.

    Texts repeat a lot in real files, so this costs far less than one call for each row.
    """
    distinct = column.drop_nulls().unique()
    parsed = [parse(text) for text in distinct.to_list()]
    table = pl.DataFrame(
        {
            "text": distinct,
            "value": pl.Series([value for value, _ in parsed], dtype=dtype, strict=False),
            "complaint": pl.Series([complaint for _, complaint in parsed], dtype=pl.String),
        }
    )
    found = column.rename("text").to_frame().join(table, on="text", how="left", maintain_order="left")
    return found["value"], found["complaint"]
