"""Pictures for print and slides: gathers what each shows, and has `render` draw it without a browser.

matplotlib takes a second to import: it is imported when the first picture is drawn, not when the service
starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from service.analysis import ChainView, completeness_by_region, rate_nodes, report_gaps, view_chain
from service.comparing import ComparedRegion, Comparison, compare_regions
from service.domain.chains import Chain
from service.domain.completeness import RegionReport, summarise_region
from service.domain.gaps import Rating
from service.domain.regions import Geography, Level, Region
from service.domain.targets import Target
from service.errors import InvalidQuery
from service.ingest.boundaries import load_boundaries, load_dash_line
from service.knowledge import Knowledge
from service.mapping import COUNTRY_TOLERANCE, shaded_around
from service.render.map_page import UNREVIEWED
from service.render.maps import ShadedRegion
from service.render.picture_kinds import MapShows, PictureFormat, PictureKind, PictureSize
from service.render.picture_sea import SeaGeometry
from service.render.radar import draw_radar
from service.settings import Settings
from service.storage.candidates import read_node_firms
from service.storage.engine import Session
from service.storage.sources import Source, data_changed_at
from service.targeting import rank_targets, regions_inside
from service.words import BASES, PROFILE_AXES, RATINGS

if TYPE_CHECKING:
    from service.render.picture_canvas import Canvas, Sheet
    from service.render.picture_font import PictureFont
    from service.render.picture_frame import Heading
    from service.render.picture_map_content import FirmsThere, MapArea, MapTarget

    Compose = Callable[[Sheet, PictureFont], list[Canvas]]

# Degrees of simplification, 300 m and 1 km: a line on an A4 page of a city, and of the country.
_FINE, _COARSE = 0.003, 0.01
_GAPS_ASKED, _TARGETS_EACH, _TARGETS_SHOWN = 5, 3, 12


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a file; `pages` in all, of which a PDF holds every one."""

    content: bytes
    pages: int


@dataclass(frozen=True)
class _Ask:
    """What a picture is drawn of."""

    session: Session
    knowledge: Knowledge
    settings: Settings
    view: ChainView
    shows: MapShows

    @property
    def chain(self) -> Chain:
        return self.view.coverage.chain

    @property
    def place(self) -> Region:
        return self.view.region


def draw_picture(
    session: Session,
    knowledge: Knowledge,
    settings: Settings,
    kind: PictureKind,
    region: str,
    chain: str,
    *,
    form: PictureFormat = PictureFormat.PNG,
    size: PictureSize = PictureSize.SCREEN,
    page: int = 1,
    shows: MapShows = MapShows.PARTS,
) -> Picture:
    """Draw one picture of a chain in a region. Two drawings of the same data are the same bytes.

    Parameters
    ----------
    page : which page of a PNG or SVG, from 1; only a large tree has more than one. A PDF holds all.
    shows : which regions a map shades; the other pictures do not look at it.

    Raises
    ------
    UnknownRegion, UnknownChain; FontMissing; InvalidQuery when there is no such page, or for a radar when too
    few firms are known to compare.
    """
    from service.render import picture_canvas as paper
    from service.render.picture_font import find_picture_font

    font = find_picture_font(settings.pdf_font)
    ask = _Ask(session, knowledge, settings, view_chain(session, knowledge, region, chain), shows)
    sheet = {PictureSize.SCREEN: paper.SCREEN, PictureSize.A4: paper.A4}[size]
    compose = {
        PictureKind.MAP: _map,
        PictureKind.TREE: _tree,
        PictureKind.GAPS: _gaps,
        PictureKind.RADAR: _radar,
    }[kind](ask)
    with paper.drawing():
        pages = compose(sheet, font)
        if form is not PictureFormat.PDF and page > len(pages):
            raise InvalidQuery(f"这幅图只有 {len(pages)} 页，没有第 {page} 页")
        return Picture(paper.save(pages, form, page), len(pages))


def _tree(ask: _Ask) -> Compose:
    from service.render.picture_tree import TreeContent, compose_tree

    ratings = {rated.node: rated for rated in rate_nodes(ask.view)}
    heading = _heading(ask, f"{ask.place.name} · {ask.chain.name}产业链图谱", _say_summary(ask))
    content = TreeContent(heading, ask.chain, ratings)
    return lambda sheet, font: compose_tree(content, sheet, font)


def _gaps(ask: _Ask) -> Compose:
    from service.render.picture_gaps import MOST_BARS, GapsContent, compose_gaps

    report = report_gaps(ask.knowledge, ask.view)
    weights = f"权重：{report.weights.note}（版本 {report.weights.version}）"
    heading = _heading(ask, f"{ask.place.name} · {ask.chain.name}缺链优先级", _say_summary(ask), weights)
    content = GapsContent(heading, report.gaps[:MOST_BARS], len(report.gaps))
    return lambda sheet, font: compose_gaps(content, sheet, font)


