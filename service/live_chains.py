"""The chains that count: those that ship, with what users published laid over them.

A published version stays when an upgrade brings a new file; where it no longer fits the other chains it is
set aside, and said so, rather than keeping the service from starting.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from service.datafiles import data_folder
from service.errors import InvalidChain
from service.ingest.chain_overlay import laid_over
from service.knowledge import Knowledge, with_chains_of
from service.settings import Settings
from service.storage.chain_versions import LAID_OVER, ChainVersion, read_newest
from service.storage.engine import Engine, reading_session

logger = logging.getLogger("zhaoshang")


def shipped_folder(settings: Settings) -> Path:
    """Return the folder of the chain files that ship, or that the settings name."""
    return settings.chains_dir or data_folder("chains")


def text_hash(text: str | None) -> str | None:
    """Return the hash by which a chain's text is known, None where there is no text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest() if text is not None else None


def published_texts(newest: Iterable[ChainVersion]) -> dict[str, str]:
    """Return the texts that take the place of files, by chain id, of the newest versions."""
    return {version.chain: version.text for version in newest if version.kind in LAID_OVER}


def with_published_chains(settings: Settings, engine: Engine, knowledge: Knowledge) -> Knowledge:
    """Return `knowledge` with the chains as they count by the database now.

    Raises
    ------
    InvalidChain, DataMismatch : the shipped data is broken by itself.
    """
    with reading_session(engine) as session:
        texts = published_texts(read_newest(session).values())
    folder, set_aside = shipped_folder(settings), dict[str, str]()
    while True:
        try:
            whole = laid_over(folder, texts, settings.cache_dir) if texts else folder
            return with_chains_of(knowledge, whole, set_aside)
        except InvalidChain as error:
            if not texts:
                raise
            blamed = _blamed(error, texts)
            logger.warning("published chains set aside: %s", "\n".join(blamed.values()))
            set_aside |= blamed
            texts = {chain: text for chain, text in texts.items() if chain not in blamed}


def knowledge_laid_over(settings: Settings, knowledge: Knowledge, texts: Mapping[str, str]) -> Knowledge:
    """Return `knowledge` with exactly these chains laid over the files; InvalidChain where they fail."""
    folder = shipped_folder(settings)
    whole = laid_over(folder, texts, settings.cache_dir) if texts else folder
    try:
        return with_chains_of(knowledge, whole, {})
    except InvalidChain as error:
        raise type(error)([problem.replace(f"{whole}/", "") for problem in error.problems]) from None


def _blamed(error: InvalidChain, texts: Mapping[str, str]) -> dict[str, str]:
    """Return which published chains the problems are in, with the reason; all where in none of them."""
    reasons: dict[str, list[str]] = {}
    for problem in error.problems:
        file, _, rest = problem.partition(".yaml:")
        reasons.setdefault(Path(file).name, []).append(rest.partition(": ")[2])
    inside = {chain: "；".join(reasons[chain]) for chain in texts if chain in reasons}
    return inside or dict.fromkeys(texts, "与内置的其他产业链不再相符：" + "；".join(error.problems)[:300])
