"""Lists of firms to take away: facts, nodes and sources of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.domain.target_filter import LISTED
from service.render.workbook_tables import Cell, Column, Kind, Table
from service.results import FirmRead


def firm_table(firms: Sequence[FirmRead], node_names: Mapping[str, str], places: Mapping[str, str]) -> Table:
    """Return firms as the table of a file; `places` is by adcode."""
    columns = (
        Column("序号", 7, Kind.COUNT), Column("企业", 40, Kind.WRAPPED), Column("统一社会信用代码", 22),
        Column("所在地", 28, Kind.WRAPPED), Column("环节", 40, Kind.WRAPPED),
        Column("成立日期", 13, Kind.DAY),
        Column("注册资本（元）", 18, Kind.MONEY), Column("营业收入（元）", 18, Kind.MONEY),
        Column("从业人员", 11, Kind.COUNT), Column("资质", 20), Column("股票代码", 11),
        Column("地址", 40, Kind.WRAPPED), Column("经营范围", 60, Kind.WRAPPED),
        Column("来源", 30, Kind.WRAPPED),
    )  # fmt: skip
    rows = tuple(_row(number, one, node_names, places) for number, one in enumerate(firms, start=1))
    return Table("本地企业", columns, rows, 2, "没有符合条件的企业。", printed=11)


def _row(
    number: int, one: FirmRead, node_names: Mapping[str, str], places: Mapping[str, str]
) -> tuple[Cell, ...]:
    counted = [
        link.node
        for link in one.links
        if link.state == "accepted" or (link.confirmed and link.state != "rejected")
    ]
    standing = [LISTED if word == "listed" else word for word in one.standing]
    return (
        number, one.name, one.uscc, places.get(one.adcode or ""),
        "、".join(node_names.get(node, node) for node in counted), one.founded, one.capital_cny,
        one.revenue_cny, one.employees, "、".join(standing), one.stock_code, one.address, one.scope,
        "、".join(source.title for source in one.sources),
    )  # fmt: skip
