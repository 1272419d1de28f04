"""Opening the database: SQLite (WAL) by default, PostgreSQL by its address.

The other rooms take `Engine` and `Session` from here: only storage imports SQLAlchemy and SQLModel.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlmodel import Session, create_engine

from service.errors import DataDirUnusable
from service.storage.frames import to_json

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = [
    "Connection",
    "Engine",
    "Session",
    "alembic_config",
    "database_of",
    "known_revisions",
    "open_engine",
    "reading_session",
    "upgrade",
    "write_transaction",
]

_BUSY_SECONDS = 60
_ADVISORY_LOCK = 0x5A53
_MIGRATIONS = Path(__file__).parent / "migrations"
_REASONS = {
    "not a database": "文件不是数据库，或已损坏",
    "malformed": "数据库文件已损坏",
    "unable to open": "无法打开数据库文件，请检查文件夹的权限",
    "readonly": "没有写权限",
    "is full": "磁盘已满",
    "locked": f"另一个程序在写入，等了 {_BUSY_SECONDS} 秒",
}


def open_engine(url: str) -> Engine:
    """Return an engine on the database at `url`, its schema brought up to date.

    Raises
    ------
    DataDirUnusable : the address is none, the SQLite file cannot be opened or written or is not a
        database, the server does not answer, or the database was made by a newer version of the service.
    """
    try:
        engine = _create(url)
    except (ArgumentError, ImportError) as error:
        raise DataDirUnusable(Path("ZHAOSHANG_DATABASE_URL"), f"数据库地址不能用：{error}") from error
    try:
        with _said_plainly(engine.url):
            upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def _said_plainly(url: URL) -> Iterator[None]:
    """Turn what the user can mend (permissions, a full disk, a damaged file, no server) into words."""
    try:
        yield
    except DBAPIError as error:
        # A damaged SQLite file raises the base class itself; its other subclasses are faults of ours.
        if not isinstance(error, OperationalError) and type(error.orig) is not sqlite3.DatabaseError:
            raise
        raise DataDirUnusable(_place(url), _reason(error.orig)) from error
    except sqlite3.DatabaseError as error:
        raise DataDirUnusable(_place(url), _reason(error)) from error


def _place(url: URL) -> Path:
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else Path(url.host or "PostgreSQL")


def _reason(error: BaseException | None) -> str:
    text = str(error).strip()
    plain = next((words for mark, words in _REASONS.items() if mark in text), None)
    return f"{plain}（{text}）" if plain else text


def _create(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, json_serializer=to_json)
    engine = create_engine(
        url,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        json_serializer=to_json,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction handling commits before DDL and starts transactions late; with
    # isolation_level None we say BEGIN ourselves, so that an import really is one transaction.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def alembic_config(connection: Connection) -> Config:
    """Return the configuration with which Alembic's commands run on `connection`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision; does nothing where it is there already.

    Raises
    ------
    DataDirUnusable : the database has a revision that this version of the service does not know.
    """
    with engine.connect() as connection:
        present = _revision_of(connection)
    known = known_revisions()
    if present == known[-1]:
        return
    if present is not None and present not in known:
        raise DataDirUnusable(
            _place(engine.url), f"数据库由更新的版本建立（{present}），请升级本程序后再打开"
        )
    # Here, since Alembic takes long to load and nearly every database is up to date.
    from alembic import command

    with write_transaction(engine) as connection:
        command.upgrade(alembic_config(connection), "head")


def known_revisions() -> list[str]:
    """Return the revisions of the schema, the newest last: the migrations' files begin with their numbers."""
    return sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """Yield a connection inside one writing transaction that waits for other writers first.

    SQLite takes its write lock at once (a transaction that reads first and writes later would fail
    with "database is locked"); PostgreSQL takes an advisory lock for the same reason.

    Raises
    ------
    DataDirUnusable : the database cannot be written (permissions, a full disk, a lost server).
    """
    with _said_plainly(engine.url), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        try:
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise


def database_of(session: Session) -> object:
    """Return what all sessions on one open database share, and live as long as it: a key for what is kept."""
    return session.get_bind().engine.pool


@contextmanager
def reading_session(engine: Engine) -> Iterator[Session]:
    """Yield a session for reading that sees one state of the data, whatever is imported meanwhile."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with _said_plainly(engine.url), Session(engine) as session:
        yield session
