"""Addresses as firms write them -> the finest region they name.

An address is read from the left: each name narrows the region found so far, and names that lie outside it
(南京东路 in Shanghai) are passed over. Where columns beside the address name a province or a city:
the address's own county holds if it lies in that city, else the column's city does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from service.domain.regions import Geography
from service.ingest.gazetteer import Gazetteer, Kind, Meaning, build_gazetteer

_HEAD = 40
_NOISE = re.compile(r"[\s\u200b-\u200f\ufeff]+")
_LEAD = re.compile(r"^(?:中华人民共和国|中国)?[(（\[【]?")
_PUNCTUATION = "()[]【】,，、。.:：;；-—_·/\\*#\"'“”‘’"
_ROAD = re.compile(
    r"[东西南北中前后上下内外新大小一二三四五六七八九十0-9]{0,2}"
    r"(?:路|街(?!道)|大道|道|巷|弄|胡同|里|村|社区|大厦|大楼|广场|花园|花苑|小区|公寓|公园|家园|商厦|宾馆|酒店|饭店|"
    r"大学|中学|小学|医院|银行)"
)
_TOWN = re.compile(r"镇|乡|街道|苏木")
_FEATURE = re.compile(r"[江河湖山桥门港站]|镇|乡|街道|苏木")
_SEAT = re.compile(
    r"经济|技术|高新|工业|开发|产业|保税|科技|国际|园区|新区|新城|城区|市区|县城|城关|[\u4e00-\u9fff]{1,4}(?:镇|乡|街道|工业)"
)


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    meanings: tuple[Meaning, ...]


def locate(
    addresses: Sequence[str | None],
    *,
    provinces: Sequence[str | None] | None = None,
    cities: Sequence[str | None] | None = None,
    names: Sequence[str | None] | None = None,
    geography: Geography,
) -> list[str | None]:
    """Return the finest adcode that each address gives: county, else city, else province, else None.

    Parameters
    ----------
    addresses : free text, None or empty where unknown.
    provinces, cities : what columns beside the address say, by any name; words that are no region are
        passed over. Where they contradict the address, see the module's text.
    names : firm names; read only where all else gives no more than a province, and only if they begin
        with a region inside it.
    geography : the regions; current names, names since 1980 and development zones are understood.

    Raises
    ------
    ValueError : a column is not as long as `addresses`.
    """
    gazetteer = build_gazetteer(geography)
    count = len(addresses)
    columns = [_filled(column, count) for column in (provinces, cities, names)]
    heads = [_normalise(address) for address in addresses]

    @cache
    def resolve(head: str, province: str | None, city: str | None) -> str | None:
        return _resolve(gazetteer, head, _hint(gazetteer, province, city))

    found: list[str | None] = []
    for head, province, city, name in zip(heads, *columns, strict=True):
        code = resolve(head, province, city)
        if name and (code is None or gazetteer.ranks[code] == 0):
            code = _from_name(gazetteer, name, code)
        found.append(code)
    return found


def _filled(column: Sequence[str | None] | None, count: int) -> Sequence[str | None]:
    if column is None:
        return [None] * count
    if len(column) != count:
        raise ValueError(f"a column has {len(column)} values for {count} addresses")
    return column


def _normalise(address: str | None) -> str:
    """Return the part of an address that can name a region: full width and gaps undone, cut."""
    if not address:
        return ""
    head = address if address.isascii() else unicodedata.normalize("NFKC", address[: _HEAD * 2])
    return _LEAD.sub("", _NOISE.sub("", head))[:_HEAD]


def _resolve(gazetteer: Gazetteer, head: str, hint: str | None) -> str | None:
    mentions = _mentions(gazetteer, head)
    alone = _read(gazetteer, head, mentions, None)
    if hint is None:
        return alone
    if alone is not None and alone != hint and _within(gazetteer, alone, hint):
        return alone
    if alone is None or _within(gazetteer, hint, alone):
        return _read(gazetteer, head, mentions, hint)
    return hint


def _mentions(gazetteer: Gazetteer, head: str) -> list[_Mention]:
    """Return the names in `head`, from the left, the longest at each place, none over another.

    Only the 市 of 济南市 may be used twice: 济南市中区 names 济南市 and 市中区.
    """
    found: list[_Mention] = []
    start = 0
    while start < len(head):
        label = gazetteer.longest_at(head, start)
        if found and found[-1].end == start and head[start - 1] == "市":
            shared = gazetteer.longest_at(head, start - 1)
            if shared and gazetteer.names[shared][0].kind is Kind.FULL:
                start, label = start - 1, shared
        if label is None:
            start += 1
            continue
        found.append(_Mention(start, start + len(label), gazetteer.names[label]))
        start += len(label)
    return found


def _read(gazetteer: Gazetteer, head: str, mentions: Iterable[_Mention], scope: str | None) -> str | None:
    """Narrow `scope` by one mention after the other, from the left."""
    reached, soft = 0, True  # soft: what the scope rests on gives way to a full name in the same city
    for mention in mentions:
        adjacent = not head[reached : mention.start].strip(_PUNCTUATION)
        usable = _usable(gazetteer, mention, head, scope, adjacent=adjacent)
        chosen = _choose(gazetteer, usable, scope, switch=adjacent or soft)
        if chosen is not None:
            if chosen.adcode != scope:
                soft = chosen.kind in (Kind.ZONE, Kind.BARE, Kind.LOCAL)
            scope, reached = chosen.adcode, mention.end
        elif scope is not None and any(_within(gazetteer, scope, m.adcode) for m in usable):
            reached = mention.end
    return scope


def _usable(
    gazetteer: Gazetteer, mention: _Mention, head: str, scope: str | None, *, adjacent: bool
) -> list[Meaning]:
    """Return the meanings that the name can have where it stands.

    A full name counts anywhere, a local one (东区) only inside its city. A short one must not name a road
    or a building; with nothing known of the place it must open the address and be no town's name (安阳镇).
    A county's short name must follow what it lies in: within a city a town or a river of that name is good
    enough, in a province it is not, and with nothing known it needs a seat after it (醴陵经济开发区).
    """
    after = head[mention.end : mention.end + 7]
    goes_on = _goes_on(gazetteer, mention, head)
    is_road = _ROAD.match(after) is not None and not goes_on
    is_town = _TOWN.match(after) is not None and not goes_on
    in_city = scope is not None and gazetteer.cities[scope] is not None
    opens = scope is not None or (adjacent and not is_town)
    holds = {
        Kind.FULL: True,
        Kind.ZONE: scope is not None or adjacent,
        Kind.FORMER: scope is not None or adjacent,
        Kind.SHORT: opens and not is_road,
        Kind.BARE: adjacent
        and not is_road
        and (in_city or _FEATURE.match(after) is None)
        and (scope is not None or _SEAT.match(after) is not None),
        Kind.LOCAL: adjacent and in_city,
    }
    return [meaning for meaning in mention.meanings if holds[meaning.kind]]


def _goes_on(gazetteer: Gazetteer, mention: _Mention, head: str) -> bool:
    """Tell whether a region inside comes next: 唐山路南 is no road of that name, but 唐山市路南区."""
    label = gazetteer.longest_at(head, mention.end)
    inner = gazetteer.names[label] if label else ()
    outer = [meaning.adcode for meaning in mention.meanings]
    return any(i.adcode != o and _within(gazetteer, i.adcode, o) for i in inner for o in outer)


def _choose(
    gazetteer: Gazetteer, meanings: Sequence[Meaning], scope: str | None, *, switch: bool
) -> Meaning | None:
    """Return the one meaning inside `scope`; None when there is none, or several that are equals."""
    inside = [m for m in meanings if scope is None or _within(gazetteer, m.adcode, scope)]
    if len(inside) > 1:
        inside = [m for m in inside if m.adcode != scope] or inside
    if not inside and switch and scope in gazetteer.counties:
        city = gazetteer.cities[scope]
        strong = (m for m in meanings if m.kind in (Kind.FULL, Kind.ZONE) and m.adcode in gazetteer.counties)
        inside = [m for m in strong if gazetteer.cities[m.adcode] == city]
    for key in (_strength, lambda m: gazetteer.ranks[m.adcode]):
        best = min(map(key, inside), default=0)
        inside = [m for m in inside if key(m) == best]
    return inside[0] if len(inside) == 1 else None


def _strength(meaning: Meaning) -> int:
    return int(meaning.kind)


def _within(gazetteer: Gazetteer, inner: str, outer: str) -> bool:
    return outer in gazetteer.above[inner]


def _hint(gazetteer: Gazetteer, province: str | None, city: str | None) -> str | None:
    """Return the region that the columns name: the city inside the province, else the province."""
    scope = _label(gazetteer, province, None)
    return _label(gazetteer, city, scope) or scope


def _label(gazetteer: Gazetteer, text: str | None, scope: str | None) -> str | None:
    label = _normalise(text)
    if label in gazetteer.above:
        return label
    meanings = gazetteer.names.get(label, ())
    chosen = _choose(gazetteer, meanings, scope, switch=False)
    return chosen.adcode if chosen else None


def _from_name(gazetteer: Gazetteer, name: str, scope: str | None) -> str | None:
    """Return the region that a firm's name begins with, if it lies in `scope`; else `scope`."""
    head = _normalise(name)
    mentions = [mention for mention in _mentions(gazetteer, head) if mention.start == 0]
    read = _read(gazetteer, head, mentions, scope)
    return read if read is not None else scope
