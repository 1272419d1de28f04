"""What a firm does with the things it names: the verbs of 经营范围 and how far each of them reaches.

In registers the verbs follow their list ("A、B的研发、生产、销售"), lead it ("生产：A、B") or are missing.
`docs/matching.md` gives an example sentence for every rule.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from service.domain.matching_rules import negated_spans


class Activity(IntEnum):
    """What the text says a firm does with a thing, from the weakest to the strongest statement."""

    TRADE = 0
    UNSAID = 1
    RESEARCH = 2
    MAKE = 3


_MAKE = "生产|制造|加工|研制|制作|开采|采选|采掘|组装|装配|产销|制售|自产自销|种植|养殖|建造"
# Verbs of making that are as often part of a noun (封装材料, 印花原纸): they count only after their list
# or before a colon, never as the first word of a thing.
_PROCESS = (
    "冶炼|选矿|采矿|精制|精炼|提炼|提纯|熔炼|电镀|铸造|锻造|压延|轧制|封装|拆解|饲养|屠宰|"
    "印刷|印花|印染|染整|织造|粉碎|磨粉|涂布|喷涂|热处理|表面处理|冲压|注塑|吹塑|成型|模切"
)
_RESEARCH = "研究开发|技术开发|技术研究|产品开发|研究|研发|开发|设计|试制|试验"
_TRADE = (
    "销售|批发|零售|经销|代销|代购|购销|直销|营销|售后|分销|贸易|买卖|代理|经纪|进出口|进口|出口|收购|回收|维修|修理|维护|保养|"
    "租赁|出租|收集|贮存|处置|安装|调试|咨询|技术咨询|技术服务|技术转让|技术推广|推广|转让|服务|施工|运输|仓储|储存|配送|检测|运营|运维|管理|"
    "建设|投资|培训|承包|批零|票据贸易|不?带(?:有)?储存(?:设施)?经营|"
    "无储存(?:场所|设施)?经营|无仓储|"
    # 皮棉经营 deals in it; before its list (经营：A、B) the word says nothing.
    "(?<=[^、,;:的])经营(?=$|[、,;)])"
)
# What follows a verb when it is only part of a noun: 生产设备销售 sells equipment.
_NOUN_TAIL = r"(?!设备|线|资料|装备|装置|工艺|用|所需|性|力|型|过程|许可|基地|园|废|材料(?:销售|批发|零售))"
_PROCESS_TAIL = r"(?![机件品器剂板膜模版物布料]|设备|材料|油墨|电路|线路|耗材|用)"
_VERB = f"(?:(?:{_MAKE}){_NOUN_TAIL}|(?:{_PROCESS}){_PROCESS_TAIL}|{_RESEARCH}|{_TRADE})"
_AND = r"(?:[、和及与兼或/并·\-~]|以及|相关|并且)*"
_VERBS = re.compile(f"{_VERB}(?:{_AND}{_VERB})*")
_IS_MAKE = re.compile(f"{_MAKE}|{_PROCESS}")
_IS_PROCESS = re.compile(_PROCESS)
_IS_RESEARCH = re.compile(_RESEARCH)
_LAST_AND = re.compile(r"[、和及与兼或/并·\-~](?!.*[、和及与兼或/并·\-~])")
# What may stand between a separator and the verbs that lead a list ("从事销售锂电池").
_LEAD = re.compile(
    r"(?:主要|专业|从事|主营|兼营|主营业务|自主|网上|线上|线下|利用|互联网|通过|国内|国外|自营|经营|承接|各类|各种|允许|提供|"
    r"公司|本公司|企业|集|其|等|及|并|和|与|以及|相关|的|一般|许可|项目|经营|范围|开发|新型|[一二三四五六七八九十]|\d)*"
)
_CLOSE = re.compile(r"(?:业务|服务|活动|项目|等|业|一体)*(?:$|[、,:~及和与并等以兼或/·的])")
_HEAD = re.compile(r"~*:")
_SEPARATORS = "、,:~和及与兼或/并·的"
_BRACKETED = re.compile(r"\([^()]*\)")
_ONLY_VERBS = re.compile(rf"\((?:{_VERB}|[、,和及与兼/])+\)")
_OWN_BUSINESS = re.compile(
    r"(?:(?:经营|销售|出口|进口)?本(?:企业|公司)|(?:销售|出口)?(?:企业|公司)?自产)[^;。]*"
)
_NOT_MADE_HERE = re.compile(
    r"不(?:含|包括|得从事|从事|得)?(?:生产|制造|加工|储存|[、及和与])*(?:生产|制造|加工)(?=[;,。)]|$)"
)
_CLAUSE = re.compile(r"(?:[^;。〓*^!?|.]|(?<=[0-9a-z])\.)+")
_NUMBERED = re.compile(r"(?<![0-9a-z.\-])\d{1,2}[、.](?=[^\d])")


def _blank(found: re.Match[str]) -> str:
    whole = found.group()
    return whole if _ONLY_VERBS.fullmatch(whole) else "~" * len(whole)


def _mask(text: str) -> str:
    """Blank out, keeping positions, what must not be read as verbs of the firm's own list."""
    for _ in range(2):  # brackets stand at most two deep in registers
        if "(" not in text:
            break
        text = _BRACKETED.sub(_blank, text)
    return _OWN_BUSINESS.sub(lambda found: "~" * len(found.group()), text)


