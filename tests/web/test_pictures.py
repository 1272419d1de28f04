"""Pictures over HTTP and by the command: their numbers are the API's, and bad questions are answered."""

from __future__ import annotations

import io
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from typer.testing import CliRunner

from service.cli import app
from service.cli_pictures import page_file
from service.errors import FontMissing, InvalidQuery
from service.render.picture_font import find_picture_font
from tests.web.conftest import Serve

API = "/api/v1/pictures"
ASK = {"region": "330800", "chain": "lithium-battery"}
TEXT = "{http://www.w3.org/2000/svg}text"

try:
    find_picture_font()
except FontMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)


def picture(client: httpx.Client, kind: str, **query: Any) -> httpx.Response:
    return client.get(f"{API}/{kind}", params={**ASK, **query}).raise_for_status()


def texts(client: httpx.Client, kind: str, **query: Any) -> list[str]:
    root = ET.fromstring(picture(client, kind, format="svg", **query).content)
    return [one.text or "" for one in root.iter(TEXT)]


def get(client: httpx.Client, path: str, **query: Any) -> Any:
    return client.get(f"/api/v1/{path}", params={**ASK, **query}).raise_for_status().json()


def test_a_png_has_the_size_asked_for(client: httpx.Client) -> None:
    for size, pixels in (("screen", (3840, 2160)), ("a4", (3508, 2480))):
        answer = picture(client, "radar", size=size)
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-page-count"] == "1"
        with Image.open(io.BytesIO(answer.content)) as found:
            assert found.size == pixels


def test_the_tree_says_what_the_api_says(client: httpx.Client) -> None:
    shown = texts(client, "tree")
    gaps = get(client, "gaps")
    for gap in gaps:
        word = {"suspected": "疑缺", "missing": "缺", "weak": "弱"}[gap["rating"]]
        assert f"{word} {gap['effective_firms']:.1f}/{gap['expected']:.1f}" in shown
        assert any(text.startswith(gap["name"]) for text in shown)


def test_the_gaps_are_those_of_the_api(client: httpx.Client) -> None:
    shown, gaps = texts(client, "gaps"), get(client, "gaps")
    for gap in gaps[:15]:
        assert gap["name"] in shown
        assert f"{gap['priority']:.1f}" in shown
    assert f"共 {len(gaps)} 个缺链环节，图中为最紧要的 15 个" in shown


def test_the_map_has_the_counties_and_the_best_target(client: httpx.Client) -> None:
    shown = texts(client, "map")
    layer = get(client, "map/regions")["features"]
    assert {one["properties"]["name"] for one in layer} <= set(shown)
    best = [get(client, "targets", node=gap["node"])[0] for gap in get(client, "gaps")[:5]]
    first = max(best, key=lambda one: one["score"])
    assert first["name"] in shown
    assert any(f"{first['score']:.1f} 分" in text for text in shown)
    assert "内部资料 未经审图" in shown


def test_a_map_of_peers_of_a_province_is_the_country(client: httpx.Client) -> None:
    shown = texts(client, "map", region="330000", shows="peers")
    assert {"台湾", "海南", "南海诸岛", "浙江"} <= set(shown) | {"浙江"}
    assert "南海诸岛" not in texts(client, "map", region="330000")
    assert "南海诸岛" in texts(client, "map", region="460000")


def test_the_radar_is_that_of_the_comparison(client: httpx.Client) -> None:
    shown, found = texts(client, "radar"), get(client, "compare")
    here = found["regions"][0]
    values = [axis["value"] for axis in here["profile"] if axis["value"] is not None]
    assert {f"{value * 100:.0f}%" for value in values} <= set(shown)


@pytest.mark.parametrize("kind", ["map", "tree", "gaps"])
@pytest.mark.parametrize(
    "region",
    [
        pytest.param("460300", id="no firm, islands only"),
        pytest.param("500000", id="municipality"),
        pytest.param("330825", id="county"),
        pytest.param("441900", id="city without counties"),
    ],
)
def test_every_sort_of_region_has_pictures(client: httpx.Client, kind: str, region: str) -> None:
    assert len(texts(client, kind, region=region)) > 3


