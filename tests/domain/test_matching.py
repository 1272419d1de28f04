"""Firm text -> nodes: each rule on sentences as firms write them."""

from __future__ import annotations

import pickle
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from service.domain.chains import Chain, Node, Stage
from service.domain.matching import TermTable, match_batch


def _node(slug: str, *terms: str, exclusions: tuple[str, ...] = (), codes: tuple[str, ...] = ()) -> Node:
    chain = "battery"
    return Node(f"{chain}/{slug}", slug, None, Stage.MIDSTREAM, terms, exclusions, codes)


CELL = _node("cell", "锂电池", "锂离子电池", "LFP", exclusions=("锂电池叉车",), codes=("3841",))
SEPARATOR = _node("separator", "锂电池隔膜", codes=("2921",))
RECYCLING = _node("recycling", "锂电池回收", "废旧电池", codes=("4210",))
LEAD = _node("lead", "铅酸蓄电池", codes=("3843",))
MODULE = _node("module", "光伏组件", codes=("3825",))
CHAIN = Chain("battery", "电池", "1", "2026-01-01", (CELL, SEPARATOR, RECYCLING, LEAD, MODULE), ())
TERMS = TermTable.from_chains([CHAIN])


def _match(terms: TermTable = TERMS, **columns: Any) -> list[dict[str, Any]]:
    """Match one firm, given by its columns; return its links."""
    firm = pl.DataFrame([{"firm": 1, **columns}], schema_overrides=_TYPES, strict=False)
    links: list[dict[str, Any]] = match_batch(firm.to_arrow(), terms).to_pylist()
    return links


_TYPES = {"products": pl.List(pl.Struct({"name": pl.String, "share": pl.Float64}))}


def _confidence(slug: str, **columns: Any) -> float:
    found: dict[str, float] = {link["node"]: link["confidence"] for link in _match(**columns)}
    return found.get(f"battery/{slug}", 0.0)


def _notes(slug: str, **columns: Any) -> list[str | None]:
    links = {link["node"]: link["evidence"] for link in _match(**columns)}
    return [evidence["note"] for evidence in links.get(f"battery/{slug}", [])]


# --- normal form, longest match -------------------------------------------------------------------


def test_full_width_and_spaced_text_is_found() -> None:
    assert _confidence("cell", scope="ＬＦＰ　电芯制造") == pytest.approx(0.7)
    assert _confidence("cell", scope="锂 离子 电池制造") == pytest.approx(0.7)


def test_latin_terms_are_whole_words() -> None:
    assert not _match(scope="ALFP制造")
    assert _confidence("cell", scope="生产LFP电芯") == pytest.approx(0.7)


# --- longest match, exclusions --------------------------------------------------------------------


def test_longest_term_wins_at_its_place_only() -> None:
    assert [link["node"] for link in _match(scope="锂电池隔膜制造")] == ["battery/separator"]
    both = _match(scope="锂电池隔膜、锂电池制造")
    assert [link["node"] for link in both] == ["battery/cell", "battery/separator"]


def test_longest_match_is_per_chain() -> None:
    other = Chain(
        "other",
        "另",
        "1",
        "2026-01-01",
        (Node("other/cell", "电芯", None, Stage.MIDSTREAM, ("锂电池",)),),
        (),
    )
    links = _match(TermTable.from_chains([CHAIN, other]), scope="锂电池隔膜制造")
    assert [link["node"] for link in links] == ["battery/separator", "other/cell"]


def test_exclusion_cancels_the_term_it_covers_and_no_other() -> None:
    assert not _match(scope="锂电池叉车制造")
    assert _confidence("cell", scope="锂电池叉车、锂电池制造") == pytest.approx(0.7)


def test_exclusion_of_one_node_leaves_other_nodes_alone() -> None:
    truck = _node("truck", "锂电池叉车")
    table = TermTable.from_chains([Chain("battery", "电池", "1", "2026-01-01", (CELL, truck), ())])
    assert [link["node"] for link in _match(table, scope="锂电池叉车制造")] == ["battery/truck"]


# --- negation -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scope",
    [
        "电子产品（不含锂电池）制造",
        "电子产品制造（不含铅酸蓄电池、锂电池）；五金销售",
        "电子产品制造，不含锂电池",
        "除锂电池外的电子产品制造",
        "电子产品(除锂电池、电子出版物)的制造",
        "电子产品（锂电池除外）制造",
        "电子产品制造（不得从事锂电池生产）",
        "电子产品制造（不包括锂电池）",
        "电子元件、锂电池除外。",
        "锂电池以外的电池制造",
    ],
)
def test_negated_terms_make_no_link(scope: str) -> None:
    assert _confidence("cell", scope=scope) == 0


@pytest.mark.parametrize(
    "scope",
    [
        "锂电池（不含危险化学品）制造",
        "化工产品（不含危险化学品）、锂电池制造",
        "化工产品（除危险品）、锂电池的生产、销售",
        "除尘设备、锂电池制造",
        "拆除工程；锂电池制造",
        "卫星接收设施除外的电子产品、锂电池制造",
        "货物进出口（国家禁止的除外）；锂电池制造",
    ],
)
def test_negation_ends_where_it_ends(scope: str) -> None:
    assert _confidence("cell", scope=scope) == pytest.approx(0.7)


