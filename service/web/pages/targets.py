"""目标企业: the firms worth visiting for one node, chosen, ordered, marked for a visit, and taken away."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from service.domain.target_filter import (
    NAMED_STANDINGS,
    PlacedTarget,
    TargetChoice,
    TargetFilter,
    TargetOrder,
    choose_targets,
    commonest,
)
from service.gap_lists import GapList, list_region_gaps
from service.render.list_files import ListFile, ListFormat
from service.storage.engine import Session
from service.storage.sources import data_changed_at, data_version
from service.storage.visits import listed_firms
from service.target_lists import place_targets, target_table
from service.targeting import RankedTargets, rank_targets
from service.web.deps import SessionDep
from service.web.pages.ask import Ask, AskDep
from service.web.pages.downloads import download
from service.web.pages.templates import number, render_page

router = APIRouter()
_PAGE = 20
WITHIN = (100, 200, 300, 500, 1000)
ORDERS = {
    TargetOrder.SCORE: "得分从高到低",
    TargetOrder.DISTANCE: "距离从近到远",
    TargetOrder.CAPITAL: "注册资本从大到小",
    TargetOrder.FOUNDED: "成立时间从近到远",
}


class Count(StrEnum):
    """How many targets a file holds."""

    TEN = "10"
    TWENTY = "20"
    FIFTY = "50"
    ALL = "all"

    @property
    def limit(self) -> int | None:
        """The number, None for all."""
        return None if self is Count.ALL else int(self)


@dataclass(frozen=True)
class Wanted:
    """Which node's targets are asked for, which of them, in what order."""

    node: str
    filter: TargetFilter
    order: TargetOrder

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The filters as they stand in an address; those that filter nothing are left out."""
        within = self.filter.within_km
        found = {
            "source": self.filter.source,
            "standing": self.filter.standing,
            "within": f"{within:g}" if within is not None else "",
            "q": self.filter.text,
            "sort": "" if self.order is TargetOrder.SCORE else str(self.order),
        }
        return {name: value for name, value in found.items() if value}


def get_wanted(
    node: Annotated[str, Query(max_length=120)] = "",
    source: Annotated[str, Query(max_length=20)] = "",
    standing: Annotated[str, Query(max_length=20)] = "",
    within: Annotated[str, Query(pattern=r"^\s*(\d{1,5}(\.\d{1,3})?)?\s*$", max_length=20)] = "",
    q: Annotated[str, Query(max_length=120)] = "",
    sort: TargetOrder = TargetOrder.SCORE,
) -> Wanted:
    """Return what is asked for."""
    km = float(within) if within.strip() else None
    return Wanted(node, TargetFilter(source.strip(), standing.strip(), km, q.strip()), sort)


WantedDep = Annotated[Wanted, Depends(get_wanted)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/targets")
def target_list(
    request: Request,
    ask: AskDep,
    session: SessionDep,
    wanted: WantedDep,
    page: PageNumber = 1,
) -> Response:
    """Show the targets of a node, or of the most urgent gap."""
    gaps = _gaps(session, ask)
    found = _found(session, ask, wanted, gaps)
    values = {
        **ask.values,
        "active": "targets",
        "gaps": [line.gap for line in gaps.lines],
        "observed": gaps.chains[ask.chain.id].summary.completeness is not None,
        "data_version": gaps.data_version,
        "found": found,
        "wanted": wanted,
        "within_choices": WITHIN,
        "orders": ORDERS,
        **(_shown(session, ask, found, wanted, page) if found else {}),
    }
    return render_page(request, "targets.html", values)


@router.get("/targets/rows")
def target_rows(
    request: Request,
    ask: AskDep,
    session: SessionDep,
    wanted: WantedDep,
    page: PageNumber = 1,
) -> Response:
    """Return one more part of the list, to stand below what is shown."""
    found = _found(session, ask, wanted)
    shown = _shown(session, ask, found, wanted, page) if found else {"targets": ()}
    return render_page(request, "target_rows.html", {**ask.values, "found": found, "wanted": wanted, **shown})


@router.get("/targets.{kind}")
def target_file(
    kind: ListFormat,
    ask: AskDep,
    session: SessionDep,
    wanted: WantedDep,
    count: Count = Count.ALL,
) -> Response:
    """Return the chosen targets, or the first of them, as a file."""
    found = _found(session, ask, wanted)
    choice = TargetChoice((), {}, {}, {})
    if found:
        placed = place_targets(session, ask.knowledge, found)
        choice = choose_targets(placed, wanted.filter, wanted.order)
    name = found.node.name if found else ask.chain.name
    title = f"{ask.region.name} · {name}目标企业"
    about = _about(ask, data_version(session), found, wanted, choice, count)
    table = target_table(found.node.name if found else "", choice, count.limit)
    file = ListFile(table, title, about, data_changed_at(session))
    part = "" if count is Count.ALL else f"-前{count}家"
    return download(file, kind, f"targets-{ask.region.adcode}-{ask.chain.id}-{name}{part}".replace("/", "-"))


def _shown(session: Session, ask: Ask, found: RankedTargets, wanted: Wanted, page: int) -> dict[str, Any]:
    """What a page of the list shows, and what can be chosen."""
    placed = place_targets(session, ask.knowledge, found)
    choice = choose_targets(placed, wanted.filter, wanted.order)
    pages = max(1, -(-len(choice.chosen) // _PAGE))
    page = min(page, pages)
    shown: tuple[PlacedTarget, ...] = choice.chosen[(page - 1) * _PAGE : page * _PAGE]
    names = ask.knowledge.region_names
    return {
        "total": len(choice.chosen),
        "targets": shown,
        "page": page,
        "pages": pages,
        "listed": listed_firms(session, found.region.adcode, found.node.id),
        "sources": commonest(choice.sources),
        "provinces": [(code, names[code], count) for code, count in commonest(choice.provinces)],
        "standings": commonest(choice.standings, NAMED_STANDINGS),
        "names": names,
    }


def _about(
    ask: Ask,
    version: str,
    found: RankedTargets | None,
    wanted: Wanted,
    choice: TargetChoice,
    count: Count,
) -> list[tuple[str, str]]:
    listed = len(choice.chosen[: count.limit])
    return [
        ("地区", f"{ask.knowledge.geography.full_name(ask.region.adcode)}（{ask.region.adcode}）"),
        ("产业链", f"{ask.chain.name}（{ask.chain.id}），版本 {ask.chain.version}"),
        ("环节", f"{found.node.name}（{found.node.id}）" if found else "没有缺链环节"),
        ("筛选", say_filter(ask, wanted)),
        ("排序", ORDERS[wanted.order]),
        ("家数", f"符合条件 {len(choice.chosen)} 家，列出 {listed} 家"),
        ("数据版本", version),
        ("权重", found.ranked.weights.note if found else "—"),
        ("得分", "0–100，是各因素得分之和；各因素得分见右侧各列。“总名次”是筛选之前的名次。"),
    ]


def say_filter(ask: Ask, wanted: Wanted) -> str:
    """Return in words which targets are chosen."""
    chosen = wanted.filter
    names = ask.knowledge.region_names
    words = [
        f"来源地 {names.get(chosen.source, chosen.source)}" if chosen.source else "",
        f"资质 {chosen.standing}" if chosen.standing else "",
        f"距离不超过 {number(chosen.within_km)} 公里" if chosen.within_km is not None else "",
        f"名称含“{chosen.text}”" if chosen.text else "",
    ]
    return "，".join(filter(None, words)) or "全部"


def _gaps(session: Session, ask: Ask) -> GapList:
    return list_region_gaps(session, ask.knowledge, ask.region.adcode, [ask.chain.id])


def _found(session: Session, ask: Ask, wanted: Wanted, gaps: GapList | None = None) -> RankedTargets | None:
    """The targets of the node that is asked for, or of the most urgent gap; None where there is no gap."""
    node = wanted.node
    if node not in ask.chain:
        lines = (gaps or _gaps(session, ask)).lines
        if not lines:
            return None
        node = lines[0].gap.node
    return rank_targets(session, ask.knowledge, ask.region.adcode, ask.chain.leaves_below(node)[0])
