"""By which letters the characters of names can be found: the pinyin initials of each character."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


def initials_of(texts: Iterable[str]) -> dict[str, str]:
    """Return character -> its possible initials, in order of code, for the Chinese characters in `texts`.

    A character with several readings has the initials of all of them (重: z and c): who searches by
    initials finds the name by either.
    """
    characters = set().union(*map(set, texts)) if texts else set()
    found = ((character, _initials(character)) for character in sorted(characters) if _is_han(character))
    return {character: letters for character, letters in found if letters}


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


@lru_cache(maxsize=30_000)
def _initials(character: str) -> str:
    # Here, since its dictionary takes long to load.
    from pypinyin import Style, pinyin

    readings = pinyin(character, style=Style.FIRST_LETTER, heteronym=True)[0]
    letters = [reading for reading in readings if len(reading) == 1 and "a" <= reading <= "z"]
    return "".join(sorted(set(letters)))
