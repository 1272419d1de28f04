"""The gaps on slides: a chart of what makes them urgent, each with its reasons, and the whole list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from service.domain.gaps import Gap
from service.domain.weights import NEUTRAL, Factor
from service.render.brief_facts import GapFirms
from service.render.deck_charts import draw_stacked_bars
from service.render.deck_content import DeckContent
from service.render.deck_file import DeckFile
from service.render.deck_opening import facts_note
from service.render.deck_page import ACCENT, ACROSS, BOTTOM, LEFT, TOP, Box, Page, Type, rating_fill
from service.render.deck_text import say_number
from service.words import BASES, GAP_FACTORS, KINDS, RATINGS, STAGES

_CHARTED = 12
_REASONS, _FIRMS = 8, 3
_LISTED, _LIST_PAGES = 15, 4


def draw_gap_chart(deck: DeckFile, content: DeckContent) -> None:
    """Draw the priorities of the most urgent gaps as bars made up of their factors."""
    gaps = content.facts.gaps[:_CHARTED]
    if not gaps:
        return
    page = Page(deck, "缺链优先级由哪些因素构成", footer=content.source_line)
    labels = [f"{gap.name}（{say_number(gap.priority)}）" for gap in gaps]
    series = [
        (GAP_FACTORS.get(factor.name, factor.name), [gap.factors[place].contribution for gap in gaps])
        for place, factor in enumerate(gaps[0].factors)
    ]
    box = Box(LEFT, TOP, ACROSS, BOTTOM - TOP)
    draw_stacked_bars(page, box, labels, series, content.facts.day, name="缺链优先级")
    page.notes(
        [
            facts_note(content),
            *(f"{label}：{_say_points(gap)}" for label, gap in zip(labels, gaps, strict=True)),
        ]
    )


def _say_points(gap: Gap) -> str:
    return "、".join(
        f"{GAP_FACTORS.get(one.name, one.name)} {say_number(one.contribution)}" for one in gap.factors
    )


def said_of_all(gaps: Sequence[Gap]) -> frozenset[str]:
    """Return the factors that say the same of every gap: they do not tell one from another."""
    said: dict[str, set[str]] = {}
    for gap in gaps:
        for factor in gap.factors:
            said.setdefault(factor.name, set()).add(factor.reason)
    return frozenset(name for name, reasons in said.items() if len(reasons) == 1 and len(gaps) > 1)


def telling_factors(gap: Gap, common: Collection[str]) -> list[Factor]:
    """Return the factors of a gap by what they add, those last of which nothing is known (the neutral value)
    and, before them, the common ones.
    """
    return sorted(gap.factors, key=lambda one: (one.value == NEUTRAL, one.name in common, -one.contribution))


def draw_top_gaps(deck: DeckFile, content: DeckContent) -> None:
    """Draw the most urgent gaps with their reasons, two to a slide."""
    top = content.facts.top
    width = (ACROSS - 0.3) / 2
    common = said_of_all(content.facts.gaps)
    for first in range(0, len(top), 2):
        pair = top[first : first + 2]
        names = "、".join(one.gap.name for one in pair)
        page = Page(deck, f"重点缺链：{names}", footer=content.source_line)
        for number, one in enumerate(pair):
            place = Box(LEFT + number * (width + 0.3), TOP, width, BOTTOM - TOP)
            _draw_gap(page, place, one, first + number + 1, common)
        page.notes(
            [content.date_line, facts_note(content), *(line for one in pair for line in _evidence(one))]
        )


def _draw_gap(page: Page, box: Box, one: GapFirms, number: int, common: Collection[str]) -> None:
    gap = one.gap
    page.block(box, [], line=ACCENT)
    head = f"{number}. {gap.name}"
    page.text(
        Box(box.left + 0.1, box.top + 0.08, box.width - 1.4, 0.4),
        [head],
        Type(17.0, bold=True, colour=ACCENT),
    )
    page.text(
        Box(box.right - 1.3, box.top + 0.1, 1.2, 0.36),
        [f"优先级 {say_number(gap.priority)}"],
        Type(12.0, bold=True),
    )
    facts = [
        f"评级：{RATINGS[gap.rating]}（{BASES[gap.basis]}）；类型：{KINDS[gap.kind]}；{STAGES[gap.stage]}",
        f"规模：应有 {say_number(gap.expected)} 家，现有 {say_number(gap.effective_firms)} 家，"
        f"缺口 {say_number(gap.shortfall)} 家；周边供给 {say_number(gap.nearby_supply)} 家",
    ]
    inner = box.left + 0.1
    page.text(Box(inner, box.top + 0.52, box.width - 0.2, 0.5), facts, Type(11.0, lead=True))
    reasons = [
        f"{GAP_FACTORS.get(factor.name, factor.name)} {say_number(factor.contribution)} 分：{factor.reason}"
        for factor in telling_factors(gap, common)[:_REASONS]
    ]
    page.text(Box(inner, box.top + 1.1, box.width - 0.2, 3.2), reasons, Type(11.0, lead=True))
    firms = [
        f"{place}. {target.name}（{say_number(target.score)} 分）"
        for place, target in enumerate(one.targets[:_FIRMS], start=1)
    ] or ["没有可列的目标企业：须扩大名单，或看排除的企业及原因。"]
    page.rule((inner, box.top + 4.4), (box.right - 0.1, box.top + 4.4))
    title = f"目标企业（共 {len(one.targets)} 家，另有 {len(one.excluded)} 家因硬性阻碍排除）"
    page.text(Box(inner, box.top + 4.46, box.width - 0.2, 0.3), [title], Type(11.0, bold=True))
    page.text(Box(inner, box.top + 4.78, box.width - 0.2, 0.85), firms, Type(11.0))


def _evidence(one: GapFirms) -> Iterator[str]:
    gap = one.gap
    yield (
        f"{gap.name}（{gap.node}）：{RATINGS[gap.rating]}，依据{BASES[gap.basis]}；"
        f"优先级 {say_number(gap.priority)}；"
        f"强度均值 {gap.intensity.mean:.2f}，80% 区间 {gap.intensity.low:.2f}–{gap.intensity.high:.2f}。"
    )
    for factor in gap.factors:
        name = GAP_FACTORS.get(factor.name, factor.name)
        yield (
            f"{name}：值 {factor.value:.2f} × 权重 {factor.weight:.3f} = "
            f"{say_number(factor.contribution)} 分；{factor.reason}"
        )


def draw_gap_list(deck: DeckFile, content: DeckContent) -> None:
    """List all gaps at the end, as many as a few slides hold; the workbook has the rest."""
    gaps = content.facts.gaps[: _LISTED * _LIST_PAGES]
    common = said_of_all(content.facts.gaps)
    pages = -(-len(gaps) // _LISTED)
    left_over = len(content.facts.gaps) - len(gaps)
    for number in range(pages):
        part = gaps[number * _LISTED : (number + 1) * _LISTED]
        more = f"，其余 {left_over} 个见工作簿" if left_over and number == pages - 1 else ""
        page = Page(deck, f"附：缺链清单（{number + 1}/{pages}{more}）", footer=content.source_line)
        columns = [
            ("序", 0.5), ("环节", 2.6), ("位置", 0.7), ("评级", 0.7), ("类型", 0.9), ("优先级", 0.85),
            ("有效", 0.7), ("应有", 0.7), ("缺口", 0.7), ("周边", 0.7),
        ]  # fmt: skip
        columns.append(("首要理由", ACROSS - sum(width for _, width in columns)))
        rows = [
            [
                str(number * _LISTED + place), gap.name, STAGES[gap.stage], RATINGS[gap.rating],
                KINDS[gap.kind], say_number(gap.priority), say_number(gap.effective_firms),
                say_number(gap.expected), say_number(gap.shortfall), say_number(gap.nearby_supply),
                telling_factors(gap, common)[0].reason,
            ]
            for place, gap in enumerate(part, start=1)
        ]  # fmt: skip
        fills = [(row, 3, rating_fill(gap.rating)) for row, gap in enumerate(part, start=1)]
        page.table(LEFT, TOP, columns, rows, row_height=0.35, size=10.0, fills=fills, name="缺链清单")
        page.notes(
            [content.date_line, *(f"{gap.name}：{telling_factors(gap, common)[0].reason}" for gap in part)]
        )
