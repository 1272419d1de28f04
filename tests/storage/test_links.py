"""Links, what people decided of them, and the coverage that follows from both."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.domain.firms import Firm, ReviewState
from service.domain.regions import Level
from service.errors import UnknownNode
from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, import_file, refresh_coverage, rematch_all
from service.pipeline.reviews import review_link
from service.storage.candidates import StoredLink, read_links_of, read_node_firms
from service.storage.engine import reading_session, write_transaction
from service.storage.links import read_coverage, read_region_firms, replace_links
from tests.stored import ids_by_name, links_frame, store, write_csv

CHAIN = "lithium-battery"
LFP, LIPF6 = f"{CHAIN}/lfp", f"{CHAIN}/lipf6"


def put_links(engine: Engine, knowledge: Knowledge, *links: tuple[int, str, float]) -> None:
    """Store these links as the matcher would and bring coverage up to date."""
    with write_transaction(engine) as connection:
        replace_links(connection, {firm for firm, _, _ in links}, links_frame(links))
        refresh_coverage(connection, knowledge)


def links_of(engine: Engine, firm_id: int) -> dict[str, StoredLink]:
    with reading_session(engine) as session:
        return {link.node: link for link in read_links_of(session, [firm_id])[firm_id]}


def cells(
    engine: Engine, knowledge: Knowledge, level: Level
) -> dict[tuple[str, str], tuple[float, int, int]]:
    with reading_session(engine) as session:
        found = read_coverage(session, knowledge.chain(CHAIN), level)
    return {(adcode, node): (effective, firms, anchors) for adcode, node, effective, firms, anchors in found}


def test_coverage_of_a_hand_worked_example(engine: Engine, knowledge: Knowledge) -> None:
    # A municipality's district, a city right below a province, a city known to no county, a county of
    # the same city, a firm known to its province only, and one that is nowhere.
    places = {
        "东城": "110101",
        "仙桃": "429004",
        "衢州": "330800",
        "柯城": "330802",
        "浙江": "330000",
        "无处": None,
    }
    listed = {"柯城": ("listed",)}
    store(
        engine,
        *(Firm(name=name, adcode=place, standing=listed.get(name, ())) for name, place in places.items()),
    )
    ids = ids_by_name(engine)
    put_links(
        engine,
        knowledge,
        (ids["东城"], LFP, 0.75),
        (ids["仙桃"], LFP, 0.5),
        (ids["衢州"], LFP, 1.0),
        (ids["柯城"], LFP, 0.9),
        (ids["柯城"], LIPF6, 0.4),  # under 0.5: kept, not counted
        (ids["浙江"], LIPF6, 0.7),
        (ids["无处"], LFP, 1.0),
    )
    assert cells(engine, knowledge, Level.PROVINCE) == {
        ("110000", LFP): (0.75, 1, 0),
        ("420000", LFP): (0.5, 1, 0),
        ("330000", LFP): (pytest.approx(1.9), 2, 1),
        ("330000", LIPF6): (pytest.approx(0.7), 1, 0),
    }
    assert cells(engine, knowledge, Level.CITY) == {
        ("110000", LFP): (0.75, 1, 0),
        ("429004", LFP): (0.5, 1, 0),
        ("330800", LFP): (pytest.approx(1.9), 2, 1),
    }
    assert cells(engine, knowledge, Level.COUNTY) == {
        ("110101", LFP): (0.75, 1, 0),
        ("429004", LFP): (0.5, 1, 0),
        ("330802", LFP): (pytest.approx(0.9), 1, 1),
    }


def test_firms_of_any_kind_and_of_any_chain_are_counted_apart(engine: Engine, knowledge: Knowledge) -> None:
    places = {"甲": "330802", "乙": "330802", "丙": "330800", "丁": None}
    store(engine, *(Firm(name=name, adcode=place) for name, place in places.items()))
    ids = ids_by_name(engine)
    put_links(engine, knowledge, (ids["甲"], LFP, 0.9), (ids["甲"], LIPF6, 0.9), (ids["丙"], LFP, 0.3))
    with reading_session(engine) as session:
        known = {level: read_region_firms(session, level) for level in Level}
    assert known == {
        Level.PROVINCE: {"330000": (3, 1)},
        Level.CITY: {"330800": (3, 1)},
        Level.COUNTY: {"330802": (2, 1)},
    }


def test_links_of_a_firm_are_replaced_and_those_of_others_left(engine: Engine, knowledge: Knowledge) -> None:
    store(engine, Firm(name="甲", adcode="330802"), Firm(name="乙", adcode="330803"))
    ids = ids_by_name(engine)
    put_links(engine, knowledge, (ids["甲"], LFP, 0.9), (ids["乙"], LFP, 0.8))
    put_links(engine, knowledge, (ids["甲"], LIPF6, 0.7))
    assert set(links_of(engine, ids["甲"])) == {LIPF6}
    assert links_of(engine, ids["乙"])[LFP].evidence == ({"field": "scope", "term": "词", "note": None},)
    assert set(cells(engine, knowledge, Level.COUNTY)) == {("330802", LIPF6), ("330803", LFP)}


def test_an_accepted_link_stays_and_counts_whole_though_no_longer_found(
    engine: Engine, knowledge: Knowledge
) -> None:
    store(engine, Firm(name="甲", adcode="330802"))
    firm = ids_by_name(engine)["甲"]
    put_links(engine, knowledge, (firm, LFP, 0.3))
    assert cells(engine, knowledge, Level.CITY) == {}
    review_link(engine, knowledge, firm, LFP, ReviewState.ACCEPTED, decided_by="王")
    assert cells(engine, knowledge, Level.CITY) == {("330800", LFP): (1.0, 1, 0)}
    rematch_all(engine, knowledge)  # nothing in the firm's text names the node
    link = links_of(engine, firm)[LFP]
    assert (link.state, link.confirmed) == (ReviewState.ACCEPTED, False)
    assert cells(engine, knowledge, Level.CITY) == {("330800", LFP): (1.0, 1, 0)}
    with reading_session(engine) as session:
        assert [found.effective for found in read_node_firms(session, [LFP])] == [1.0]


def test_a_rejected_link_counts_nothing_also_after_a_re_match(engine: Engine, knowledge: Knowledge) -> None:
    store(engine, Firm(name="甲", adcode="330802", scope="磷酸铁锂生产、销售"))
    firm = ids_by_name(engine)["甲"]
    rematch_all(engine, knowledge)
    assert ("330800", LFP) in cells(engine, knowledge, Level.CITY)
    review_link(engine, knowledge, firm, LFP, ReviewState.REJECTED, decided_by="王")
    for _ in range(2):
        assert ("330800", LFP) not in cells(engine, knowledge, Level.CITY)
        assert links_of(engine, firm)[LFP].state is ReviewState.REJECTED
        with reading_session(engine) as session:
            assert read_node_firms(session, [LFP]) == []
        rematch_all(engine, knowledge)
    review_link(engine, knowledge, firm, LFP, ReviewState.OPEN, decided_by="王")
    assert ("330800", LFP) in cells(engine, knowledge, Level.CITY)


def test_decisions_survive_another_import_of_the_file(
    engine: Engine, knowledge: Knowledge, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "名单.csv",
        {
            "企业名称": ["甲有限公司", "乙有限公司"],
            "区划代码": ["330802"] * 2,
            "经营范围": ["磷酸铁锂生产"] * 2,
        },
    )
    import_file(engine, knowledge, path, ImportOptions(), rejects_dir=tmp_path)
    ids = ids_by_name(engine)
    before = cells(engine, knowledge, Level.CITY)[("330800", LFP)]
    assert before[1] == 2
    review_link(engine, knowledge, ids["甲有限公司"], LFP, ReviewState.REJECTED, decided_by="王")
    review_link(engine, knowledge, ids["乙有限公司"], LFP, ReviewState.ACCEPTED, decided_by="王")
    import_file(engine, knowledge, path, ImportOptions(), rejects_dir=tmp_path)
    assert cells(engine, knowledge, Level.CITY)[("330800", LFP)] == (1.0, 1, 0)
    assert ids_by_name(engine) == ids


def test_there_is_nothing_to_decide_where_there_is_no_link(engine: Engine, knowledge: Knowledge) -> None:
    store(engine, Firm(name="甲"))
    firm = ids_by_name(engine)["甲"]
    with pytest.raises(UnknownNode, match="没有到环节"):
        review_link(engine, knowledge, firm, LFP, ReviewState.ACCEPTED, decided_by="王")
    with pytest.raises(UnknownNode):
        review_link(engine, knowledge, firm, f"{CHAIN}/no-such", ReviewState.ACCEPTED, decided_by="王")


def test_a_link_to_a_node_that_no_chain_has_counts_nowhere(engine: Engine, knowledge: Knowledge) -> None:
    store(engine, Firm(name="甲", adcode="330802"))
    firm = ids_by_name(engine)["甲"]
    put_links(engine, knowledge, (firm, "gone/node", 1.0))
    with reading_session(engine) as session:
        assert read_region_firms(session, Level.CITY) == {"330800": (1, 0)}
