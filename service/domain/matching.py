"""Firm text -> chain nodes, with the evidence for each link.

`match_batch` is the whole kernel: Arrow in, Arrow out, no state, so that a loop here and a distributed
engine there drive the same function. The rules are in `matching_rules` and `matching_verbs`, the
strengths in `matching_score`; `docs/matching.md` explains both with examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from service.domain.chains import Chain, Node
from service.domain.matching_rules import (
    NameKind,
    heads_other_thing,
    is_followed_by_goods,
    name_kind,
    names_activity,
    normalise,
    occurrences,
)
from service.domain.matching_score import (
    ASSERTED,
    CODE_SHARED,
    CODE_SHARED_BY,
    CODE_SPECIFIC,
    DEALING_TRADE,
    INDUSTRY,
    NEGATED,
    Mention,
    as_purpose,
    combine,
    score_name,
    score_product,
    score_scope,
)
from service.domain.matching_verbs import ScopeReading

# GB/T 4754 divisions whose business is to make, grow or mine things; 42 and 43 (recycling, repair) and
# everything above 43 are doings, where 销售 or 服务 beside the term takes nothing away.
_GOODS_DIVISIONS = frozenset(f"{division:02d}" for division in range(1, 42))

_PRODUCT = pl.Struct({"name": pl.String, "share": pl.Float64})
INPUT: dict[str, Any] = {
    "name": pl.String,
    "scope": pl.String,
    "products": pl.List(_PRODUCT),
    "industry": pl.String,
    "gbt4754_codes": pl.List(pl.String),
    "nodes": pl.List(pl.String),
}
_EVIDENCE: dict[str, Any] = {
    "row": pl.UInt32,
    "node": pl.String,
    "field": pl.String,
    "term": pl.String,
    "strength": pl.Float64,
    "note": pl.String,
    "trade": pl.Boolean,
}


class TermEntry(NamedTuple):
    """A term of a node. `cancels` are exclusion phrases around it, each with the term's place in it."""

    text: str
    shown: str
    chain: str
    node: str
    is_activity: bool
    cancels: tuple[tuple[str, int], ...]


class Found(NamedTuple):
    """A term that counts at a place of a text: text[start:end]."""

    start: int
    end: int
    entry: TermEntry


@dataclass(frozen=True)
class TermTable:
    """What firms write, by node: plain tuples, so that it can be pickled and broadcast.

    `entries` are terms in normal form; `codes` are (GB/T 4754 code, node id); `nodes` all node ids.
    """

    entries: tuple[TermEntry, ...]
    codes: tuple[tuple[str, str], ...]
    nodes: tuple[str, ...]

    @classmethod
    def from_chains(cls, chains: Iterable[Chain]) -> TermTable:
        """Read terms, exclusions and codes off every node, in the order of the chains."""
        entries: list[TermEntry] = []
        codes: list[tuple[str, str]] = []
        nodes: list[str] = []
        known = list(chains)
        forms = _normal_forms(text for c in known for n in c.own_nodes for text in (*n.terms, *n.exclusions))
        for chain in known:
            for node in chain.own_nodes:
                entries.extend(_entries(chain.id, node, forms))
                codes.extend((code, node.id) for code in node.gbt4754_codes)
                nodes.append(node.id)
        return cls(tuple(entries), tuple(codes), tuple(nodes))

    @cached_property
    def by_text(self) -> dict[str, dict[str, list[TermEntry]]]:
        """Normal form -> chain -> entries."""
        table: dict[str, dict[str, list[TermEntry]]] = {}
        for entry in self.entries:
            table.setdefault(entry.text, {}).setdefault(entry.chain, []).append(entry)
        return table

    @cached_property
    def code_strengths(self) -> pl.DataFrame:
        """(code, node, strength): a code that few nodes carry is worth more."""
        table = pl.DataFrame(self.codes, schema={"code": pl.String, "node": pl.String}, orient="row").unique(
            maintain_order=True
        )
        specific = (pl.col("code").str.len_chars() == 4) & (pl.len().over("code") <= CODE_SHARED_BY)
        return table.with_columns(
            pl.when(specific).then(CODE_SPECIFIC).otherwise(CODE_SHARED).cast(pl.Float64).alias("strength")
        )

    def find(self, text: str, terms: Sequence[str]) -> Iterator[Found]:
        """Yield the terms that count in a normalised text, by place: per chain the longest at each place.

        A term inside a longer term of the same chain does not count there, whether or not an exclusion
        cancels the longer one: so exclusions only ever take links away. Terms that overlap without one
        holding the other both count.
        """
        reach: dict[str, int] = {}
        for start, end, term in occurrences(text, terms):
            for chain, entries in self.by_text[term].items():
                if reach.get(chain, -1) >= end:
                    continue
                reach[chain] = end
                for entry in entries:
                    if not _cancelled(text, start, entry):
                        yield Found(start, end, entry)


