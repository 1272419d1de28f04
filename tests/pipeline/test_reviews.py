"""Decisions on uncertain links: in batches, by a rule, undone, side by side, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from alembic import command
from sqlalchemy import Engine, insert, select

from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.domain.firms import Firm, ReviewState
from service.domain.gaps import Rating
from service.errors import BatchFixed, InvalidQuery, UnknownBatch, UnknownNode
from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, import_file, refresh_coverage, rematch_all
from service.pipeline.match import LINKS
from service.pipeline.reviews import Decided, review_link, review_links, review_matching, undo_batch
from service.results import review_reads
from service.reviewing import Scope, describe_rule, rank_waiting, rule_of
from service.storage.decisions import list_batches, read_waiting
from service.storage.engine import alembic_config, open_engine, reading_session, write_transaction
from service.storage.links import replace_links
from service.storage.sources import data_version
from service.storage.tables import (
    CoverageRow,
    LinkDecisionLogRow,
    LinkDecisionRow,
    LinkRow,
    RegionFirmsRow,
)
from tests.stored import ids_by_name, row_counts, store, write_csv

CHAIN = "lithium-battery"
LFP, LIPF6, SEPARATOR = f"{CHAIN}/lfp", f"{CHAIN}/lipf6", f"{CHAIN}/wet-separator"
YES, NO, OPEN = ReviewState.ACCEPTED, ReviewState.REJECTED, ReviewState.OPEN
QUZHOU = Scope("330800", CHAIN)

Evidence = tuple[str, str]
"""(field, term)"""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def link_all(
    engine: Engine, knowledge: Knowledge, *links: tuple[str, str, float, list[Evidence]]
) -> dict[str, int]:
    """Store links of (firm, node, confidence, evidence) as the matcher would; return the firms' numbers."""
    ids = ids_by_name(engine)
    rows = [
        (
            ids[name],
            node,
            confidence,
            confidence >= 0.5,
            [{"field": field, "term": term, "note": None} for field, term in evidence],
        )
        for name, node, confidence, evidence in links
    ]
    frame = pl.DataFrame(rows, schema={"firm": pl.Int64, **LINKS}, orient="row")
    with write_transaction(engine) as connection:
        replace_links(connection, set(ids.values()), frame)
        refresh_coverage(connection, knowledge)
    return ids


@pytest.fixture
def firms(engine: Engine, knowledge: Knowledge) -> dict[str, int]:
    """Four firms: two of 衢州's counties, one of the city, one elsewhere; five uncertain links, one sure."""
    places = {"甲": "330802", "乙": "330803", "丙": "330800", "丁": "330102"}
    store(engine, *(Firm(name=name, adcode=place) for name, place in places.items()))
    return link_all(
        engine,
        knowledge,
        ("甲", LFP, 0.2, [("scope", "磷酸铁锂")]),
        ("甲", LIPF6, 0.45, [("name", "六氟"), ("scope", "电解质")]),
        ("乙", LFP, 0.3, [("name", "磷酸铁锂")]),
        ("丙", LFP, 0.9, [("products", "磷酸铁锂")]),
        ("丙", LIPF6, 0.3, [("scope", "六氟")]),
        ("丁", LFP, 0.3, [("scope", "磷酸铁锂")]),
    )


def rows_of(engine: Engine, *tables: Any) -> list[list[tuple[Any, ...]]]:
    """Return every row of the tables, in a fixed order; JSON as text, so that rows can be sorted."""
    with engine.connect() as connection:
        return [
            sorted(tuple(map(str, row)) for row in connection.execute(select(table.__table__)))
            for table in tables
        ]


def state_of_all(engine: Engine) -> list[list[tuple[Any, ...]]]:
    return rows_of(engine, LinkRow, LinkDecisionRow, CoverageRow, RegionFirmsRow)


def version(engine: Engine) -> int:
    with reading_session(engine) as session:
        return int(data_version(session).partition("-")[0])


def waiting(engine: Engine, knowledge: Knowledge, scope: Scope) -> list[tuple[str, str]]:
    with reading_session(engine) as session:
        return [(one.link.name, one.link.node) for one in rank_waiting(session, knowledge, scope)]


