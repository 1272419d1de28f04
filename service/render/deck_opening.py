"""The first slides: cover, the conclusion on one page, what is strong here and what is lacking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

from service.domain.gaps import Gap, NodeRating, Rating
from service.render.deck_content import DeckContent
from service.render.deck_file import DeckFile
from service.render.deck_page import ACCENT, ACROSS, LEFT, TOP, Box, Page, Type, rating_fill
from service.render.deck_text import say_number, say_share
from service.words import BASES, KINDS, RATINGS, STAGES

_NAMED = 3
_ROWS = 12
_FIGURES_TOP, _FIGURE_HEIGHT = TOP, 1.15


def draw_cover(deck: DeckFile, content: DeckContent) -> None:
    """Draw the first slide: title, region, day of the data, sources."""
    facts = content.facts
    lines = [f"{facts.region_full_name} · {facts.chain.name}产业链", content.date_line, content.source_line]
    page = Page(deck, f"{facts.title}汇报", subtitle=lines)
    page.notes([*lines, f"产业链版本 {facts.chain.version}（{facts.chain.date}）。", facts.chain.summary])


def draw_conclusion(deck: DeckFile, content: DeckContent) -> None:
    """Draw the figures of the chain here, and three to five sentences with what follows from them."""
    page = Page(deck, "结论", footer=content.source_line)
    figures = list(_figures(content))
    width = (ACROSS + 0.15) / len(figures) - 0.15
    for number, (figure, words) in enumerate(figures):
        left = LEFT + number * (width + 0.15)
        page.block(Box(left, _FIGURES_TOP, width, _FIGURE_HEIGHT), [], line=ACCENT)
        top = Type(26.0, bold=True, colour=ACCENT, align=PP_ALIGN.CENTER, anchor=MSO_ANCHOR.MIDDLE)
        below = Type(11.0, align=PP_ALIGN.CENTER)
        page.text(Box(left, _FIGURES_TOP + 0.08, width, 0.62), [figure], top)
        page.text(Box(left, _FIGURES_TOP + 0.74, width, 0.36), [words], below)
    sentences = list(conclusions(content))
    room = (6.95 - _FIGURES_TOP - _FIGURE_HEIGHT - 0.2) / len(sentences)
    for number, sentence in enumerate(sentences):
        place = Box(LEFT, _FIGURES_TOP + _FIGURE_HEIGHT + 0.2 + number * room, ACROSS, room - 0.06)
        page.text(
            place, [sentence], Type(15.0, lead=True, anchor=MSO_ANCHOR.MIDDLE), name=f"结论 {number + 1}"
        )
    page.notes([*sentences, content.date_line, content.source_line, facts_note(content)])


def facts_note(content: DeckContent) -> str:
    """What must be said of the weights behind every priority and score."""
    gap, target = content.facts.gap_weights.stated, content.facts.target_weights.stated
    of_gaps = f"缺链优先级权重：{gap.note}（版本 {gap.version}）"
    return f"{of_gaps}；目标企业得分权重：{target.note}（版本 {target.version}）。"


def _figures(content: DeckContent) -> Iterator[tuple[str, str]]:
    facts, standing = content.facts, content.standing
    rank = standing.completeness_rank if standing else None
    among = f"/{standing.ranked}" if standing and rank else ""
    yield say_share(facts.summary.completeness), "产业链完整度"
    yield f"{rank or '—'}{among}", "同口径同级地区名次"
    yield str(facts.summary.leaves[Rating.STRONG]), "强环节（个）"
    yield str(len(facts.gaps)), "缺、疑缺、弱环节（个）"
    firms = {target.firm for one in facts.top for target in one.targets}
    yield str(len(firms)), f"前 {len(facts.top)} 个缺链的目标企业（家）" if facts.top else "目标企业（家）"


def conclusions(content: DeckContent) -> Iterator[str]:
    """Yield the sentences of the conclusion: how complete, what is strong, what lacks, whom to visit."""
    facts = content.facts
    yield _say_completeness(content)
    strong = facts.strengths[:_NAMED]
    if strong:
        names = "、".join(_say_strength(content, one) for one in strong)
        yield f"优势环节：{names}。"
    else:
        yield "优势环节：现有数据中还没有强或平的环节。"
    if facts.gaps:
        yield f"最急的缺链：{'、'.join(_say_gap(gap) for gap in facts.gaps[:_NAMED])}。"
    else:
        yield "缺链：现有数据中没有缺、疑缺或弱的环节。"
    visits = list(content.visits())[:_NAMED]
    if visits:
        names = "、".join(
            f"{one.target.name}（{content.name_of(one.gap.node)}，{say_number(one.target.score)} 分）"
            for one in visits
        )
        yield f"建议先访：{names}。"
    if facts.summary.leaves[Rating.SUSPECTED]:
        yield "说明：本地只有选择性名录，“疑缺”指名录内未见，须实地核实，不等于没有。"


def _say_completeness(content: DeckContent) -> str:
    summary, standing = content.facts.summary, content.standing
    if summary.completeness is None:
        return (
            f"完整度：{content.place}已知企业太少，{content.chain.name}产业链未观测，先导入企业名单再作判断。"
        )
    words = f"完整度：{content.place}{content.chain.name}产业链完整度 {say_share(summary.completeness)}"
    words += f"（{BASES[summary.basis]}）"
    if standing and standing.completeness_rank:
        words += f"，在全国 {standing.ranked} 个同口径同级地区中列第 {standing.completeness_rank} 位"
    counts = "、".join(f"{RATINGS[one]} {summary.leaves[one]}" for one in Rating if summary.leaves[one])
    return f"{words}；{sum(summary.leaves.values())} 个末级环节：{counts}。"


def _say_strength(content: DeckContent, one: NodeRating) -> str:
    return (
        f"{content.name_of(one.node)}（{RATINGS[one.rating]}，有效企业 {say_number(one.effective_firms)} 家，"
        f"应有 {say_number(one.expected)} 家）"
    )


def _say_gap(gap: Gap) -> str:
    short = f"，约缺 {say_number(gap.shortfall)} 家" if gap.shortfall >= 0.05 else ""
    return f"{gap.name}（{RATINGS[gap.rating]}·{KINDS[gap.kind]}，优先级 {say_number(gap.priority)}{short}）"


def draw_balance(deck: DeckFile, content: DeckContent) -> None:
    """Draw strengths and gaps side by side."""
    page = Page(deck, "优势与缺链", footer=content.source_line)
    facts, width = content.facts, (ACROSS - 0.3) / 2
    heading = Type(14.0, bold=True, colour=ACCENT)
    strong, gaps = facts.strengths[:_ROWS], facts.gaps[:_ROWS]
    page.text(Box(LEFT, TOP, width, 0.34), [_title("优势环节", len(strong), len(facts.strengths))], heading)
    page.text(
        Box(LEFT + width + 0.3, TOP, width, 0.34), [_title("缺链", len(gaps), len(facts.gaps))], heading
    )
    columns = [("环节", 1.75), ("评级", 0.6), ("有效", 0.65), ("应有", 0.65), ("本地企业", width - 3.65)]
    rows = [
        [
            content.name_of(one.node), RATINGS[one.rating], say_number(one.effective_firms),
            say_number(one.expected),
            "、".join(firm.name for firm in facts.firms_of.get(one.node, ())) or "—",
        ]
        for one in strong
    ]  # fmt: skip
    _rated_table(page, LEFT, columns, rows, strong, "优势环节")
    columns = [("环节", 1.75), ("评级", 0.6), ("位置", 0.6), ("类型", 0.8), ("优先级", 0.75), ("缺口", 0.65)]
    columns.append(("周边供给", width - sum(one for _, one in columns)))
    rows = [
        [
            gap.name, RATINGS[gap.rating], STAGES[gap.stage], KINDS[gap.kind], say_number(gap.priority),
            say_number(gap.shortfall), say_number(gap.nearby_supply),
        ]
        for gap in gaps
    ]  # fmt: skip
    _rated_table(page, LEFT + width + 0.3, columns, rows, gaps, "缺链")
    page.notes(
        [
            f"{content.date_line}。{content.source_line}。企业数为有效企业（家），按挂链置信度折算。",
            *(_say_strength(content, one) for one in strong),
            *(_say_gap(gap) for gap in gaps),
        ]
    )


def _rated_table(
    page: Page,
    left: float,
    columns: Sequence[tuple[str, float]],
    rows: Sequence[Sequence[str]],
    rated: Sequence[NodeRating | Gap],
    name: str,
) -> None:
    """Draw a table whose second column is a rating, in its colour."""
    if not rows:
        page.text(Box(left, TOP + 0.45, 5.0, 0.4), ["现有数据中没有。"])
        return
    fills = [(row, 1, rating_fill(one.rating)) for row, one in enumerate(rated, start=1)]
    page.table(left, TOP + 0.42, columns, rows, row_height=0.39, size=10.5, fills=fills, name=name)


def _title(words: str, shown: int, of: int) -> str:
    return f"{words}（{of} 个）" if shown == of else f"{words}（前 {shown} 个，共 {of} 个）"
