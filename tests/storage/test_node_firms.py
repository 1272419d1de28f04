"""The first firms of a node in one place, and how many there are."""

from __future__ import annotations

from sqlalchemy import Engine

from service.domain.firms import Firm, ReviewState
from service.knowledge import Knowledge
from service.pipeline.imports import refresh_coverage
from service.pipeline.reviews import review_link
from service.storage.engine import reading_session, write_transaction
from service.storage.links import replace_links
from service.storage.node_firms import NodeFirm, read_leading_firms
from tests.stored import ids_by_name, links_frame, store

CHAIN = "lithium-battery"
LFP, LIPF6 = f"{CHAIN}/lfp", f"{CHAIN}/lipf6"
HERE = {"330800", "330802"}


def read(engine: Engine, *nodes: str, limit: int = 10) -> tuple[int, list[NodeFirm]]:
    with reading_session(engine) as session:
        return read_leading_firms(session, nodes, inside=HERE, limit=limit)


def fill(engine: Engine, knowledge: Knowledge) -> dict[str, int]:
    """Seven firms: small, sure, special (专精特新, no anchor), listed, champion, large, and one elsewhere."""
    store(
        engine,
        Firm(name="小厂", adcode="330802"),
        Firm(name="稳厂", adcode="330800"),
        Firm(name="专厂", adcode="330802", standing=("专精特新",)),
        Firm(name="上市厂", adcode="330802", stock_code="600000"),
        Firm(name="冠军厂", adcode="330802", standing=("单项冠军",)),
        Firm(name="大厂", adcode="330802", employees=2000, revenue_cny=5e8),
        Firm(name="外地厂", adcode="330100", stock_code="600001"),
    )
    ids = ids_by_name(engine)
    sure = {"小厂": 0.5, "稳厂": 0.9, "专厂": 0.6, "上市厂": 0.7, "冠军厂": 0.8, "大厂": 0.6, "外地厂": 0.9}
    links = [(ids[name], LFP, confidence) for name, confidence in sure.items()]
    links += [(ids["稳厂"], LIPF6, 0.5), (ids["小厂"], LIPF6, 0.3)]
    with write_transaction(engine) as connection:
        replace_links(connection, set(ids.values()), links_frame(links))
        refresh_coverage(connection, knowledge)
    return ids


def test_anchor_firms_come_first_then_the_surest(engine: Engine, knowledge: Knowledge) -> None:
    fill(engine, knowledge)
    total, firms = read(engine, LFP)
    assert total == 6
    assert [firm.name for firm in firms] == ["冠军厂", "上市厂", "大厂", "稳厂", "专厂", "小厂"]
    assert [bool(firm.anchor) for firm in firms] == [True] * 3 + [False] * 3
    assert [firm.effective for firm in firms] == [0.8, 0.7, 0.6, 0.9, 0.6, 0.5]


def test_the_limit_cuts_the_list_and_not_the_count(engine: Engine, knowledge: Knowledge) -> None:
    fill(engine, knowledge)
    total, firms = read(engine, LFP, limit=4)
    assert (total, [firm.name for firm in firms]) == (6, ["冠军厂", "上市厂", "大厂", "稳厂"])


def test_a_firm_of_several_nodes_is_one_firm(engine: Engine, knowledge: Knowledge) -> None:
    fill(engine, knowledge)
    total, firms = read(engine, LFP, LIPF6)
    assert total == 6
    assert {firm.name: firm.effective for firm in firms}["稳厂"] == 0.9
    # Of the second node alone only the link that is sure enough counts.
    assert [firm.name for firm in read(engine, LIPF6)[1]] == ["稳厂"]
    assert read(engine) == (0, [])


def test_what_a_person_decided_counts(engine: Engine, knowledge: Knowledge) -> None:
    ids = fill(engine, knowledge)
    review_link(engine, knowledge, ids["上市厂"], LFP, ReviewState.REJECTED, decided_by="甲")
    review_link(engine, knowledge, ids["小厂"], LFP, ReviewState.ACCEPTED, decided_by="甲")
    total, firms = read(engine, LFP)
    assert total == 5
    assert {firm.name: firm.effective for firm in firms}["小厂"] == 1.0
    assert "上市厂" not in {firm.name for firm in firms}
