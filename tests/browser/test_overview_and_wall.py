"""总览, quick search by keyboard, and the wall that runs by itself."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser

QUZHOU = "region=330800&chain=lithium-battery"
LAPTOP = 768


def open_wall(page: Page, base: str, more: str = "") -> None:
    """Open the wall and wait for its scenes: to gather them the first time takes a while."""
    page.goto(f"{base}/wall?{QUZHOU}{more}")
    page.wait_for_selector(".scene.on", timeout=60_000)


def test_the_main_things_stand_on_one_laptop_screen(page: Page, base: str) -> None:
    page.goto(f"{base}/?{QUZHOU}")
    for name in ("chain-table", "top-gaps"):
        box = page.locator(f"#{name}").bounding_box()
        assert box is not None
        assert box["y"] < LAPTOP / 2
    last = page.locator("#top-gaps li").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] < LAPTOP
    changes = page.locator("#changes h2").bounding_box()
    assert changes is not None
    assert changes["y"] < LAPTOP


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("wide", "high"), [(1366, 768), (390, 844), (1920, 1080)])
def test_the_overview_fits_its_width(page: Page, base: str, wide: int, high: int, theme: str) -> None:
    page.set_viewport_size({"width": wide, "height": high})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"{base}/?{QUZHOU}")
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    assert page.locator("#chain-table tbody tr").count() == 31


def test_a_column_head_sorts_and_a_row_leads_on(page: Page, base: str) -> None:
    page.goto(f"{base}/?{QUZHOU}")
    page.get_by_role("link", name="有效企业", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("有效企业")
    firms = [float(text.replace(",", "")) for text in page.locator("td.s-firms").all_inner_texts()]
    assert firms == sorted(firms, reverse=True)
    page.locator("#top-gaps a").first.click()
    expect(page).to_have_url(re.compile("/targets\\?region=330800"))


def test_slash_arrows_and_enter_find_a_node(page: Page, base: str) -> None:
    page.goto(f"{base}/?{QUZHOU}")
    page.keyboard.press("/")
    field = page.locator("#quick-q")
    expect(field).to_be_focused()
    assert field.input_value() == ""
    page.keyboard.type("tongbo")
    options = page.locator("#quick-options [role=option]")
    expect(options.first).to_contain_text("锂电铜箔")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    chosen = options.first.get_attribute("id")
    expect(field).to_have_attribute("aria-activedescendant", chosen or "")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/chain\?region=330800&chain=lithium-battery&node="))


def test_enter_without_a_choice_opens_the_page_of_results_and_escape_closes(page: Page, base: str) -> None:
    page.goto(f"{base}/?{QUZHOU}")
    page.keyboard.press("/")
    page.keyboard.type("仙鹤")
    options = page.locator("#quick-options [role=option]")
    expect(options.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("搜索“仙鹤”")
    expect(page.locator(".hit-list")).to_contain_text("仙鹤股份有限公司")


def test_nothing_found_is_said_and_a_slash_in_a_field_is_a_slash(page: Page, base: str) -> None:
    page.goto(f"{base}/?{QUZHOU}")
    page.locator("#quick-q").click()
    page.keyboard.type("没有的东西/")
    expect(page.locator(".quick-none")).to_contain_text("没有找到“没有的东西/”")


@pytest.mark.parametrize(("wide", "high"), [(1920, 1080), (3840, 2160), (390, 844)])
def test_every_scene_of_the_wall_fits_the_screen(page: Page, base: str, wide: int, high: int) -> None:
    page.set_viewport_size({"width": wide, "height": high})
    open_wall(page, base, "&seconds=600")
    expect(page.locator(".scene.on")).to_have_attribute("data-scene", "overview")
    for _ in range(6):
        assert page.evaluate("document.documentElement.scrollWidth") <= wide
        if wide > 800:
            scene = page.locator(".scene.on")
            assert scene.evaluate("one => one.scrollHeight <= one.clientHeight + 1"), scene.get_attribute(
                "data-scene"
            )
        page.keyboard.press("ArrowRight")
    expect(page.locator(".scene.on")).to_have_attribute("data-scene", "overview")


def test_letters_on_the_wall_grow_with_the_screen(page: Page, base: str) -> None:
    sizes = []
    for wide, high in ((1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": wide, "height": high})
        open_wall(page, base)
        sizes.append(page.locator("h1").evaluate("one => parseFloat(getComputedStyle(one).fontSize)"))
    assert sizes[1] == pytest.approx(2 * sizes[0], rel=0.01)
    assert sizes[0] >= 36


def test_the_wall_goes_round_and_pauses(page: Page, base: str) -> None:
    page.clock.install()
    open_wall(page, base, "&seconds=10")
    scene = page.locator(".scene.on")
    page.clock.run_for(11_000)
    expect(scene).to_have_attribute("data-scene", "chains")
    page.keyboard.press(" ")
    expect(page.locator("#wall-paused")).to_be_visible()
    page.clock.run_for(60_000)
    expect(scene).to_have_attribute("data-scene", "chains")
    page.keyboard.press(" ")
    page.clock.run_for(11_000)
    expect(scene).to_have_attribute("data-scene", "map")


_SIZE = "() => document.querySelectorAll('*').length"


def test_the_wall_stays_the_same_size_over_days(page: Page, base: str) -> None:
    served = 0

    def other_stamp(route: Route) -> None:
        # Every answer is new, so that the scenes are replaced each time.
        nonlocal served
        served += 1
        answer = route.fetch()
        route.fulfill(
            response=answer, body=re.sub('data-stamp="', f'data-stamp="{served}', answer.text(), count=1)
        )

    page.clock.install()
    page.route("**/wall/scenes?*", other_stamp)
    open_wall(page, base, "&seconds=15&reload=3600")
    before = page.evaluate(_SIZE)
    for hour in range(48):
        page.clock.fast_forward(3_600_000)
        expect(page.locator(".scenes")).to_have_attribute("data-stamp", re.compile(f"^{hour + 2}[0-9]+-"))
        assert page.locator(".scene.on").count() == 1
    assert page.evaluate(_SIZE) == before
    assert served == 49


def test_the_wall_keeps_what_it_shows_when_the_service_is_gone(page: Page, base: str, watch: Watch) -> None:
    page.clock.install()
    open_wall(page, base, "&reload=300")
    page.route("**/wall/scenes?*", lambda route: route.abort())
    page.clock.fast_forward(301_000)
    expect(page.locator("#wall-trouble")).to_contain_text("连不上服务")
    assert page.locator(".scene").count() == 6
    page.unroute("**/wall/scenes?*")
    page.clock.fast_forward(301_000)
    expect(page.locator("#wall-trouble")).to_have_text("")
    watch.errors.clear()


def test_reduced_motion_turns_without_moving(page: Page, base: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_wall(page, base)
    assert page.locator(".scene.on").evaluate("one => getComputedStyle(one).transitionProperty") == "none"
    expect(page.locator(".wall-progress")).to_be_hidden()


def test_the_same_data_is_not_drawn_again(page: Page, base: str) -> None:
    page.clock.install()
    open_wall(page, base, "&reload=300")
    page.evaluate("document.querySelector('.scenes').dataset.kept = 'yes'")
    with page.expect_response("**/wall/scenes?*"):
        page.clock.fast_forward(301_000)
    assert page.locator(".scenes").get_attribute("data-kept") == "yes"
