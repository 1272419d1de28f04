"""Anchor firms (链主): the firms that lead a node in a region.

Only what is known of the firm itself decides, never its rank among others: with a rank ("the largest 5%
of the node in the country") a firm that grows elsewhere could take the word away from one here, and with
it the rating `strong`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from service.domain.firms import Firm, FirmNode, ReviewState

LARGE_EMPLOYEES = 1_000
LARGE_REVENUE_CNY = 400_000_000.0
"""A large industrial enterprise has both: 国家统计局《统计上大中小微型企业划分办法(2017)》, 工业."""


@dataclass(frozen=True, slots=True)
class AnchorFirm:
    """An anchor firm and the reason, in Chinese, why it is one."""

    firm: str
    name: str
    reason: str


def anchor_reason(firm: Firm) -> str | None:
    """Return why `firm` can anchor a node, or None.

    Listed, a 制造业单项冠军, or large by the national statistical standard (employees and revenue both
    known and above its bounds). Registered capital says too little to make an anchor.
    """
    if firm.stock_code or "listed" in firm.standing:
        return "上市公司"
    if "单项冠军" in firm.standing:
        return "制造业单项冠军"
    if (firm.employees or 0) >= LARGE_EMPLOYEES and (firm.revenue_cny or 0.0) >= LARGE_REVENUE_CNY:
        return "大型企业（从业人员 1000 人及以上且营业收入 4 亿元及以上）"
    return None


def anchor_firms(linked: Iterable[tuple[Firm, FirmNode]]) -> list[AnchorFirm]:
    """Return the anchor firms among the firms of one node in one region, by firm key.

    A firm needs a confirmed link that nobody has rejected.
    """
    found: dict[str, AnchorFirm] = {}
    for firm, link in linked:
        reason = anchor_reason(firm)
        if reason and link.confirmed and link.state is not ReviewState.REJECTED:
            found[link.firm] = AnchorFirm(link.firm, firm.name, reason)
    return [found[key] for key in sorted(found)]