def test_excepted_without_brackets_is_the_last_item_only() -> None:
    """Registers write 化工原料、危险品除外 for raw materials without dangerous ones."""
    assert _confidence("cell", scope="锂电池、危险品除外") > 0


def test_negated_mention_beside_another_is_told() -> None:
    notes = _notes("cell", scope="锂电池制造；维修服务（不含锂电池）")
    assert notes == [None, "否定语境"]


# --- verbs ----------------------------------------------------------------------------------------


def test_trade_only_is_uncertain_and_making_is_confirmed() -> None:
    made, sold = _match(scope="锂电池制造")[0], _match(scope="锂电池销售")[0]
    assert (made["confirmed"], sold["confirmed"]) == (True, False)
    assert sold["evidence"] == [{"field": "scope", "term": "锂电池", "note": "仅贸易"}]


def test_research_stands_between() -> None:
    sold, studied, made = (_confidence("cell", scope=f"锂电池{verb}") for verb in ("销售", "研发", "生产"))
    assert sold < studied < 0.5 <= made


def test_without_a_verb_the_name_decides() -> None:
    trader, plain, maker = (
        _confidence("cell", name=f"江苏甲乙{kind}有限公司", scope="锂电池、充电器")
        for kind in ("商贸", "电源", "实业")
    )
    assert trader < plain < 0.5 <= maker


def test_a_doing_needs_no_verb() -> None:
    assert _confidence("recycling", scope="锂电池回收") == pytest.approx(0.62)
    # 废旧电池 is a thing, but its node's code (42) is not one of making: 回收 is the business itself.
    assert _confidence("recycling", scope="废旧电池的回收、销售") == pytest.approx(0.62)


def test_a_doing_among_deals_is_doubtful() -> None:
    assert _confidence("recycling", scope="销售计算机、锂电池回收") == pytest.approx(0.45)
    assert _confidence("recycling", scope="锂电池回收技术咨询") == pytest.approx(0.45)


def test_term_that_only_qualifies_another_thing() -> None:
    assert _confidence("cell", scope="锂离子电池充电器制造") < 0.5
    assert _notes("cell", scope="锂离子电池充电器制造") == ["疑为其配套产品"]


def test_a_doing_followed_by_goods_is_goods() -> None:
    plant = Node("pv/plant", "电站", None, Stage.DOWNSTREAM, ("光伏发电",), (), ("4416",))
    table = TermTable.from_chains([Chain("pv", "光伏", "1", "2026-01-01", (plant,), ())])
    generating, selling = _match(table, scope="光伏发电")[0], _match(table, scope="光伏发电产品销售")[0]
    assert (generating["confirmed"], selling["confirmed"]) == (True, False)


def test_term_right_before_another_describes_it() -> None:
    assert _confidence("lead", scope="锂电池铅酸蓄电池制造") == pytest.approx(0.7)
    assert _confidence("cell", scope="锂电池铅酸蓄电池制造") < 0.5


def test_a_scope_of_everything_says_less_of_each() -> None:
    many = "、".join(f"货{number}品" for number in range(70))
    assert _confidence("cell", scope=f"{many}、锂电池制造") < _confidence("cell", scope="锂电池制造")


# --- fields ---------------------------------------------------------------------------------------


def test_order_of_fields() -> None:
    asserted = _confidence("cell", nodes=["battery/cell"])
    product = _confidence("cell", products=[{"name": "锂电池", "share": None}])
    scope = _confidence("cell", scope="锂电池制造")
    name = _confidence("cell", name="某某锂电池有限公司")
    assert asserted > product > scope > 0.5
    assert 0.5 < name < product


def test_fields_that_agree_add_up() -> None:
    """1 - (1 - 0.7)(1 - 0.6) = 0.88, worked by hand from the table in docs/matching.md."""
    assert _confidence("cell", name="某某锂电池有限公司", scope="锂电池制造") == pytest.approx(0.88)


def test_share_of_revenue() -> None:
    shares = [0.005, 0.02, 0.05, 0.2, 0.5]
    found = [_confidence("cell", products=[{"name": "锂电池", "share": share}]) for share in shares]
    assert found == sorted(found)
    assert found[1] < 0.5 <= found[2]
    assert _notes("cell", products=[{"name": "锂电池", "share": 0.2}]) == ["营收占比20.0%"]


def test_a_name_does_not_outweigh_a_scope_of_trade() -> None:
    firm = {"name": "杭州某某锂电池有限公司", "scope": "锂电池的批发、零售"}
    assert _confidence("cell", **firm) < 0.5
    assert _notes("cell", **firm) == ["经营范围仅贸易", "仅贸易"]


@pytest.mark.parametrize(
    "name", ["宁波锂电池投资合伙企业(有限合伙)", "上海锂电池有限公司杭州办事处", "某某锂电池经营部"]
)
def test_holdings_and_outlets_are_lowered(name: str) -> None:
    assert _confidence("cell", name=name) < 0.5


