"""The last slides: peers, what to do next, how all of this was made."""

from __future__ import annotations

from collections.abc import Iterator

from service.domain.chains import Stage
from service.domain.targets import Target
from service.render.deck_charts import draw_radar_chart
from service.render.deck_content import DeckContent, DeckPeer
from service.render.deck_file import DeckFile
from service.render.deck_opening import facts_note
from service.render.deck_page import ACROSS, BOTTOM, LEFT, TOP, Box, Page, Type
from service.render.deck_text import say_number, say_share
from service.words import BASES, PROFILE_AXES

_FEWEST_AXES = 3
_VISITS = 8
_BENCHMARK = "标杆"
_TABLE_WIDTH = 6.9

_METHOD = (
    "有效企业：挂到某环节的企业按置信度（0–1）相加；企业总部在别处的规模不计入本地评级。",
    "应有：按本地在本链其余环节的规模，参照同口径、同级地区的结构推算，本格自身不计。",
    "评级：强度（现有比应有）的 80% 区间低于 1 为弱、高于 1 为强；现有不足 0.5 家的，名录完整时为缺，"
    "只有选择性名录时为疑缺；没有来源能看到的为未观测。",
    "完整度：已观测的末级环节中，非缺、非疑缺者按重要性（供应路径占比）加权的比例。",
    "优先级与得分：各因素 0–1 乘以权重相加为 0–100 分；不掌握的因素取中性值 0.5 并写明。",
    "周边供给：周边地区的企业按距离折减后的家数，只作提示，不改变评级。",
)


def draw_peers(deck: DeckFile, content: DeckContent) -> None:
    """Draw the region beside others: a table, a radar, and what the benchmarks are ahead in."""
    if not content.peers:
        return
    page = Page(deck, "区域对标", footer=content.source_line)
    columns = [
        ("地区", 1.6), ("完整度", 0.9), ("名次", 0.9), ("有效企业", 0.95), ("上游", 0.85), ("中游", 0.85),
        ("下游", 0.85),
    ]  # fmt: skip
    rows = [_peer_row(one) for one in content.peers]
    page.table(LEFT, TOP, columns, rows, row_height=0.4, size=11.0, name="区域对标")
    lessons = [one.reason for one in content.facts.peers if one.role == _BENCHMARK]
    note = content.facts.peers_note
    top = TOP + 0.4 * (len(rows) + 1) + 0.2
    said = [*([f"注意：{note}"] if note else []), *(f"标杆：{reason}" for reason in lessons)]
    if said:
        page.text(Box(LEFT, top, _TABLE_WIDTH, BOTTOM - top), said, Type(11.0, lead=True), name="标杆")
    _draw_profiles(page, content)
    page.notes(
        [
            content.date_line,
            *said,
            *(f"{one.role} {one.name}：{one.reason}" for one in content.facts.peers if one.reason),
        ]
    )


def _peer_row(one: DeckPeer) -> list[str]:
    rank = one.standing.completeness_rank
    return [
        one.name + ("（本地）" if one.here else ""),
        say_share(one.standing.completeness),
        f"{rank}/{one.standing.ranked}" if rank else "—",
        say_number(one.standing.firms),
        *(say_share(one.by_stage[stage]) if stage in one.by_stage else "—" for stage in Stage),
    ]


def _draw_profiles(page: Page, content: DeckContent) -> None:
    axes = [name for name in PROFILE_AXES if any(one.profile.get(name) is not None for one in content.peers)]
    if len(axes) < _FEWEST_AXES:
        return
    series = [(one.name, [one.profile.get(name) for name in axes]) for one in content.peers]
    left = LEFT + _TABLE_WIDTH + 0.2
    box = Box(left, TOP, LEFT + ACROSS - left, BOTTOM - TOP)
    labels = [PROFILE_AXES[name] for name in axes]
    draw_radar_chart(page, box, labels, series, content.facts.day, name="对标雷达")


def draw_next_steps(deck: DeckFile, content: DeckContent) -> None:
    """Draw the visits to plan, with the columns that the bureau fills in."""
    page = Page(deck, "下一步：拜访计划", footer=content.source_line)
    columns = [
        ("序", 0.45), ("拟访企业", 2.7), ("对应环节", 1.6), ("所在地", 1.7), ("切入点", 3.1), ("责任人", 0.9),
        ("时间", 0.9),
    ]  # fmt: skip
    columns.append(("进展", ACROSS - sum(width for _, width in columns)))
    visits = list(content.visits())[:_VISITS]
    rows = [
        [
            str(number), one.target.name, one.gap.name, content.facts.place(one.target.adcode),
            _way_in(one.target), "", "", "待启动",
        ]
        for number, one in enumerate(visits, start=1)
    ] or [["1", "待定：先导入企业名单", "", "", "", "", "", ""]]  # fmt: skip
    page.table(LEFT, TOP, columns, rows, row_height=0.56, size=10.5, name="拜访计划")
    top = TOP + 0.56 * (len(rows) + 1) + 0.1
    words = "责任人、时间由招商局填写；名单为线索，业务往来、投资意向均须核实。"
    page.text(Box(LEFT, min(top, 6.6), ACROSS, 0.3), [words], Type(11.0))
    page.notes([content.date_line, *_say_visits(content)])


def _way_in(target: Target) -> str:
    """With what a visit can begin: somebody here who opens the door, else what says most for the firm."""
    return target.ties[0].reason if target.ties else target.telling(1)[0].reason


def _say_visits(content: DeckContent) -> Iterator[str]:
    for one in content.visits():
        yield f"{one.target.name}：{one.target.telling(1)[0].reason}"
        yield from (f"联系：{tie.reason}" for tie in one.target.ties)


def draw_method(deck: DeckFile, content: DeckContent) -> None:
    """Say how the figures are made, and from what."""
    page = Page(deck, "方法与来源", footer=content.source_line)
    page.text(
        Box(LEFT, TOP, ACROSS, 2.95),
        [*_METHOD, f"权重：{facts_note(content)}"],
        Type(12.5, lead=True),
        name="方法",
    )
    shown = content.facts.sources[:5]
    columns = [("来源", 5.2), ("数据日期", 1.4), ("导入", 1.4), ("许可", ACROSS - 8.0)]
    rows = [
        [
            source.title,
            f"{source.as_of:%Y-%m-%d}" if source.as_of else "未注明",
            f"{source.imported:%Y-%m-%d}" if source.imported else "—",
            source.licence or "未注明",
        ]
        for source in shown
    ] or [["尚无数据", "—", "—", "—"]]
    page.table(LEFT, TOP + 3.05, columns, rows, row_height=0.38, size=10.5, name="来源")
    basis = BASES[content.facts.summary.basis]
    version = f"产业链版本 {content.chain.version}（{content.chain.date}）"
    words = f"本地依据：{basis}。{content.date_line}。{version}。"
    page.text(Box(LEFT, 6.62, ACROSS, 0.3), [words], Type(11.0))
    page.notes([*_METHOD, facts_note(content), *_say_sources(content), *content.chain.sources])


def _say_sources(content: DeckContent) -> Iterator[str]:
    for one in content.facts.sources:
        day = f"{one.as_of:%Y-%m-%d}" if one.as_of else "日期未注明"
        yield f"{one.title}：{day}；许可：{one.licence or '未注明'}；涉及：{'、'.join(one.covers)}"
