"""How sure a mention makes a link: the table of strengths, and how several fields add up.

A strength is the confidence (0-1) that one mention alone gives. They were set by reading matched firms
of real registers, not fitted; `docs/matching.md` repeats the table and says how it was read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import polars as pl

from service.domain.matching_rules import NameKind
from service.domain.matching_verbs import Activity, ScopeReading

CONFIRMED = 0.5

# Fields in order of weight: evidence is listed in this order.
FIELDS = ("nodes", "products", "name", "scope", "industry", "gbt4754")

ASSERTED = 0.95
PRODUCT_UNKNOWN_SHARE = 0.80
PRODUCT_SHARES = ((0.30, 0.92), (0.10, 0.88), (0.05, 0.60), (0.01, 0.45), (0.0, 0.25))
PRODUCT_TRADED = 0.30
NAME = 0.60
NAME_WEAK = 0.30
NAME_OF_DOING = 0.45
INDUSTRY = 0.45
CODE_SPECIFIC, CODE_SHARED, CODE_ALONE = 0.40, 0.15, 0.35
# A four-digit code that at most this many nodes carry says something of its own.
CODE_SHARED_BY = 3

SCOPE = {Activity.MAKE: 0.70, Activity.UNSAID: 0.50, Activity.RESEARCH: 0.40, Activity.TRADE: 0.20}
# A doing that the scope names (污水处理); in a clause of mere selling or advice it is doubtful.
SCOPE_NAMED_ACTIVITY, SCOPE_ACTIVITY_AMONG_DEALS = 0.62, 0.45
_SCOPE_NOTES = {Activity.UNSAID: "未写明经营方式", Activity.RESEARCH: "仅研发", Activity.TRADE: "仅贸易"}
_NAME_FACTORS = {
    NameKind.NEUTRAL: (1.0, ""),
    NameKind.MAKER: (1.0, ""),
    NameKind.TRADER: (0.75, "企业名称偏贸易服务"),
    NameKind.HOLDING: (0.5, "投资、金融或非生产机构"),
    NameKind.OUTLET: (0.5, "办事处、经营部等网点"),
    NameKind.BUILDER: (0.75, "企业名称为建筑业"),
}
# Where the text names no verb, the firm's name decides more.
_UNSAID_FACTORS = {NameKind.NEUTRAL: 0.9, NameKind.MAKER: 1.1, NameKind.TRADER: 0.5}
# A term that only says what another thing is for (锂离子电池充电器).
OTHER_THING = 0.55
# A scope that lists many things says less of each.
_DILUTION = ((60, 0.55), (40, 0.60), (20, 0.70))


_DEALING = re.compile(r"贸易|经销|代销|代理|批发|零售|购销|进出口")


DEALING_TRADE = "超市|百货|连锁|零售|批发|商业|商贸|贸易"
"""Industries whose firms sell what others make."""


class Mention(NamedTuple):
    """How strongly one mention speaks for a link; `trade` marks 仅贸易."""

    strength: float
    note: str | None
    trade: bool = False


NEGATED = Mention(0.0, "否定语境")


def _noted(strength: float, *notes: str, trade: bool = False) -> Mention:
    return Mention(strength, "；".join(note for note in notes if note) or None, trade)


def score_scope(reading: ScopeReading, start: int, kind: NameKind, *, is_activity: bool) -> Mention:
    """Score a mention in 经营范围; `is_activity`: the term or its node is a doing, so no verb is needed."""
    said = reading.activity(start)
    if is_activity and said is not Activity.MAKE:
        deals = reading.only_deals(start)
        strength = SCOPE_ACTIVITY_AMONG_DEALS if deals else SCOPE_NAMED_ACTIVITY
        note = "同句只写销售或咨询" if deals else ""
    else:
        strength, note = SCOPE[said], _SCOPE_NOTES.get(said, "")
    factor, name_note = _NAME_FACTORS[kind]
    if said is Activity.UNSAID and not is_activity:
        factor = _UNSAID_FACTORS.get(kind, factor)
        name_note = "企业名称偏制造" if kind is NameKind.MAKER else name_note
    thinned = next((share for items, share in _DILUTION if reading.items > items), 1.0)
    trade = said is Activity.TRADE and not is_activity
    return _noted(
        strength * factor * thinned, note, name_note, "经营范围庞杂" if thinned < 1 else "", trade=trade
    )


def score_product(text: str, share: float | None, *, is_activity: bool, deals: bool = False) -> Mention:
    """Score a product; `share` is its share of revenue (0-1); None or 0 where unknown.

    In a table of revenue 显示屏销售 is what the firm makes and sells; only words of dealing make it trade, or
    that the firm's industry is a trade (`deals`).
    """
    if not is_activity and (deals or _DEALING.search(text)):
        return _noted(PRODUCT_TRADED, "仅贸易", trade=True)
    if share is None or share <= 0:
        return Mention(PRODUCT_UNKNOWN_SHARE, None)
    strength = next((value for least, value in PRODUCT_SHARES if share >= least), PRODUCT_SHARES[-1][1])
    note = "营收占比不足1%" if share < PRODUCT_SHARES[-2][0] else f"营收占比{min(share, 1.0):.1%}"
    return Mention(strength, note)


def as_purpose(mention: Mention) -> Mention:
    """Weaken a mention whose term only says what another thing is for."""
    return mention._replace(
        strength=mention.strength * OTHER_THING,
        note="；".join(filter(None, (mention.note, "疑为其配套产品"))),
    )


def score_name(kind: NameKind, *, is_activity: bool, has_scope: bool) -> Mention:
    """Score a mention in the firm's own name.

    A doing in the name (餐饮管理) alone does not convince where the firm has a scope: the scope would say it
    too, and then both add up.
    """
    if kind in (NameKind.HOLDING, NameKind.OUTLET) or (kind is NameKind.TRADER and not is_activity):
        return _noted(NAME_WEAK, _NAME_FACTORS[kind][1])
    return Mention(NAME_OF_DOING if is_activity and has_scope else NAME, None)


def combine(evidence: pl.DataFrame) -> pl.DataFrame:
    """Add up evidence (row, node, field, term, strength, note, trade) to one line per (row, node).

    Per field the strongest mention counts; fields add as 1 - prod(1 - strength), but mentions of mere
    trade (仅贸易) add nothing to others. A name that repeats what the scope only trades in is weak; a code
    alone makes an uncertain link where few nodes carry it, else none.

    Returns row, node, confidence, confirmed, evidence; links without any strength are left out.
    """
    link = ["row", "node"]
    in_scope = pl.col("field") == "scope"
    only_traded = (in_scope & (pl.col("strength") > 0)).any() & (
        pl.col("trade") | ~in_scope | (pl.col("strength") == 0)
    ).all()
    traded_name = (pl.col("field") == "name") & only_traded.over(link)
    note = pl.when(pl.col("note").is_null()).then(pl.lit("经营范围仅贸易")).otherwise(pl.col("note"))
    code = pl.col("field") == "gbt4754"
    alone = code & ~(~code & (pl.col("strength") > 0)).any().over(link)
    specific = pl.when(pl.col("strength") >= CODE_SPECIFIC).then(CODE_ALONE).otherwise(0.0)
    scored = evidence.with_columns(
        pl.when(traded_name)
        .then(pl.min_horizontal("strength", pl.lit(NAME_WEAK)))
        .when(alone)
        .then(specific)
        .otherwise(pl.col("strength"))
        .alias("strength"),
        pl.when(traded_name).then(note).otherwise(pl.col("note")).alias("note"),
        pl.col("field").replace_strict(FIELDS, range(len(FIELDS)), return_dtype=pl.UInt8).alias("rank"),
    )
    ordered = scored.sort("row", "node", "rank", pl.col("strength").neg(), "term", "note")
    # The order is kept so that products of floats are the same however firms are batched.
    made = pl.col("strength").filter(~pl.col("trade")).max().fill_null(0.0)
    fields = ordered.group_by(*link, "rank", maintain_order=True).agg(
        made.alias("made"), pl.col("strength").max()
    )
    added = 1 - (1 - pl.col("made")).product()
    sure = fields.group_by(link, maintain_order=True).agg(
        pl.max_horizontal(added, pl.col("strength").max()).round(4).alias("confidence")
    )
    told = (
        ordered.unique([*link, "field", "term", "note"], keep="first", maintain_order=True)
        .group_by(link, maintain_order=True)
        .agg(pl.struct("field", "term", "note").alias("evidence"))
    )
    joined = told.join(sure, on=link, how="left", maintain_order="left").filter(pl.col("confidence") > 0)
    return joined.select(
        *link,
        pl.col("confidence").cast(pl.Float32),
        (pl.col("confidence") >= CONFIRMED).alias("confirmed"),
        "evidence",
    )
