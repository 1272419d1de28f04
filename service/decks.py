"""Briefing decks: gathers what the slides show, and has `render` draw them."""

from __future__ import annotations

from pathlib import Path

from service.asking import TOP_GAPS
from service.briefing import Brief, read_brief
from service.briefs import gather_facts
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.mapping import shaded_around
from service.pictures import load_sea
from service.render.deck import render_deck
from service.render.deck_content import DeckContent, DeckPeer
from service.settings import Settings
from service.storage.engine import Session

MAX_TEMPLATE_MB = 50
_MB = 1 << 20


def draw_deck(
    session: Session,
    knowledge: Knowledge,
    settings: Settings,
    region: str,
    chain: str,
    *,
    top: int = TOP_GAPS,
    template: bytes | None = None,
) -> bytes:
    """Return the briefing deck of a chain in a region as a PPTX file, with targets for the `top` gaps.

    Raises UnknownRegion, UnknownChain; InvalidQuery where the template is not a presentation.
    """
    brief = read_brief(session, knowledge, region, chain, top=top)
    return render_deck(gather_deck(session, knowledge, settings, brief), template=template)


def gather_deck(session: Session, knowledge: Knowledge, settings: Settings, brief: Brief) -> DeckContent:
    """Return what the slides tell."""
    return DeckContent(
        facts=gather_facts(knowledge, brief),
        peers=tuple(_peers(brief)),
        regions=tuple(shaded_around(session, knowledge, settings, brief.chain.id, brief.region)),
        review_number=settings.map_review_number,
        sea=load_sea(settings.cache_dir),
    )


def read_template(path: Path) -> bytes:
    """Return a bureau's template; InvalidQuery where the file cannot be read or is far too large."""
    try:
        if path.stat().st_size > MAX_TEMPLATE_MB * _MB:
            raise InvalidQuery(f"模板 {path} 超过 {MAX_TEMPLATE_MB} MB；请去掉其中的图片与视频")
        return path.read_bytes()
    except OSError as error:
        raise InvalidQuery(f"无法读取模板 {path}：{error.strerror}") from error


def _peers(brief: Brief) -> list[DeckPeer]:
    if brief.comparison is None:
        return []
    return [
        DeckPeer(
            name=one.region.name,
            here=one.region.adcode == brief.region.adcode,
            standing=one.standings[brief.chain.id],
            by_stage=one.summary.by_stage,
            profile={axis.name: axis.value for axis in one.profile},
        )
        for one in brief.comparison.regions
    ]
