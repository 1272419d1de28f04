"""Amounts of money as firm files write them ("858(万元人民币)", "壹佰万元", "1,000万美元") -> CNY.

Foreign currencies are converted by one fixed, rounded table (`RATES_AS_OF`), so amounts in them are
approximate: good enough to tell a large firm from a small one, never for accounting.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

RATES_AS_OF = "2024-12"
"""Month whose end the rates stand for: the central parity of the RMB published by the China Foreign
Exchange Trade System, rounded to two or three figures; 新台币, 韩元 and 澳门元 from market rates."""

_CNY_PER_UNIT = {
    "美元": 7.19,
    "港元": 0.926,
    "欧元": 7.53,
    "日元": 0.0462,
    "英镑": 9.08,
    "澳大利亚元": 4.51,
    "加拿大元": 5.05,
    "新加坡元": 5.32,
    "瑞士法郎": 8.00,
    "新台币": 0.22,
    "韩元": 0.0049,
    "澳门元": 0.90,
}
_SPELLINGS = {
    "美元": ("美金", "美圆", "usd", "us$", "$"),
    "港元": ("香港元", "港币", "港圆", "hkd", "hk$"),
    "欧元": ("eur", "€"),
    "日元": ("日圆", "日币", "jpy"),
    "英镑": ("gbp", "£"),
    "澳大利亚元": ("澳元", "澳币", "aud"),
    "加拿大元": ("加元", "加币", "cad"),
    "新加坡元": ("新元", "新币", "坡币", "sgd"),
    "瑞士法郎": ("chf",),
    "新台币": ("台币", "新台币元", "台湾元", "twd"),
    "韩元": ("韩国元", "韩圆", "韩币", "krw"),
    "澳门元": ("澳门币", "mop"),
}
_CURRENCY = {word: name for name, words in _SPELLINGS.items() for word in (name, *words)}
_CURRENCY |= dict.fromkeys(("人民币元", "人民币", "rmb", "cny", "¥"), "人民币")
_CURRENCY_PATTERN = re.compile("|".join(re.escape(word) for word in sorted(_CURRENCY, key=len, reverse=True)))
_NOISE = re.compile(r"[\s,()\[\]【】:整正约]|注册资本|'")
_FORMAL = str.maketrans(
    "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖两拾佰仟萬億圆", "001234567891234567892十百千万亿元"
)
_SMALL = {"十": 10, "百": 100, "千": 1_000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_NUMBER_PART = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:e\+?[0-9]{1,2})?|[十百千万亿]")


@dataclass(frozen=True, slots=True)
class MoneyUnit:
    """What a bare number counts: `factor` units of `currency` (a Chinese currency name)."""

    factor: float
    currency: str = "人民币"


WAN_YUAN = MoneyUnit(10_000)
YUAN = MoneyUnit(1)


def parse_unit(text: str) -> MoneyUnit | None:
    """Read a unit such as "万元", "亿元人民币" or "万美元"; None when `text` is no unit of money."""
    currency, rest, has_unit = _split_currency(_plain(text))
    if not (has_unit or currency or rest) or not re.fullmatch("[十百千万亿]*", rest):
        return None
    return MoneyUnit(_chinese_number("1" + rest) or 1.0, currency or "人民币")


def parse_money(text: str, unit: MoneyUnit, limit: float) -> tuple[float | None, str | None]:
    """Return (CNY, None), or (None, why not): unreadable, not positive, no rate, or above `limit` CNY.

    `unit` holds for what the text leaves open: a bare number takes its factor and its currency, a number
    with a currency but without 元 or 万 takes its factor. Rounded to 0.01.
    """
    currency, rest, has_unit = _split_currency(_plain(text))
    if rest.startswith("-"):
        return None, "金额应为正数"
    number = _chinese_number(rest)
    if number is None:
        return None, '金额或币种无法识别，应如 "500万元人民币"、"100万美元" 或纯数字'
    if number <= 0:
        return None, "金额为 0，视为未填"
    if not has_unit and not re.search("[十百千万亿]", rest):
        number *= unit.factor
    currency = currency or (unit.currency if not has_unit else "人民币")
    amount = round(number * (1.0 if currency == "人民币" else _CNY_PER_UNIT[currency]), 2)
    if amount > limit:
        return None, f"折合人民币 {amount / 1e8:,.0f} 亿元，超过上限 {limit / 1e8:,.0f} 亿元，请核对单位"
    return amount, None


def _plain(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower().translate(_FORMAL)


def _split_currency(text: str) -> tuple[str | None, str, bool]:
    """Return (currency, the text without currency and 元, whether a unit of money such as 元 stood there)."""
    match = _CURRENCY_PATTERN.search(text)
    currency = _CURRENCY[match[0]] if match else None
    rest = _CURRENCY_PATTERN.sub("", text)
    named = match is not None and (currency != "人民币" or match[0].endswith("元"))
    return currency, rest.replace("元", ""), named or "元" in rest


def _chinese_number(text: str) -> float | None:
    """Read "伍佰万" (as 五百万), "1亿2000万", "858万" or "12.5"; None when anything else stands in it."""
    parts = _NUMBER_PART.findall(text)
    if not parts or "".join(parts) != text:
        return None
    total = section = 0.0
    number: float | None = None
    for part in parts:
        if part in _LARGE:
            pending = section + (number or 0.0)
            total = (total + pending) * _LARGE[part] if part == "亿" else total + pending * _LARGE[part]
            section, number = 0.0, None
        elif part in _SMALL:
            section += (1.0 if number is None else number) * _SMALL[part]
            number = None
        else:
            number = float(part)
    return total + section + (number or 0.0)