def effective(engine: Engine, adcode: str, node: str) -> float:
    with engine.connect() as connection:
        found = connection.execute(
            select(CoverageRow.effective).where(  # type: ignore[call-overload]
                CoverageRow.adcode == adcode, CoverageRow.node == node, CoverageRow.level == "city"
            )
        ).scalar()
    return float(found or 0.0)


def test_the_queue_holds_the_uncertain_links_of_the_region(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    assert set(waiting(engine, knowledge, QUZHOU)) == {("甲", LFP), ("甲", LIPF6), ("乙", LFP), ("丙", LIPF6)}
    assert waiting(engine, knowledge, Scope("柯城区", CHAIN, LIPF6)) == [("甲", LIPF6)]
    assert set(waiting(engine, knowledge, Scope("浙江", CHAIN))) >= {("丁", LFP)}
    assert waiting(engine, knowledge, Scope("330800", "photovoltaics")) == []
    with pytest.raises(UnknownNode):
        waiting(engine, knowledge, Scope("330800", "photovoltaics", LFP))


def test_what_raises_a_rating_comes_first_and_says_so(engine: Engine, knowledge: Knowledge) -> None:
    here, there = [f"衢州{n}" for n in range(6)], [f"杭州{n}" for n in range(6)]
    store(
        engine,
        *(Firm(name=name, adcode="330802", scope="磷酸铁锂、六氟磷酸锂") for name in here),
        *(Firm(name=name, adcode="330102") for name in there),
    )
    link_all(
        engine,
        knowledge,
        *((name, LFP, 1.0, []) for name in here),
        *((name, LFP, 1.0, []) for name in there[:3]),
        *((name, LIPF6, 1.0, []) for name in there[3:]),
        (here[0], LIPF6, 0.2, [("scope", "六氟磷酸锂")]),
        (here[1], LIPF6, 0.4, []),
        (there[5], LFP, 0.45, []),
    )
    with reading_session(engine) as session:
        ranked = rank_waiting(session, knowledge, Scope("浙江", CHAIN))
        assert {one.link.name for one in ranked} == {here[0], here[1], there[5]}
        ranked = rank_waiting(session, knowledge, QUZHOU)
        reads = review_reads(session, knowledge.chain(CHAIN), ranked)
    assert [one.name for one in reads] == [here[1], here[0]]
    # LIPF6 of 衢州, seen from the city: k = 0, e = 6 * 3 / 3 = 6; with one firm more (1 + 1) / (1 + 6).
    for one in reads:
        assert (one.rating, one.rating_if_accepted) == (Rating.SUSPECTED, Rating.WEAK)
        assert one.intensity_gain == pytest.approx(1 / 7)
    last = reads[1]
    assert (last.node_name, last.adcode) == (knowledge.chain(CHAIN).node(LIPF6).name, "330802")
    assert ([one.term for one in last.evidence], last.excerpt) == (["六氟磷酸锂"], "磷酸铁锂、六氟磷酸锂")


def test_borrowed_nodes_belong_to_the_queue(engine: Engine, knowledge: Knowledge) -> None:
    nodes = (
        Node(LFP, "磷酸铁锂", None, Stage.UPSTREAM, ("磷酸铁锂",)),
        Node("storage/cabinet", "储能柜", None, Stage.DOWNSTREAM, ("储能柜",)),
    )
    edges = (SupplyEdge(LFP, "storage/cabinet"),)
    borrower = Chain("storage", "储能", "1", "2026-01-01", nodes, edges)
    both = replace(knowledge, chains={**knowledge.chains, "storage": borrower})
    store(engine, Firm(name="甲", adcode="330802"))
    ids = link_all(engine, both, ("甲", LFP, 0.3, []), ("甲", "storage/cabinet", 0.2, []))
    assert set(waiting(engine, both, Scope("330800", "storage"))) == {("甲", LFP), ("甲", "storage/cabinet")}
    review_link(engine, both, ids["甲"], LFP, YES, decided_by="王")
    assert waiting(engine, both, Scope("330800", "storage")) == [("甲", "storage/cabinet")]


def test_a_batch_is_one_change_and_counts(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    before = version(engine)
    wanted = {(firms["甲"], LFP): YES, (firms["乙"], LFP): YES, (firms["丙"], LIPF6): NO}
    assert review_links(engine, knowledge, wanted, decided_by="王", note="走访") == Decided(1, 3)
    assert version(engine) == before + 1
    assert effective(engine, "330800", LFP) == pytest.approx(2.9)
    assert waiting(engine, knowledge, QUZHOU) == [("甲", LIPF6)]
    with reading_session(engine) as session:
        total, (batch,) = list_batches(session)
    assert (total, batch.batch, batch.decided_by, batch.note) == (1, 1, "王", "走访")
    assert (batch.accepted, batch.rejected, batch.reopened, batch.firm_id, batch.node) == (
        2,
        1,
        0,
        None,
        None,
    )
    assert batch.undone_at is None
    assert abs(batch.decided_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


def test_of_a_batch_with_one_impossible_decision_nothing_is_kept(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    before, number = state_of_all(engine), version(engine)
    for impossible in (SEPARATOR, f"{CHAIN}/no-such"):
        with pytest.raises(UnknownNode):
            review_links(
                engine,
                knowledge,
                {(firms["甲"], LFP): YES, (firms["甲"], impossible): YES},
                decided_by="王",
            )
    assert (state_of_all(engine), version(engine)) == (before, number)
    assert row_counts(engine)["link_decision_log"] == 0


def test_a_decision_that_repeats_what_stands_is_no_batch(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    review_link(engine, knowledge, firms["甲"], LFP, NO, decided_by="王")
    before, number = state_of_all(engine), version(engine)
    assert review_link(engine, knowledge, firms["甲"], LFP, NO, decided_by="李") == Decided(None, 0)
    assert review_link(engine, knowledge, firms["乙"], LFP, OPEN, decided_by="李") == Decided(None, 0)
    both = {(firms["甲"], LFP): NO, (firms["乙"], LFP): NO}
    assert (state_of_all(engine), version(engine)) == (before, number)
    assert review_links(engine, knowledge, both, decided_by="李") == Decided(2, 1)


def test_undo_brings_back_exactly_what_was(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    states = [state_of_all(engine)]
    batches: list[dict[tuple[int, str], ReviewState]] = [
        {(firms["甲"], LFP): YES, (firms["甲"], LIPF6): NO},
        {(firms["甲"], LFP): NO, (firms["丙"], LFP): NO, (firms["乙"], LFP): YES},
        {(firms["甲"], LFP): OPEN, (firms["甲"], LIPF6): OPEN, (firms["乙"], LFP): NO},
    ]
    for wanted in batches:
        review_links(engine, knowledge, wanted, decided_by="王", note=f"第 {len(states)} 批")
        states.append(state_of_all(engine))
    for number in (3, 2, 1):
        assert states.pop() == state_of_all(engine)
        assert undo_batch(engine, knowledge, number, undone_by="李").changed == len(batches[number - 1])
    assert states == [state_of_all(engine)]
    with reading_session(engine) as session:
        assert [(one.batch, one.undone_by) for one in list_batches(session)[1]] == [
            (3, "李"),
            (2, "李"),
            (1, "李"),
        ]


def test_a_batch_on_which_a_later_one_rests_cannot_be_undone(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    review_links(engine, knowledge, {(firms["甲"], LFP): NO, (firms["乙"], LFP): NO}, decided_by="王")
    review_link(engine, knowledge, firms["丙"], LIPF6, NO, decided_by="王")
    review_link(engine, knowledge, firms["甲"], LFP, YES, decided_by="李")
    before = state_of_all(engine)
    with pytest.raises(BatchFixed, match="批次 3"):
        undo_batch(engine, knowledge, 1, undone_by="王")
    assert state_of_all(engine) == before
    undo_batch(engine, knowledge, 3, undone_by="王")
    undo_batch(engine, knowledge, 1, undone_by="王")  # batch 2 is about another link
    with pytest.raises(BatchFixed, match="已经撤销"):
        undo_batch(engine, knowledge, 1, undone_by="王")
    with pytest.raises(UnknownBatch):
        undo_batch(engine, knowledge, 9, undone_by="王")
    with reading_session(engine) as session:
        assert [one.firm_id for one in list_batches(session)[1]] == [firms["甲"], firms["丙"], None]


def test_an_accepted_link_that_is_no_longer_found_goes_with_its_decision(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    review_link(engine, knowledge, firms["甲"], LFP, YES, decided_by="王")
    rematch_all(engine, knowledge)  # the firms say nothing: no link is found any more
    kept = state_of_all(engine)
    assert effective(engine, "330800", LFP) == 1.0
    review_link(engine, knowledge, firms["甲"], LFP, OPEN, decided_by="王")
    assert (row_counts(engine)["link"], waiting(engine, knowledge, QUZHOU)) == (0, [])
    undo_batch(engine, knowledge, 2, undone_by="王")
    assert state_of_all(engine) == kept
    undo_batch(engine, knowledge, 1, undone_by="王")
    assert (row_counts(engine)["link"], row_counts(engine)["link_decision"]) == (0, 0)


@pytest.mark.parametrize(
    ("narrowed", "meant"),
    [
        ({}, {("甲", LFP), ("甲", LIPF6), ("乙", LFP), ("丙", LIPF6)}),
        ({"node": LFP}, {("甲", LFP), ("乙", LFP)}),
        ({"term": "磷酸铁锂"}, {("甲", LFP), ("乙", LFP)}),
        ({"term": "磷酸"}, set()),
        ({"field": "scope"}, {("甲", LFP), ("甲", LIPF6), ("丙", LIPF6)}),
        ({"term": "六氟", "field": "scope"}, {("丙", LIPF6)}),  # 甲 has the term in its name
        ({"min_confidence": 0.3}, {("甲", LIPF6), ("乙", LFP), ("丙", LIPF6)}),
        ({"min_confidence": 0.3, "max_confidence": 0.3}, {("乙", LFP), ("丙", LIPF6)}),
        ({"max_confidence": 0.1}, set()),
    ],
)
def test_a_rule_decides_what_it_means_and_nothing_else(
    engine: Engine,
    knowledge: Knowledge,
    firms: dict[str, int],
    narrowed: dict[str, Any],
    meant: set[tuple[str, str]],
) -> None:
    scope = Scope("330800", CHAIN, **narrowed)
    rule, all_of_them = rule_of(knowledge, scope), set(waiting(engine, knowledge, Scope("浙江", CHAIN)))
    with reading_session(engine) as session:
        assert {(one.name, one.node) for one in read_waiting(session, rule)} == meant
    before = state_of_all(engine)
    done = review_matching(engine, knowledge, rule, NO, decided_by="王", note="规则")
    assert done.changed == len(meant)
    assert set(waiting(engine, knowledge, Scope("浙江", CHAIN))) == all_of_them - meant
    if done.batch is not None:
        undo_batch(engine, knowledge, done.batch, undone_by="王")
    assert state_of_all(engine) == before


def test_a_group_means_all_below_it(engine: Engine, knowledge: Knowledge, firms: dict[str, int]) -> None:
    (above, *_) = knowledge.chain(CHAIN).ancestors(LFP)
    assert {node for _, node in waiting(engine, knowledge, Scope("330800", CHAIN, above))} == {LFP}


def test_a_rule_leaves_alone_what_is_decided_meanwhile(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    rule = rule_of(knowledge, QUZHOU)
    review_link(engine, knowledge, firms["甲"], LFP, YES, decided_by="王")
    assert review_matching(engine, knowledge, rule, NO, decided_by="李", note="").changed == 3
    assert effective(engine, "330800", LFP) == pytest.approx(1.9)


def test_a_rule_in_words_and_a_band_that_is_none(knowledge: Knowledge) -> None:
    scope = Scope("330800", CHAIN, LFP, "磷酸铁锂", "scope", 0.2, 0.4)
    name = knowledge.chain(CHAIN).node(LFP).name
    assert describe_rule(knowledge, scope, NO) == (
        f"批量否定：衢州市，锂电池，环节 {name}，证据“磷酸铁锂”，出自经营范围，"
        "置信度不低于 0.2，置信度不高于 0.4"
    )
    with pytest.raises(InvalidQuery, match="置信度下限"):
        rule_of(knowledge, Scope("330800", CHAIN, min_confidence=0.4, max_confidence=0.2))


def test_batches_survive_another_import_and_a_re_match(
    engine: Engine, knowledge: Knowledge, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "名单.csv",
        {
            "企业名称": ["甲贸易有限公司", "乙贸易有限公司"],
            "区划代码": ["330802"] * 2,
            "经营范围": ["磷酸铁锂销售"] * 2,
        },
    )
    import_file(engine, knowledge, path, ImportOptions(), rejects_dir=tmp_path)
    ids, before = ids_by_name(engine), state_of_all(engine)
    assert set(waiting(engine, knowledge, QUZHOU)) >= {("甲贸易有限公司", LFP), ("乙贸易有限公司", LFP)}
    wanted = {(ids["甲贸易有限公司"], LFP): YES, (ids["乙贸易有限公司"], LFP): NO}
    review_links(engine, knowledge, wanted, decided_by="王")
    decided = state_of_all(engine)
    import_file(engine, knowledge, path, ImportOptions(), rejects_dir=tmp_path)
    assert state_of_all(engine) == decided
    rematch_all(engine, knowledge)
    assert state_of_all(engine) == decided
    undo_batch(engine, knowledge, 1, undone_by="王")
    assert state_of_all(engine) == before


def test_two_batches_at_once_come_one_after_the_other(
    engine: Engine, knowledge: Knowledge, firms: dict[str, int]
) -> None:
    links = [(firms["甲"], LFP), (firms["乙"], LFP)]
    start, made = threading.Barrier(2), {}

    def decide(state: ReviewState, who: str) -> None:
        start.wait()
        made[who] = review_links(engine, knowledge, dict.fromkeys(links, state), decided_by=who)

    both = [threading.Thread(target=decide, args=one) for one in ((YES, "王"), (NO, "李"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(made.values(), key=lambda one: one.batch or 0) == [Decided(1, 2), Decided(2, 2)]
    (last,) = [who for who, one in made.items() if one.batch == 2]
    with engine.connect() as connection:
        stands = set(connection.execute(select(LinkDecisionRow.decided_by)).scalars())  # type: ignore[call-overload]
        rested = set(
            connection.execute(
                select(LinkDecisionLogRow.previous_by).where(LinkDecisionLogRow.batch == 2)  # type: ignore[call-overload]
            ).scalars()
        )
    assert (stands, rested) == ({last}, {"王", "李"} - {last})
    undo_batch(engine, knowledge, 2, undone_by="王")
    undo_batch(engine, knowledge, 1, undone_by="王")
    assert row_counts(engine)["link_decision"] == 0


def test_a_decision_from_before_there_was_a_history_can_be_overruled_and_comes_back(
    database_url: str, knowledge: Knowledge
) -> None:
    engine = open_engine(database_url)
    store(engine, Firm(name="甲", adcode="330802"))
    firm = link_all(engine, knowledge, ("甲", LFP, 0.3, []))["甲"]
    long_ago = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    early = {"state": "rejected", "decided_by": "赵", "decided_at": long_ago, "note": "旧"}
    with write_transaction(engine) as connection:
        command.downgrade(alembic_config(connection), "0001")
        connection.execute(insert(LinkDecisionRow).values(firm_id=firm, node=LFP, **early))
    engine.dispose()
    engine = open_engine(database_url)
    before = state_of_all(engine)
    review_link(engine, knowledge, firm, LFP, YES, decided_by="王")
    assert state_of_all(engine) != before
    undo_batch(engine, knowledge, 1, undone_by="王")
    assert state_of_all(engine) == before
    engine.dispose()
