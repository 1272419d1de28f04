"""The review queue by keyboard and by mouse, in a real browser: without reload, and the focus stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.serving import running_service

pytestmark = pytest.mark.browser

CHAIN = "lithium-battery"
LFP = f"{CHAIN}/lfp"
NAMES = [f"衢州{number}号贸易有限公司" for number in range(1, 6)]
SEPARATOR_TRADER = "衢州隔膜贸易有限公司"
ITEMS = "#queue li"


@pytest.fixture
def base(chromium: Browser, seeded_data_dir: Path, tmp_path: Path) -> Iterator[str]:
    """Run a service of this test's own, with six firms that only trade."""
    folder = Path(shutil.copytree(seeded_data_dir, tmp_path / "data"))
    rows = [f"{name},330802,磷酸铁锂销售；日用百货销售" for name in NAMES]
    rows.append(f"{SEPARATOR_TRADER},330822,锂离子电池隔膜销售；日用百货销售")
    text = "\n".join(["企业名称,区划代码,经营范围", *rows])
    with running_service(folder) as address:
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            answer = client.post("/api/v1/imports", files={"file": ("traders.csv", text.encode())})
            job = answer.raise_for_status().headers["Location"]
            while client.get(job).json()["state"] not in ("done", "failed"):
                pass
            assert client.get(job).json()["state"] == "done"
        yield address


@pytest.fixture
def review(page: Page, base: str) -> Page:
    """Open the queue of 磷酸铁锂 in 衢州: five links, the first of them focused."""
    page.goto(f"{base}/review?region=330800&chain={CHAIN}&node={LFP}")
    expect(page.locator("#waiting")).to_have_text("5 条")
    expect(page.locator(ITEMS).first).to_be_focused()
    return page


def names(page: Page) -> list[str]:
    return page.locator(f"{ITEMS} h2 a").all_inner_texts()


def item(page: Page, name: str) -> Locator:
    return page.locator(ITEMS).filter(has_text=name)


def batches(page: Page) -> Locator:
    return page.locator("#batches li")


