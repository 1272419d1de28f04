"""Imports from small real files, from the file to the rating."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from service.analysis import comparison_set, rate_nodes, view_chain
from service.domain.gaps import Basis, Rating
from service.domain.regions import Level
from service.errors import InvalidMapping, InvalidQuery, UnknownRegion
from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, ImportReport, import_file, read_pairs
from service.storage.candidates import find_firm, read_links_of
from service.storage.sources import Source, data_version, find_import, list_sources
from service.workspace import Workspace
from tests.stored import row_counts, uscc, write_csv

CHAIN = "lithium-battery"
LFP = f"{CHAIN}/lfp"
COLUMNS = {
    "企业名称": ["衢州甲锂电材料有限公司", "衢州乙纸业有限公司", "衢州丙有限公司", "衢州甲锂电材料有限公司"],
    "统一社会信用代码": [uscc(1), uscc(2), "9133", ""],
    "地址": ["浙江省衢州市柯城区甲路1号", "浙江省衢州市", "", "浙江省衢州市柯城区甲路1号"],
    "经营范围": ["磷酸铁锂生产、销售", "纸制品销售", "", ""],
    "注册资本(万元)": ["1000", "很多", "", ""],
    "成立日期": ["2015-06-01", "2016年7月", "", ""],
}


def run(workspace: Workspace, path: Path, **options: object) -> ImportReport:
    return import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(**options),  # type: ignore[arg-type]
        rejects_dir=workspace.settings.rejects_dir,
    )


def write_xlsx(path: Path) -> Path:
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("名单")
    for column, (header, values) in enumerate(COLUMNS.items()):
        page.write_column(0, column, [header, *values])
    book.close()
    return path


def write_parquet(path: Path) -> Path:
    pl.DataFrame(COLUMNS).write_parquet(path)
    return path


@pytest.mark.parametrize("kind", ["gbk", "xlsx", "parquet"])
def test_a_file_from_end_to_end(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    if kind == "gbk":
        path = write_csv(tmp_path / "名单.csv", COLUMNS, encoding="gbk")
    else:
        path = {"xlsx": write_xlsx, "parquet": write_parquet}[kind](tmp_path / f"名单.{kind}")
    seen: list[tuple[str, float]] = []
    report = import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(title="一份名单", as_of=dt.date(2025, 1, 1)),
        rejects_dir=workspace.settings.rejects_dir,
        progress=lambda stage, share: seen.append((stage, share)),
    )
    assert (report.source, report.rows, report.accepted, report.updated, report.rejected) == (
        "名单",
        4,
        2,
        0,
        2,
    )
    assert report.located == {"province": 2, "city": 2, "county": 1}
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert seen[-1] == ("完成", 1.0)
    with workspace.session() as session:
        firm = find_firm(session, uscc(1))
        assert (firm.adcode, firm.capital_cny, firm.founded) == ("330802", 1e7, dt.date(2015, 6, 1))
        assert firm.as_of == dt.date(2025, 1, 1)
        assert LFP in {link.node for link in read_links_of(session, [firm.id])[firm.id]}
        record = find_import(session, report.id)
        assert (record.file_name, record.rows, record.rejects_file) == (path.name, 4, report.rejects_file)
    first = 1 if kind == "parquet" else 2
    assert report.rejects_file is not None
    content = Path(report.rejects_file).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [(row["行号"], row["列"], row["值"], row["处理"]) for row in rows] == [
        (str(first + 1), "注册资本(万元)", "很多", "该值未收"),
        (str(first + 2), "统一社会信用代码", "9133", "整行未收"),
        (str(first + 3), "企业名称", "衢州甲锂电材料有限公司", "整行未收"),
    ]
    assert all(row["原因"] for row in rows)


def test_importing_the_file_again_doubles_nothing(workspace: Workspace, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "名单.csv", COLUMNS)
    first = run(workspace, path)
    counts = row_counts(workspace.engine)
    with workspace.session() as session:
        version = data_version(session)
    again = run(workspace, path)
    assert (again.accepted, again.updated, again.rejected) == (0, first.accepted, first.rejected)
    assert again.links == first.links
    # The logs of imports go on, and "before" is now what the first import had made.
    logs = {name: counts[name] + 1 for name in ("import_run", "import_undo")}
    before = {f"{name}_before": counts[name] for name in ("coverage", "region_firms")}
    assert row_counts(workspace.engine) == {**counts, **logs, **before}
    assert len(list(workspace.settings.rejects_dir.iterdir())) == 1
    with workspace.session() as session:
        assert data_version(session) != version


def test_a_file_without_rejects_leaves_no_rejects_file(workspace: Workspace, tmp_path: Path) -> None:
    report = run(workspace, write_csv(tmp_path / "名单.csv", {"企业名称": ["甲有限公司"]}))
    assert report.rejects_file is None
    assert list(workspace.settings.rejects_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "covers", "complete"),
    [
        ({}, ("100000",), ()),
        ({"complete_for": ("330800",)}, ("330000",), ("330800",)),
        ({"complete_for": ("衢州", "340100")}, ("330000", "340000"), ("330800", "340100")),
        ({"complete_for": ("330800",), "covers": ("330800",)}, ("330800",), ("330800",)),
        ({"covers": ("全国",)}, ("100000",), ()),
        ({"covers": ("浙江", "100000")}, ("330000", "100000"), ()),
        ({"complete_for": ("东城区",), "covers": ("北京",)}, ("110000",), ("110101",)),
    ],
)
def test_what_a_file_claims_to_cover(
    workspace: Workspace,
    tmp_path: Path,
    options: dict[str, tuple[str, ...]],
    covers: tuple[str, ...],
    complete: tuple[str, ...],
) -> None:
    run(workspace, write_csv(tmp_path / "名单.csv", {"企业名称": ["甲有限公司"]}), **options)
    with workspace.session() as session:
        source = next(source for source in list_sources(session) if source.key == "名单")
    assert (source.covers, source.complete_for) == (covers, complete)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"complete_for": ("999999",)}, UnknownRegion),
        ({"covers": ("没有这个地方",)}, UnknownRegion),
        ({"as_of": dt.date(2999, 1, 1)}, InvalidQuery),
        ({"datum": "mars"}, InvalidQuery),
        ({"mapping": {"no-such-field": "企业名称"}}, InvalidMapping),
        ({"mapping": {"name": "没有这一列"}}, InvalidMapping),
        ({"mapping": {"name": ""}}, InvalidMapping),
    ],
)
def test_claims_that_cannot_be_true_are_refused(
    workspace: Workspace, tmp_path: Path, options: dict[str, object], error: type[Exception]
) -> None:
    path = write_csv(tmp_path / "名单.csv", COLUMNS)
    before = row_counts(workspace.engine)
    with pytest.raises(error):
        run(workspace, path, **options)
    assert row_counts(workspace.engine) == before
    assert list(workspace.settings.rejects_dir.iterdir()) == []


def test_columns_can_be_named_by_hand(workspace: Workspace, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "名单.csv", {"主体": ["甲有限公司"], "做什么": ["磷酸铁锂生产"]})
    report = run(workspace, path, mapping=read_pairs(["name = 主体", "", "scope=做什么"]))
    assert report.accepted == 1
    assert report.links >= 1
    with pytest.raises(InvalidQuery, match="字段=列名"):
        read_pairs(["name"])


def test_regions_seen_through_the_same_sources_are_compared(knowledge: Knowledge) -> None:
    seed = Source("seed", "", ("100000",))
    register = Source("register", "", ("330000",), complete_for=("330800",))
    city = Source("city", "", ("330100",))
    members, complete, sources = comparison_set(
        [city, register, seed], knowledge.geography, "330800", Level.CITY
    )
    in_zhejiang = {region.adcode for region in knowledge.geography.children("330000")}
    assert set(members) == in_zhejiang - {"330100"}
    assert complete == {"330800"}
    assert {source.key for source in sources} == {"seed", "register"}
    members, complete, sources = comparison_set(
        [city, register, seed], knowledge.geography, "330100", Level.CITY
    )
    assert (members, complete) == (("330100",), frozenset())
    assert {source.key for source in sources} == {"seed", "register", "city"}
    members, _, _ = comparison_set([city, register, seed], knowledge.geography, "310000", Level.CITY)
    assert {"310000", "429004"} <= set(members)
    assert in_zhejiang.isdisjoint(members)


def test_a_complete_city_is_complete_in_its_counties(knowledge: Knowledge) -> None:
    register = Source("register", "", ("330000",), complete_for=("330800",))
    members, complete, _ = comparison_set([register], knowledge.geography, "330802", Level.COUNTY)
    assert complete == {region.adcode for region in knowledge.geography.children("330800")}
    assert complete < set(members)


def ratings(workspace: Workspace, region: str, level: Level | None = None) -> dict[str, tuple[Rating, Basis]]:
    with workspace.session() as session:
        view = view_chain(session, workspace.knowledge, region, CHAIN, level=level)
        return {rating.node: (rating.rating, rating.basis) for rating in rate_nodes(view)}


def test_absence_is_missing_only_where_a_complete_source_speaks(workspace: Workspace, tmp_path: Path) -> None:
    cities = ("330800", "330700", "330100", "310000")
    for city in cities:  # the seed alone is a selective list
        rated = ratings(workspace, city)
        assert Rating.MISSING not in {rating for rating, _ in rated.values()}
        assert {basis for _, basis in rated.values()} == {Basis.SELECTIVE}
    absent = {
        node for node, (rating, _) in ratings(workspace, "330800").items() if rating is Rating.SUSPECTED
    }
    assert absent, "the seed must leave something open in 衢州"
    path = write_csv(
        tmp_path / "衢州规上.csv",
        {
            "企业名称": [f"衢州{word}有限公司" for word in "甲乙丙丁"],
            "区划代码": ["330802", "330803", "330800", "330881"],
            "经营范围": ["磷酸铁锂生产", "碳酸锂生产", "服装制造", "竹制品制造"],
        },
    )
    run(workspace, path, complete_for=("330800",))
    rated = ratings(workspace, "330800")
    assert {basis for _, basis in rated.values()} == {Basis.COMPLETE}
    assert Rating.SUSPECTED not in {rating for rating, _ in rated.values()}
    assert rated[LFP][0] not in {Rating.MISSING, Rating.UNOBSERVED}
    here = {LFP, f"{CHAIN}/lithium-salt"}
    groups = {node.id for node in workspace.knowledge.chain(CHAIN).nodes} - {
        leaf.id for leaf in workspace.knowledge.chain(CHAIN).leaves
    }
    assert absent - here - groups <= {node for node, (rating, _) in rated.items() if rating is Rating.MISSING}
    assert Rating.MISSING in {rating for rating, _ in rated.values()}
    for city in cities[1:]:
        rated = ratings(workspace, city)
        assert Rating.MISSING not in {rating for rating, _ in rated.values()}
        assert {basis for _, basis in rated.values()} == {Basis.SELECTIVE}
    province = ratings(workspace, "330000")
    assert {basis for _, basis in province.values()} == {Basis.SELECTIVE}
