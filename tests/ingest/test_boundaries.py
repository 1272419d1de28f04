from __future__ import annotations

import struct
from pathlib import Path

import pytest
import shapely

from service.domain.regions import Level
from service.ingest.boundaries import load_boundaries, load_dash_line, read_polygons, without_boundary
from service.ingest.geography import load_geography


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("boundaries")


@pytest.mark.parametrize(("level", "count"), [(Level.PROVINCE, 34), (Level.CITY, 372), (Level.COUNTY, 2888)])
def test_each_layer_has_one_valid_polygon_per_region(cache: Path, level: Level, count: int) -> None:
    frame = load_boundaries(level, cache_dir=cache)
    assert list(frame.columns) == ["adcode", "name", "geometry"]
    assert frame.crs == "EPSG:4326"
    assert len(frame) == count
    assert frame["adcode"].is_unique
    assert frame["adcode"].is_monotonic_increasing
    assert frame.is_valid.all()
    assert not frame.is_empty.any()
    assert set(frame.geom_type) <= {"Polygon", "MultiPolygon"}
    expected = {region.adcode for region in load_geography().regions(level)}
    assert expected - set(frame["adcode"]) == set(without_boundary(level, frame))


def test_only_the_two_newest_counties_have_no_polygon(cache: Path) -> None:
    frame = load_boundaries(Level.COUNTY, cache_dir=cache)
    assert without_boundary(Level.COUNTY, frame) == ("653228", "653229")


def test_points_of_regions_lie_inside_their_polygons(cache: Path) -> None:
    frame = load_boundaries(Level.COUNTY, tolerance_deg=0, cache_dir=cache).set_index("adcode")
    points = {r.adcode: (r.lon, r.lat) for r in load_geography().regions(Level.COUNTY) if r.lon is not None}
    outside = [
        code for code, point in points.items() if not frame.geometry[code].covers(shapely.Point(point))
    ]
    assert outside == []


def test_taiwan_and_the_islands_of_the_south_china_sea_are_drawn(cache: Path) -> None:
    frame = load_boundaries(Level.PROVINCE, cache_dir=cache).set_index("adcode")
    assert frame.geometry["710000"].covers(shapely.Point(121.0, 23.8))
    assert frame.geometry["460000"].bounds[1] < 5


def test_the_ten_dashes() -> None:
    dashes = load_dash_line()
    assert dashes["dash"].tolist() == list(range(1, 11))
    assert dashes.crs == "EPSG:4326"
    assert set(dashes.geom_type) == {"LineString"}
    east_of_taiwan = dashes.geometry[0].bounds
    assert east_of_taiwan[0] > 122
    assert 23 < east_of_taiwan[1] < east_of_taiwan[3] < 25
    assert dashes.total_bounds[1] == pytest.approx(3.4, abs=0.05)


def test_the_cache_is_used_and_a_broken_one_is_made_anew(tmp_path: Path) -> None:
    first = load_boundaries(Level.PROVINCE, tolerance_deg=0.1, cache_dir=tmp_path / "new")
    (file,) = (tmp_path / "new").iterdir()
    written = file.stat().st_mtime_ns
    load_boundaries(Level.PROVINCE, tolerance_deg=0.1, cache_dir=tmp_path / "new")
    assert file.stat().st_mtime_ns == written
    for broken in (b"", b"PAR1 not a parquet file", file.read_bytes()[:-200]):
        file.write_bytes(broken)
        again = load_boundaries(Level.PROVINCE, tolerance_deg=0.1, cache_dir=tmp_path / "new")
        assert again.geometry.geom_equals(first.geometry).all()
    assert [path.name for path in (tmp_path / "new").iterdir()] == [file.name]


def test_another_tolerance_is_another_file(tmp_path: Path) -> None:
    coarse = load_boundaries(Level.PROVINCE, tolerance_deg=0.2, cache_dir=tmp_path)
    fine = load_boundaries(Level.PROVINCE, tolerance_deg=0.05, cache_dir=tmp_path)
    assert (
        shapely.get_num_coordinates(coarse.geometry).sum() < shapely.get_num_coordinates(fine.geometry).sum()
    )
    assert len(list(tmp_path.iterdir())) == 2


def test_a_negative_tolerance_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="negative"):
        load_boundaries(Level.CITY, tolerance_deg=-1, cache_dir=tmp_path)


def pack(*blocks: bytes) -> bytes:
    return struct.pack(f"<{len(blocks) + 1}I", len(blocks), *map(len, blocks)) + b"".join(blocks)


def test_rings_are_read_as_steps_and_as_points(tmp_path: Path) -> None:
    # In units of 2e-6 degrees from (-180, -90): (0, 0) is (90,000,000, 45,000,000), 0.02 degrees are 10,000.
    x, y, step = 90_000_000, 45_000_000, 10_000
    steps = struct.pack("<I2I8h", 1, x, y, step, 0, 0, step, -step, 0, 0, -step)
    points = struct.pack("<I10I", 0, x, y, x + step, y, x + step, y + step, x, y + step, x, y)
    file = tmp_path / "two.bin"
    file.write_bytes(pack(struct.pack("<I", 5) + pack(steps), struct.pack("<I", 6) + pack(pack(points))))
    polygon, multi = read_polygons(file)
    square = shapely.box(0, 0, 0.02, 0.02)
    assert polygon.symmetric_difference(square).area < 1e-12
    assert multi.geom_type == "MultiPolygon"
    assert multi.symmetric_difference(square).area < 1e-12
    file.write_bytes(pack(struct.pack("<I", 2) + pack(steps)))
    with pytest.raises(ValueError, match="not a polygon"):
        list(read_polygons(file))
