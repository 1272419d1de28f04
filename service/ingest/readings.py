"""How names sound: pinyin and its initials, so that a firm is found without an input method.

A table of single characters, and one of words that are read otherwise than their characters (重庆, 银行), are
made of pypinyin's dictionaries once. Names are then spelt by replacing text: asking pypinyin for each name
takes sixty times as long.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from service.datafiles import data_folder
from service.domain.regions import Level
from service.ingest.geography import load_geography

MAX_PINYIN, MAX_INITIALS = 240, 48
"""Characters that are kept of the pinyin and of the initials of one name."""

# Longer entries of the dictionary are sayings.
_LONGEST_WORD = 4
_LONGEST_PLACE = 12
_VOWELS = {
    "a": "āáǎà",
    "e": "ēéěèê",
    "i": "īíǐì",
    "o": "ōóǒò",
    "u": "ūúǔù",
    "v": "üǖǘǚǜ",
    "n": "ńňǹ",
    "m": "ḿ",
}
_TONELESS = str.maketrans({marked: plain for plain, many in _VOWELS.items() for marked in many})
_NO_LETTER = re.compile("[^a-z]")


@dataclass(frozen=True)
class Readings:
    """`syllables`: code point -> syllable. `words`: word -> its syllables, where they are not those.

    `places`: names that a firm's registered name may begin with -> what the codes of such places begin with
    (33 for 浙江, 3308 for 衢州).
    """

    syllables: Mapping[int, str]
    words: Mapping[str, tuple[str, ...]]
    places: Mapping[str, tuple[str, ...]]

    def spell(self, texts: pl.Series) -> pl.Series:
        """Return the pinyin of each text without tones and spaces, Latin letters in lower case, digits."""
        return self._spell(texts, self.syllables, {word: "".join(said) for word, said in self.words.items()})

    def spell_initials(self, texts: pl.Series) -> pl.Series:
        """Return the first letter of each syllable, Latin letters in lower case, and digits."""
        single = {point: syllable[:1] for point, syllable in self.syllables.items()}
        return self._spell(
            texts, single, {word: "".join(one[0] for one in said) for word, said in self.words.items()}
        )

    @staticmethod
    def _spell(texts: pl.Series, single: Mapping[int, str], words: Mapping[str, str]) -> pl.Series:
        lowered = texts.cast(pl.String).fill_null("").str.to_lowercase()
        worded = lowered.str.replace_many(list(words), list(words.values()), leftmost=True)
        table = dict(single)
        spelt = pl.Series(texts.name, [text.translate(table) for text in worded.to_list()], dtype=pl.String)
        return spelt.str.replace_all("[^a-z0-9]", "")

    def without_places(self, name: str) -> str:
        """Return a registered name without the places it begins with; one character of it stays at least.

        A place goes only where it lies in the one before: 浙江永和 keeps 永和, though a county elsewhere is
        called so.
        """
        rest: str = name
        inside: tuple[str, ...] = ("",)
        while found := self._place_at_the_head(rest, inside):
            rest, inside = rest[len(found[0]) :], found[1]
        return rest

    def _place_at_the_head(self, name: str, above: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
        """Return the longest place inside `above` that the name begins with, and its codes."""
        for length in range(min(_LONGEST_PLACE, len(name) - 1), 1, -1):
            codes = self.places.get(name[:length])
            if codes and (
                inside := tuple(code for code in codes if code.startswith(above) and code not in above)
            ):
                return name[:length], inside
        return None


@lru_cache(maxsize=1)
def load_readings() -> Readings:
    """Return the tables; made in 0.2 s and kept for the process."""
    # Here, since the dictionaries take long to load.
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    own = _own_readings()
    syllables = {point: _toneless(said.split(",")[0]) for point, said in PINYIN_DICT.items()}
    syllables |= {ord(text): said[0] for text, said in own.items() if len(text) == 1}
    words: dict[str, tuple[str, ...]] = {}
    for word, spoken in PHRASES_DICT.items():
        if 2 <= len(word) <= _LONGEST_WORD:
            read = tuple(_toneless(one[0]) for one in spoken)
            if all(read) and list(read) != [syllables.get(ord(character)) for character in word]:
                words[word] = read
    words |= {text: read for text, read in own.items() if len(text) > 1}
    return Readings(syllables, words, _place_names())


def spell_firms(firms: pl.DataFrame) -> pl.DataFrame:
    """Return `firms` (normal_name, short_name) with `pinyin` and `initials`, as they are searched by.

    `pinyin` is the name's and, after a space, the short name's. `initials` begins with those of the name
    without its places, since that is what people call a firm by; the whole name's and the short name's
    follow, each after a space.
    """
    readings = load_readings()
    short, written = firms["short_name"].fill_null(""), firms["normal_name"].fill_null("").to_list()
    called = [readings.without_places(name) for name in written]
    brands = pl.Series(called, dtype=pl.String)
    # No word reaches over the border between place and brand: 乐清市长城 speaks of no 市长.
    parted = [f"{name[: len(name) - len(rest)]} {rest}" for name, rest in zip(written, called, strict=True)]
    names = pl.Series(parted, dtype=pl.String)
    whole, brand = readings.spell_initials(names), readings.spell_initials(brands)
    spelt = pl.DataFrame(
        {
            "full": readings.spell(names).str.slice(0, MAX_PINYIN),
            "short": readings.spell(short).str.slice(0, MAX_PINYIN),
            "brand": brand.str.slice(0, MAX_INITIALS),
            "whole": pl.select(pl.when(whole != brand).then(whole)).to_series().str.slice(0, MAX_INITIALS),
            "call": readings.spell_initials(short).str.slice(0, MAX_INITIALS),
        }
    )
    said = spelt.select(
        pl.concat_str("full", "short", separator=" ").str.strip_chars().alias("pinyin"),
        pl.concat_str("brand", "whole", "call", separator=" ", ignore_nulls=True)
        .str.replace_all(" +", " ")
        .str.strip_chars()
        .alias("initials"),
    )
    return firms.with_columns(said["pinyin"], said["initials"])


def _toneless(said: str) -> str:
    return _NO_LETTER.sub("", unicodedata.normalize("NFC", said).translate(_TONELESS))


def _own_readings() -> dict[str, tuple[str, ...]]:
    """Return how names say what the dictionary reads otherwise: words, and single characters."""
    with (data_folder("geodata") / "place_pinyin.csv").open(encoding="utf-8", newline="") as file:
        return {row["text"]: tuple(row["pinyin"].split()) for row in csv.DictReader(file)}


def _place_names() -> dict[str, tuple[str, ...]]:
    """What the codes of places begin with, by every name of theirs."""
    found: dict[str, set[str]] = {}
    for level in Level:
        for region in load_geography().regions(level):
            for name in (region.name, region.short_name):
                code = region.adcode
                found.setdefault(name, set()).add(code.removesuffix("00").removesuffix("00"))
    return {name: tuple(sorted(codes)) for name, codes in found.items()}
