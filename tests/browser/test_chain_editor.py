"""The chain editor in a real browser: by mouse and by keyboard, refused, published, brought back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.serving import running_service

pytestmark = pytest.mark.browser

CHAIN = "lithium-battery"
PUBLISHED = ".job[data-state=done]"


@pytest.fixture(scope="module")
def base(chromium: Browser, seeded_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a service of this module's own: publishing changes the chains."""
    folder = Path(shutil.copytree(seeded_data_dir, tmp_path_factory.mktemp("editor") / "data"))
    with running_service(folder) as address:
        yield address


def outline(page: Page, name: str) -> Locator:
    return page.locator(".outline").get_by_role("link", name=name, exact=True)


def open_editor(page: Page, base: str, node: str = "") -> None:
    page.goto(f"{base}/chain/edit?chain={CHAIN}&node={node}")
    expect(page.locator("h1")).to_contain_text("编辑产业链：锂电池")


def test_a_chain_is_changed_published_and_brought_back(page: Page, base: str, watch: Watch) -> None:
    open_editor(page, base)
    page.get_by_label("操作人").fill("王工")
    outline(page, "磷酸铁锂").click()
    expect(page.locator("#form-title")).to_contain_text("lithium-battery/lfp")
    assert "node=lithium-battery" in page.url, "what is shown has an address"
    terms = page.locator("[data-facts] [name=terms]")
    kept = terms.input_value()
    terms.fill(f"{kept}\n正极材料")
    page.get_by_role("button", name="存入草稿").click()
    expect(page.locator(".said")).to_contain_text("匹配词 “正极材料” 重复：环节“正极材料”已有")
    expect(terms).to_be_focused()
    expect(terms).to_have_value(f"{kept}\n正极材料")
    expect(page.locator(".changes li")).to_have_count(0)
    terms.fill(f"{kept}\n铁锂正极")
    page.locator("[data-facts] [name=name]").fill("磷酸铁锂正极")
    page.get_by_role("button", name="存入草稿").click()
    expect(page.locator(".changes > ol > li")).to_have_count(2)
    expect(outline(page, "磷酸铁锂正极")).to_have_attribute("aria-current", "true")
    page.locator(".changes [name=note]").fill("补一个匹配词")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator(PUBLISHED)).to_contain_text("已生效：第 2 版", timeout=60_000)
    expect(page.locator("h1")).to_contain_text("现行第 2 版")
    expect(page.locator(".changes .empty")).to_be_visible()
    page.goto(f"{base}/chain/versions?chain={CHAIN}&old=1&new=live")
    expect(page.locator("#differences li")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("王工")
    page.once("dialog", lambda dialog: dialog.accept())
    page.remove_listener("dialog", watch._dismiss)
    page.get_by_role("button", name="回到内置版").click()
    expect(page.locator(PUBLISHED)).to_contain_text("已生效：第 3 版", timeout=60_000)
    expect(page.locator("tbody tr")).to_have_count(3)


def test_a_node_is_added_joined_and_taken_back(page: Page, base: str) -> None:
    open_editor(page, base, "lithium-battery/materials")
    page.get_by_text("在它下面新增环节").click()
    form = page.locator("details[open] form.facts-form")
    form.locator("[name=name]").fill("锂金属箔")
    form.locator("[name=terms]").fill("锂金属箔材\n超薄锂箔\n锂铜复合箔")
    form.get_by_role("button", name="新增环节").click()
    expect(page.locator("#form-title")).to_contain_text("lithium-battery/li-jin-shu-bo")
    expect(page.locator(".changes > .warn")).to_contain_text("没有供应关系")
    expect(page.get_by_role("button", name="发布", exact=True)).to_be_disabled()
    page.locator(".add-edge [name=direction]").select_option("to")
    page.locator(".add-edge [name=other]").fill("动力电池（lithium-battery/power-cell）")
    page.get_by_role("button", name="加供应关系").click()
    expect(page.locator(".edge")).to_contain_text("动力电池")
    expect(page.locator(".changes > .warn")).to_have_count(0)
    expect(page.get_by_role("button", name="发布", exact=True)).to_be_enabled()
    for left in (1, 0):
        page.get_by_role("button", name="撤销上一步").click()
        expect(page.locator(".changes > ol > li")).to_have_count(left)
    expect(page.locator(".changes .empty")).to_be_visible()


def test_the_tree_is_walked_by_keys_and_found_in_by_name(page: Page, base: str) -> None:
    open_editor(page, base)
    outline(page, "锂矿采选").focus()
    page.keyboard.press("ArrowDown")
    expect(outline(page, "盐湖提锂")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#form-title")).to_contain_text("brine-lithium")
    expect(outline(page, "盐湖提锂")).to_be_focused()
    page.get_by_label("按名称找环节").fill("隔膜")
    expect(outline(page, "盐湖提锂")).to_be_hidden()
    expect(page.locator(".outline li:visible").filter(has_text="隔膜").first).to_be_visible()


def test_what_is_typed_is_not_lost_by_a_click(page: Page, base: str, watch: Watch) -> None:
    open_editor(page, base, "lithium-battery/lfp")
    page.locator("[data-facts] [name=note]").evaluate("field => field.closest('details').open = true")
    page.locator("[data-facts] [name=note]").fill("还没存")
    outline(page, "磷酸铁").click()
    assert watch.dialogs == ["这个环节的修改还没有存入草稿，要离开吗？"]
    watch.dialogs.clear()
    expect(page.locator("[data-facts] [name=note]")).to_have_value("还没存")


@pytest.mark.parametrize(("wide", "high"), [(1366, 768), (390, 844)])
@pytest.mark.parametrize("path", ["edit", "versions"])
def test_it_fits_the_screen(page: Page, base: str, path: str, wide: int, high: int) -> None:
    page.set_viewport_size({"width": wide, "height": high})
    page.goto(f"{base}/chain/{path}?chain={CHAIN}&node=lithium-battery/lfp")
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    expect(page.locator("h1")).to_have_count(1)
    unlabelled = page.evaluate(
        "[...document.querySelectorAll('main :is(input:not([type=hidden]), select, textarea)')]"
        ".filter((field) => !field.labels?.length && !field.getAttribute('aria-label')).length"
    )
    assert unlabelled == 0
