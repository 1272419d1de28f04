"""Every page that there is, as the checks of all pages open it: where, and what has to be there first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from playwright.sync_api import Page

ASKED = "region=330800&chain=lithium-battery"
NODE = "lithium-battery/copper-foil"
FIRM = quote("n:云南恩捷新材料股份有限公司")
WIDTHS = ((1366, 768), (390, 844), (1920, 1080))
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


# What waits folded or hidden has not been asked for yet: only what is seen to wait counts.
_WAITING = "[...document.querySelectorAll('.htmx-request, .loading')].some((one) => one.checkVisibility())"


@dataclass(frozen=True, slots=True)
class Visit:
    """A page: its name, its address, and a script that is true once everything stands."""

    name: str
    path: str
    ready: str = "true"

    def open(self, page: Page, base: str) -> None:
        """Go there and wait until nothing more comes."""
        page.goto(base + self.path)
        page.wait_for_function(f"() => {self.ready}", timeout=20_000)
        page.wait_for_function(f"() => !{_WAITING}", timeout=20_000)
        page.evaluate("() => document.fonts.ready.then(() => true)")


_PANEL = "document.querySelector('#panel h2')"
_MAP = "document.getElementById('map-state').textContent === ''"

PAGES = (
    Visit("overview", f"/?{ASKED}"),
    Visit("tree", f"/chain?{ASKED}&node={NODE}", _PANEL),
    Visit("graph", f"/chain?{ASKED}&view=supply&node={NODE}", _PANEL),
    Visit("gaps", f"/gaps?{ASKED}"),
    Visit("whatif", f"/whatif?{ASKED}&add={NODE}=2"),
    Visit("targets", f"/targets?{ASKED}&node={NODE}"),
    Visit("firm", f"/firms/{FIRM}?{ASKED}"),
    Visit("visits", f"/visits?{ASKED}"),
    Visit("compare", f"/compare?{ASKED}"),
    Visit("map", f"/map?{ASKED}", _MAP),
    Visit("country", f"/map?{ASKED}&view=country", _MAP),
    Visit("firms", f"/firms?{ASKED}"),
    Visit("brief", f"/brief?{ASKED}"),
    Visit("review", f"/review?{ASKED}"),
    Visit("imports", f"/imports?{ASKED}"),
    Visit("editor", f"/chain/edit?{ASKED}"),
    Visit("search", f"/search?{ASKED}&q=tongbo"),
    Visit("wall", f"/wall?{ASKED}"),
)