def _normal_forms(texts: Iterable[str]) -> dict[str, str]:
    """Return text -> normal form, all made at once."""
    series = pl.Series("text", sorted(set(texts)), dtype=pl.String)
    return dict(zip(series, series.to_frame().select(normalise(pl.col("text")))["text"], strict=True))


def _entries(chain: str, node: Node, forms: Mapping[str, str]) -> Iterator[TermEntry]:
    exclusions = [forms[phrase] for phrase in node.exclusions if forms[phrase]]
    is_doing = bool(node.gbt4754_codes) and not any(
        code[:2] in _GOODS_DIVISIONS for code in node.gbt4754_codes
    )
    normal = {forms[term]: term for term in node.terms}
    for text, shown in normal.items():
        if text:
            cancels = tuple(
                (phrase, place)
                for phrase in exclusions
                for place in range(len(phrase) - len(text) + 1)
                if phrase.startswith(text, place)
            )
            yield TermEntry(text, shown, chain, node.id, is_doing or names_activity(text), cancels)


def _cancelled(text: str, start: int, entry: TermEntry) -> bool:
    return any(start >= place and text.startswith(phrase, start - place) for phrase, place in entry.cancels)


def match_batch(firms: pa.Table, terms: TermTable) -> pa.Table:
    """Link firms to nodes by what is written of them.

    Parameters
    ----------
    firms : columns firm (any type), name, scope, products (list of {name, share 0-1}), industry,
        gbt4754_codes (list), nodes (list of node ids that the source asserts). Any value may be null
        and any column but firm may be missing. Asserted ids that no chain has are passed over.
    terms : the terms of every chain.

    Returns
    -------
    Table (firm, node, confidence float32 0-1, confirmed, evidence list of {field, term, note}): firms in
    input order, nodes by id; a firm without any link has no row.
    """
    frame = _complete(pl.DataFrame(pl.from_arrow(firms)))
    evidence = pl.concat([_asserted(frame, terms), _mentions(frame, terms), _coded(frame, terms)])
    links = combine(evidence)
    keyed = links.join(frame.select("row", "firm"), on="row", how="left", maintain_order="left")
    return keyed.select("firm", "node", "confidence", "confirmed", "evidence").to_arrow()


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    columns = [
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in INPUT.items()
    ]
    return frame.select("firm", *columns).with_row_index("row")


def _asserted(frame: pl.DataFrame, terms: TermTable) -> pl.DataFrame:
    told = frame.select("row", pl.col("nodes").alias("node")).explode("node").drop_nulls().unique()
    return told.filter(pl.col("node").is_in(list(terms.nodes))).select(
        pl.col("row"),
        pl.col("node"),
        pl.lit("nodes").alias("field"),
        pl.col("node").alias("term"),
        pl.lit(ASSERTED).alias("strength"),
        pl.lit("来源标注").alias("note"),
        pl.lit(False).alias("trade"),
    )


