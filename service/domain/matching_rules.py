"""How Chinese firms write: normal form, negations, names, and what stands around a term.

Everything here reads one text at a time and knows nothing of chains. `docs/matching.md` gives an
example sentence for every rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

import polars as pl

_BRACKETS = {"[": "(", "]": ")", "{": "(", "}": ")", "【": "(", "】": ")", "〔": "(", "〕": ")"}
_BRACKETS |= {"〈": "(", "〉": ")", "「": "(", "」": ")", "﹝": "(", "﹞": ")"}


def normalise(text: pl.Expr) -> pl.Expr:
    """Return `text` in normal form: NFKC, lower case, one kind of bracket, no white space inside Chinese.

    White space stays only between two Latin letters or digits. Traditional characters are left as they
    are: terms and texts of mainland registers are in simplified characters.
    """
    folded = text.str.normalize("NFKC").str.to_lowercase().str.replace_many(_BRACKETS)
    spaced = folded.str.replace_all(r"[\s\u{200b}\u{feff}]+", " ")
    return (
        spaced.str.replace_all(r"([^0-9a-z]) ", "$1").str.replace_all(r" ([^0-9a-z])", "$1").str.strip_chars()
    )


_NEGATION_HINT = re.compile(r"不|除|以外|禁")
_NOT = (
    r"(?:不含|不包括|不包含|不得从事|不得经营|不得生产|不从事|不涉及|不生产|不经营|不制造|不加工|禁止|严禁)"
    r"[^;。,()]*"
)
# 除 is also part of words for removing something: 除尘, 拆除, 清除 ...
_EXCEPT = (
    r"(?<![清拆解消删去排废切免脱剔扣根祛驱破])除"
    r"(?![外尘湿臭雪锈草冰菌氧铁油味醛渣垢磷硫硝甲雾霜虫螨盐水泡灰砂沙氟氯碱])[^;。,()]*"
)
_NEGATED = re.compile(f"{_NOT}|{_EXCEPT}")
_EXCEPT_END = re.compile(r"之外|以外|外(?![壳墙包贸部加延销商资观协径])")
# 除外 and 以外 look back: inside brackets to their opening, elsewhere over the last item only, because
# registers write "化工原料、危险品除外" for "without dangerous goods", not "without both".
_EXCEPTED_INSIDE = re.compile(r"(?<=\()[^;。()]*?(?:除外|以外)")
_EXCEPTED_OUTSIDE = re.compile(r"[^;。,、()]*(?:\([^()]*\))?(?:除外|以外)")


def negated_spans(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) stretches of a normalised text that it says are not part of the business."""
    if not _NEGATION_HINT.search(text):
        return []
    spans = []
    for found in _NEGATED.finditer(text):
        end = found.end()
        if found.group().startswith("除"):
            close = _EXCEPT_END.search(text, found.start() + 1, end)
            end = close.start() if close else end
        spans.append((found.start(), end))
    for pattern in (_EXCEPTED_INSIDE, _EXCEPTED_OUTSIDE):
        spans.extend(found.span() for found in pattern.finditer(text))
    return spans


class NameKind(IntEnum):
    """What a firm's name says of the kind of firm it is."""

    NEUTRAL = 0
    MAKER = 1
    TRADER = 2
    HOLDING = 3
    OUTLET = 4
    BUILDER = 5


_OUTLET = re.compile(
    r"办事处|代表处|联络处|经营部|门市部|营业部|服务部|销售处|分理处|支行|营业厅|批发部|零售部|经销处|供应站|营业所|加油站|支局|邮政所|邮政局"
)
_HOLDING = re.compile(
    r"投资|合伙企业|银行|基金|资本|信托|证券|保险|担保|典当|小额贷款|资产管理|融资租赁|信用社|控股(?!(?:集团)?股份)|财务公司|"
    r"人力资源|劳务|会计师|律师|商会|协会|学校|医院"
)
# A builder's scope lists every kind of works; that says little of each.
_BUILDER = re.compile(
    r"建设工程|建筑工程|工程建设|建筑安装|安装工程|装饰工程|市政|建工|房地产|置业|路桥|水利水电|输变电|"
    r"建[设筑](?:集团|有限|股份|开发|投资)"
)
# The last of these words says what the firm is: 装饰材料 is a maker's name, 材料贸易 a trader's.
_BUSINESS = re.compile(
    r"(?P<trader>贸易|商贸|经贸|外贸|商行|商店|商场|超市|销售|物流|货运|运输|进出口|供销|批发|经销|电子商务|商务|百货|维修|汽修|"
    r"供应链|租赁|营销|商社|物资|购物|网络|传媒|广告|文化|酒店|餐饮|咨询|物业|装饰(?![纸材板面])|装潢)|"
    r"(?P<maker>制造|实业|科技|新材料|材料|工业|制品|厂|[纸木矿铝铜锂硅钛]业|冶炼|冶金|化工|化学|半导体|光电|微电子|机械|药业|制药|生物)"
)


