"""Opening the database: SQLite (WAL) by default, PostgreSQL by its address."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, create_engine

from service.errors import DataDirUnusable

_BUSY_SECONDS = 60
_ADVISORY_LOCK = 0x5A53


def open_engine(url: str) -> Engine:
    """Return an engine on the database at `url`, its schema brought up to date.

    Raises
    ------
    DataDirUnusable : the SQLite file cannot be opened or written, or is not a database; or the server
        does not answer.
    """
    parsed = make_url(url)
    place = Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else Path(parsed.host or "")
    engine = _create(url)
    try:
        upgrade(engine)
    except OperationalError as error:
        engine.dispose()
        raise DataDirUnusable(place, str(error.orig).strip()) from error
    except sqlite3.DatabaseError as error:
        engine.dispose()
        raise DataDirUnusable(place, str(error)) from error
    except Exception as error:
        engine.dispose()
        if isinstance(getattr(error, "orig", None), sqlite3.DatabaseError):
            raise DataDirUnusable(place, str(error)) from error
        raise
    return engine


def _create(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
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


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision; does nothing where it is there already."""
    head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with write_transaction(engine) as connection:
        config = _alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """Yield a connection inside one writing transaction that waits for other writers first.

    SQLite takes its write lock at once (a transaction that reads first and writes later would fail
    with "database is locked"); PostgreSQL takes an advisory lock for the same reason.
    """
    with engine.connect() as connection:
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


@contextmanager
def reading_session(engine: Engine) -> Iterator[Session]:
    """Yield a session for reading."""
    with Session(engine) as session:
        yield session
