"""本地企业: the firms of a region, chosen, ordered and taken away. One firm alone: see `firm_pages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from service.firm_lists import firm_table
from service.render.list_files import ListFile, ListFormat
from service.results import firm_reads
from service.storage.firm_lists import FirmFilter, FirmOrder, choose_firms
from service.storage.sources import data_changed_at, data_version
from service.targeting import regions_inside
from service.web.deps import SessionDep
from service.web.pages.ask import Ask, AskDep
from service.web.pages.downloads import download
from service.web.pages.templates import render_page

router = APIRouter()
_PAGE = 50
_MOST_ROWS = 20_000
STANDINGS = {"listed": "上市公司", "单项冠军": "单项冠军", "专精特新": "专精特新"}
ORDERS = {
    FirmOrder.STORED: "入库先后",
    FirmOrder.CAPITAL: "注册资本从大到小",
    FirmOrder.FOUNDED: "成立时间从近到远",
    FirmOrder.NAME: "名称",
}


@dataclass(frozen=True)
class Wanted:
    """Which firms of the region are asked for, in what order. `every`: of any trade."""

    node: str
    text: str
    every: bool
    standing: str
    since: str
    order: FirmOrder

    @property
    def parameters(self) -> dict[str, str]:
        """The filters as they stand in an address; those that filter nothing are left out."""
        found = {
            "node": self.node,
            "q": self.text,
            "every": "true" if self.every else "",
            "standing": self.standing,
            "since": self.since,
            "sort": "" if self.order is FirmOrder.STORED else str(self.order),
        }
        return {name: value for name, value in found.items() if value}

    def filter(self, ask: Ask) -> FirmFilter:
        """Return the filter; a node that the chain does not have stands for the whole chain."""
        nodes = [one.id for one in ask.chain.nodes]
        if self.node in ask.chain:
            nodes = [self.node, *ask.chain.leaves_below(self.node)]
        return FirmFilter(
            inside=regions_inside(ask.knowledge.geography, ask.region.adcode),
            nodes=None if self.every else nodes,
            text=self.text,
            standing=self.standing,
            founded_from=int(self.since) if self.since else None,
        )


def get_wanted(
    node: Annotated[str, Query(max_length=120)] = "",
    q: Annotated[str, Query(max_length=120)] = "",
    every: Annotated[bool, Query(description="firms of any trade, not only of the chain")] = False,
    standing: Annotated[str, Query(max_length=20)] = "",
    since: Annotated[
        str, Query(pattern=r"^((1[89]|20)\d\d)?$", description="founded in this year or later")
    ] = "",
    sort: FirmOrder = FirmOrder.STORED,
) -> Wanted:
    """Return what is asked for."""
    return Wanted(node, q.strip(), every, standing.strip(), since, sort)


WantedDep = Annotated[Wanted, Depends(get_wanted)]


@router.get("/firms")
def firm_list(
    request: Request,
    ask: AskDep,
    session: SessionDep,
    wanted: WantedDep,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show the firms of the region: of one node, of the chain, or all."""
    total, found = choose_firms(
        session, wanted.filter(ask), wanted.order, limit=_PAGE, offset=(page - 1) * _PAGE
    )
    values = {
        **ask.values,
        "active": "firms",
        "firms": firm_reads(session, found),
        "total": total,
        "page": page,
        "pages": max(1, -(-total // _PAGE)),
        "wanted": wanted,
        "standings": STANDINGS,
        "orders": ORDERS,
        "most": _MOST_ROWS,
        "names": node_names(ask),
        "places": _places(ask, {one.adcode for one in found}),
    }
    return render_page(request, "firms.html", values)


@router.get("/firms.{kind}")
def firm_file(kind: ListFormat, ask: AskDep, session: SessionDep, wanted: WantedDep) -> Response:
    """Return the same list as a file, the first twenty thousand at most."""
    total, found = choose_firms(session, wanted.filter(ask), wanted.order, limit=_MOST_ROWS)
    table = firm_table(
        firm_reads(session, found), node_names(ask), _places(ask, {one.adcode for one in found})
    )
    chosen = "不限" if wanted.every else ask.chain.name
    about = [
        ("地区", f"{ask.knowledge.geography.full_name(ask.region.adcode)}（{ask.region.adcode}）"),
        ("产业链", chosen),
        ("环节", node_names(ask).get(wanted.node, "全部")),
        ("筛选", _say(wanted)),
        ("排序", ORDERS[wanted.order]),
        ("家数", f"符合条件 {total} 家，列出 {len(found)} 家"),
        ("数据版本", data_version(session)),
    ]
    file = ListFile(table, f"{ask.region.name} · 本地企业", about, data_changed_at(session))
    return download(file, kind, f"firms-{ask.region.adcode}-{ask.chain.id}")


def _say(wanted: Wanted) -> str:
    words = [
        f"名称含“{wanted.text}”" if wanted.text else "",
        f"资质 {STANDINGS.get(wanted.standing, wanted.standing)}" if wanted.standing else "",
        f"{wanted.since} 年及以后成立" if wanted.since else "",
    ]
    return "，".join(filter(None, words)) or "全部"


def _places(ask: Ask, adcodes: set[str | None]) -> dict[str, str]:
    return {adcode: ask.knowledge.geography.full_name(adcode) for adcode in adcodes if adcode}


def node_names(ask: Ask) -> dict[str, str]:
    """Return the nodes of the asked chain by their own name, those of others with their chain's."""
    names = {
        node.id: f"{chain.name} · {node.name}"
        for chain in ask.knowledge.chains.values()
        for node in chain.own_nodes
    }
    return names | {node.id: node.name for node in ask.chain.nodes}
