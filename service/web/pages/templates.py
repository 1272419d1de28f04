"""Templates and how values read on a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates

from service import __version__, words
from service.domain.weights import NEUTRAL, Factor
from service.web.assets import asset

_FOLDER = Path(__file__).resolve().parents[1] / "templates"


def number(value: float | None, digits: int = 1) -> str:
    """Return a number with at most `digits` decimals, a dash where there is none."""
    if value is None:
        return "—"
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float | None) -> str:
    """Return a share (0-1) as a whole percentage, a dash where there is none."""
    return "—" if share is None else f"{share * 100:.0f}%"


def money(cny: float | None) -> str:
    """Return an amount of CNY as people write it: 1.2亿元, 500万元."""
    if cny is None:
        return "—"
    if cny >= 1e8:
        return f"{number(cny / 1e8, 2)}亿元"
    return f"{number(cny / 1e4)}万元"


def local_time(moment: dt.datetime) -> str:
    """Return a moment (UTC where it has no zone) in the time of this machine, to the minute."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return f"{aware.astimezone():%Y-%m-%d %H:%M}"


def telling(factors: Sequence[Factor]) -> list[Factor]:
    """Return the factors that say most first: by contribution, those at the neutral value last."""
    return sorted(factors, key=lambda factor: (factor.value == NEUTRAL, -factor.contribution))


def chosen_theme(request: Request) -> str:
    """Return the theme that the reader chose on this machine: light, dark, or auto (as the system has it)."""
    theme = request.cookies.get("theme", "")
    return theme if theme in ("light", "dark") else "auto"


def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(directory=_FOLDER)
    env = templates.env
    env.trim_blocks = env.lstrip_blocks = True
    env.filters.update(number=number, percent=percent, money=money, local_time=local_time, telling=telling)
    env.globals.update(
        version=__version__,
        asset=asset,
        chosen_theme=chosen_theme,
        RATINGS=words.RATINGS,
        RATING_COLOURS=words.RATING_COLOURS,
        KINDS=words.KINDS,
        STAGES=words.STAGES,
        BASES=words.BASES,
        LEVELS=words.LEVELS,
        FIELDS=words.FIELDS,
        GAP_FACTORS=words.GAP_FACTORS,
        TARGET_FACTORS=words.TARGET_FACTORS,
    )
    return templates


_TEMPLATES = _templates()


def render_page(
    request: Request, name: str, values: Mapping[str, Any], *, status_code: int = 200
) -> Response:
    """Render a template; every value in it is escaped."""
    return _TEMPLATES.TemplateResponse(request, name, dict(values), status_code=status_code)