def _radar(ask: _Ask) -> Compose:
    from service.render.picture_radar import RadarContent, compose_radar

    found = compare_regions(ask.session, ask.knowledge, ask.chain.id, region=ask.place.adcode)
    labels = tuple(PROFILE_AXES.values())
    series = tuple((one.region.name, _profile(one)) for one in _compared(found))
    radar = draw_radar(labels, series)
    if radar is None:
        raise InvalidQuery(
            f"{ask.place.name}已知的企业太少，雷达图不足三个维度；请先导入企业名单，或看上一级地区"
        )
    heading = _heading(
        ask, f"{ask.place.name} · {ask.chain.name}区域对标", _say_summary(ask), found.note or ""
    )
    reasons = tuple(f"{one.region.name}：{one.reason}" for one in found.benchmarks)
    content = RadarContent(heading, radar, labels, series, reasons)
    return lambda sheet, font: compose_radar(content, sheet, font)


def _compared(found: Comparison) -> list[ComparedRegion]:
    """The region and those it can learn from; where there are none, those that are like it."""
    best = {one.region.adcode for one in found.benchmarks}
    base = found.base.adcode if found.base else ""
    chosen = [one for one in found.regions if one.region.adcode in best | {base}]
    return chosen if len(chosen) > 1 else list(found.regions)


def _profile(one: ComparedRegion) -> tuple[float | None, ...]:
    known = {axis.name: axis.value for axis in one.profile}
    return tuple(known[name] for name in PROFILE_AXES)


def _heading(ask: _Ask, title: str, subtitle: str, *more: str) -> Heading:
    from service.render.picture_frame import Heading, join_notes

    changed = data_changed_at(ask.session)
    day = f"数据日期：{changed:%Y-%m-%d}（版本 {ask.view.data_version}）" if changed else "尚无数据"
    named = "、".join(_say_source(source) for source in ask.view.sources) or "尚无数据"
    return Heading(title, subtitle, join_notes(day, f"来源：{named}", more))


def _say_source(source: Source) -> str:
    return source.title + (f"（{source.as_of:%Y-%m-%d}）" if source.as_of else "")


def _say_summary(ask: _Ask) -> str:
    summary = summarise_region(ask.view.coverage, ask.place.adcode, rate_nodes(ask.view))
    counts = "、".join(f"{RATINGS[one]} {summary.leaves[one]}" for one in Rating if summary.leaves[one])
    share = "未观测" if summary.completeness is None else f"{summary.completeness * 100:.0f}%"
    return f"完整度 {share}；末级环节：{counts}；依据：{BASES[summary.basis]}"


def _map(ask: _Ask) -> Compose:
    from service.render.picture_map import compose_map
    from service.render.picture_map_content import MapContent

    report = report_gaps(ask.knowledge, ask.view)
    areas = _parts(ask) if ask.shows is MapShows.PARTS else _peers(ask)
    if not areas:
        raise InvalidQuery(f"没有{ask.place.name}的边界，不能画图；请换一个地区")
    land = tuple(_shapes(ask.settings.cache_dir, _layer(ask, areas)).values())
    number = ask.settings.map_review_number
    boundary = "边界：天地图行政区划（2025-09），仅作示意；等面积圆锥投影"
    content = MapContent(
        heading=_heading(ask, f"{ask.place.name} · {ask.chain.name}招商地图", _say_summary(ask), boundary),
        areas=areas,
        land=land,
        outline=_outline(ask, areas),
        sea=load_sea(ask.settings.cache_dir),
        firms=_firms_there(ask),
        targets=_targets(ask, report),
        review=f"审图号：{number}" if number else UNREVIEWED,
    )
    return lambda sheet, font: compose_map(content, sheet, font)


@lru_cache(maxsize=2)
def load_sea(cache_dir: Path) -> SeaGeometry:
    """Return the provinces and the ten dashes of the South China Sea, as maps on paper draw them."""
    land = load_boundaries(Level.PROVINCE, tolerance_deg=COUNTRY_TOLERANCE, cache_dir=cache_dir)
    return SeaGeometry(tuple(land["geometry"]), tuple(load_dash_line()["geometry"]))


@lru_cache(maxsize=4)
def _shapes(cache_dir: Path, level: Level) -> dict[str, Any]:
    """Boundaries of one level by adcode, in degrees (WGS-84), as fine as paper shows them."""
    tolerance = _COARSE if level is Level.PROVINCE else _FINE
    frame = load_boundaries(level, tolerance_deg=tolerance, cache_dir=cache_dir)
    return dict(zip(frame["adcode"], frame["geometry"], strict=True))