def test_deciding_and_undoing_by_keyboard(review: Page) -> None:
    review.locator("#decider").fill("王工")
    review.locator("#decider").blur()
    order = names(review)
    for key, place in (("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0), ("j", 1)):
        review.keyboard.press(key)
        expect(review.locator(ITEMS).nth(place)).to_be_focused()

    review.evaluate("window.stayed = true")
    review.keyboard.press("r")  # the second leaves, the third is next
    expect(review.locator("#waiting")).to_have_text("4 条")
    expect(item(review, order[2])).to_be_focused()
    expect(review.locator("#said")).to_contain_text("已否定")
    review.keyboard.press("a")
    expect(review.locator("#waiting")).to_have_text("3 条")
    expect(item(review, order[3])).to_be_focused()
    expect(batches(review)).to_have_count(2)
    expect(batches(review).first).to_contain_text("王工")
    expect(batches(review).first).to_contain_text("确认 1 条")

    review.keyboard.press("u")
    expect(review.locator("#waiting")).to_have_text("4 条")
    expect(item(review, order[2])).to_be_focused()
    review.keyboard.press("u")
    expect(review.locator("#waiting")).to_have_text("5 条")
    assert names(review) == order
    expect(item(review, order[1])).to_be_focused()
    review.keyboard.press("u")
    expect(review.locator("#said")).to_contain_text("没有可撤销")
    expect(batches(review).locator("button")).to_have_count(0)
    assert review.evaluate("window.stayed") is True


def test_keys_pressed_faster_than_the_service_answers(review: Page) -> None:
    order = names(review)
    for _ in range(3):
        review.keyboard.press("r")
    expect(review.locator("#waiting")).to_have_text("2 条")
    assert names(review) == order[3:]
    expect(review.locator(ITEMS).first).to_be_focused()
    for _ in range(3):
        review.keyboard.press("u")
    expect(review.locator("#waiting")).to_have_text("5 条")
    assert names(review) == order


def test_keys_are_letters_where_one_writes(review: Page) -> None:
    review.locator("#decider").press_sequentially("jaru?")
    expect(review.locator("#decider")).to_have_value("jaru?")
    expect(review.locator("#waiting")).to_have_text("5 条")
    review.reload()
    expect(review.locator("#decider")).to_have_value("")  # not left yet when the page was reloaded
    review.locator("#decider").fill("李工")
    review.keyboard.press("Tab")
    review.reload()
    expect(review.locator("#decider")).to_have_value("李工")


def test_help_opens_and_closes(review: Page) -> None:
    expect(review.locator("#keys")).to_be_hidden()
    review.keyboard.press("?")
    expect(review.locator("#keys")).to_contain_text("撤销")
    review.get_by_role("button", name="快捷键").click()
    expect(review.locator("#keys")).to_be_hidden()


def test_by_mouse_to_the_last_link_and_back(review: Page) -> None:
    for left in (4, 3, 2, 1, 0):
        review.locator(ITEMS).first.get_by_role("button", name="否定", exact=True).click()
        expect(review.locator("#waiting")).to_have_text(f"{left} 条")
    expect(review.locator("#queue .empty")).to_contain_text("没有待核实的挂链")
    batches(review).last.get_by_role("button", name="撤销").click()
    expect(review.locator("#waiting")).to_have_text("1 条")
    expect(batches(review).last).to_contain_text("本机用户 已于")


def test_many_at_once_after_a_look_at_how_many(page: Page, base: str) -> None:
    page.goto(f"{base}/review?region=330800&chain={CHAIN}")
    before = page.locator("#waiting").inner_text()
    rule = page.locator("#rule")
    item(page, NAMES[0]).get_by_role("button", name="磷酸铁锂").click()
    expect(rule.locator("[name=term]")).to_have_value("磷酸铁锂")
    expect(rule.locator("[name=field]")).to_have_value("scope")
    rule.get_by_role("button", name="先看有多少条").click()
    expect(page.locator("#preview")).to_contain_text("有 5 条符合")
    expect(page.locator("#preview li")).to_have_count(5)
    expect(page.locator("#waiting")).to_have_text(before)

    rule.locator("[name=max_confidence]").fill("0")  # what was counted no longer holds
    expect(page.locator("#preview button")).to_have_count(0)
    rule.get_by_role("button", name="先看有多少条").click()
    expect(page.locator("#preview")).to_contain_text("有 0 条符合")
    rule.locator("[name=max_confidence]").fill("")
    rule.get_by_role("button", name="先看有多少条").click()
    page.get_by_role("button", name="一律否定这 5 条").click()
    expect(page.locator("#said")).to_contain_text("已否定 5 条")
    expect(page.locator("#waiting")).not_to_have_text(before)
    expect(item(page, SEPARATOR_TRADER)).to_have_count(1)
    expect(batches(page).first).to_contain_text("批量否定")
    page.keyboard.press("u")
    expect(page.locator("#waiting")).to_have_text(before)


def test_what_the_service_refuses_is_said_and_nothing_is_lost(review: Page, base: str, watch: Watch) -> None:
    first = names(review)[0]
    review.keyboard.press("r")
    expect(review.locator("#waiting")).to_have_text("4 条")
    key = f"n:{first}"
    for state in ("accepted", "rejected"):  # a colleague decides the same link on the firm's page
        httpx.put(
            f"{base}/api/v1/firms/{key}/decision", json={"node": LFP, "state": state}, trust_env=False
        ).raise_for_status()
    review.keyboard.press("u")
    expect(review.locator("#said")).to_contain_text("后来又核实过")
    expect(review.locator("#waiting")).to_have_text("4 条")
    # The browser itself notes the status of the answer in its console.
    watch.errors.clear()


@pytest.mark.parametrize(("wide", "high"), [(1366, 768), (390, 844)])
def test_it_fits_the_screen(review: Page, wide: int, high: int) -> None:
    review.set_viewport_size({"width": wide, "height": high})
    assert review.evaluate("document.documentElement.scrollWidth") <= wide
    expect(review.locator("h1")).to_have_count(1)
    expect(review.locator(ITEMS).first).to_be_visible()
