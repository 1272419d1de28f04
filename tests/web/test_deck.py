"""The deck over HTTP and by the command: its numbers are those of the API, and bad questions are answered."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from pptx import Presentation
from typer.testing import CliRunner

from service.cli import app
from service.decks import draw_deck
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.settings import Settings
from service.storage.engine import open_engine
from service.workspace import Workspace
from tests.render.test_deck import charts_of, read, slide_of, table_of, titles

API = "/api/v1/briefs/deck"
ASK = {"region": "330800", "chain": "lithium-battery"}
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def get(client: httpx.Client, path: str, **query: Any) -> Any:
    return client.get(f"/api/v1/{path}", params={**ASK, **query}).raise_for_status().json()


@pytest.fixture(scope="module")
def deck(client: httpx.Client) -> Any:
    answer = client.get(API, params=ASK).raise_for_status()
    assert answer.headers["content-type"] == PPTX
    assert answer.headers["content-disposition"] == 'attachment; filename="deck-330800-lithium-battery.pptx"'
    return read(answer.content)


def test_the_gaps_are_those_of_the_api(client: httpx.Client, deck: Any) -> None:
    gaps = get(client, "gaps")
    rows = [
        row
        for slide in deck.slides
        if slide.shapes.title.text.startswith("附：")
        for row in table_of(slide, "缺链清单")[1:]
    ]
    assert len(rows) == len(gaps) > 20
    for row, gap in zip(rows, gaps, strict=True):
        figures = [f"{gap[name]:.1f}" for name in ("priority", "effective_firms", "expected", "shortfall")]
        assert [row[1], *row[5:9]] == [gap["name"], *figures]
        assert row[9] == f"{gap['nearby_supply']:.1f}"
    (chart,) = charts_of(slide_of(deck, "缺链优先级"))
    for place, gap in enumerate(gaps[:12][::-1]):
        values = [one.values[place] for one in chart.plots[0].series]
        assert values == pytest.approx([factor["contribution"] for factor in gap["factors"]], rel=1e-12)


def test_the_targets_are_those_of_the_api(client: httpx.Client, deck: Any) -> None:
    gap = get(client, "gaps")[0]
    targets = get(client, "targets", node=gap["node"])
    rows = table_of(slide_of(deck, "目标企业清单"), "目标企业清单")[1:]
    shown = [row for row in rows if row[0] == gap["name"]]
    assert [[row[2], row[4]] for row in shown] == [
        [one["name"], f"{one['score']:.1f}"] for one in targets[:3]
    ]
    page = slide_of(deck, f"目标企业：{targets[0]['name']}")
    (chart,) = charts_of(page)
    points = [factor["contribution"] for factor in targets[0]["factors"]]
    assert list(chart.plots[0].series[0].values) == pytest.approx(points[::-1], rel=1e-12)


def test_completeness_rank_and_profiles_are_those_of_the_comparison(client: httpx.Client, deck: Any) -> None:
    found = get(client, "compare")
    rows = table_of(slide_of(deck, "区域对标"), "区域对标")[1:]
    assert len(rows) == len(found["regions"])
    for row, one in zip(rows, found["regions"], strict=True):
        rank = one["standings"][0]
        assert row[1:4] == [
            f"{one['completeness'] * 100:.0f}%",
            f"{rank['completeness_rank']}/{rank['ranked']}",
            f"{one['effective_firms']:.1f}",
        ]
    (chart,) = charts_of(slide_of(deck, "区域对标"))
    profiles = [[axis["value"] for axis in one["profile"]] for one in found["regions"]]
    known = [place for place in range(8) if any(profile[place] is not None for profile in profiles)]
    assert len(known) == len(list(chart.plots[0].categories)) >= 3
    for series, profile in zip(chart.plots[0].series, profiles, strict=True):
        assert list(series.values) == pytest.approx([profile[place] for place in known], rel=1e-12)
    conclusion = "\n".join(
        shape.text_frame.text for shape in slide_of(deck, "结论").shapes if shape.has_text_frame
    )
    standing = found["regions"][0]["standings"][0]
    assert (
        f"在全国 {standing['ranked']} 个同口径同级地区中列第 {standing['completeness_rank']} 位" in conclusion
    )


def test_the_map_has_the_counties_of_the_city(client: httpx.Client, deck: Any) -> None:
    features = get(client, "map/regions")["features"]
    rows = table_of(slide_of(deck, "衢州市锂电池：分地区"), "分地区完整度")[1:]
    wanted = {
        one["properties"]["name"]: "未观测"
        if one["properties"]["completeness"] is None
        else f"{one['properties']['completeness'] * 100:.0f}%"
        for one in features
    }
    assert {row[0]: row[1] for row in rows} == wanted
    assert len(wanted) == 6


def test_the_number_of_gaps_with_targets_can_be_chosen(client: httpx.Client) -> None:
    one = read(client.get(API, params={**ASK, "gaps": 1}).raise_for_status().content)
    assert len([title for title in titles(one) if title.startswith("重点缺链")]) == 1


@pytest.mark.parametrize(
    ("region", "parts"),
    [
        pytest.param("330000", 11, id="province"),
        pytest.param("500000", 38, id="municipality: its counties"),
        pytest.param("330825", 6, id="county: those of its city"),
        pytest.param("460300", 2, id="no firm"),
    ],
)
def test_every_sort_of_region_has_a_deck(client: httpx.Client, region: str, parts: int) -> None:
    found = read(client.get(API, params={**ASK, "region": region}).raise_for_status().content)
    (slide,) = [one for one in found.slides if one.shapes.title.text.endswith("分地区完整度")]
    assert (
        len([shape for shape in slide.shapes if shape._element.find(".//{*}custGeom") is not None]) == parts
    )


def test_the_same_data_is_answered_once(client: httpx.Client) -> None:
    first = client.get(API, params=ASK)
    assert client.get(API, params=ASK).content == first.content
    again = client.get(API, params=ASK, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"region": "衢洲"}, 404),
        ({"chain": "no-such"}, 404),
        ({"gaps": "0"}, 422),
        ({"gaps": "x"}, 422),
        ({"region": "3" * 61}, 422),
    ],
)
def test_a_bad_question_is_a_problem(client: httpx.Client, query: dict[str, str], status: int) -> None:
    answer = client.get(API, params={**ASK, **query})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_empty_database_has_a_deck(tmp_path: Path, knowledge: Knowledge) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    settings.prepare_data_dir()
    engine = open_engine(settings.sqlalchemy_url)
    workspace = Workspace(settings, engine, knowledge)
    with workspace.session() as session:
        found = read(draw_deck(session, knowledge, settings, "330800", "lithium-battery"))
    engine.dispose()
    assert "结论" in titles(found)
    assert found.core_properties.created.year == 2000
    assert table_of(slide_of(found, "方法与来源"), "来源")[1][0] == "尚无数据"


def run(data_dir: Path, *arguments: str) -> Any:
    command = ["deck", "--region", "衢州", "--chain", "lithium-battery", *arguments]
    return CliRunner().invoke(app, command, env={"ZHAOSHANG_DATA_DIR": str(data_dir)})


def test_the_command_writes_the_same_deck(data_dir: Path, client: httpx.Client, tmp_path: Path) -> None:
    out = tmp_path / "汇报.pptx"
    done = run(data_dir, "-o", str(out))
    assert (done.exit_code, done.stdout) == (0, "")
    assert out.read_bytes() == client.get(API, params=ASK).content


def test_the_command_takes_a_template(data_dir: Path, tmp_path: Path) -> None:
    form: Any = Presentation()
    form.save(tmp_path / "bureau.pptx")
    done = run(data_dir, "-o", str(tmp_path / "a.pptx"), "--template", str(tmp_path / "bureau.pptx"))
    assert done.exit_code == 0
    assert Presentation(str(tmp_path / "a.pptx")).slide_width == form.slide_width


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "a.ppt"), "应以 .pptx 结尾"),
        (("-o", "nowhere/a.pptx"), "已有文件夹"),
        (("-o", "a.pptx", "--template", "none.pptx"), "无法读取模板"),
        (("-o", "a.pptx", "--template", "text.pptx"), "未加密的 .pptx"),
    ],
)
def test_the_command_says_what_is_wrong_and_leaves_no_file(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.pptx").write_text("x")
    done = run(data_dir, *arguments)
    assert isinstance(done.exception, InvalidQuery)
    assert said in str(done.exception)
    assert {path.name for path in tmp_path.iterdir()} <= {"text.pptx", "data"}


def test_a_template_that_is_far_too_large_is_not_read(tmp_path: Path, data_dir: Path) -> None:
    huge = tmp_path / "huge.pptx"
    with huge.open("wb") as file:
        file.truncate(51 << 20)
    done = run(data_dir, "-o", str(tmp_path / "a.pptx"), "--template", str(huge))
    assert "超过 50 MB" in str(done.exception)
    assert not (tmp_path / "a.pptx").exists()


def test_a_deck_is_a_whole_presentation(client: httpx.Client) -> None:
    assert len(Presentation(io.BytesIO(client.get(API, params=ASK).content)).slides) > 15
