"""What stands against a candidate. Hard obstacles exclude it; the others are shown beside its score."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

from service.domain.coverage import PRESENT
from service.domain.targets import Candidate, Obstacle, TargetContext

TINY_CAPITAL_CNY = 1_000_000.0
SMALL_CAPITAL_CNY = 10_000_000.0
DOUBTFUL_CONFIDENCE = 0.7
FAR_KM = 1_000.0
GONE = ("注销", "吊销", "撤销", "清算", "停业", "歇业")
"""Words of the register for a firm that no longer does business."""

_BRAND_LENGTH = 2
_LONGEST_PLACE = 15  # 积石山保安族东乡族撒拉族自治县
_BRACKETED = re.compile(r"\([^()]*\)")
_FORM = re.compile(r"集团|股份|有限|公司")


def find_obstacles(candidate: Candidate, gap_node: str, context: TargetContext) -> tuple[Obstacle, ...]:
    """Return the obstacles, hard ones first.

    Hard: dissolved; its seat is here; the link to the node is not confirmed; registered capital under 1
    million CNY and neither listed nor of any standing. Soft: a branch or a firm of the same brand here
    (which may as well be the door to an enlargement), a doubtful link, small capital, a long way.
    """
    found = [
        *_dissolved(candidate),
        *_already_here(candidate, gap_node, context),
        *_doubtful(candidate),
        *_small(candidate),
        *_far(candidate, context),
    ]
    return tuple(sorted(found, key=lambda obstacle: not obstacle.hard))


def is_excluded(candidate: Candidate, context: TargetContext) -> bool:
    """Tell whether `find_obstacles` returns a hard one."""
    return (
        candidate.adcode in context.inside
        or candidate.confidence < PRESENT
        or _is_tiny(candidate)
        or _is_gone(candidate)
    )


def _is_gone(candidate: Candidate) -> bool:
    return bool(candidate.status) and any(word in (candidate.status or "") for word in GONE)


def _is_tiny(candidate: Candidate) -> bool:
    capital = candidate.capital_cny
    if capital is None or candidate.listed or candidate.standing:
        return False
    return capital < TINY_CAPITAL_CNY


def _dissolved(candidate: Candidate) -> Iterator[Obstacle]:
    if _is_gone(candidate):
        yield Obstacle("dissolved", True, f"登记状态为“{candidate.status}”，已不经营。")


def _already_here(candidate: Candidate, gap_node: str, context: TargetContext) -> Iterator[Obstacle]:
    if candidate.adcode in context.inside:
        yield Obstacle("seat_here", True, f"注册地就在{context.region_name}，不属外来招引对象。")
    here = [branch for branch in candidate.branches or () if branch.adcode in context.inside]
    if here:
        words = f"已在{context.region_name}设有 {len(here)} 家分支机构，宜作增资扩产洽谈。"
        yield Obstacle("branch_here", False, words)
    locals_here = (context.local_firms or {}).get(gap_node, ())
    kin = (one.name for one in locals_here if one.firm != candidate.firm and _same_brand(candidate, one.name))
    first = next(kin, None)
    if first is not None:
        yield Obstacle("same_brand_here", False, f"本地同环节已有同字号企业：{first}，请核实是否同一集团。")


def brand_of(name: str, places: Collection[str]) -> str | None:
    """Return the first two characters of the 字号 in a firm's registered name, or None.

    The name begins with the places it is registered in, if any: `places` are the names of regions, full
    and short (浙江省, 浙江, 衢州). It is a hint at kinship and no proof: two firms may share a 字号.
    """
    rest = unicodedata.normalize("NFKC", name)
    rest = (_BRACKETED.sub("", rest) if "(" in rest else rest).strip()
    while place := _leading_place(rest, places):
        rest = rest[len(place) :]
    brand = rest[:_BRAND_LENGTH]
    return brand if len(brand) == _BRAND_LENGTH and not _FORM.match(rest) else None


def _leading_place(text: str, places: Collection[str]) -> str | None:
    """The longest of `places` that `text` begins with; they have two characters or more."""
    for length in range(min(_LONGEST_PLACE, len(text)), 1, -1):
        if text[:length] in places:
            return text[:length]
    return None


def _same_brand(candidate: Candidate, name: str) -> bool:
    brand = candidate.brand
    return brand is not None and len(brand) >= _BRAND_LENGTH and brand in name


def _doubtful(candidate: Candidate) -> Iterator[Obstacle]:
    confidence = candidate.confidence
    if confidence < PRESENT:
        yield Obstacle("link_unconfirmed", True, f"与本环节的挂链未确认（置信度 {confidence:.2f}）。")
    elif confidence < DOUBTFUL_CONFIDENCE:
        yield Obstacle(
            "link_doubtful", False, f"与本环节的挂链把握不大（置信度 {confidence:.2f}），拜访前请核实。"
        )


def _small(candidate: Candidate) -> Iterator[Obstacle]:
    capital = candidate.capital_cny
    if capital is None or candidate.listed or candidate.standing:
        return
    if capital < SMALL_CAPITAL_CNY:
        words = f"注册资本仅 {capital / 10_000:g} 万元，投资能力有限。"
        yield Obstacle("capital_small", _is_tiny(candidate), words)


def _far(candidate: Candidate, context: TargetContext) -> Iterator[Obstacle]:
    distance = context.distance_km.get(candidate.adcode or "")
    if distance is not None and distance > FAR_KM:
        yield Obstacle("far", False, f"距{context.region_name}约 {distance:.0f} 公里，路途较远。")
