"""Planning from the database: what-if against the import it stands for, and the set of firms to visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.analysis import rate_nodes, report_gaps, view_chain
from service.domain.completeness import summarise_region
from service.domain.portfolio import EmptyReason, Limits
from service.errors import InvalidQuery, UnknownChain, UnknownFirm, UnknownNode, UnknownRegion
from service.pipeline.imports import ImportOptions, import_file
from service.planning import (
    MAX_ADDED,
    Addition,
    Arrival,
    Needs,
    PortfolioQuestion,
    ask_what_if,
    plan_visits,
)
from service.settings import Settings
from service.storage.candidates import find_firm, read_links_of
from service.targeting import rank_targets
from service.workspace import Workspace, open_workspace

CHAIN = "lithium-battery"
SEPARATOR = f"{CHAIN}/wet-separator"
REGION = "330800"
SCOPE = "湿法隔膜的研发、生产与销售"
ELSEWHERE = f"杭州试验隔膜有限公司,浙江省杭州市余杭区,{SCOPE}"
TRADER = "杭州试验贸易有限公司,浙江省杭州市余杭区,锂离子电池隔膜销售；日用百货销售"
HERE = f"衢州试验隔膜有限公司,浙江省衢州市柯城区,{SCOPE}"
KEY = "n:杭州试验隔膜有限公司"


def import_firms(workspace: Workspace, folder: Path, *rows: str) -> None:
    path = folder / "firms.csv"
    path.write_text("\n".join(["企业名称,注册地址,经营范围", *rows]), "utf-8")
    import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(source="test", as_of=dt.date(2026, 1, 1)),
        rejects_dir=workspace.settings.rejects_dir,
    )


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the seed and a firm in Hangzhou, once on SQLite and once on PostgreSQL."""
    with open_workspace(Settings(data_dir=tmp_path / "data", database_url=database_url)) as workspace:
        import_firms(workspace, tmp_path, ELSEWHERE, TRADER)
        yield workspace


def test_a_firm_that_comes_is_what_importing_its_plant_would_be(opened: Workspace, tmp_path: Path) -> None:
    with opened.session() as session:
        found = ask_what_if(session, opened.knowledge, REGION, CHAIN, arrivals=[Arrival(KEY)]).found
    assert [firm.firm for firm in found.firms] == [KEY]
    assert any(change.added for change in found.changes)
    import_firms(opened, tmp_path, ELSEWHERE, TRADER, HERE)
    with opened.session() as session:
        view = view_chain(session, opened.knowledge, REGION, CHAIN)
        links = read_links_of(session, [find_firm(session, "n:衢州试验隔膜有限公司").id])
    assert {link.node for (one,) in [tuple(links.values())] for link in one if link.effective} >= {SEPARATOR}
    ratings = rate_nodes(view)
    for change, real in zip(found.nodes, ratings, strict=True):
        assert change.after.rating is real.rating
        assert change.after.effective_firms == pytest.approx(real.effective_firms)
        assert change.after.expected == pytest.approx(real.expected)
    assert found.after.summary == summarise_region(view.coverage, REGION, ratings)
    real_gaps = report_gaps(opened.knowledge, view).gaps
    then = {gap.node: gap for gap in found.after.gaps}
    assert {gap.node: gap.kind for gap in real_gaps} == {node: gap.kind for node, gap in then.items()}
    assert {gap.node: gap.priority for gap in real_gaps} == pytest.approx(
        {node: gap.priority for node, gap in then.items()}, abs=1e-6
    )


