"""A base map is off until it is set; then the map may ask exactly its hosts for pictures, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from service.settings import Settings
from tests.web.conftest import Serve

MAP = "/api/v1/map?region=330800&chain=lithium-battery"


def pictures_from(policy: str) -> list[str]:
    """Return what a policy's img-src admits."""
    (line,) = [part.split() for part in policy.split(";") if part.split()[0] == "img-src"]
    return line[1:]


@pytest.mark.parametrize(
    ("settings", "hosts"),
    [
        pytest.param({}, [], id="none"),
        pytest.param(
            {"map_tiles": "tianditu", "tianditu_key": "0a1b2c"},
            [f"https://t{number}.tianditu.gov.cn" for number in range(8)],
            id="tianditu",
        ),
        pytest.param(
            {"map_tiles": "gaode"}, [f"https://webrd0{n}.is.autonavi.com" for n in (1, 2, 3, 4)], id="gaode"
        ),
    ],
)
def test_the_policy_admits_the_hosts_of_the_base_map(
    serve: Serve, settings: dict[str, Any], hosts: list[str]
) -> None:
    answer = serve(**settings).client.get(MAP)
    policy = answer.headers["Content-Security-Policy"]
    assert pictures_from(policy) == ["data:", *hosts]
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert ("0a1b2c" in answer.text) == ("tianditu_key" in settings)
    assert ("function toGcj02" in answer.text) == (settings.get("map_tiles") == "gaode" or bool(settings))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"map_tiles": "tianditu"}, "ZHAOSHANG_TIANDITU_KEY", id="no key"),
        pytest.param({"map_tiles": "google"}, "gaode", id="another service"),
        pytest.param({"map_tiles": "tianditu", "tianditu_key": 'x&y"><script>'}, "pattern", id="odd key"),
        pytest.param({"tianditu_key": "a" * 65}, "64", id="long key"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(**settings)
