"""Makes a chain of the rows of a bureau's table: slugs, terms to begin with, edges between the stages.

What such a table does not say is guessed in the open: the chain's summary and the nodes' notes tell it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import polars as pl

from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.domain.matching_rules import normalise
from service.errors import InvalidChain
from service.ingest.chain_checks import SHORTEST_TERM
from service.ingest.chain_sheet import ChainSheet, NodeRow
from service.ingest.gbt4754 import load_gbt4754_codes

LONGEST_SLUG = 40

PUBLISHER = "使用单位自有资料"
GUESSED_TERMS = "词条暂取自环节名称，请按企业在经营范围里的说法补全。"
_GUESSED_EDGES = "供应关系在来源表中没有，暂按上游供中游、中游供下游的次序相连，请据实修改。"
_GUESSED_STAGES = "上中下游在来源表中没有，暂按表中先后次序划分，请据实修改。"

_SUFFIX = re.compile(r"(?:产业)?(?:环节|产业链|产业|行业|领域|板块|等|及其他|类)$")
_TITLE_SUFFIX = re.compile(
    r"(?:产业链)?(?:招商|全景)*(?:图谱|图|地图|清单|一览表|梳理表|统计表|明细表|目录|表)?(?:[(（].*[)）])?$"
)
_BETWEEN = re.compile(r"[/、，,；;()（）及与]+")
# Alone they would find half of all firms: they say something only together with the node above.
_GENERAL = re.compile(
    r"(?:原|主|辅|耗)?材料?|原料|辅料|设备|装备|机械|(?:零|部|零部|配|组|元|器)件|模组|电池|芯片|系统|[软硬]件|平台|整机|制造|生产|加工|组装|"
    r"装配|集成|设计|研发|开发|[测调]试|检测|封装|回收|销售|贸易|物流|服务|运营|应用|终端|资源|能源|其[他它]|产品|[上中下]游|技术|工程|安装|"
    r"维修|仓储|运输|包装|化工|电子|金属|塑料|五金|模具|汽车|建筑|医疗|农业|工业|消费|通信|产业链?|行业|环节|领域|板块"
)
_STAGE_ORDER = tuple(Stage)


@dataclass(frozen=True, slots=True)
class NodeFirm:
    """A firm that the table names at a node; `column` is what the table calls such firms (代表企业 ...)."""

    node: str
    name: str
    column: str


@dataclass(slots=True)
class _Branch:
    """One node while the tree is built; `path` are the names from the top."""

    path: tuple[str, ...]
    row: int
    stage: Stage | None
    slug: str = ""
    terms: dict[str, None] = field(default_factory=dict)
    codes: dict[str, None] = field(default_factory=dict)
    bottleneck: str | None = None
    firms: dict[tuple[str, str], None] = field(default_factory=dict)
    children: list[_Branch] = field(default_factory=list)

    def below(self) -> Iterator[_Branch]:
        """Yield this node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.below()


def draft_chain(
    sheet: ChainSheet, chain_id: str, name: str | None, file: str
) -> tuple[Chain, tuple[NodeFirm, ...]]:
    """Return the chain that the sheet draws, dated today, and the firms it names, in the sheet's order.

    Nodes of one name under one node are one node. Top nodes without a stage get theirs by their order.

    Raises
    ------
    InvalidChain : fewer than two nodes beside each other, or a code that GB/T 4754-2017 does not have; every
        problem is named by row.
    """
    tops = _grow(sheet.rows)
    branches = [branch for top in tops for branch in top.below()]
    problems = [*_code_problems(branches, file), *_width_problems(tops, file)]
    if problems:
        raise InvalidChain(problems)
    guessed_stages = _set_stages(tops)
    _set_slugs(branches)
    chain_name = " ".join((name or "").split()) or _chain_name(sheet, chain_id)
    terms, notes = _terms(branches, chain_name)
    nodes = [node for top in tops for node in _nodes(top, None, chain_id, terms, notes)]
    edges = tuple(
        SupplyEdge(f"{chain_id}/{u.slug}", f"{chain_id}/{v.slug}") for u, v in _edges(_beside(tops))
    )
    summary = f"由工作簿 {file} 的工作表“{sheet.name}”生成。" + (_GUESSED_STAGES if guessed_stages else "")
    chain = Chain(
        chain_id,
        chain_name,
        "1.0",
        date.today().isoformat(),
        tuple(nodes),
        edges,
        summary + _GUESSED_EDGES,
        (f"{file}，{PUBLISHER}",),
    )
    firms = (NodeFirm(f"{chain_id}/{b.slug}", firm, column) for b in branches for column, firm in b.firms)
    return chain, tuple(firms)