def name_kind(name: str) -> NameKind:
    """Return the kind of firm that a normalised name speaks of."""
    if _OUTLET.search(name):
        return NameKind.OUTLET
    if _HOLDING.search(name):
        return NameKind.HOLDING
    if _BUILDER.search(name):
        return NameKind.BUILDER
    words = [found.lastgroup for found in _BUSINESS.finditer(name)]
    if words:
        return NameKind.TRADER if words[-1] == "trader" else NameKind.MAKER
    return NameKind.MAKER if "股份有限公司" in name else NameKind.NEUTRAL


_ACTIVITY_TERM = re.compile(
    r"(?:设计|服务|回收|回收利用|利用|再生|检测|测试|运营|运维|施工|开采|采选|勘探|研发|开发|安装|维修|维护|租赁|工程|发电|咨询|冶炼|"
    r"加工|制造|生产|封装|封测|种植|养殖|储运|运输|改造|拆解|充电|换电|代工|处理|处置|印刷|印花|印染|染整|涂布|电镀)(?:业务|服务|项目|业)?$"
)


def names_activity(term: str) -> bool:
    """Whether a term names a doing rather than a thing (芯片设计, 电池回收, 光伏电站运维)."""
    return _ACTIVITY_TERM.search(term) is not None


# What follows a term and makes it the purpose of another thing: 锂离子电池充电器 is a charger. A few
# characters may stand between (锂电池化成检测设备), but no separator.
_OTHER_HEAD = re.compile(
    r"[^、,;。:()及和与的等/·~]{0,6}?(?:设备|机械|机器|装备|生产线|模具|夹具|配件|零件|零部件|部件|附件|添加剂|控制器|充电器|保护板|"
    r"外壳|壳体|底板|盖板|支架|耗材|检测仪|测试仪|仪器|漆|检测系统|测试系统|化成箔)"
    r"|(?:专用|行业|产业|领域)|[^、,;。:()及和与的等/·~应利使适备商民家费自公作]{0,4}用(?![途户品电于料])"
)
# After these 设备 and 装备 repeat what the term says (储能电源设备), after 电子 also 配件.
_SAME_THING = re.compile(
    r"(?:器|机|电源|照明|储能|充电|换电|装置|系统|设备|装备|机组|机械|自动化|通信|载波|测试|检测|刻蚀|[无洁][尘净]室)(?:设备|装备)"
    r"|电子(?:设备|装备|配件|零部件)"
)


def heads_other_thing(text: str, term_start: int, term_end: int) -> bool:
    """Whether the term only says what another thing is for (锂离子电池充电器, 纸杯用淋膜纸)."""
    found = _OTHER_HEAD.match(text, term_end)
    if found is None:
        return False
    return not any(same.end() > term_end for same in _SAME_THING.finditer(text, term_start, found.end()))


_GOODS = re.compile(r"产品|主件|部件|组件|器材|材料|用品|设备")


def is_followed_by_goods(text: str, term_end: int) -> bool:
    """Whether goods stand right behind a term that names a doing (光伏发电产品销售 is a trade in goods)."""
    return _GOODS.match(text, term_end) is not None


def latin_edge_cut(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] cuts a Latin word or a number in two (led in oled, pa6 in pa66)."""
    return _joined(text, start) or _joined(text, end)


def _joined(text: str, cut: int) -> bool:
    if not 0 < cut < len(text):
        return False
    left, right = text[cut - 1], text[cut]
    if not (left.isascii() and right.isascii()):
        return False
    return (left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit())


def occurrences(text: str, terms: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return (start, end, term) of every place where a term stands, by start, the longest first."""
    places = []
    for term in terms:
        start = text.find(term)
        while start >= 0:
            if not latin_edge_cut(text, start, start + len(term)):
                places.append((start, start + len(term), term))
            start = text.find(term, start + 1)
    return sorted(places, key=lambda place: (place[0], -place[1]))
