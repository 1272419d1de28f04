"""Contents of pictures made without a database, and how to read pictures back.

`python -m tests.render.pictures` draws the baselines anew: look at them before you commit them.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import shapely
from matplotlib.text import Text
from PIL import Image

from service.domain.chains import Chain, Node, Stage
from service.domain.gaps import Basis, Intensity, NodeRating, Rating
from service.domain.weights import Weights
from service.knowledge import load_knowledge
from service.render.picture_canvas import A4, Box, Canvas, Sheet, drawing, save
from service.render.picture_font import PictureFont, find_picture_font
from service.render.picture_frame import Heading
from service.render.picture_gaps import GapsContent, compose_gaps
from service.render.picture_kinds import PictureFormat
from service.render.picture_map import compose_map
from service.render.picture_map_content import FirmsThere, MapArea, MapContent, MapTarget
from service.render.picture_radar import RadarContent, compose_radar
from service.render.picture_sea import SeaGeometry
from service.render.picture_tree import TreeContent, compose_tree
from service.render.radar import draw_radar
from tests.render.facts import facts_of

HEADING = Heading(
    "甲市 · 锂电池", "完整度 50%；末级环节：缺 1、强 2", ("数据日期：2026-03-04", "来源：测试名录")
)
BASELINES = Path(__file__).with_name("baselines")
BASELINE_FONT = "wqy-microhei.ttc"
_SMALL = (280, 198)


def rated(node: str, rating: Rating, firms: float = 1.0, *, anchor: bool = False) -> NodeRating:
    """Return a node's rating."""
    return NodeRating(node, rating, Basis.SELECTIVE, firms, 2.5, True, Intensity(1.0, 0.5, 1.5), 1.5, anchor)


def tree_of(chain: Chain) -> TreeContent:
    """Return a tree in which every rating occurs, and every third node has an anchor."""
    ratings = itertools.cycle(Rating)
    found = {
        node.id: rated(node.id, next(ratings), number / 3, anchor=number % 3 == 0)
        for number, node in enumerate(chain.nodes)
    }
    return TreeContent(HEADING, chain, found)


def chain_with(groups: int, leaves: int, name: str = "环节") -> Chain:
    """Return a chain of groups with as many leaves each, every second leaf a bottleneck."""
    nodes: list[Node] = []
    hard = (None, "难")
    for group in range(groups):
        head = f"big/g{group}"
        nodes.append(Node(head, f"{name}组{group}", None, list(Stage)[group % 3]))
        nodes += [
            Node(f"{head}-{leaf}", f"{name}{group}之{leaf}", head, Stage.UPSTREAM, bottleneck=hard[leaf % 2])
            for leaf in range(leaves)
        ]
    return Chain("big", "大链", "1", "2026-01-01", tuple(nodes), ())


def gaps_of(weights: Weights, target_weights: Weights, *, leaves: int = 6, name: str = "环节") -> GapsContent:
    """Return the gaps of a region that has one of the leaves."""
    facts = facts_of([f"{name}{number}" for number in range(leaves)], weights, target_weights)
    return GapsContent(HEADING, facts.gaps, len(facts.gaps))


def radar_of(values: Sequence[float | None] = (0.9, None, 0.5, 0.25)) -> RadarContent:
    """Return a region beside a benchmark; None is not known."""
    labels = ("上游完整", "中游完整", "下游完整", "规模")
    series = (("甲市", tuple(values)), ("乙市", (0.6, 0.8, 1.0, 0.4)))
    radar = draw_radar(labels, series)
    assert radar is not None
    return RadarContent(HEADING, radar, labels, series, ("乙市：这条链最完整。",))


def map_of(
    *, firms: Sequence[FirmsThere] = (FirmsThere(118.3, 28.4, 9), FirmsThere(119.4, 28.6, 1)),
    targets: int = 3, name: str = "", review: str = "内部资料 未经审图",
) -> MapContent:  # fmt: skip
    """Return four square regions of two degrees in the west of Zhejiang, beside a fifth that is only land."""
    shares = (0.1, 0.5, 0.95, None)
    areas = tuple(
        MapArea(
            f"33{number}", f"{name or '某'}{number}市", shapely.box(118 + number % 2, 28 + number // 2,
            119 + number % 2, 29 + number // 2), share, (118.5 + number % 2, 28.5 + number // 2),
        )
        for number, share in enumerate(shares)
    )  # fmt: skip
    land = (*(area.shape for area in areas), shapely.box(120, 28, 122, 30))
    places = [(118.4, 28.4), (113.5, 23.0), None, (118.4, 28.4)]
    return MapContent(
        heading=HEADING,
        areas=areas,
        land=land,
        outline=areas[0].shape,
        sea=SeaGeometry((), ()),
        firms=tuple(firms),
        targets=tuple(
            MapTarget(number + 1, f"目标{number + 1}有限公司", places[number % 4], "铜箔 50.0 分")
            for number in range(targets)
        ),
        review=review,
    )


def texts_of(canvas: Canvas) -> list[str]:
    """Return every text on a page, in the order in which it was set."""
    return [text.get_text() for text in _texts(canvas)]


def boxes_of(canvas: Canvas) -> list[tuple[str, Box]]:
    """Return every text with the place that matplotlib measures for it (points, y down)."""
    renderer = canvas.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    found = []
    with drawing():
        for text in _texts(canvas):
            box = text.get_window_extent(renderer)
            found.append((text.get_text(), Box(box.x0, canvas.sheet.height - box.y1, box.width, box.height)))
    return found


def _texts(canvas: Canvas) -> Iterator[Text]:
    for one in canvas.figure.findobj(Text):
        if isinstance(one, Text) and one.get_text().strip():
            yield one


def shrunk(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return a PNG in grey at the size of the baselines."""
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("L").resize(_SMALL, Image.Resampling.BOX)
        return np.asarray(small, dtype=np.float64)


def draw_baselines(font: PictureFont, sheet: Sheet = A4) -> dict[str, bytes]:
    """Return the pictures that stand as baselines, as PNG by name."""
    knowledge = load_knowledge()
    weights = knowledge.weights
    with drawing():
        composed = {
            "map": compose_map(map_of(), sheet, font),
            "tree": compose_tree(tree_of(knowledge.chain("lithium-battery")), sheet, font),
            "gaps": compose_gaps(gaps_of(weights.gap, weights.target), sheet, font),
            "radar": compose_radar(radar_of(), sheet, font),
        }
        return {name: save(pages, PictureFormat.PNG) for name, pages in composed.items()}


def write_baselines() -> None:
    """Draw the baselines anew."""
    BASELINES.mkdir(exist_ok=True)
    for name, content in draw_baselines(find_picture_font()).items():
        Image.fromarray(shrunk(content).astype(np.uint8)).save(BASELINES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    write_baselines()
