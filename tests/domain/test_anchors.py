from __future__ import annotations

import pytest

from service.domain.anchors import anchor_firms, anchor_reason
from service.domain.firms import Firm, FirmNode, ReviewState


@pytest.mark.parametrize(
    ("firm", "reason"),
    [
        (Firm("甲", stock_code="600000"), "上市公司"),
        (Firm("乙", standing=("listed",)), "上市公司"),
        (Firm("丙", standing=("专精特新", "单项冠军")), "制造业单项冠军"),
        (Firm("丁", employees=1000, revenue_cny=4e8), "大型企业"),
        (Firm("戊", employees=999, revenue_cny=4e9), None),
        (Firm("己", employees=5000, revenue_cny=3.9e8), None),
        (Firm("庚", employees=5000), None),
        (Firm("辛", capital_cny=1e12, standing=("专精特新",)), None),
    ],
)
def test_a_firm_is_an_anchor_by_what_is_known_of_itself(firm: Firm, reason: str | None) -> None:
    found = anchor_reason(firm)
    assert (found is None) if reason is None else (found is not None and found.startswith(reason))


def test_only_confirmed_links_that_nobody_rejected_make_an_anchor() -> None:
    listed = Firm("甲", stock_code="600000")
    links = [
        FirmNode("k3", "n", 0.9, True, ()),
        FirmNode("k1", "n", 0.6, True, (), ReviewState.ACCEPTED),
        FirmNode("k2", "n", 0.4, False, ()),
        FirmNode("k4", "n", 0.9, True, (), ReviewState.REJECTED),
    ]
    assert [anchor.firm for anchor in anchor_firms((listed, link) for link in links)] == ["k1", "k3"]