def _coded(frame: pl.DataFrame, terms: TermTable) -> pl.DataFrame:
    """A firm's code speaks for a node whose code is the same or a group above it (384 for 3841)."""
    told = frame.select("row", pl.col("gbt4754_codes").alias("told")).explode("told").drop_nulls()
    digits = told.with_columns(pl.col("told").str.extract(r"(\d{2,4})"))
    groups = [digits.with_columns(pl.col("told").str.head(length).alias("code")) for length in (2, 3, 4)]
    joined = pl.concat(groups).unique().join(terms.code_strengths, on="code")
    best = joined.sort("row", "node", pl.col("strength").neg(), "code").unique(
        ["row", "node"], keep="first", maintain_order=True
    )
    return best.select(
        pl.col("row"),
        pl.col("node"),
        pl.lit("gbt4754").alias("field"),
        pl.col("code").alias("term"),
        pl.col("strength"),
        ("行业代码 " + pl.col("code") + " 相符").alias("note"),
        pl.lit(False).alias("trade"),
    )


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every text to be searched as (row, field, share, text in normal form)."""
    parts = [
        frame.select(
            "row",
            pl.lit(name).alias("field"),
            pl.lit(None, pl.Float64).alias("share"),
            pl.col(name).alias("text"),
        )
        for name in ("name", "scope", "industry")
    ]
    products = (
        frame.select("row", pl.col("products").alias("product")).explode("product").drop_nulls("product")
    )
    parts.append(
        products.select(
            "row",
            pl.lit("products").alias("field"),
            pl.col("product").struct.field("share"),
            pl.col("product").struct.field("name").alias("text"),
        )
    )
    return pl.concat(parts).drop_nulls("text").with_columns(normalise(pl.col("text")))


def _mentions(frame: pl.DataFrame, terms: TermTable) -> pl.DataFrame:
    if not terms.by_text:
        return pl.DataFrame(schema=_EVIDENCE)
    searched = _texts(frame).with_columns(
        pl.col("text").str.extract_many(list(terms.by_text), overlapping=True).alias("found")
    )
    hits = searched.filter(pl.col("found").list.len() > 0)
    deals = searched.filter(pl.col("field") == "industry", pl.col("text").str.contains(DEALING_TRADE)).select(
        "row", pl.lit(True).alias("deals")
    )
    names = searched.filter(pl.col("field") == "name").select("row", pl.col("text").alias("firm_name"))
    scopes = searched.filter(pl.col("field") == "scope", pl.col("text") != "").select(
        "row", pl.lit(True).alias("has_scope")
    )
    hits = hits.join(names, on="row", how="left", maintain_order="left")
    hits = hits.join(scopes, on="row", how="left", maintain_order="left")
    hits = hits.join(deals.unique(), on="row", how="left", maintain_order="left")
    rows: list[tuple[object, ...]] = []
    for row, field, share, text, found, name, has_scope, in_trade in hits.iter_rows():
        firm = _FirmKind(name_kind(name or ""), bool(has_scope), bool(in_trade))
        for entry, mention in _read(field, text, share, firm, terms, list(dict.fromkeys(found))):
            rows.append((row, entry.node, field, entry.shown, *mention))
    return pl.DataFrame(rows, schema=_EVIDENCE, orient="row")


class _FirmKind(NamedTuple):
    """What else of the firm bears on a mention: what its name says it is, whether it has a scope, and whether
    its industry is a trade, so that what it sells is not what it makes.
    """

    name: NameKind
    has_scope: bool
    deals: bool


def _read(
    field: str, text: str, share: float | None, firm: _FirmKind, terms: TermTable, found: Sequence[str]
) -> Iterator[tuple[TermEntry, Mention]]:
    reading = ScopeReading(text)
    places = list(terms.find(text, found))
    starts = {(place.entry.chain, place.start) for place in places}
    for start, end, entry in places:
        if reading.negated(start, end):
            yield entry, NEGATED
            continue
        is_activity = entry.is_activity and not is_followed_by_goods(text, end)
        if field == "scope":
            mention = score_scope(reading, start, firm.name, is_activity=is_activity)
        elif field == "products":
            mention = score_product(text, share, is_activity=is_activity, deals=firm.deals)
        elif field == "name":
            mention = score_name(firm.name, is_activity=is_activity, has_scope=firm.has_scope)
        else:
            mention = Mention(INDUSTRY, None)
        # A term right before another one of its chain describes that one: 太阳能电池硅片 is a wafer.
        describes = (entry.chain, end) in starts or heads_other_thing(text, start, end)
        yield entry, as_purpose(mention) if describes else mention