def _parts(ask: _Ask) -> tuple[MapArea, ...]:
    """The regions within, for a county those of its city."""
    from service.render.picture_map_content import MapArea

    shaded = shaded_around(ask.session, ask.knowledge, ask.settings, ask.chain.id, ask.place)
    layer = _layer(ask, shaded)
    shapes = _shapes(ask.settings.cache_dir, layer)
    return tuple(
        MapArea(one.adcode, one.name, shapes[one.adcode], one.completeness, one.centre) for one in shaded
    )


def _layer(ask: _Ask, regions: Sequence[ShadedRegion | MapArea]) -> Level:
    """The highest level at which all of the regions stand: its borders are drawn."""
    geography = ask.knowledge.geography
    return next(
        level
        for level in Level
        if all(geography.at_level(one.adcode, level) == one.adcode for one in regions)
    )


def _outline(ask: _Ask, areas: Sequence[MapArea]) -> Any:
    """The border of the region, out of those of the areas: borders of another level would not lie on them."""
    inside = regions_inside(ask.knowledge.geography, ask.place.adcode)
    return shapely.union_all([area.shape for area in areas if area.adcode in inside])


def _peers(ask: _Ask) -> tuple[MapArea, ...]:
    """The regions of the same level in the same province; for a province all provinces, by short names."""
    from service.render.picture_map_content import MapArea

    geography, level = ask.knowledge.geography, ask.place.level
    members = [region.adcode for region in geography.regions(level)]
    if level is not Level.PROVINCE:
        province = geography.at_level(ask.place.adcode, Level.PROVINCE) or ask.place.adcode
        inside = regions_inside(geography, province)
        members = [adcode for adcode in members if adcode in inside]
    found = completeness_by_region(ask.session, ask.knowledge, ask.chain.id, level, members)
    shapes = _shapes(ask.settings.cache_dir, level)
    return tuple(
        MapArea(
            adcode,
            geography.get(adcode).short_name if level is Level.PROVINCE else geography.get(adcode).name,
            shapes[adcode],
            found[adcode].completeness,
            _middle(geography, adcode),
        )
        for adcode in members
        if adcode in shapes
    )


def _middle(geography: Geography, adcode: str | None) -> tuple[float, float] | None:
    """The point of a region, or None; codes of older lists may have been merged away since."""
    place = geography.get(adcode) if adcode and adcode in geography else None
    return None if place is None or place.lon is None or place.lat is None else (place.lon, place.lat)


def _firms_there(ask: _Ask) -> tuple[FirmsThere, ...]:
    """How many local firms of the chain each county (or city, where no more is known) has; beside its peers
    the region is one place.
    """
    from service.render.picture_map_content import FirmsThere

    inside = regions_inside(ask.knowledge.geography, ask.place.adcode)
    linked = read_node_firms(ask.session, [node.id for node in ask.chain.nodes], inside=inside)
    seats = {one.firm.id: one.firm.adcode for one in linked}
    if ask.shows is MapShows.PEERS:
        seats = dict.fromkeys(seats, ask.place.adcode)
    counts = Counter(middle for seat in seats.values() if (middle := _middle(ask.knowledge.geography, seat)))
    return tuple(FirmsThere(lon, lat, count) for (lon, lat), count in sorted(counts.items()))


def _targets(ask: _Ask, report: RegionReport) -> tuple[MapTarget, ...]:
    """The best targets of the most urgent gaps, each firm once, by score."""
    from service.render.picture_map_content import MapTarget

    best: dict[str, tuple[Target, str]] = {}
    for gap in report.gaps[:_GAPS_ASKED]:
        ranked = rank_targets(ask.session, ask.knowledge, ask.place.adcode, gap.node).ranked
        for target in ranked.targets[:_TARGETS_EACH]:
            known = best.get(target.firm)
            if known is None or target.score > known[0].score:
                best[target.firm] = (target, gap.name)
    order = sorted(best.values(), key=lambda one: (-one[0].score, one[0].firm))[:_TARGETS_SHOWN]
    geography = ask.knowledge.geography
    return tuple(
        MapTarget(number, target.name, _middle(geography, target.adcode), _say_target(ask, target, node))
        for number, (target, node) in enumerate(order, start=1)
    )


def _say_target(ask: _Ask, target: Target, node: str) -> str:
    geography = ask.knowledge.geography
    where = ""
    if target.adcode and target.adcode in geography:
        city = geography.at_level(target.adcode, Level.CITY) or target.adcode
        away = geography.distance_km(ask.place.adcode, target.adcode)
        where = f" · {geography.full_name(city)} {away:.0f} km"
    return f"{node} {target.score:.1f} 分{where}"
