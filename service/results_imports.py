"""What is published of imports: by the API and by the command line alike."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict


class ImportRead(BaseModel):
    """What an import took and rejected; rows = accepted + updated + rejected."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    source: str
    file_name: str = ""
    rows: int
    accepted: int
    updated: int
    rejected: int
    rejects_file: str | None
    located: dict[str, int]
    links: int
    seconds: float
    finished_at: dt.datetime | None = None
    undone_at: dt.datetime | None = None


class UndoRead(BaseModel):
    """What undoing an import did: firms removed, firms restored, decisions on links lost with them."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    source: str
    removed: int
    restored: int
    decisions: int