def _strength(verbs: str) -> Activity:
    if _IS_MAKE.search(verbs):
        return Activity.MAKE
    return Activity.RESEARCH if _IS_RESEARCH.search(verbs) else Activity.TRADE


@dataclass(frozen=True, slots=True)
class _Verbs:
    start: int
    end: int
    activity: Activity
    leads: bool  # stands before its list ("生产、销售：A、B")
    closes: bool  # stands after its list ("A、B的生产、销售")


def _verb_groups(clause: str) -> Iterator[_Verbs]:
    """Yield the verb groups of a masked clause; verbs inside compound nouns (生产设备) are left out."""
    previous_end = 0
    for found in _VERBS.finditer(clause):
        start, end, verbs = found.start(), found.end(), found.group()
        item = max(previous_end, 1 + max((clause.rfind(mark, 0, start) for mark in _SEPARATORS), default=-1))
        first = _LEAD.fullmatch(clause, previous_end, start) is not None and previous_end == 0
        leads = _LEAD.fullmatch(clause, item, start) is not None and (start == 0 or clause[start - 1] != "的")
        closes = _CLOSE.match(clause, end) is not None
        heads = _HEAD.match(clause, end) is not None
        if not (closes or heads) and _IS_PROCESS.fullmatch(verbs):
            continue
        if heads or (leads and (first or not closes)):
            yield _Verbs(start, end, _strength(verbs), leads=True, closes=heads and not leads)
        elif closes:
            yield _Verbs(start, end, _strength(verbs), leads=False, closes=True)
        else:
            split = _LAST_AND.search(verbs)
            if split is None:
                continue
            yield _Verbs(start, start + split.start(), _strength(verbs[: split.start()]), False, True)
            yield _Verbs(start + split.end(), end, _strength(verbs[split.end() :]), True, False)
        previous_end = end


def _clause_reaches(clause: str) -> list[tuple[int, int, Activity]]:
    """Return (start, end, activity): which stretch of a masked clause each verb group speaks of."""
    reaches: list[tuple[int, int, Activity]] = []
    open_from: tuple[int, Activity] | None = None
    previous_end = 0
    for verbs in _verb_groups(clause):
        begin = previous_end
        if open_from is not None:
            # Both a leading and a closing verb group claim what lies between: the last comma parts it.
            comma = clause.rfind(",", open_from[0], verbs.start)
            until = comma if comma >= 0 and verbs.closes else verbs.start
            reaches.append((open_from[0], until, open_from[1]))
            begin = max(begin, comma + 1)
            open_from = None
        if verbs.closes:
            reaches.append((begin, verbs.start, verbs.activity))
        if verbs.leads:
            open_from = (verbs.end, verbs.activity)
        previous_end = verbs.end
    if open_from is not None:
        reaches.append((open_from[0], len(clause), open_from[1]))
    return reaches


_DEALS = re.compile(r"销售|批发|零售|批零|经销|代理|购销")


class ScopeReading:
    """One normalised text (经营范围 or a product), read for negations, verbs and number of items."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _negated(self) -> list[tuple[int, int]]:
        return negated_spans(self._text)

    @cached_property
    def _masked(self) -> str:
        return _mask(self._text)

    @cached_property
    def _clauses(self) -> list[tuple[int, int]]:
        clauses = []
        for found in _CLAUSE.finditer(self._masked):
            begin = found.start()
            for number in _NUMBERED.finditer(self._masked, begin, found.end()):
                clauses.append((begin, number.start()))
                begin = number.end()
            clauses.append((begin, found.end()))
        return clauses

    @cached_property
    def _reaches(self) -> dict[int, list[tuple[int, int, Activity]]]:
        return {}

    @cached_property
    def items(self) -> int:
        """How many things the text lists: a rough count by its separators."""
        masked = self._masked
        return 1 + sum(masked.count(mark) for mark in ";。、,:")

    def negated(self, start: int, end: int) -> bool:
        """Whether the stretch lies in a negation: (不含X), 除X外, X除外, 不得从事X."""
        return any(begin <= start and end <= until for begin, until in self._negated)

    def only_deals(self, start: int) -> bool:
        """Whether the clause around `start` begins with dealing (销售A、B) or gives advice (A技术咨询)."""
        index = bisect_right(self._clauses, (start, len(self._text))) - 1
        if index < 0:
            return False
        begin, end = self._clauses[index]
        return _DEALS.match(self._text, begin, end) is not None or "咨询" in self._text[begin:end]

    def activity(self, start: int) -> Activity:
        """Return the strongest activity that the clause around `start` states for that place."""
        index = bisect_right(self._clauses, (start, len(self._text))) - 1
        if index < 0:
            return Activity.UNSAID
        begin, end = self._clauses[index]
        if index not in self._reaches:
            self._reaches[index] = _clause_reaches(self._masked[begin:end])
        place = start - begin
        said = [activity for left, right, activity in self._reaches[index] if left <= place < right]
        if said:
            return max(said)
        return Activity.TRADE if _NOT_MADE_HERE.search(self._text, begin, end + 1) else Activity.UNSAID