def test_the_same_data_is_answered_once(client: httpx.Client) -> None:
    first = picture(client, "tree", format="svg")
    assert picture(client, "tree", format="svg").content == first.content
    again = client.get(
        f"{API}/tree", params={**ASK, "format": "svg"}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_pictures_drawn_at_once_are_the_same(client: httpx.Client) -> None:
    def ask(kind: str) -> bytes:
        return picture(client, kind, format="svg").content

    kinds = ["tree", "gaps", "tree", "gaps"]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, kinds))
    assert found == [ask(kind) for kind in kinds]


def test_a_file_to_keep_has_a_name(client: httpx.Client) -> None:
    answer = picture(client, "gaps", region="衢州", format="pdf", download=True)
    assert answer.headers["content-type"] == "application/pdf"
    named = 'attachment; filename="gaps-330800-lithium-battery.pdf"'
    assert answer.headers["content-disposition"] == named


@pytest.mark.parametrize(
    ("kind", "query", "status"),
    [
        ("cake", {}, 422),
        ("map", {"region": "衢洲"}, 404),
        ("map", {"chain": "no-such"}, 404),
        ("map", {"format": "gif"}, 422),
        ("map", {"size": "a3"}, 422),
        ("map", {"shows": "moon"}, 422),
        ("tree", {"page": "0"}, 422),
        ("tree", {"page": "2"}, 422),
        ("radar", {"region": "460300"}, 422),
    ],
)
def test_a_bad_question_is_a_problem(
    client: httpx.Client, kind: str, query: dict[str, str], status: int
) -> None:
    answer = client.get(f"{API}/{kind}", params={**ASK, **query})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_a_font_the_answer_says_what_is_wrong(serve: Serve, tmp_path: Path) -> None:
    font = tmp_path / "none.ttf"
    font.write_bytes(b"no font")
    answer = serve(pdf_font=font).client.get(f"{API}/tree", params=ASK)
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/font-missing"
    assert "none.ttf 无法读取" in answer.json()["detail"]


def test_the_service_starts_without_matplotlib() -> None:
    check = "import sys, service.web.app, service.cli; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def run(data_dir: Path, *arguments: str) -> Any:
    command = ["picture", *arguments, "--region", "衢州", "--chain", "lithium-battery"]
    return CliRunner().invoke(app, command, env={"ZHAOSHANG_DATA_DIR": str(data_dir)})


def test_the_command_writes_the_same_picture(data_dir: Path, client: httpx.Client, tmp_path: Path) -> None:
    out = tmp_path / "图谱.SVG"
    done = run(data_dir, "tree", "-o", str(out), "--size", "a4")
    assert (done.exit_code, done.stdout) == (0, "")
    assert out.read_bytes() == picture(client, "tree", format="svg", size="a4").content


@pytest.mark.parametrize(
    ("out", "said"), [("a.jpg", "应以 .png 或 .svg 或 .pdf 结尾"), ("nowhere/a.png", "已有文件夹")]
)
def test_the_command_says_what_is_wrong(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(data_dir, "map", "-o", out)
    assert isinstance(done.exception, InvalidQuery)
    assert said in str(done.exception)


def test_pages_have_files_of_their_own() -> None:
    assert [page_file(Path("x/树.png"), page) for page in (1, 2)] == [Path("x/树.png"), Path("x/树-2.png")]


@pytest.mark.parametrize(("region", "dashes"), [("460000", 10), ("330800", 0)])
def test_the_map_slide_has_the_inset_where_it_belongs(client: httpx.Client, region: str, dashes: int) -> None:
    """Native shapes: a frame, the land, 三沙市 in its colour, ten lines."""
    answer = client.get("/api/v1/briefs/deck", params={**ASK, "region": region, "gaps": 1})
    deck = Presentation(io.BytesIO(answer.raise_for_status().content))
    (slide,) = [one for one in deck.slides if one.shapes.title.text.endswith("分地区完整度")]
    names = [shape.name for shape in slide.shapes]
    lines = [shape for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.LINE]
    inside = [
        one for one in lines if one.left > deck.slide_width * 0.45 and one.top > deck.slide_height * 0.6
    ]
    assert len(inside) == dashes
    inset = {"南海诸岛", "南海诸岛：陆地与岛屿", "三沙市"}
    assert inset & set(names) == (inset if dashes else set())