def _grow(rows: Iterable[NodeRow]) -> list[_Branch]:
    """Return the top nodes of the tree; a node's own facts come from the rows that end at it."""
    found: dict[tuple[str, ...], _Branch] = {}
    tops: list[_Branch] = []
    for row in rows:
        for depth in range(1, len(row.path) + 1):
            path = row.path[:depth]
            if path not in found:
                found[path] = _Branch(path, row.row, row.stage)
                (found[path[:-1]].children if depth > 1 else tops).append(found[path])
        branch = found[row.path]
        branch.terms |= dict.fromkeys(row.terms)
        branch.codes |= dict.fromkeys(row.codes)
        branch.firms |= dict.fromkeys(row.firms)
        branch.bottleneck = branch.bottleneck or row.bottleneck
    return tops


def _code_problems(branches: Sequence[_Branch], file: str) -> Iterator[str]:
    known = load_gbt4754_codes()
    for branch in branches:
        for code in branch.codes:
            if code not in known:
                name = branch.path[-1]
                yield f"{file} 第 {branch.row} 行：环节“{name}”的国标代码 {code} 在 GB/T 4754-2017 中不存在"


def _width_problems(tops: Sequence[_Branch], file: str) -> Iterator[str]:
    if len(_beside(tops)) < 2:
        yield f"{file}：只读到环节“{tops[0].path[-1]}”，至少要有两个并列的环节才成链"


def _beside(tops: Sequence[_Branch]) -> Sequence[_Branch]:
    """Return the nodes of the first level that has more than one: below a single top node, its children."""
    while len(tops) == 1 and tops[0].children:
        tops = tops[0].children
    return tops


