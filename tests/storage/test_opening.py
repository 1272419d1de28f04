"""Databases that cannot be used are refused in words that a user can act on, and are left as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from service.errors import DataDirUnusable
from service.settings import Settings
from service.storage.engine import open_engine, write_transaction
from service.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534

# Opens the data folder as a user who owns nothing; where we are not root, we are that user already. All
# code is loaded before: that user may not be allowed to read it.
OPEN_AS_NOBODY = f"""
import os, sys
from pathlib import Path
from service.errors import ServiceError
from service.settings import Settings
from service.storage.engine import open_engine
open_engine("sqlite://").dispose()
settings = Settings(data_dir=Path(sys.argv[1]))
if os.geteuid() == 0:
    os.setgid({NOBODY})
    os.setuid({NOBODY})
try:
    settings.prepare_data_dir()
    open_engine(settings.sqlalchemy_url)
    print("opened")
except ServiceError as error:
    print(type(error).__name__, error)
"""


def open_as_nobody(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AS_NOBODY, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def open_parents(folder: Path) -> None:
    """Let everybody walk down to `folder`: pytest keeps its folders to their owner."""
    for parent in folder.parents:
        if parent == Path(parent.anchor) or parent.stat().st_mode & 0o001:
            continue
        parent.chmod(parent.stat().st_mode | 0o011)


def refused(url: str) -> str:
    with pytest.raises(DataDirUnusable) as caught:
        open_engine(url)
    return str(caught.value)


def test_a_database_newer_than_the_code(database_url: str) -> None:
    engine = open_engine(database_url)
    with write_transaction(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    message = refused(database_url)
    assert "更新的版本" in message
    assert "9999" in message
    bare = create_engine(database_url)
    with bare.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    bare.dispose()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "zhaoshang.db"
    path.write_bytes(b"this is no database at all, whatever its name says\n" * 200)
    before = path.read_bytes()
    message = refused(f"sqlite:///{path}")
    assert str(path) in message
    assert "不是数据库" in message
    assert path.read_bytes() == before


def test_a_database_damaged_in_the_middle(workspace: Workspace) -> None:
    path = workspace.settings.data_dir / "zhaoshang.db"
    workspace.engine.dispose()
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(DataDirUnusable, match="损坏"), open_workspace(workspace.settings):
        pass


def test_a_database_cut_short(workspace: Workspace) -> None:
    path = workspace.settings.data_dir / "zhaoshang.db"
    workspace.engine.dispose()
    path.write_bytes(path.read_bytes()[: 3 * 4096])
    with pytest.raises(DataDirUnusable, match="损坏"), open_workspace(workspace.settings):
        pass


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("a file")
    with pytest.raises(DataDirUnusable, match="不是文件夹"), open_workspace(Settings(data_dir=path)):
        pass
    with (
        pytest.raises(DataDirUnusable, match="不是文件夹"),
        open_workspace(Settings(data_dir=path / "below")),
    ):
        pass
    assert path.read_text() == "a file"


def test_a_database_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "zhaoshang.db").mkdir()
    assert "无法打开" in refused(f"sqlite:///{tmp_path / 'zhaoshang.db'}")


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o555)
    open_parents(folder)
    message = open_as_nobody(folder)
    assert message.startswith(f"DataDirUnusable 数据目录不可用 {folder}")
    assert "没有写权限" in message
    assert list(folder.iterdir()) == []


def test_a_database_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "zhaoshang.db").touch()
    (folder / "zhaoshang.db").chmod(0o444)
    folder.chmod(0o777)
    open_parents(folder)
    message = open_as_nobody(folder)
    assert message.startswith("DataDirUnusable")
    assert "没有写权限" in message


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "nosuchdatabase://localhost/x",
        # A port where nothing listens: the first one, which is for no service.
        "postgresql+psycopg://user:secret@127.0.0.1:1/zhaoshang",
    ],
)
def test_an_address_that_leads_nowhere(url: str) -> None:
    assert "secret" not in refused(url)


@pytest.mark.postgres
def test_a_postgresql_without_this_database(postgres_url: str) -> None:
    assert "does not exist" in refused(postgres_url.replace("_test", "_absent_test"))


def test_a_plain_postgres_address_means_psycopg() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        settings = Settings(database_url=f"{scheme}://host/name")
        assert settings.sqlalchemy_url == "postgresql+psycopg://host/name"
