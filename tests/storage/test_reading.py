"""Looking firms up: by key, by part of a name, page by page, with their branches."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from service.domain.firms import Firm
from service.errors import UnknownFirm
from service.storage.candidates import find_firm, list_firms, read_branches, read_node_firms, read_sources_of
from service.storage.engine import reading_session, write_transaction
from service.storage.links import replace_links
from tests.stored import ids_by_name, links_frame, store, uscc


def test_a_firm_is_found_by_uscc_or_by_name_key(engine: Engine) -> None:
    store(engine, Firm(name="甲有限公司", uscc=uscc(1)), Firm(name="乙（衢州）有限公司"))
    with reading_session(engine) as session:
        assert find_firm(session, uscc(1)).name == "甲有限公司"
        assert find_firm(session, "n:乙(衢州)有限公司").name == "乙（衢州）有限公司"
        for key in ("甲有限公司", uscc(2), "", "n:%"):
            with pytest.raises(UnknownFirm):
                find_firm(session, key)


def test_pages_cover_every_firm_once(engine: Engine) -> None:
    store(engine, *(Firm(name=f"{number}号有限公司") for number in range(25)))
    with reading_session(engine) as session:
        pages = [list_firms(session, limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert [total for total, _ in pages] == [25] * 4
    assert [len(firms) for _, firms in pages] == [10, 10, 5, 0]
    assert len({firm.id for _, firms in pages for firm in firms}) == 25


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("%", ["百分%有限公司"]),
        ("_", ["下划_线有限公司"]),
        ("/", ["斜/杠有限公司"]),
        ("\\", ["反\\斜有限公司"]),
        ("'", ["单'引有限公司"]),
        ("百分", ["百分%有限公司"]),
        ("byd", ["BYD电池有限公司"]),
        ("BYD", ["BYD电池有限公司"]),
        ("比亚迪", ["BYD电池有限公司"]),
        ("300001", ["BYD电池有限公司"]),
        ("30000", []),
        (uscc(7), ["百分%有限公司"]),
        (uscc(7)[:-1], []),
        ("没有这样的", []),
    ],
)
def test_text_is_taken_as_it_is_written(engine: Engine, text: str, names: list[str]) -> None:
    store(
        engine,
        Firm(name="百分%有限公司", uscc=uscc(7)),
        Firm(name="下划_线有限公司"),
        Firm(name="斜/杠有限公司"),
        Firm(name="反\\斜有限公司"),
        Firm(name="单'引有限公司"),
        Firm(name="BYD电池有限公司", short_name="比亚迪", stock_code="300001"),
    )
    with reading_session(engine) as session:
        total, found = list_firms(session, text=text)
    assert [firm.name for firm in found] == names
    assert total == len(names)


def test_firms_by_region_and_node(engine: Engine) -> None:
    store(
        engine,
        *(
            Firm(name=name, adcode=place)
            for name, place in {"甲": "330802", "乙": "330803", "丙": None}.items()
        ),
    )
    ids = ids_by_name(engine)
    with write_transaction(engine) as connection:
        links = [(ids["甲"], "c/a", 0.9), (ids["乙"], "c/a", 0.2), (ids["丙"], "c/b", 0.5)]
        replace_links(connection, list(ids.values()), links_frame(links))
    with reading_session(engine) as session:
        assert [firm.name for firm in list_firms(session, inside={"330802", "330803"})[1]] == ["甲", "乙"]
        assert [firm.name for firm in list_firms(session, nodes={"c/a", "c/b"})[1]] == ["甲", "丙"]
        assert list_firms(session, inside=set(), nodes=None) == (0, [])
        linked = read_node_firms(session, ["c/a", "c/b"], inside={"330802"})
        assert [(one.firm.name, one.node, one.effective) for one in linked] == [("甲", "c/a", 0.9)]


def test_branches_stand_under_their_parents_name(engine: Engine) -> None:
    store(
        engine,
        Firm(name="甲股份有限公司"),
        Firm(name="甲股份有限公司衢州分公司", adcode="330802"),
        Firm(name="甲股份有限公司宁波分公司"),
        Firm(name="乙有限公司衢州分公司"),
    )
    with reading_session(engine) as session:
        branches = read_branches(session, {"甲股份有限公司", "丙有限公司"})
    assert {parent: sorted(row.name for row in rows) for parent, rows in branches.items()} == {
        "甲股份有限公司": ["甲股份有限公司宁波分公司", "甲股份有限公司衢州分公司"]
    }


def test_sources_of_a_firm(engine: Engine) -> None:
    store(engine, Firm(name="甲"), Firm(name="乙"), source="b")
    store(engine, Firm(name="甲"), source="a")
    ids = ids_by_name(engine)
    with reading_session(engine) as session:
        found = read_sources_of(session, list(ids.values()))
    assert [source.key for source in found[ids["甲"]]] == ["a", "b"]
    assert [source.key for source in found[ids["乙"]]] == ["b"]
