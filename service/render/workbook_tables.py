"""The tables of the workbook: their columns, and their rows with links from one table to another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from service.domain.chains import Node
from service.domain.gaps import Gap
from service.domain.targets import ExcludedFirm, Target
from service.domain.weights import Factor
from service.render.brief_facts import BriefFacts, GapFirms, LocalFirmFact
from service.words import BASES, GAP_FACTORS, KINDS, RATINGS, STAGES, TARGET_FACTORS

TREE, GAPS, GAP_REASONS, TARGETS, TARGET_REASONS, FIRMS, PEERS, SOURCES = (
    "产业链", "缺链", "缺链因素", "目标企业", "目标因素", "本地企业", "对标", "来源",
)  # fmt: skip

_TELLING = 3
_PRINTED_OF_GAPS, _PRINTED_OF_TARGETS = 17, 12
"""Without the points of each factor: a row would be too wide for paper."""


class Kind(Enum):
    """How a column is written: its number format, its alignment, and what is drawn in it."""

    TEXT = auto()
    WRAPPED = auto()
    RATING = auto()
    COUNT = auto()
    FIRMS = auto()
    SHARE = auto()
    RATIO = auto()
    POINTS = auto()
    SCORE = auto()
    MONEY = auto()
    DAY = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `width` in characters of the sheet's font, a Chinese one being two."""

    head: str
    width: float
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads to a row (from 0, the heads being row 0) of another table."""

    value: str | float
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class Indented:
    """A text that stands `depth` steps to the right."""

    text: str
    depth: int


Cell = str | float | dt.date | Link | Indented | None


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: heads, rows, how many columns stay in sight, what is said where there is no row, and how many
    columns are printed (None: all).
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    frozen: int
    nothing: str
    printed: int | None = None


class _Places:
    """The row of every node, gap and list of targets in its table."""

    def __init__(self, facts: BriefFacts) -> None:
        self.tree = {node.id: row for row, (_, node) in enumerate(facts.chain.walk(), start=1)}
        self.gaps = {gap.node: row for row, gap in enumerate(facts.gaps, start=1)}
        self.targets: dict[str, int] = {}
        self.firms: dict[str, int] = {}
        row = 1
        for one in facts.top:
            if one.targets:
                self.targets[one.gap.node] = row
            row += len(one.targets) + len(one.excluded)
        for number, firm in enumerate(_firms_in_order(facts), start=1):
            self.firms.setdefault(firm.node, number)

    def to_tree(self, node: Node) -> Link:
        return Link(node.name, TREE, self.tree[node.id])

    def to_gap(self, gap: Gap) -> Link:
        return Link(gap.name, GAPS, self.gaps[gap.node])


def make_tables(facts: BriefFacts) -> list[Table]:
    """Return all tables of the workbook but the first sheet, in the order of the sheets."""
    places = _Places(facts)
    return [
        _tree(facts, places),
        _gaps(facts, places),
        _gap_reasons(facts, places),
        _targets(facts, places),
        _target_reasons(facts, places),
        _firms(facts, places),
        _peers(facts),
        _sources(facts),
    ]


def _tree(facts: BriefFacts, places: _Places) -> Table:
    columns = (
        Column("环节", 32, Kind.WRAPPED), Column("编号", 28), Column("位置", 7), Column("末级", 7),
        Column("评级", 9, Kind.RATING), Column("依据", 12), Column("有效企业", 11, Kind.FIRMS),
        Column("应有", 9, Kind.FIRMS), Column("缺口", 9, Kind.FIRMS), Column("周边供给", 11, Kind.FIRMS),
        Column("强度", 9, Kind.RATIO), Column("强度下限", 11, Kind.RATIO),
        Column("强度上限", 11, Kind.RATIO), Column("链主", 7), Column("本地企业", 11, Kind.COUNT),
        Column("缺链优先级", 13, Kind.SCORE), Column("卡脖子", 30, Kind.WRAPPED),
    )  # fmt: skip
    leaves = {leaf.id for leaf in facts.chain.leaves}
    priority = {gap.node: gap.priority for gap in facts.gaps}

    def row(depth: int, node: Node) -> tuple[Cell, ...]:
        rated = facts.rating_of[node.id]
        count = len(facts.firms_of.get(node.id, ()))
        return (
            Indented(node.name, depth), node.id, STAGES[node.stage], "是" if node.id in leaves else "",
            RATINGS[rated.rating], BASES[rated.basis], rated.effective_firms, rated.expected,
            rated.shortfall, facts.nearby.get(node.id), rated.intensity.mean, rated.intensity.low,
            rated.intensity.high, "有" if rated.anchor else "",
            Link(count, FIRMS, places.firms[node.id]) if count else 0,
            Link(priority[node.id], GAPS, places.gaps[node.id]) if node.id in priority else None,
            node.bottleneck,
        )  # fmt: skip

    rows = tuple(row(depth, node) for depth, node in facts.chain.walk())
    return Table(TREE, columns, rows, 1, "这条产业链没有环节。")


def _gaps(facts: BriefFacts, places: _Places) -> Table:
    columns = (
        Column("序号", 7, Kind.COUNT), Column("环节", 26, Kind.WRAPPED), Column("编号", 34),
        Column("位置", 7), Column("评级", 9, Kind.RATING), Column("依据", 12), Column("类型", 9),
        Column("优先级", 12, Kind.SCORE), Column("有效企业", 11, Kind.FIRMS),
        Column("应有", 9, Kind.FIRMS), Column("缺口", 9, Kind.FIRMS), Column("强度", 9, Kind.RATIO),
        Column("强度下限", 11, Kind.RATIO), Column("强度上限", 11, Kind.RATIO),
        Column("周边供给", 11, Kind.FIRMS), Column("目标企业", 11, Kind.COUNT),
        Column("主要理由", 60, Kind.WRAPPED),
        *(Column(GAP_FACTORS.get(name, name), 11, Kind.POINTS) for name in facts.gap_weights.values),
    )  # fmt: skip
    targets = {one.gap.node: len(one.targets) for one in facts.top}

    def row(number: int, gap: Gap) -> tuple[Cell, ...]:
        count = targets.get(gap.node)
        points = {factor.name: factor.contribution for factor in gap.factors}
        return (
            number, places.to_tree(facts.chain.node(gap.node)), gap.node, STAGES[gap.stage],
            RATINGS[gap.rating], BASES[gap.basis], KINDS[gap.kind], gap.priority, gap.effective_firms,
            gap.expected, gap.shortfall, gap.intensity.mean, gap.intensity.low, gap.intensity.high,
            gap.nearby_supply, Link(count, TARGETS, places.targets[gap.node]) if count else count,
            "\n".join(factor.reason for factor in _telling(gap.factors)),
            *(points.get(name) for name in facts.gap_weights.values),
        )  # fmt: skip

    rows = tuple(row(number, gap) for number, gap in enumerate(facts.gaps, start=1))
    return Table(
        GAPS, columns, rows, 2, "没有缺、疑缺、弱的环节，或已知的企业太少，不足以评级。", _PRINTED_OF_GAPS
    )


def _telling(factors: Sequence[Factor]) -> list[Factor]:
    return sorted(factors, key=lambda factor: -factor.contribution)[:_TELLING]


def _gap_reasons(facts: BriefFacts, places: _Places) -> Table:
    columns = (
        Column("环节", 26, Kind.WRAPPED), Column("因素", 12), Column("取值", 9, Kind.RATIO),
        Column("权重", 9, Kind.SHARE), Column("得分", 12, Kind.POINTS), Column("理由", 90, Kind.WRAPPED),
    )  # fmt: skip
    rows = tuple(
        (places.to_gap(gap), GAP_FACTORS.get(one.name, one.name), one.value, one.weight, one.contribution,
         one.reason)
        for gap in facts.gaps
        for one in gap.factors
    )  # fmt: skip
    return Table(GAP_REASONS, columns, rows, 1, "没有缺链。")


def _targets(facts: BriefFacts, places: _Places) -> Table:
    columns = (
        Column("环节", 22, Kind.WRAPPED), Column("名次", 7, Kind.COUNT), Column("企业", 36, Kind.WRAPPED),
        Column("统一社会信用代码", 22), Column("所在地", 26, Kind.WRAPPED), Column("代码", 9),
        Column("得分", 12, Kind.SCORE), Column("主要理由", 60, Kind.WRAPPED),
        Column("本地关联（以商招商）", 60, Kind.WRAPPED), Column("障碍", 30, Kind.WRAPPED),
        Column("列入", 9), Column("来源", 40, Kind.WRAPPED),
        *(Column(TARGET_FACTORS.get(name, name), 11, Kind.POINTS) for name in facts.target_weights.values),
    )  # fmt: skip
    rows = tuple(row for one in facts.top for row in _targets_of(facts, places, one))
    nothing = "没有目标企业：没有缺链，或库中没有做这些环节的外地企业。"
    return Table(TARGETS, columns, rows, 3, nothing, _PRINTED_OF_TARGETS)


def _targets_of(facts: BriefFacts, places: _Places, found: GapFirms) -> Iterator[tuple[Cell, ...]]:
    """The targets of a gap, then the firms that are excluded."""
    head = places.to_gap(found.gap)
    names = list(facts.target_weights.values)
    for rank, one in enumerate(found.targets, start=1):
        points = {factor.name: factor.contribution for factor in one.factors}
        reasons = "\n".join(factor.reason for factor in one.telling(_TELLING))
        ties = "\n".join(tie.reason for tie in one.ties)
        yield (
            head, rank, one.name, one.uscc, facts.place(one.adcode), one.adcode, one.score, reasons, ties,
            _obstacles(one), "是", _sources_of(one), *(points.get(name) for name in names),
        )  # fmt: skip
    for firm in found.excluded:
        yield (
            head, None, firm.name, firm.uscc, facts.place(firm.adcode), firm.adcode, None, None, None,
            _obstacles(firm), "否", _sources_of(firm), *(None for _ in names),
        )  # fmt: skip


def _obstacles(one: Target | ExcludedFirm) -> str:
    return "\n".join(f"{'【排除】' if bar.hard else ''}{bar.reason}" for bar in one.obstacles)


def _sources_of(one: Target | ExcludedFirm) -> str:
    return "\n".join(
        f"{source.title}（{source.as_of}）" if source.as_of else source.title for source in one.sources
    )


def _target_reasons(facts: BriefFacts, places: _Places) -> Table:
    columns = (
        Column("环节", 22, Kind.WRAPPED), Column("企业", 36, Kind.WRAPPED), Column("因素", 12),
        Column("取值", 9, Kind.RATIO), Column("权重", 9, Kind.SHARE), Column("得分", 12, Kind.POINTS),
        Column("理由", 80, Kind.WRAPPED), Column("来源", 40, Kind.WRAPPED), Column("数据日期", 13),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for found in facts.top:
        for number, one in enumerate(found.targets):
            back = Link(one.name, TARGETS, places.targets[found.gap.node] + number)
            rows += [
                (found.gap.name, back, TARGET_FACTORS.get(factor.name, factor.name), factor.value,
                 factor.weight, factor.contribution, factor.reason, factor.source, factor.as_of)
                for factor in one.factors
            ]  # fmt: skip
    return Table(TARGET_REASONS, columns, tuple(rows), 2, "没有目标企业。")


def _firms_in_order(facts: BriefFacts) -> list[LocalFirmFact]:
    return [firm for _, node in facts.chain.walk() for firm in facts.firms_of.get(node.id, ())]


def _firms(facts: BriefFacts, places: _Places) -> Table:
    columns = (
        Column("环节", 26, Kind.WRAPPED), Column("企业", 40, Kind.WRAPPED), Column("企业编号", 30),
        Column("计入（家）", 12, Kind.RATIO), Column("链主", 26, Kind.WRAPPED), Column("股票代码", 11),
        Column("资质", 20), Column("从业人员", 11, Kind.COUNT), Column("营业收入（元）", 18, Kind.MONEY),
    )  # fmt: skip
    rows = tuple(
        (places.to_tree(facts.chain.node(one.node)), one.name, one.key, one.effective, one.anchor,
         one.stock_code, "、".join(word for word in one.standing if word != "listed"), one.employees,
         one.revenue_cny)
        for one in _firms_in_order(facts)
    )  # fmt: skip
    return Table(FIRMS, columns, rows, 2, "库中没有本地企业挂到这条产业链。")


def _peers(facts: BriefFacts) -> Table:
    columns = (
        Column("类别", 8), Column("地区", 24), Column("代码", 9), Column("完整度", 10, Kind.SHARE),
        Column("名次", 8, Kind.COUNT), Column("参评地区", 11, Kind.COUNT),
        Column("有效企业", 11, Kind.FIRMS), Column("结构相似度", 13, Kind.RATIO),
        Column("规模之比", 11, Kind.RATIO), Column("城市群", 12), Column("距离（公里）", 14, Kind.COUNT),
        Column("说明", 80, Kind.WRAPPED),
    )  # fmt: skip
    rows = tuple(
        (one.role, one.name, one.adcode, one.completeness, one.rank, one.ranked, one.firms, one.similarity,
         one.size_ratio, one.cluster, one.distance_km, one.reason)
        for one in facts.peers
    )  # fmt: skip
    return Table(PEERS, columns, rows, 2, "没有可以比较的地区：已知的企业太少。")


def _sources(facts: BriefFacts) -> Table:
    columns = (
        Column("来源", 44, Kind.WRAPPED), Column("数据日期", 14, Kind.DAY), Column("导入日期", 14, Kind.DAY),
        Column("许可", 34, Kind.WRAPPED), Column("涉及地区", 30, Kind.WRAPPED),
        Column("声明完整的地区", 30, Kind.WRAPPED),
    )  # fmt: skip
    rows = tuple(
        (one.title, one.as_of, one.imported, one.licence or "未注明", "、".join(one.covers),
         "、".join(one.complete_for) or "无（选择性名录）")
        for one in facts.sources
    )  # fmt: skip
    return Table(SOURCES, columns, rows, 1, "库中没有来源。")