def test_trade_adds_nothing_to_other_weak_mentions() -> None:
    tiny = [{"name": "锂电池", "share": 0.005}]
    assert _confidence("cell", products=tiny, scope="锂电池销售") == pytest.approx(0.25)


def test_sales_of_a_product_are_what_a_maker_earns() -> None:
    assert _confidence("cell", products=[{"name": "锂电池销售", "share": 0.9}]) == pytest.approx(0.92)
    assert _confidence("cell", products=[{"name": "锂电池贸易", "share": 0.9}]) < 0.5


def test_a_doing_in_the_name_wants_a_word_in_the_scope() -> None:
    assert _confidence("recycling", name="某某锂电池回收有限公司") == pytest.approx(0.6)
    assert _confidence("recycling", name="某某锂电池回收有限公司", scope="百货销售") == pytest.approx(0.45)


def test_code_raises_and_alone_stays_uncertain() -> None:
    alone = _match(gbt4754_codes=["3841"])[0]
    assert (alone["confidence"], alone["confirmed"]) == (pytest.approx(0.35), False)
    assert alone["evidence"][0]["note"] == "行业代码 3841 相符"
    assert _confidence("cell", scope="锂电池制造", gbt4754_codes=["C3841"]) == pytest.approx(1 - 0.3 * 0.6)


def test_code_that_many_nodes_carry_makes_no_link_of_its_own() -> None:
    nodes = tuple(_node(f"n{number}", f"某物{number}", codes=("3985",)) for number in range(4))
    table = TermTable.from_chains([Chain("battery", "电池", "1", "2026-01-01", nodes, ())])
    assert not _match(table, gbt4754_codes=["3985"])
    assert len(_match(table, gbt4754_codes=["3985"], scope="某物1制造")) == 1


def test_industry_alone_is_uncertain() -> None:
    link = _match(industry="锂电池")[0]
    assert (link["confidence"], link["confirmed"]) == (pytest.approx(0.45), False)


# --- shape ----------------------------------------------------------------------------------------


def test_missing_columns_nulls_and_no_terms() -> None:
    firms = pa.table({"firm": ["b", "a"], "scope": [None, "锂电池制造"]})
    assert match_batch(firms, TERMS).column("firm").to_pylist() == ["a"]
    assert match_batch(firms, TermTable.from_chains([])).num_rows == 0
    assert match_batch(firms.slice(0, 0), TERMS).num_rows == 0


def test_columns_out() -> None:
    schema = match_batch(pa.table({"firm": [7], "name": ["锂电池厂"]}), TERMS).schema
    assert schema.names == ["firm", "node", "confidence", "confirmed", "evidence"]
    assert schema.field("firm").type == pa.int64()
    assert schema.field("confidence").type == pa.float32()


def test_firms_stay_in_order_and_nodes_are_sorted() -> None:
    firms = pa.table({"firm": [9, 3], "scope": ["铅酸蓄电池、锂电池、光伏组件制造", "锂电池制造"]})
    found = match_batch(firms, TERMS).to_pylist()
    expected = [(9, "battery/cell"), (9, "battery/lead"), (9, "battery/module"), (3, "battery/cell")]
    assert [(link["firm"], link["node"]) for link in found] == expected


def test_asserted_nodes_no_chain_has_are_passed_over() -> None:
    assert not _match(nodes=["battery/nothing", "other/cell"])


def test_terms_can_be_sent_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(TERMS))
    firms = pa.table({"firm": [1], "scope": ["锂电池制造"]})
    assert match_batch(firms, sent).equals(match_batch(firms, TERMS))


def test_what_a_trading_house_sells_it_does_not_make() -> None:
    sold = [{"name": "锂电池", "share": 0.5}]
    assert _confidence("cell", products=sold, industry="电池制造") > 0.9
    assert _confidence("cell", products=sold, industry="超市连锁") < 0.5


def test_dealing_in_a_thing_is_no_making_of_it() -> None:
    assert _confidence("cell", name="某某锂电池有限公司", scope="锂电池经营") < 0.5
    assert _confidence("cell", scope="经营：锂电池生产") == pytest.approx(0.7)
    assert _confidence("cell", scope="锂电池生产、经营") == pytest.approx(0.7)


def test_a_builders_long_list_of_works_says_little_of_each() -> None:
    scope = "房屋建筑工程、锂电池回收"
    assert _confidence("recycling", name="某某环境有限公司", scope=scope) > 0.5
    assert _confidence("recycling", name="某某建设工程有限公司", scope=scope) == pytest.approx(0.62 * 0.75)


@pytest.mark.parametrize("others", [0, 21, 41, 61])
def test_a_long_scope_says_less_of_each_thing(others: int) -> None:
    goods = "".join(f"；货{number}制造" for number in range(others))
    share = {0: 1.0, 21: 0.70, 41: 0.60, 61: 0.55}[others]
    assert _confidence("cell", scope=f"锂电池制造{goods}") == pytest.approx(0.7 * share)
