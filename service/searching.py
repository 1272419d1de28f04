"""Quick search over everything: regions, chains, nodes with their terms, firms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from service.domain.regions import Geography, Region
from service.ingest.readings import load_readings
from service.kept import Kept
from service.knowledge import Knowledge
from service.storage.engine import Session
from service.storage.search import MAX_WORDS, FirmHit, search_firms
from service.targeting import regions_inside

MAX_QUERY = 60
"""Characters of a query."""

_SEPARATORS = re.compile(r"[\s,，、;；·]+")
_SPACE = re.compile(r"\s+")


class HitKind(StrEnum):
    """What was found."""

    REGION = "region"
    CHAIN = "chain"
    NODE = "node"
    FIRM = "firm"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. `key`: adcode, chain id, node id, or the firm's key; `note` says where it
    belongs; `found_by` is the term of a node that the query is, where it is not its name.

    `grade`: 0 the whole name, 1 its beginning, 2 a part or a term, 3 a part of its sound.
    """

    kind: HitKind
    key: str
    title: str
    note: str
    grade: int
    found_by: str | None = None


@dataclass(frozen=True)
class HitGroup:
    """The hits of one kind, best first."""

    kind: HitKind
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Found:
    """What was found for `query`; the group with the best hit first."""

    query: str
    groups: tuple[HitGroup, ...]

    @property
    def hits(self) -> list[Hit]:
        """All hits in the order of the groups."""
        return [hit for group in self.groups for hit in group.hits]


@dataclass(frozen=True)
class _Book:
    """The names and terms of chains and nodes with their sounds: what is compared with a query."""

    labels: pl.DataFrame


_books: Kept[_Book] = Kept(2)


def search_everything(
    session: Session, knowledge: Knowledge, query: str, *, region: str | None = None, limit: int = 6
) -> Found:
    """Return what fits `query`, at most `limit` of each kind; firms of `region` go before others alike.

    A query is text in Chinese, pinyin (zhejiang) or initials (zj), a code (adcode, uscc, stock code), or
    several words, all of which a firm's name must hold. Raises UnknownRegion.
    """
    text = _SPACE.sub(" ", unicodedata.normalize("NFKC", query)).strip()[:MAX_QUERY]
    words = [word for word in _SEPARATORS.split(text) if word]
    if not words:
        return Found(text, ())
    nearest = _nearest(knowledge.geography, region)
    joined = "".join(words)
    groups = [
        HitGroup(HitKind.REGION, tuple(_find_regions(knowledge.geography, joined, limit))),
        *_find_labels(session, knowledge, joined, limit),
        HitGroup(
            HitKind.FIRM,
            tuple(
                _firm_hit(knowledge.geography, hit)
                for hit in search_firms(session, words[:MAX_WORDS], nearest=nearest, limit=limit)
            ),
        ),
    ]
    filled = [group for group in groups if group.hits]
    return Found(text, tuple(sorted(filled, key=lambda group: group.hits[0].grade)))


def _nearest(geography: Geography, region: str | None) -> frozenset[str]:
    return regions_inside(geography, geography.find(region).adcode) if region else frozenset()


def _find_regions(geography: Geography, text: str, limit: int) -> Iterable[Hit]:
    for place in geography.search(text, limit):
        path = geography.path(place.adcode)[:-1]
        note = "".join(one.name for one in path)
        yield Hit(
            HitKind.REGION,
            place.adcode,
            place.name,
            f"{note} {place.adcode}".strip(),
            _grade_region(place, text.lower()),
        )


def _grade_region(place: Region, low: str) -> int:
    names = (place.name, place.short_name, place.adcode)
    if low in names or low in (place.pinyin, place.initials):
        return 0
    return 1 if any(name.startswith(low) for name in (*names, place.pinyin)) else 3


def _find_labels(session: Session, knowledge: Knowledge, text: str, limit: int) -> Iterable[HitGroup]:
    """Chains and nodes that are called so: each once, by its best label."""
    book = _books.find(session, knowledge.chains_hash, lambda: _make_book(knowledge))
    fitting = book.labels.with_columns(grade=_grade_labels(text.lower())).filter(
        pl.col("grade").is_not_null()
    )
    best = fitting.sort("grade", pl.col("term"), pl.col("text").str.len_chars(), "place").unique(
        ["kind", "key"], keep="first", maintain_order=True
    )
    for kind in (HitKind.CHAIN, HitKind.NODE):
        rows = best.filter(pl.col("kind") == str(kind)).head(limit)
        yield HitGroup(kind, tuple(_label_hit(kind, row) for row in rows.iter_rows(named=True)))


def _grade_labels(low: str) -> pl.Expr:
    """How well a label is what was typed, null where it is not; a term is no better than part of a name."""
    name, spoken, initials = pl.col("folded"), pl.col("pinyin"), pl.col("initials")
    sounds = low.isascii() and low.isalnum()
    part = name.str.contains(low, literal=True)
    if sounds and len(low) > 1:
        part = part | spoken.str.contains(low, literal=True)
    whole, begins = name == low, name.str.starts_with(low)
    if sounds:
        whole = whole | (spoken == low) | (initials == low)
        begins = begins | spoken.str.starts_with(low) | initials.str.starts_with(low)
    own = ~pl.col("term")
    return (
        pl.when(whole & own)
        .then(0)
        .when(begins & own)
        .then(1)
        .when(whole | begins | (part & own))
        .then(2)
        .when(part)
        .then(3)
    )


def _label_hit(kind: HitKind, row: dict[str, str]) -> Hit:
    found_by = row["text"] if row["term"] else None
    return Hit(kind, row["key"], row["name"], row["note"], int(row["grade"]), found_by)


def _make_book(knowledge: Knowledge) -> _Book:
    rows = [
        (str(HitKind.CHAIN), chain.id, chain.name, f"{len(chain.leaves)} 个末级环节", chain.name, False)
        for chain in knowledge.chains.values()
    ]
    for chain in knowledge.chains.values():
        for node in chain.own_nodes:
            labels = [(node.name, False), *((term, True) for term in node.terms if term != node.name)]
            rows += [
                (str(HitKind.NODE), node.id, node.name, chain.name, text, is_term) for text, is_term in labels
            ]
    frame = pl.DataFrame(
        rows,
        schema={
            "kind": pl.String,
            "key": pl.String,
            "name": pl.String,
            "note": pl.String,
            "text": pl.String,
            "term": pl.Boolean,
        },
        orient="row",
    ).with_row_index("place")
    readings, texts = load_readings(), frame["text"]
    folded = pl.Series([_fold(text) for text in texts.to_list()], dtype=pl.String)
    return _Book(
        frame.with_columns(
            folded.alias("folded"),
            readings.spell(texts).alias("pinyin"),
            readings.spell_initials(texts).alias("initials"),
        )
    )


def _fold(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).lower()


def _firm_hit(geography: Geography, hit: FirmHit) -> Hit:
    place = geography.full_name(hit.adcode) if hit.adcode and hit.adcode in geography else ""
    about: Sequence[str | None] = (hit.short_name, hit.stock_code, place, hit.uscc)
    note = " · ".join(one for one in about if one and one != hit.name)
    return Hit(HitKind.FIRM, hit.key, hit.name, note, hit.grade)
