"""The points and lists of a map as compact JSON: columns in place of objects, steps in place of coordinates.

Written for `static/map-points.js`, which reads it back. 20,000 firms take about a megabyte so; above
`PLAIN_FIRMS` the firms are also compressed (gzip in base64, which browsers since 2020-2023 unpack
themselves).
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from typing import Any

from service.render.map_content import MapContent, MapFirm

PLAIN_FIRMS = 20_000
"""Up to this many firms stand in the file as plain JSON, which older browsers read too."""

_UNITS = 10_000
"""Coordinates are whole ten-thousandths of a degree: 11 m."""


def data_blocks(content: MapContent) -> str:
    """Return the script elements that hold the map's data; "<" in any text cannot end them."""
    firms = encode_firms(content.firms, [node.id for node in content.nodes])
    return _block("zs-data", as_json(encode_lists(content))) + firm_block(firms)


def firm_block(firms: dict[str, Any]) -> str:
    """Return the script element of the firms, compressed where they are many."""
    text = as_json(firms)
    if firms["count"] <= PLAIN_FIRMS:
        return _block("zs-firms", text)
    packed = gzip.compress(text.encode("utf-8", "replace"), compresslevel=6, mtime=0)
    return _block("zs-firms", base64.b64encode(packed).decode("ascii"), kind="text/plain")


def as_json(value: object) -> str:
    """Return JSON that can stand inside a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def encode_firms(firms: Sequence[MapFirm], nodes: Sequence[str]) -> dict[str, Any]:
    """Return firms as columns, sorted by place and name.

    Keys
    ----
    count : number of firms. names : joined by line feeds.
    x, y : longitude and latitude in ten-thousandths of a degree, the first whole, then steps.
    place : index into places. kind : index into kinds, lists of indices into `nodes`.
    founded : year, 0 where not known. rough : indices of firms without coordinates of their own, as steps.

    Raises KeyError when a firm names a node that is not in `nodes`.
    """
    ordered = sorted(firms, key=lambda firm: (firm.place, firm.name, firm.lon, firm.lat))
    number = {node: index for index, node in enumerate(nodes)}
    kinds: dict[tuple[int, ...], int] = {}
    places: dict[str, int] = {}
    return {
        "count": len(ordered),
        "names": "\n".join(" ".join(firm.name.split()) for firm in ordered),
        "x": steps(round(firm.lon * _UNITS) for firm in ordered),
        "y": steps(round(firm.lat * _UNITS) for firm in ordered),
        "place": [places.setdefault(firm.place, len(places)) for firm in ordered],
        "kind": [
            kinds.setdefault(tuple(number[node] for node in firm.nodes), len(kinds)) for firm in ordered
        ],
        "founded": [firm.founded or 0 for firm in ordered],
        "rough": steps(index for index, firm in enumerate(ordered) if not firm.placed),
        "places": list(places),
        "kinds": [list(kind) for kind in kinds],
    }


def steps(numbers: Iterable[int]) -> list[int]:
    """Return the first number, then each one's difference to the one before it."""
    found, before = [], 0
    for number in numbers:
        found.append(number - before)
        before = number
    return found


def encode_lists(content: MapContent) -> dict[str, Any]:
    """Return everything but the firms: nodes, gaps, targets, supply, heat, zones, outlines, places."""
    number = {node.id: index for index, node in enumerate(content.nodes)}
    return {
        "nodes": [
            [node.name, node.stage, number[node.parent] if node.parent else -1] for node in content.nodes
        ],
        "gaps": [number[node] for node in content.gaps],
        "centre": _position(*content.centre) if content.centre else None,
        "targets": [
            [
                target.name,
                *_position(target.lon, target.lat),
                [[number[mark.node], mark.rank, round(mark.score)] for mark in target.marks],
                [line for line in target.lines if line],
                int(target.placed),
            ]
            for target in content.targets
        ],
        "flows": [
            [number[flow.node], flow.name, *_position(flow.lon, flow.lat), round(flow.effective, 1),
             round(flow.distance_km)]
            for flow in content.flows
        ],
        "heat": _encode_heat(content, number),
        "zones": [
            [zone.name, zone.kind, *_position(zone.lon, zone.lat), zone.place] for zone in content.zones
        ],
        "sources": [[one.name, one.plan, one.geometry] for one in content.source_regions],
        "labels": [
            [[region.name, *_position(*region.centre)] for region in level.regions if region.centre]
            for level in content.levels
        ],
        "places": [
            [place.name, place.full_name, place.initials, *_position(place.lon, place.lat), place.zoom]
            for place in content.places
        ],
        "initials": ["".join(content.initials), " ".join(content.initials.values())],
    }  # fmt: skip


def _encode_heat(content: MapContent, number: dict[str, int]) -> dict[str, Any]:
    """Positions once, then (node, position, effective firms) for every cell, by node."""
    spots: dict[tuple[float, float], int] = {}
    cells = [
        [number[cell.node], spots.setdefault((cell.lon, cell.lat), len(spots)), round(cell.effective, 2)]
        for cell in content.heat
    ]
    return {"spots": [_position(*spot) for spot in spots], "cells": cells}


def _position(lon: float, lat: float) -> list[float]:
    return [round(lon, 4), round(lat, 4)]


def _block(name: str, text: str, *, kind: str = "application/json") -> str:
    return f'<script type="{kind}" id="{name}">{text}</script>'
