"""The commands `zhaoshang workbook` and `zhaoshang book`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.briefing import read_brief
from service.briefs import gather_facts
from service.cli import app
from service.errors import FontMissing, InvalidQuery, ServiceError, UnknownChain, UnknownRegion
from service.knowledge import Knowledge
from service.render.fonts import use_chinese_font
from service.render.project_book import render_book
from service.render.project_book_pdf import render_book_pdf
from service.render.workbook import render_workbook
from service.settings import Settings
from service.storage.engine import open_engine
from service.workspace import Workspace

CHAIN = "lithium-battery"
ASK = ("--region", "衢州", "--chain", CHAIN, "--gaps", "2")


@pytest.fixture(autouse=True)
def on_this_data(data_dir: Path, monkeypatch: pytest.MonkeyPatch, no_settings_from_outside: None) -> None:
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(data_dir))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_files_are_those_of_the_functions(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.session() as session:
        brief = read_brief(session, workspace.knowledge, "330800", CHAIN, top=2)
    facts = gather_facts(workspace.knowledge, brief)
    expected = {"a.xlsx": render_workbook(facts), "b.DOCX": render_book(facts)}
    try:
        expected["c.pdf"] = render_book_pdf(facts)
    except FontMissing as error:
        assert "fonts-wqy-microhei" in str(error)  # noqa: PT017 - without the font the rest is still tested
    for name, content in expected.items():
        command = "workbook" if name == "a.xlsx" else "book"
        result = run(command, *ASK, "-o", tmp_path / name)
        assert result.exit_code == 0, result.output
        assert (tmp_path / name).read_bytes() == content
        assert f"已写入 {tmp_path / name}" in result.stderr
        assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (("workbook", *ASK, "-o", "a.csv"), InvalidQuery, "应以 .xlsx 结尾"),
        (("book", *ASK, "-o", "a.xlsx"), InvalidQuery, "应以 .docx 或 .pdf 结尾"),
        (("book", *ASK, "-o", "absent/a.pdf"), InvalidQuery, "absent/a.pdf"),
        (("workbook", *ASK, "--chain", "no-such", "-o", "a.xlsx"), UnknownChain, "no-such"),
        (("book", *ASK, "--region", "没有这里", "-o", "a.docx"), UnknownRegion, "没有这里"),
    ],
)
def test_bad_questions_leave_no_file(
    arguments: tuple[str, ...],
    error: type[ServiceError],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.chdir(folder)
    result = run(*arguments)
    assert isinstance(result.exception, error), result.output
    assert said in str(result.exception)
    assert list(folder.iterdir()) == []


def test_a_font_that_is_none_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHAOSHANG_PDF_FONT", str(tmp_path / "absent.ttf"))
    result = run("book", *ASK, "-o", tmp_path / "a.pdf")
    assert isinstance(result.exception, FontMissing)
    assert not (tmp_path / "a.pdf").exists()


def test_an_empty_database_gives_files_that_say_so(tmp_path: Path, knowledge: Knowledge) -> None:
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings.sqlalchemy_url)
    empty = Workspace(settings, engine, knowledge)
    try:
        with empty.session() as session:
            facts = gather_facts(knowledge, read_brief(session, knowledge, "330800", CHAIN))
    finally:
        engine.dispose()
    assert (facts.made_of, facts.gaps, facts.firms, facts.peers, facts.sources) == (None, (), (), (), ())
    assert facts.day.year == 2000
    assert render_workbook(facts) == render_workbook(facts)
    assert render_book(facts).startswith(b"PK")
    try:
        use_chinese_font()
    except FontMissing as error:
        pytest.skip(str(error))
    assert render_book_pdf(facts).startswith(b"%PDF")
