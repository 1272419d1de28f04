"""The workbook and the project book over HTTP: the numbers of the API, on both databases, and its errors."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest
from docx import Document
from openpyxl import load_workbook

from service.errors import FontMissing
from service.render.fonts import use_chinese_font
from service.words import RATINGS
from tests.pdf_reader import read_pdf
from tests.web.conftest import FIRMS_CSV, Serve

CHAIN = "lithium-battery"
ASK = {"region": "330800", "chain": CHAIN}
WORKBOOK, BOOK = "/api/v1/briefs/workbook", "/api/v1/briefs/book"
EXACT = {"rel": 1e-14, "abs": 1e-14}
"""A workbook holds 16 digits."""


def ask(client: httpx.Client, address: str, **query: Any) -> Any:
    return client.get(f"/api/v1/{address}", params={"limit": 1000, **query}).raise_for_status().json()


def sheets(client: httpx.Client, **query: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table by its heads."""
    content = client.get(WORKBOOK, params={**ASK, **query}).raise_for_status().content
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(Conditional Formatting|Unknown) extension")
        book = load_workbook(io.BytesIO(content))
    tables = {}
    for sheet in book.worksheets[1:]:
        heads, *rows = sheet.iter_rows(values_only=True)
        tables[sheet.title] = [dict(zip(heads, row, strict=True)) for row in rows]
    return tables


def document_of(client: httpx.Client, **query: Any) -> str:
    content = client.get(BOOK, params={**ASK, **query}).raise_for_status().content
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(line.text for line in document.paragraphs), *cells])


def test_gaps_of_the_workbook_are_those_of_the_api(client: httpx.Client) -> None:
    tables, gaps = sheets(client), ask(client, "gaps", **ASK)
    assert [row["编号"] for row in tables["缺链"]] == [gap["node"] for gap in gaps]
    for row, gap in zip(tables["缺链"], gaps, strict=True):
        numbers = {
            "优先级": gap["priority"], "有效企业": gap["effective_firms"], "应有": gap["expected"],
            "缺口": gap["shortfall"], "强度": gap["intensity"]["mean"], "强度下限": gap["intensity"]["low"],
            "强度上限": gap["intensity"]["high"], "周边供给": gap["nearby_supply"],
        }  # fmt: skip
        assert {head: row[head] for head in numbers} == pytest.approx(numbers, **EXACT)
        assert row["评级"] == RATINGS[gap["rating"]]
    reasons = [
        (gap["name"], one["value"], one["weight"], one["contribution"], one["reason"])
        for gap in gaps
        for one in gap["factors"]
    ]
    rows = [
        tuple(row[head] for head in ("环节", "取值", "权重", "得分", "理由")) for row in tables["缺链因素"]
    ]
    for row, reason in zip(rows, reasons, strict=True):
        assert (row[0], row[4]) == (reason[0], reason[4])
        assert row[1:4] == pytest.approx(reason[1:4], **EXACT)


def test_the_tree_of_the_workbook_is_that_of_the_api(client: httpx.Client) -> None:
    tables = sheets(client)
    rated = {one["node"]: one for one in ask(client, "gaps", **ASK, all=True)}
    rows = {row["编号"]: row for row in tables["产业链"]}
    assert rows.keys() == rated.keys()
    for node, one in rated.items():
        row = rows[node]
        numbers = {
            "有效企业": one["effective_firms"], "应有": one["expected"], "缺口": one["shortfall"],
            "周边供给": one["nearby_supply"], "强度": one["intensity"]["mean"],
        }  # fmt: skip
        assert {head: row[head] for head in numbers} == pytest.approx(numbers, **EXACT)
        assert (row["环节"], row["评级"]) == (one["name"], RATINGS[one["rating"]])
        assert row["缺链优先级"] == (pytest.approx(one["priority"], **EXACT) if one["kind"] else None)
        assert row["本地企业"] == sum(firm["环节"] == one["name"] for firm in tables["本地企业"])


def test_targets_of_the_workbook_are_those_of_the_api(client: httpx.Client) -> None:
    tables = sheets(client, gaps=3)
    gaps = ask(client, "gaps", **ASK)
    expected = [
        {**target, "gap": gap["name"]}
        for gap in gaps[:3]
        for target in ask(client, "targets", region="330800", node=gap["node"], excluded=True)
    ]
    rows = tables["目标企业"]
    assert [(row["环节"], row["名次"], row["企业"], row["代码"]) for row in rows] == [
        (one["gap"], one["rank"], one["name"], one["adcode"]) for one in expected
    ]
    assert [row["得分"] for row in rows] == pytest.approx([one["score"] for one in expected], **EXACT)
    for row, one in zip(rows, expected, strict=True):
        assert row["本地关联（以商招商）"] == ("\n".join(tie["reason"] for tie in one["ties"]) or None)
        assert all(source["title"] in row["来源"] for source in one["sources"])
    factors = [factor for one in expected for factor in one["factors"]]
    assert [row["理由"] for row in tables["目标因素"]] == [factor["reason"] for factor in factors]
    assert [row["得分"] for row in tables["目标因素"]] == pytest.approx(
        [factor["contribution"] for factor in factors], **EXACT
    )
    assert [row["目标企业"] for row in tables["缺链"]][3:] == [None] * (len(gaps) - 3)


