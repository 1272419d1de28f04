"""Base maps that a bureau with internet may switch on: which tiles, from which hosts, in which datum.

None is on by default: then a map asks nobody for anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BaseMap:
    """Tiles of an outside service. `layers` are addresses as Leaflet takes them, the lowest first.

    `gcj02` True: the tiles are shifted against WGS-84, and the map shifts them back.
    """

    name: str
    layers: tuple[str, ...]
    subdomains: tuple[str, ...]
    gcj02: bool
    credit: str
    host: str
    most_zoom: int = 18

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that the map may ask for pictures: these and no others."""
        return tuple(f"https://{self.host.format(s=subdomain)}" for subdomain in self.subdomains)


def find_base_map(name: str, key: str = "") -> BaseMap | None:
    """Return the base map `name` ("", "tianditu" or "gaode"), None for none.

    `key` is the bureau's own key of Tianditu; whoever holds the map file can read it.

    Raises ValueError for any other name, and for Tianditu without a key.
    """
    if not name:
        return None
    if name == "tianditu":
        if not key:
            raise ValueError("tianditu needs a key")
        host = "t{s}.tianditu.gov.cn"
        layers = tuple(
            f"https://{host}/DataServer?T={layer}&x={{x}}&y={{y}}&l={{z}}&tk={key}"
            for layer in ("vec_w", "cva_w")
        )
        credit = "底图：天地图（国家地理信息公共服务平台）"
        return BaseMap("天地图", layers, tuple("01234567"), False, credit, host)
    if name == "gaode":
        host = "webrd0{s}.is.autonavi.com"
        layers = (f"https://{host}/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={{x}}&y={{y}}&z={{z}}",)
        credit = "底图：高德地图（GCJ-02，已按图幅中心纠偏）"
        return BaseMap("高德地图", layers, tuple("1234"), True, credit, host)
    raise ValueError(f"no base map {name!r}: tianditu, gaode, or nothing")
