"""Every page, at the widths it is read at: whole, quiet, and usable without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser

PATHS = ("/", "/chain", "/gaps", "/targets", "/compare", "/map", "/firms", "/imports")
CHAINS = ("integrated-circuits", "lithium-battery", "photovoltaics", "specialty-paper")
WIDTHS = {"laptop": (1366, 768), "telephone": (390, 844)}
# A county, a province, and a county of which no firm is known.
COUNTY, PROVINCE, EMPTY = "330825", "330000", "542521"

# Texts of the chart that lie over one another or beyond its edge.
_CLASHES = """() => {
  const chart = echarts.getInstanceByDom(document.getElementById("tree"));
  const drawn = chart.getZr().storage.getDisplayList(true);
  const texts = drawn.filter((one) => one.type === "tspan").map((one) => {
    const rect = one.getBoundingRect().clone();
    if (one.transform) rect.applyTransform(one.transform);
    return { text: one.style.text, rect };
  });
  const over = (a, b) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  const outside = ({ rect }) => rect.x < 0 || rect.x + rect.width > chart.getWidth();
  const found = texts.filter(outside).map(({ text }) => text);
  texts.forEach((one, i) => texts.slice(i + 1).forEach((other) => {
    if (over(one.rect, other.rect)) found.push(`${one.text} / ${other.text}`);
  }));
  return [texts.length, found];
}"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_a_title_and_a_headline_and_fits_its_width(
    page: Page, base: str, path: str, width: str
) -> None:
    wide, high = WIDTHS[width]
    page.set_viewport_size({"width": wide, "height": high})
    page.goto(f"{base}{path}?region=330800&chain={CHAINS[1]}")
    assert "招商地图" in page.title()
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= wide


@pytest.mark.parametrize(
    ("path", "place"),
    [("/chain", COUNTY), ("/targets", COUNTY), ("/gaps", PROVINCE), ("/map", PROVINCE), ("/map", EMPTY)],
)
def test_a_page_is_whole_at_every_level(page: Page, base: str, path: str, place: str) -> None:
    page.goto(f"{base}{path}?region={place}&chain={CHAINS[3]}")
    expect(page.locator("h1")).to_have_count(1)
    assert "None" not in page.locator("main").inner_text()


@pytest.mark.parametrize("path", ["/", "/chain", "/gaps", "/targets", "/firms"])
def test_a_page_of_a_region_without_firms_says_what_to_do(page: Page, base: str, path: str) -> None:
    page.goto(f"{base}{path}?region={EMPTY}")
    expect(page.locator(".empty").first).to_be_visible()


def test_the_problem_page_says_what_is_wrong(page: Page, base: str, watch: Watch) -> None:
    answer = page.goto(f"{base}/chain?region=999999")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("没有找到")
    expect(page.locator("main")).to_contain_text("999999")
    # The browser itself notes the status of the page in its console.
    watch.errors.clear()


@pytest.mark.parametrize("chain", CHAINS)
def test_no_name_in_the_tree_lies_over_another(page: Page, base: str, chain: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={chain}")
    page.wait_for_selector("#tree canvas")
    count, clashes = page.evaluate(_CLASHES)
    assert count > 60
    assert clashes == []


def test_the_wheel_over_the_tree_scrolls_the_page(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?chain={CHAINS[1]}")
    page.wait_for_selector("#tree canvas")
    page.mouse.move(400, 600)
    page.mouse.wheel(0, 500)
    for _ in range(50):
        if page.evaluate("window.scrollY") > 300:
            return
        page.wait_for_timeout(50)
    pytest.fail("the page did not scroll")


def test_the_tree_can_be_used_by_keyboard(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?chain={CHAINS[1]}")
    page.locator("details.nodes > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    name = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_contain_text(name)


def test_pages_print_without_what_only_a_screen_needs(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?chain={CHAINS[1]}")
    page.emulate_media(media="print")
    for hidden in (".picker", ".tabs", ".tree-box", "footer"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_a_firm_name_from_a_file_is_shown_as_text(context: BrowserContext, page: Page, base: str) -> None:
    file: FilePayload = {
        "name": "odd.csv",
        "mimeType": "text/csv",
        "buffer": "公司名称,行政区划代码\n<img src=x onerror=alert(1)>,330822\n".encode(),
    }
    answer = context.request.post(f"{base}/api/v1/imports", multipart={"file": file, "source": "odd"})
    assert answer.status == 202
    page.goto(f"{base}/firms?region=330822&every=true&q=onerror")
    for _ in range(50):
        if page.locator("#firm-table").count():
            break
        page.wait_for_timeout(100)
        page.reload()
    expect(page.locator("#firm-table th a").first).to_contain_text("<img src=x onerror=alert(1)>")