def test_peers_of_the_workbook_are_those_of_the_api(client: httpx.Client) -> None:
    found = ask(client, "compare", **ASK)
    rows = sheets(client)["对标"]
    named = [*found["benchmarks"], *found["peers"]]
    assert [row["代码"] for row in rows] == ["330800", *(one["adcode"] for one in named)]
    assert [row["有效企业"] for row in rows[1:]] == pytest.approx(
        [one["effective_firms"] for one in named], **EXACT
    )
    assert rows[0]["完整度"] == pytest.approx(found["regions"][0]["completeness"], **EXACT)
    assert rows[0]["名次"] == found["regions"][0]["standings"][0]["completeness_rank"]


def test_numbers_of_the_book_are_those_of_the_api(client: httpx.Client) -> None:
    said = document_of(client, gaps=2)
    gaps = ask(client, "gaps", **ASK)
    for order, gap in enumerate(gaps[:2], start=1):
        assert f"项目 {order}　{gap['name']}" in said
        assert f"{gap['priority']:.1f}（0–100，全部 {len(gaps)} 个缺链中第 {order} 位）" in said
        spread = gap["intensity"]
        assert f"{spread['mean']:.2f}（{spread['low']:.2f}–{spread['high']:.2f}）" in said
        for target in ask(client, "targets", region="330800", node=gap["node"])[:10]:
            assert target["name"] in said
    assert f"项目 3　{gaps[2]['name']}" not in said


def test_both_databases_and_a_complete_list(database_url: str, serve: Serve) -> None:
    service = serve(database_url=database_url)
    answer = service.client.post(
        "/api/v1/imports",
        files={"file": ("登记.csv", FIRMS_CSV.encode())},
        data={"source": "register", "complete_for": "330800", "covers": "330800", "as_of": "2026-06-30"},
    )
    assert service.wait_for_job(answer.raise_for_status().headers["Location"])["state"] == "done"
    tables = sheets(service.client)
    assert {row["依据"] for row in tables["缺链"]} == {"完整名录"}
    register = next(row for row in tables["来源"] if row["声明完整的地区"] == "浙江省衢州市")
    assert register["数据日期"].isoformat() == "2026-06-30T00:00:00"
    assert "浙江省衢州市" in document_of(service.client)


def test_answers_are_files_with_a_tag(client: httpx.Client) -> None:
    kinds = {
        WORKBOOK: ("workbook", "xlsx", "spreadsheetml.sheet"),
        BOOK: ("book", "docx", "wordprocessingml.document"),
    }
    for address, (name, suffix, kind) in kinds.items():
        answer = client.get(address, params=ASK)
        assert answer.headers["content-type"].endswith(kind)
        assert (
            answer.headers["content-disposition"] == f'attachment; filename="{name}-330800-{CHAIN}.{suffix}"'
        )
        assert answer.content == client.get(address, params={**ASK, "region": "衢州"}).content
        again = client.get(address, params=ASK, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_pdf(client: httpx.Client) -> None:
    try:
        use_chinese_font()
    except FontMissing as error:
        pytest.skip(str(error))
    answer = client.get(BOOK, params={**ASK, "format": "pdf", "gaps": 2})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].endswith(f'book-330800-{CHAIN}.pdf"')
    found = read_pdf(answer.content)
    assert [title.partition("　")[0] for title in found.outline][2:5] == ["三、招商项目", "项目 1", "项目 2"]
    assert found.fonts <= found.embedded


def test_without_a_font_the_answer_says_what_to_install(serve: Serve, tmp_path: Path) -> None:
    service = serve(pdf_font=tmp_path / "absent.ttf")
    answer = service.client.get(BOOK, params={**ASK, "format": "pdf"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/font-missing"
    assert "absent.ttf" in answer.json()["detail"]
    assert service.client.get(BOOK, params=ASK).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"region": "没有这里"}, 404),
        ({"chain": "no-such"}, 404),
        ({"gaps": 0}, 422),
        ({"gaps": 51}, 422),
        ({"gaps": "many"}, 422),
    ],
)
def test_bad_questions(client: httpx.Client, query: dict[str, Any], status: int) -> None:
    for address in (WORKBOOK, BOOK):
        answer = client.get(address, params={**ASK, **query})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert client.get(BOOK, params={**ASK, "format": "odt"}).status_code == 422


def test_a_region_of_which_nothing_is_known(client: httpx.Client) -> None:
    """三沙 has no firm: nothing is observed, and the files say so."""
    tables = sheets(client, region="460300")
    assert {row["评级"] for row in tables["产业链"]} == {"未观测"}
    assert tables["缺链"][0]["序号"].startswith("没有缺、疑缺、弱的环节")
    said = document_of(client, region="460300")
    assert "未观测不等于有，也不等于没有：请先导入企业名单。" in said
    assert "没有缺链，因而没有收录项目。" in said
