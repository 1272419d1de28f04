"""The set of briefing files: all of it or nothing of it, and the same bytes each time."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.brief_sets import PART_KEYS, choose_parts, make_set, stem_of
from service.briefing import read_brief
from service.cli import app
from service.errors import FontMissing, InvalidQuery, OutputUnwritable, UnknownChain
from service.render.fonts import use_chinese_font
from service.settings import Settings
from service.workspace import Workspace
from tests.render.facts import chain_of

CHAIN = "lithium-battery"
LIGHT = choose_parts(["workbook", "csv"])
LONG = "很长的产业链名称" * 7 + "共六十字"


def make(workspace: Workspace, out: Path, **more: Any) -> list[str]:
    more = {"top": 1, "parts": LIGHT, "chain": CHAIN, "region": "330800", **more}
    region, chain = more.pop("region"), more.pop("chain")
    with workspace.session() as session:
        return [one.path for one in make_set(session, workspace, region, chain, out, **more)]


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_whole_set_twice_is_the_same_bytes(workspace: Workspace, tmp_path: Path) -> None:
    try:
        use_chinese_font()
    except FontMissing as error:
        pytest.skip(str(error))
    shares: list[float] = []
    paths = make(
        workspace, tmp_path / "一", parts=choose_parts(), progress=lambda _, share: shares.append(share)
    )
    made = files_in(tmp_path / "一")
    assert sorted(made) == sorted(paths)
    assert paths[0] == "index.html"
    kinds = [Path(path).suffix for path in paths]
    for suffix in (".html", ".pptx", ".xlsx", ".docx", ".pdf", ".png", ".gpkg", ".csv", ".txt"):
        assert suffix in kinds
    assert all(made.values())
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] < 1.0
    note = made["说明.txt"].decode("utf-8-sig")
    for path in paths[:-1]:
        assert path in note
    for said in ("浙江省衢州市（330800）", "内部资料 未经审图", "数据日期："):
        assert said in note
    make(workspace, tmp_path / "二", parts=choose_parts())
    again = files_in(tmp_path / "二")
    assert [path for path in made if made[path] != again[path]] == []
    assert sorted(tmp_path.glob(".*")) == []


def test_parts_are_chosen_by_their_keys() -> None:
    assert tuple(part.key for part in choose_parts()) == PART_KEYS
    assert [part.key for part in choose_parts(["csv", "deck"])] == ["deck", "csv"]
    assert [part.key for part in choose_parts(None, ["deck"])] == [key for key in PART_KEYS if key != "deck"]
    with pytest.raises(InvalidQuery, match="slides"):
        choose_parts(["slides"])
    with pytest.raises(InvalidQuery, match="没有选择"):
        choose_parts(["csv"], ["csv"])


def test_a_folder_that_is_not_empty_is_left_alone(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "已有"
    out.mkdir()
    (out / "报告.docx").write_bytes(b"mine")
    with pytest.raises(InvalidQuery, match="已有：文件夹不是空的"):
        make(workspace, out)
    assert files_in(tmp_path) == {"已有/报告.docx": b"mine", **_data(tmp_path)}
    with pytest.raises(InvalidQuery, match="已有同名文件"):
        make(workspace, out / "报告.docx")
    with pytest.raises(InvalidQuery, match="上级文件夹"):
        make(workspace, tmp_path / "absent" / "x")


def _data(folder: Path) -> dict[str, bytes]:
    """What the fixtures put there."""
    return {path: content for path, content in files_in(folder).items() if path.startswith("data/")}


def test_an_empty_folder_is_filled(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "空"
    out.mkdir()
    assert sorted(make(workspace, out)) == sorted(files_in(out))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_what_cannot_be_written_leaves_nothing(
    number: int, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third file of the set meets a full disk."""
    write, written = Path.write_bytes, []

    def full(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) == 3:
            raise OSError(number, os.strerror(number))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    said = {errno.ENOSPC: "磁盘已满", errno.EACCES: "没有写权限"}[number]
    with pytest.raises(OutputUnwritable, match=f"新：{said}"):
        make(workspace, tmp_path / "新")
    assert len(written) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    if not done:
        pytest.skip("this user may not mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(workspace: Workspace, small_disk: Path) -> None:
    with pytest.raises(OutputUnwritable, match="磁盘已满"):
        make(workspace, small_disk / "材料")
    assert list(small_disk.iterdir()) == []


def test_an_interruption_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    def stop(stage: str, share: float) -> None:
        if "离线" in stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(workspace, tmp_path / "新", progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_two_at_once_do_not_disturb_each_other(workspace: Workspace, tmp_path: Path) -> None:
    """Two into folders of their own are whole; of two into one folder exactly one is, and is whole."""
    make(workspace, tmp_path / "allein")
    expected = files_in(tmp_path / "allein")
    start = threading.Barrier(4)
    refused: list[BaseException] = []

    def run(out: Path) -> None:
        start.wait()
        try:
            make(workspace, out)
        except (InvalidQuery, OutputUnwritable) as error:
            refused.append(error)

    outs = [tmp_path / "甲", tmp_path / "乙", tmp_path / "同", tmp_path / "同"]
    threads = [threading.Thread(target=run, args=(out,)) for out in outs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    for name in ("甲", "乙", "同"):
        assert files_in(tmp_path / name) == expected
    assert sorted(tmp_path.glob(".*")) == []


def test_without_a_font_nothing_is_drawn(workspace: Workspace, tmp_path: Path) -> None:
    bare = Workspace(
        Settings(data_dir=workspace.settings.data_dir, pdf_font=tmp_path / "absent.ttf"),
        workspace.engine,
        workspace.knowledge,
    )
    for key in ("book-pdf", "pictures"):
        with pytest.raises(FontMissing, match=f"absent.ttf.*（{key}）"):
            make(bare, tmp_path / "新", parts=choose_parts([key, "csv"]))
    assert not (tmp_path / "新").exists()
    assert make(bare, tmp_path / "新")


@pytest.fixture
def odd(workspace: Workspace) -> Workspace:
    """A workspace with one more chain: of one node, with a name of sixty characters."""
    chain = chain_of([LONG])
    knowledge = replace(workspace.knowledge, chains={**workspace.knowledge.chains, chain.id: chain})
    return replace(workspace, knowledge=knowledge)


def test_a_chain_of_one_node_with_a_long_name(odd: Workspace, tmp_path: Path) -> None:
    assert len(LONG) == 60
    parts = choose_parts(["map", "deck", "workbook", "book", "geopackage", "csv"])
    paths = make(odd, tmp_path / "新", chain="odd", parts=parts)
    assert max(len(Path(path).name.encode()) for path in paths) <= 200
    with odd.session() as session:
        assert stem_of(read_brief(session, odd.knowledge, "330800", "odd")).startswith("衢州市很长的")
    assert "没有缺链" in (tmp_path / "新" / "index.html").read_text("utf-8")


def test_a_region_without_a_firm(workspace: Workspace, tmp_path: Path) -> None:
    paths = make(
        workspace, tmp_path / "新", region="460300", parts=choose_parts(None, ["pictures", "book-pdf"])
    )
    assert "三沙市锂电池-汇报幻灯片.pptx" in paths


def test_names_that_no_disk_takes() -> None:
    class Named:
        def __init__(self, name: str) -> None:
            self.name, self.id = name, "odd"

    class Told:
        def __init__(self, region: str, chain: str) -> None:
            self.region, self.chain = Named(region), Named(chain)

    told: Any = Told('a/b\\c:"d', "<x>|?*\n")
    assert stem_of(told) == "a_b_c_d_x_"
    told = Told("", " . ")
    assert stem_of(told) == "odd"


@pytest.fixture
def on_this_data(data_dir: Path, monkeypatch: pytest.MonkeyPatch, no_settings_from_outside: None) -> None:
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(data_dir))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["brief", *map(str, arguments)])


@pytest.mark.usefixtures("on_this_data")
def test_the_command(workspace: Workspace, tmp_path: Path) -> None:
    ask = ("--region", "衢州", "--chain", CHAIN, "--gaps", "1", "--only", "workbook", "--only", "csv")
    result = run(*ask, "--out", tmp_path / "甲")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert f"已写入 {tmp_path / '甲'}" in result.stderr
    make(workspace, tmp_path / "乙")
    assert files_in(tmp_path / "甲") == files_in(tmp_path / "乙")
    result = run(*ask, "--out", tmp_path / "甲")
    assert isinstance(result.exception, InvalidQuery)
    assert str(tmp_path / "甲") in str(result.exception)


@pytest.mark.usefixtures("on_this_data")
def test_bad_questions_leave_no_folder(tmp_path: Path) -> None:
    out = tmp_path / "新"
    ask = ("--region", "衢州", "--chain", CHAIN, "--out", out)
    result = run(*ask, "--chain", "no-such")
    assert isinstance(result.exception, UnknownChain)
    result = run(*ask, "--without", "slides")
    assert isinstance(result.exception, InvalidQuery)
    (tmp_path / "no.pptx").write_bytes(b"no slides")
    result = run(*ask, "--only", "deck", "--template", tmp_path / "no.pptx")
    assert isinstance(result.exception, InvalidQuery)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "no.pptx"]


def test_a_template_without_our_layouts(workspace: Workspace, tmp_path: Path) -> None:
    """A bureau's template may have lost all its slide layouts but one, and every placeholder."""
    from pptx import Presentation

    deck = Presentation()
    for layout in list(deck.slide_layouts)[1:]:
        deck.slide_layouts.remove(layout)
    for shape in list(deck.slide_layouts[0].placeholders):
        shape._element.getparent().remove(shape._element)
    deck.save(str(tmp_path / "bare.pptx"))
    template = (tmp_path / "bare.pptx").read_bytes()
    paths = make(workspace, tmp_path / "新", parts=choose_parts(["deck"]), template=template)
    made = Presentation(str(tmp_path / "新" / paths[1]))
    assert len(made.slides) > 5
