"""Alembic's entry: runs on the connection that `service.storage.engine.upgrade` hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from service.storage import tables

assert tables.FirmRow.__tablename__  # noqa: S101 - the import fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
