"""What the project book (产业链招商项目本) says: the chain here, each gap as a project, the method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from service.domain.chains import Node
from service.domain.gaps import Gap, NodeRating, Rating
from service.domain.targets import Target
from service.domain.weights import Weights
from service.render.book_blocks import (
    Block,
    Book,
    Bullets,
    Cell,
    Grid,
    Heading,
    PageBreak,
    Paragraph,
    Rated,
    Tone,
)
from service.render.brief_facts import BriefFacts, GapFirms, LocalFirmFact
from service.words import BASES, GAP_FACTORS, KINDS, PROJECTS, RATINGS, STAGES, TARGET_FACTORS

SHOWN_TARGETS = 10
"""Targets of a project that the book names; the workbook has them all."""

UNKNOWN = "未录入"
_SHOWN_STRENGTHS, _SHOWN_FIRMS, _SHOWN_NODES, _TELLING = 12, 6, 8, 3
_BLANK_CONTACTS = 3
_NUMERALS = "一二三四五六七八九十"


def write_book(facts: BriefFacts) -> Book:
    """Return the project book as blocks."""
    chapters = (_overview, _gap_list, _projects, _method, _sources)
    blocks: list[Block] = []
    for number, chapter in enumerate(chapters):
        blocks.append(PageBreak())
        blocks += chapter(facts, _NUMERALS[number])
    return Book(
        title=f"{facts.title}项目本",
        subtitle=facts.region_full_name,
        cover=tuple(_cover(facts)),
        blocks=tuple(blocks),
        day=facts.day,
    )


def project_name(facts: BriefFacts, gap: Gap) -> str:
    """Return what the project that closes a gap is called."""
    return f"{facts.region_name}{gap.name}{PROJECTS[gap.kind]}项目"


def _cover(facts: BriefFacts) -> Iterator[tuple[str, str]]:
    yield "数据截至", f"{facts.made_of or '库中没有数据'}（数据版本 {facts.data_version}）"
    yield "依据", BASES[facts.summary.basis]
    yield "来源", "；".join(one.title for one in facts.sources) or "库中没有来源"
    yield "收录项目", f"{len(facts.top)} 个（缺链共 {len(facts.gaps)} 个）"
    yield "说明", "内部资料。本项目本由公式推算，供招商研判；企业意向、载体与政策须逐项核实。"


def _overview(facts: BriefFacts, number: str) -> Iterator[Block]:
    summary, chain = facts.summary, facts.chain
    yield Heading(1, f"{number}、产业链概览")
    if chain.summary:
        yield Paragraph(chain.summary.strip())
    yield Paragraph(
        f"{chain.name}产业链共 {len(chain.nodes)} 个环节，其中末级环节 {len(chain.leaves)} 个。"
        f"{facts.region_name}完整度 {percent(summary.completeness)}，依据为{BASES[summary.basis]}。"
        f"{_rank(facts)}"
    )
    yield Heading(3, "末级环节评级")
    counts = [(rating, count) for rating, count in summary.leaves.items()]
    yield Grid(
        tuple(RATINGS[rating] for rating, _ in counts),
        (tuple(f"{count} 个" for _, count in counts),),
        _even(len(counts)),
    )
    yield Heading(3, "分段完整度")
    yield Grid(
        ("全链", *(STAGES[stage] for stage in summary.by_stage)),
        ((percent(summary.completeness), *(percent(share) for share in summary.by_stage.values())),),
        _even(1 + len(summary.by_stage)),
    )
    yield Heading(3, "优势环节")
    yield from _strengths(facts)
    lessons = [one for one in facts.peers if one.reason and one.role == "标杆"]
    if lessons:
        yield Heading(3, "对标")
        yield Bullets(tuple(f"{one.name}：{one.reason}" for one in lessons))
    if facts.peers_note:
        yield Paragraph(facts.peers_note, Tone.NOTE)


def _rank(facts: BriefFacts) -> str:
    here = next((one for one in facts.peers if one.adcode == facts.region_adcode), None)
    if here is None or here.rank is None:
        return ""
    return f"在同一来源可比的 {here.ranked} 个同级地区中，完整度列第 {here.rank} 位。"


def _strengths(facts: BriefFacts) -> Iterator[Block]:
    if not facts.strengths:
        yield Paragraph("没有评为强或平的末级环节。")
        return
    shown = facts.strengths[:_SHOWN_STRENGTHS]
    yield Grid(
        ("环节", "评级", "有效企业", "应有", "本地企业"),
        tuple(_strength(facts, one) for one in shown),
        (0.22, 0.10, 0.11, 0.09, 0.48),
        frozenset({2, 3}),
    )
    if len(facts.strengths) > len(shown):
        yield Paragraph(f"强、平的环节共 {len(facts.strengths)} 个，此处列 {len(shown)} 个。", Tone.NOTE)


def _strength(facts: BriefFacts, one: NodeRating) -> tuple[Cell, ...]:
    return (
        facts.chain.node(one.node).name, Rated(one.rating), firms(one.effective_firms), firms(one.expected),
        _name_firms(facts.firms_of.get(one.node, ())) or "—",
    )  # fmt: skip


def _gap_list(facts: BriefFacts, number: str) -> Iterator[Block]:
    yield Heading(1, f"{number}、缺链一览")
    if not facts.gaps:
        unobserved = facts.summary.leaves.get(Rating.UNOBSERVED, 0)
        yield Paragraph(
            f"没有评为缺、疑缺、弱的末级环节；未观测的有 {unobserved} 个。"
            + ("未观测不等于有，也不等于没有：请先导入企业名单。" if unobserved else "")
        )
        return
    yield Paragraph(
        f"缺、疑缺、弱的末级环节共 {len(facts.gaps)} 个，按优先级列出最紧要的 {len(facts.top)} 个；"
        "优先级为 0–100，由各因素加权得出，理由见各项目。"
    )
    yield Grid(
        ("序号", "环节", "位置", "评级", "类型", "应有", "现有", "缺口", "优先级"),
        tuple(_gap_row(order, one.gap) for order, one in enumerate(facts.top, start=1)),
        (0.07, 0.29, 0.08, 0.10, 0.10, 0.09, 0.09, 0.09, 0.09),
        frozenset({0, 5, 6, 7, 8}),
    )


def _gap_row(order: int, gap: Gap) -> tuple[Cell, ...]:
    return (
        str(order), gap.name, STAGES[gap.stage], Rated(gap.rating), KINDS[gap.kind], firms(gap.expected),
        firms(gap.effective_firms), firms(gap.shortfall), points(gap.priority),
    )  # fmt: skip


def _projects(facts: BriefFacts, number: str) -> Iterator[Block]:
    yield Heading(1, f"{number}、招商项目")
    if not facts.top:
        yield Paragraph("没有缺链，因而没有收录项目。")
    for order, one in enumerate(facts.top, start=1):
        if order > 1:
            yield PageBreak()
        yield from _project(facts, one, order)


def _project(facts: BriefFacts, one: GapFirms, order: int) -> Iterator[Block]:
    gap, node = one.gap, facts.chain.node(one.gap.node)
    yield Heading(2, f"项目 {order}　{gap.name}")
    yield Grid(
        (),
        (
            ("项目名称", project_name(facts, gap)),
            ("所属环节", f"{facts.chain.name} · {STAGES[gap.stage]} · {gap.name}（{gap.node}）"),
            ("评级", Rated(gap.rating)),
            ("类型", f"{KINDS[gap.kind]}（{PROJECTS[gap.kind]}）"),
            ("优先级", f"{points(gap.priority)}（0–100，全部 {len(facts.gaps)} 个缺链中第 {order} 位）"),
            ("依据", BASES[gap.basis]),
            *((("卡脖子", node.bottleneck),) if node.bottleneck else ()),
        ),
        (0.16, 0.84),
    )
    yield Heading(3, "为什么")
    yield Grid(
        ("因素", "取值", "权重", "得分", "理由"),
        tuple(
            (GAP_FACTORS.get(factor.name, factor.name), f"{factor.value:.2f}", percent(factor.weight),
             points(factor.contribution), factor.reason)
            for factor in sorted(gap.factors, key=lambda factor: -factor.contribution)
        ),
        (0.13, 0.08, 0.08, 0.08, 0.63),
        frozenset({1, 2, 3}),
    )  # fmt: skip
    yield Heading(3, "规模")
    yield _scale(gap)
    yield Heading(3, "本地条件")
    yield _conditions(facts, gap)
    yield Heading(3, "载体与政策")
    yield _carriers(gap)
    yield Heading(3, "目标企业")
    yield from _targets(facts, one)
    yield Heading(3, "联系人")
    yield Grid(
        ("单位", "姓名", "职务", "电话", "备注"),
        tuple(("",) * 5 for _ in range(_BLANK_CONTACTS)),
        (0.28, 0.14, 0.16, 0.18, 0.24),
    )


def _scale(gap: Gap) -> Grid:
    spread = gap.intensity
    return Grid(
        ("应有（家）", "现有（家）", "缺口（家）", "现有与应有之比（80% 区间）"),
        (
            (firms(gap.expected), firms(gap.effective_firms), firms(gap.shortfall),
             f"{spread.mean:.2f}（{spread.low:.2f}–{spread.high:.2f}）"),
        ),
        (0.2, 0.2, 0.2, 0.4),
    )  # fmt: skip


def _conditions(facts: BriefFacts, gap: Gap) -> Grid:
    nearby = "不详" if gap.nearby_supply is None else f"按距离折算约 {firms(gap.nearby_supply)} 家"
    return Grid(
        (),
        (
            ("上游配套", _beside(facts, facts.suppliers(gap.node), "本链没有记录它的上游环节。")),
            ("下游客户", _beside(facts, facts.customers(gap.node), "本链没有记录它的下游环节。")),
            ("本环节企业", _name_firms(facts.firms_of.get(gap.node, ())) or "库中未见本地企业。"),
            ("周边供给", f"{nearby}（只作参考，不改变评级）"),
        ),
        (0.16, 0.84),
    )


def _beside(facts: BriefFacts, nodes: Sequence[Node], none: str) -> str:
    """The nodes beside a gap that have firms here, with their firms; how many have none."""
    if not nodes:
        return none
    here = [node for node in nodes if facts.firms_of.get(node.id)]
    if not here:
        return f"{len(nodes)} 个环节，本地均未见企业：{_names([node.name for node in nodes])}。"
    said = "；".join(f"{node.name}：{_name_firms(facts.firms_of[node.id])}" for node in here[:_SHOWN_NODES])
    more = f"等 {len(here)} 个环节" if len(here) > _SHOWN_NODES else ""
    return f"{len(nodes)} 个环节中 {len(here)} 个本地有企业——{said}{more}。"


def _names(names: Sequence[str]) -> str:
    return "、".join(names[:_SHOWN_NODES]) + ("等" if len(names) > _SHOWN_NODES else "")


def _name_firms(found: Sequence[LocalFirmFact]) -> str:
    named = [f"{'链主' if one.anchor else ''}{one.name}" for one in found[:_SHOWN_FIRMS]]
    return "、".join(named) + (f"等 {len(found)} 家" if len(found) > _SHOWN_FIRMS else "")


def _carriers(gap: Gap) -> Grid:
    said = next((factor.reason for factor in gap.factors if factor.name == "fit"), UNKNOWN)
    return Grid((), (("载体", UNKNOWN), ("政策", UNKNOWN), ("契合度", said)), (0.16, 0.84))


def _targets(facts: BriefFacts, one: GapFirms) -> Iterator[Block]:
    if not one.targets:
        yield Paragraph("库中没有做这一环节的外地企业；请导入更多企业名单。")
        return
    yield Grid(
        ("名次", "企业", "所在地", "得分", "理由与障碍"),
        tuple(
            _target(facts, rank, target) for rank, target in enumerate(one.targets[:SHOWN_TARGETS], start=1)
        ),
        (0.07, 0.19, 0.14, 0.07, 0.53),
        frozenset({0, 3}),
    )
    kept = f"共 {len(one.targets)} 家目标企业"
    if len(one.targets) > SHOWN_TARGETS:
        kept += f"，此处列前 {SHOWN_TARGETS} 家，其余见工作簿"
    if one.excluded:
        kept += f"；另有 {len(one.excluded)} 家因硬性障碍排除"
    yield Paragraph(f"{kept}。得分为 0–100；理由只列得分最高的三项。", Tone.NOTE)


def _target(facts: BriefFacts, rank: int, one: Target) -> tuple[Cell, ...]:
    said = [f"{factor.reason}{_told(factor.source, factor.as_of)}" for factor in one.telling(_TELLING)]
    said += [f"障碍：{bar.reason}" for bar in one.obstacles]
    return str(rank), one.name, facts.place(one.adcode), points(one.score), "\n".join(said)


def _told(source: str | None, as_of: str | None) -> str:
    if source is None:
        return ""
    return f"〔{source}{f'，{as_of}' if as_of else ''}〕"


def _method(facts: BriefFacts, number: str) -> Iterator[Block]:
    yield Heading(1, f"{number}、方法")
    yield Bullets(_METHOD)
    yield Heading(3, "优先级的权重")
    yield from _weights(facts.gap_weights, GAP_FACTORS)
    yield Heading(3, "目标企业得分的权重")
    yield from _weights(facts.target_weights, TARGET_FACTORS)


def _weights(weights: Weights, words: Mapping[str, str]) -> Iterator[Block]:
    yield Paragraph(f"{weights.note}（版本 {weights.version}）")
    yield Paragraph(
        "、".join(f"{words.get(name, name)} {weights.share(name):.1%}" for name in weights.values) + "。"
    )


def _sources(facts: BriefFacts, number: str) -> Iterator[Block]:
    yield Heading(1, f"{number}、来源")
    if not facts.sources:
        yield Paragraph("库中没有来源。")
        return
    yield Grid(
        ("来源", "数据日期", "导入日期", "涉及地区", "声明完整的地区", "许可"),
        tuple(
            (one.title, _day(one.as_of), _day(one.imported), _names(one.covers) or "—",
             _names(one.complete_for) or "无（选择性名录）", one.licence or "未注明")
            for one in facts.sources
        ),
        (0.26, 0.13, 0.13, 0.14, 0.17, 0.17),
    )  # fmt: skip


def _day(day: object) -> str:
    return str(day) if day else "未注明"


def _even(count: int) -> tuple[float, ...]:
    return (1.0 / count,) * count


def firms(count: float) -> str:
    """Return a number of firms as it is shown."""
    return f"{count:.1f}"


def points(value: float) -> str:
    """Return a score or a part of one as it is shown."""
    return f"{value:.1f}"


def percent(share: float | None) -> str:
    """Return a share as it is shown."""
    return "不详" if share is None else f"{share:.0%}"


_METHOD = (
    "评级：把本地与同一来源可比的全部同级地区相比。应有家数＝本地在本链其余环节的企业数×其他地区本环节的企业数÷"
    "其他地区其余环节的企业数，不含本地本环节自身。",
    "现有与应有之比按伽马分布收缩，给出均值与 80% 区间：区间整体低于 1 为弱，整体高于 1（或有链主且均值不低于"
    " 1）为强，其余为平。",
    "缺只在完整名录（工商登记、规上企业名录）中未见时使用；只有选择性名录时写作疑缺，意为名录内未见，有待核实；"
    "未观测表示现有来源看不出有没有，不等于没有。",
    "有效企业是各企业挂链置信度之和，不是企业户数；人工确认的计 1，否定的不计。",
    "优先级与目标企业得分均为 0–100，等于各因素取值（0–1）乘权重之和；不掌握情况的因素取中性值 0.5 并写明。",
    "本地关联由产业链上下游关系推出，不是已有的业务往来，须核实。",
)
