"""The published shape of a set of briefing files, for the API and for the page."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

from pydantic import BaseModel, Field

from service.web.brief_desk import SetStatus

ADDRESS = "/api/v1/briefs"


class BriefFileRead(BaseModel):
    """A file of a set; `href` is where it is taken from."""

    part: str
    title: str
    path: str = Field(examples=["数据/gaps.csv"])
    bytes: int
    href: str


class BriefRead(BaseModel):
    """A set of briefing files that is waiting, running, done or failed; `share` is 0-1."""

    id: str
    title: str
    region: str
    region_name: str
    chain: str
    chain_name: str
    gaps: int
    parts: list[str]
    state: str = Field(examples=["running"])
    stage: str
    share: float
    error: str | None
    created_at: dt.datetime
    expires_at: dt.datetime
    files: list[BriefFileRead]
    archive: str | None = Field(description="where all files together are taken from, once it is done")


def brief_read(found: SetStatus) -> BriefRead:
    """Return the published shape of a set."""
    record = found.record
    address = f"{ADDRESS}/{record.id}"
    return BriefRead(
        **record.model_dump(exclude={"done", "files", "parts"}),
        parts=list(record.parts),
        state=str(found.state),
        stage=found.stage,
        share=found.share,
        expires_at=record.expires_at,
        archive=f"{address}/archive" if record.done else None,
        files=[
            BriefFileRead(
                part=one.part, title=one.title, path=one.path, bytes=one.bytes,
                href=f"{address}/files/{quote(one.path)}",
            )
            for one in record.files
        ],
    )  # fmt: skip