def _set_stages(tops: Sequence[_Branch]) -> bool:
    """Give every node a stage; True when the table has none and the order of the nodes stands for it."""
    beside = _beside(tops)
    guessed = all(branch.stage is None for top in tops for branch in top.below())
    for position, branch in enumerate(beside):
        if guessed:
            branch.stage = _STAGE_ORDER[min(2, 3 * position // max(3, len(beside)))]
    for top in tops:
        top.stage = top.stage or beside[0].stage or Stage.MIDSTREAM
        for branch in top.below():
            for child in branch.children:
                child.stage = child.stage or branch.stage
    return guessed


def _set_slugs(branches: Sequence[_Branch]) -> None:
    taken: Counter[str] = Counter()
    for branch in branches:
        plain = slug_of(branch.path[-1])
        slug = plain
        while taken[slug]:
            taken[plain] += 1
            slug = f"{plain}-{taken[plain]}"
        taken[slug] += 1
        branch.slug = slug


def slug_of(name: str) -> str:
    """Return a name as a slug, pinyin, cut after a syllable: "正极材料 (NCM)" -> "zheng-ji-cai-liao-ncm"."""
    # Here, since its dictionary takes long to load.
    from pypinyin import lazy_pinyin

    latin = "-".join(lazy_pinyin(pl.select(normalise(pl.lit(name))).item())).lower()
    syllables = [part for part in re.split(r"[^a-z0-9]+", latin) if part]
    slug = ""
    for syllable in syllables:
        longer = f"{slug}-{syllable}" if slug else syllable[:LONGEST_SLUG]
        if len(longer) > LONGEST_SLUG:
            break
        slug = longer
    return slug or "node"


def _chain_name(sheet: ChainSheet, chain_id: str) -> str:
    title = _TITLE_SUFFIX.sub("", " ".join((sheet.title or "").split())).strip()
    return title or chain_id


def _terms(branches: Sequence[_Branch], chain_name: str) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return terms and note of each node by slug: those of the table, and for other leaves those of its name.

    A term stands once: where several nodes would have it, the first that the table gives it to keeps it, and
    leaves of one name take it together with the names above them.
    """
    owner: dict[str, str] = {}
    terms: dict[str, tuple[str, ...]] = {}
    notes: dict[str, str] = {}
    for branch in branches:
        own, doubled = _claim(branch.terms, branch.path[-1], owner)
        terms[branch.slug] = own
        if doubled:
            others = "；".join(f"{term}（环节“{owner[key]}”）" for key, term in doubled)
            notes[branch.slug] = f"来源表中的词条与别的环节重复，没有写入：{others}。"
    leaves = [branch for branch in branches if not branch.children and not terms[branch.slug]]
    wishes = {leaf.slug: _wished(leaf.path[-1]) for leaf in leaves}
    often = Counter(key for wished in wishes.values() for key, _ in _keyed(wished))
    for leaf in leaves:
        single = [term for key, term in _keyed(wishes[leaf.slug]) if often[key] == 1]
        own, _ = _claim(single, leaf.path[-1], owner)
        for longer in () if own else _longer(leaf, chain_name):
            own, _ = _claim([longer], leaf.path[-1], owner)
            if own:
                break
        terms[leaf.slug] = own
        notes[leaf.slug] = notes.get(leaf.slug, "") + GUESSED_TERMS
    return terms, notes


def _claim(
    wished: Iterable[str], node: str, owner: dict[str, str]
) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Return the wished terms that are long enough and free, now owned by `node`, and those owned already."""
    own: list[str] = []
    doubled: list[tuple[str, str]] = []
    mine: set[str] = set()
    for key, term in _keyed(list(wished)):
        if len(key) < SHORTEST_TERM or len(term) < SHORTEST_TERM or key in mine:
            continue
        if key in owner:
            doubled.append((key, term))
            continue
        owner[key] = node
        mine.add(key)
        own.append(term)
    return tuple(own), doubled


def _keyed(terms: Sequence[str]) -> list[tuple[str, str]]:
    """Return each term with the form in which it is matched, each form once."""
    if not terms:
        return []
    keys = pl.select(normalise(pl.lit(pl.Series(terms, dtype=pl.String)))).to_series().to_list()
    return list({key: (key, term) for key, term in reversed(list(zip(keys, terms, strict=True)))}.values())[
        ::-1
    ]


def _wished(name: str) -> list[str]:
    """Return what a node's name offers as terms: 隔膜/涂覆膜环节 -> 隔膜, 涂覆膜."""
    parts = [_bare(part) for part in _BETWEEN.split(name)]
    return [
        part
        for part in dict.fromkeys([_bare(name), *parts])
        if len(part) > 1 and not _GENERAL.fullmatch(part)
    ]


def _bare(name: str) -> str:
    short = _SUFFIX.sub("", name.strip()).strip()
    return short if len(short) > 1 else name.strip()


def _longer(leaf: _Branch, chain_name: str) -> Iterator[str]:
    """Yield terms for a name that is general, too short or not the only one: with the names above it."""
    name = _bare(leaf.path[-1])
    if len(name) == 1:
        yield f"{name}业"
    above = [chain_name, *leaf.path[:-1]]
    for depth in range(1, len(above) + 1):
        yield "".join(_bare(part) for part in above[-depth:]) + name
    yield f"{chain_name}{leaf.slug}"
    yield f"{leaf.slug}-{leaf.row}"


def _nodes(
    branch: _Branch,
    parent: str | None,
    chain_id: str,
    terms: dict[str, tuple[str, ...]],
    notes: dict[str, str],
) -> Iterator[Node]:
    node_id = f"{chain_id}/{branch.slug}"
    yield Node(
        id=node_id,
        name=branch.path[-1],
        parent=parent,
        stage=branch.stage or Stage.MIDSTREAM,
        terms=terms[branch.slug],
        gbt4754_codes=tuple(branch.codes),
        bottleneck=branch.bottleneck,
        note=notes.get(branch.slug),
    )
    for child in branch.children:
        yield from _nodes(child, node_id, chain_id, terms, notes)


def _edges(beside: Sequence[_Branch]) -> Iterator[tuple[_Branch, _Branch]]:
    """Yield (supplier, customer): all of a stage to all of the next; in one stage, each to the next."""
    stages = [[branch for branch in beside if branch.stage is stage] for stage in _STAGE_ORDER]
    present = [branches for branches in stages if branches]
    if len(present) == 1:
        yield from pairwise(present[0])
    for suppliers, customers in pairwise(present):
        yield from ((supplier, customer) for supplier in suppliers for customer in customers)