def test_made_up_firms_count_and_nothing_is_stored(opened: Workspace) -> None:
    with opened.session() as session:
        before = view_chain(session, opened.knowledge, REGION, CHAIN)
        additions = [Addition(SEPARATOR, 2, 0.75), Addition(SEPARATOR)]
        found = ask_what_if(session, opened.knowledge, "衢州", CHAIN, additions).found
        after = view_chain(session, opened.knowledge, REGION, CHAIN)
    change = next(one for one in found.nodes if one.node == SEPARATOR)
    assert change.added == 2.5
    assert change.after.effective_firms == change.before.effective_firms + 2.5
    assert before.coverage.direct.tolist() == after.coverage.direct.tolist()
    assert before.data_version == after.data_version


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"additions": [Addition(f"{CHAIN}/no-such")]}, UnknownNode, "no-such"),
        ({"additions": [Addition("photovoltaics/glass")]}, UnknownNode, "photovoltaics/glass"),
        ({"additions": [Addition(f"{CHAIN}/separator")]}, InvalidQuery, "一组环节"),
        ({"additions": [Addition(SEPARATOR, 0)]}, InvalidQuery, "新增 0 家"),
        ({"additions": [Addition(SEPARATOR, -3)]}, InvalidQuery, "新增 -3 家"),
        ({"additions": [Addition(SEPARATOR, 10_000)]}, InvalidQuery, f"至多假设引进 {MAX_ADDED} 家"),
        ({"additions": [Addition(SEPARATOR, 400)] * 2}, InvalidQuery, "收到 800 家"),
        ({"additions": [Addition(SEPARATOR, 1, 0.4)]}, InvalidQuery, "0.5 到 1"),
        ({"additions": [Addition(SEPARATOR, 1, float("nan"))]}, InvalidQuery, "0.5 到 1"),
        ({"arrivals": [Arrival("n:没有这家")]}, UnknownFirm, "没有这家"),
        ({"arrivals": [Arrival(KEY), Arrival(KEY, SEPARATOR)]}, InvalidQuery, "不止一次"),
        ({"arrivals": [Arrival(KEY, f"{CHAIN}/lfp")]}, InvalidQuery, "没有“磷酸铁锂.*”的已确认挂链"),
        ({"arrivals": [Arrival(KEY, f"{CHAIN}/no-such")]}, UnknownNode, "no-such"),
        ({"arrivals": [Arrival("n:杭州试验贸易有限公司")]}, InvalidQuery, "没有“锂电池”的已确认挂链"),
        ({"arrivals": [Arrival(KEY)], "region": "杭州市"}, InvalidQuery, "已在杭州市"),
        ({"region": "999999"}, UnknownRegion, "999999"),
        ({"chain": "no-such"}, UnknownChain, "no-such"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(
    workspace: Workspace, tmp_path: Path, asked: dict[str, object], error: type[Exception], said: str
) -> None:
    import_firms(workspace, tmp_path, ELSEWHERE, TRADER)
    question = {"region": REGION, "chain": CHAIN, **asked}
    with workspace.session() as session, pytest.raises(error, match=said):
        ask_what_if(session, workspace.knowledge, **question)  # type: ignore[arg-type]


def test_the_set_adds_up_and_its_outcome_is_what_was_counted(opened: Workspace) -> None:
    with opened.session() as session:
        answer = plan_visits(session, opened.knowledge, PortfolioQuestion("衢州", CHAIN, Limits(4)))
        first = answer.report.gaps[0].node
        ranked = rank_targets(session, opened.knowledge, REGION, first).ranked.targets
    found = answer.portfolio
    assert len(found.chosen) == 4
    assert found.exact
    assert found.value == pytest.approx(sum(choice.points for choice in found.chosen), abs=1e-9)
    assert {firm for firm, node in answer.targets if node == first} == {one.firm for one in ranked[:5]}
    # First firms of missing nodes: each adds its importance to completeness, once.
    summaries = [answer.outcome.before.summary.completeness, answer.outcome.after.summary.completeness]
    assert summaries[0] is not None
    assert summaries[1] is not None
    gained = 0.0
    for choice in found.chosen:
        priority = answer.gaps[choice.option.node].priority * 0.5 ** (choice.step - 1)
        gained += choice.points / (choice.option.score / 100) - priority
    assert 100 * (summaries[1] - summaries[0]) == pytest.approx(gained, abs=0.05)
    assert gained > 0


def test_needs_decide_where_land_is_limited(workspace: Workspace) -> None:
    knowledge = workspace.knowledge
    with workspace.session() as session:
        free = plan_visits(session, knowledge, PortfolioQuestion(REGION, CHAIN, Limits(3)))
        chosen = [choice.option.firm for choice in free.portfolio.chosen]
        unknown = plan_visits(session, knowledge, PortfolioQuestion(REGION, CHAIN, Limits(3, land_mu=100)))
        needs = {chosen[0]: Needs(land_mu=100.5), chosen[1]: Needs(land_mu=60), chosen[2]: Needs(50, 7)}
        limited = plan_visits(
            session, knowledge, PortfolioQuestion(REGION, CHAIN, Limits(3, land_mu=100), needs)
        )
    assert free.needs_unknown == {}
    assert (unknown.portfolio.chosen, unknown.portfolio.empty) == ((), EmptyReason.NEEDS_UNKNOWN)
    assert set(chosen) <= set(unknown.needs_unknown)
    (one,) = limited.portfolio.chosen
    assert one.option.firm in chosen[1:]
    assert {option.firm for option in limited.portfolio.too_large} == {chosen[0]}
    assert not set(chosen) & set(limited.needs_unknown)
    land = next(price for price in limited.portfolio.prices if price.resource == "land_mu")
    assert (land.limit, land.used, land.binds) == (100, one.option.land_mu, True)


def test_where_nothing_is_observed_the_set_is_empty(workspace: Workspace) -> None:
    with workspace.session() as session:
        # 三沙市: no firm is known there, so nothing is a gap.
        answer = plan_visits(session, workspace.knowledge, PortfolioQuestion("460300", CHAIN, Limits(3)))
    assert answer.report.gaps == ()
    assert (answer.portfolio.chosen, answer.portfolio.empty) == ((), EmptyReason.NO_OPTIONS)
    assert answer.outcome.changes == ()


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"limits": Limits(101)}, InvalidQuery, "拜访家数应在 0 到 100 之间，收到 101"),
        ({"limits": Limits(5, per_node=11)}, InvalidQuery, "同一环节家数"),
        ({"gaps": 0}, InvalidQuery, "缺链数"),
        ({"per_gap": 21}, InvalidQuery, "每个缺链的目标企业数"),
        ({"needs": {"n:没有这家": Needs(1.0)}}, UnknownFirm, "需求中的企业 'n:没有这家' 不在库中"),
        ({"region": "999999"}, UnknownRegion, "999999"),
        ({"chain": "no-such"}, UnknownChain, "no-such"),
    ],
)
def test_what_cannot_be_planned(
    workspace: Workspace, changed: dict[str, object], error: type[Exception], said: str
) -> None:
    question = {"region": REGION, "chain": CHAIN, "limits": Limits(2), "gaps": 2, **changed}
    with workspace.session() as session, pytest.raises(error, match=said):
        plan_visits(session, workspace.knowledge, PortfolioQuestion(**question))  # type: ignore[arg-type]
