"""The firms to visit on slides: the list, and a page for each of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.domain.targets import Target, TargetFactor
from service.render.deck_charts import draw_bars
from service.render.deck_content import DeckContent, Visit
from service.render.deck_file import DeckFile
from service.render.deck_opening import facts_note
from service.render.deck_page import ACCENT, ACROSS, LEFT, SECOND, TOP, Box, Page, Type
from service.render.deck_text import say_number
from service.words import KINDS, RATINGS, TARGET_FACTORS

_EACH, _PER_PAGE = 3, 12
_TIES = 4
_HALF = (ACROSS - 0.3) / 2


def draw_target_list(deck: DeckFile, content: DeckContent) -> None:
    """List the best targets of each of the top gaps."""
    found = [
        Visit(one.gap, target, rank, len(one.targets))
        for one in content.facts.top
        for rank, target in enumerate(one.targets[:_EACH], start=1)
    ]
    pages = -(-len(found) // _PER_PAGE)
    for number in range(pages):
        part = found[number * _PER_PAGE : (number + 1) * _PER_PAGE]
        of = f"（{number + 1}/{pages}）" if pages > 1 else ""
        page = Page(deck, f"目标企业清单{of}", footer=content.source_line)
        columns = [("缺链环节", 1.9), ("位次", 0.75), ("企业", 3.1), ("所在地", 1.9), ("得分", 0.65)]
        columns.append(("首要理由", ACROSS - sum(width for _, width in columns)))
        rows = [
            [
                one.gap.name, f"{one.rank}/{one.among}", one.target.name,
                content.facts.place(one.target.adcode), say_number(one.target.score),
                one.target.telling(1)[0].reason,
            ]
            for one in part
        ]  # fmt: skip
        page.table(LEFT, TOP, columns, rows, row_height=0.43, size=10.5, name="目标企业清单")
        page.notes([content.date_line, facts_note(content), *(_say_target(one) for one in part)])


def _say_target(one: Visit) -> str:
    factors = "；".join(
        f"{_word(factor)} {say_number(factor.contribution)} 分：{factor.reason}{_said_by(factor)}"
        for factor in one.target.factors
    )
    return f"{one.gap.name} 第 {one.rank} 位 {one.target.name}，{say_number(one.target.score)} 分。{factors}"


def _word(factor: TargetFactor) -> str:
    return TARGET_FACTORS.get(factor.name, factor.name)


def _said_by(factor: TargetFactor) -> str:
    if factor.source is None:
        return ""
    return f"（来源：{factor.source}{f'，{factor.as_of}' if factor.as_of else ''}）"


def draw_target_pages(deck: DeckFile, content: DeckContent) -> None:
    """Draw a page for the best target of each of the top gaps, each firm once."""
    for one in content.visits():
        _draw_target(deck, content, one)


def _draw_target(deck: DeckFile, content: DeckContent, one: Visit) -> None:
    target = one.target
    page = Page(deck, f"目标企业：{target.name}", footer=_sources(target) or content.source_line)
    gap = f"{one.gap.name}（{RATINGS[one.gap.rating]}·{KINDS[one.gap.kind]}，"
    rows = [
        ["企业全称", target.name],
        ["所在地", content.facts.place(target.adcode)],
        ["统一社会信用代码", target.uscc or "不详"],
        ["对应缺链", f"{gap}第 {one.rank} 位，共 {one.among} 家）"],
        ["得分", say_number(target.score)],
        ["亦可补", "、".join(_others(content, target, one.gap.node)) or "—"],
    ]  # fmt: skip
    page.table(
        LEFT, TOP, [("项目", 1.6), ("内容", _HALF - 1.6)], rows, row_height=0.42, size=10.5, name="企业情况"
    )
    ties = [tie.reason for tie in target.ties[:_TIES]] or ["没有查到与本地企业的联系。"]
    _section(page, 4.35, 1.5, "以商招商：本地可借力的联系", ties)
    obstacles = [obstacle.reason for obstacle in target.obstacles] or [
        "未发现阻碍；能耗、环保、负面清单须另行核实。"
    ]
    _section(page, 5.92, 1.0, "阻碍与待核实", obstacles, warn=bool(target.obstacles))
    right = LEFT + _HALF + 0.3
    labels = [_word(factor) for factor in target.factors]
    values = [factor.contribution for factor in target.factors]
    box = Box(right, TOP, _HALF, 2.75)
    draw_bars(page, box, labels, "得分（分）", values, content.facts.day, name="得分构成")
    reasons = [
        f"{_word(factor)}：{factor.reason}{_said_by(factor)}"
        for factor in target.telling(len(target.factors))
    ]
    page.text(Box(right, TOP + 2.85, _HALF, 2.8), reasons, Type(10.5, lead=True), name="理由")
    page.notes([content.date_line, facts_note(content), _say_target(one), *_say_rest(target)])


def _section(
    page: Page, top: float, height: float, title: str, lines: Sequence[str], *, warn: bool = False
) -> None:
    colour = SECOND if warn else ACCENT
    page.text(Box(LEFT, top, _HALF, 0.3), [title], Type(12.0, bold=True, colour=colour))
    page.text(Box(LEFT, top + 0.3, _HALF, height - 0.3), lines, Type(10.5), name=title)


def _others(content: DeckContent, target: Target, but: str) -> list[str]:
    """The other top gaps for which the firm is a target too."""
    return [
        one.gap.name
        for one in content.facts.top
        if one.gap.node != but and any(other.firm == target.firm for other in one.targets)
    ]


def _sources(target: Target) -> str:
    said = (one.title + (f"（{one.as_of}）" if one.as_of else "") for one in target.sources)
    return "来源：" + "、".join(said) if target.sources else ""


def _say_rest(target: Target) -> Iterator[str]:
    yield from (f"联系：{tie.reason}" for tie in target.ties)
    yield from (f"阻碍：{obstacle.reason}" for obstacle in target.obstacles)
    yield _sources(target)
