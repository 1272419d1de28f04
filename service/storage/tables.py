"""The tables. Input never enters through these classes: it is validated in `ingest` first."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING


# Compared byte by byte on every database, so that what begins alike stands together in an index.
_SOUND = Text().with_variant(Text(collation="C"), "postgresql")


def _json(*, nullable: bool = False) -> Any:
    return Column(JSON, nullable=nullable)


class SourceRow(SQLModel, table=True):
    """Where firms come from, what it covers and for which regions it claims to be complete."""

    __tablename__ = "source"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    title: str
    covers: list[str] = Field(sa_column=_json())
    complete_for: list[str] = Field(sa_column=_json())
    licence: str = ""
    as_of: dt.date | None = None
    imported_at: dt.datetime | None = None


class FirmRow(SQLModel, table=True):
    """A firm; `key` is its uscc, or `n:` and its normalised name; ids are given by `upsert_firms`."""

    __tablename__ = "firm"
    __table_args__ = (
        CheckConstraint("uscc IS NULL OR length(uscc) = 18", name="uscc_length"),
        # Everything that a search compares: SQLite reads it instead of the whole table (`storage.search`).
        Index(
            "ix_firm_search",
            *("initials", "pinyin", "normal_name", "short_name", "stock_code", "adcode", "uscc"),
        ),
    )

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(unique=True)
    uscc: str | None = Field(default=None, unique=True)
    normal_name: str = Field(index=True)
    parent_name: str | None = Field(default=None, index=True)
    name: str
    short_name: str | None = None
    stock_code: str | None = Field(default=None, index=True)
    adcode: str | None = Field(default=None, index=True)
    address: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    scope: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    industry: str | None = None
    gbt4754_codes: list[str] = Field(default_factory=list, sa_column=_json())
    products: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())
    nodes: list[str] = Field(default_factory=list, sa_column=_json())
    capital_cny: float | None = None
    revenue_cny: float | None = None
    employees: int | None = None
    founded: dt.date | None = None
    entity_type: str | None = None
    standing: list[str] = Field(default_factory=list, sa_column=_json())
    lon: float | None = None
    lat: float | None = None
    website: str | None = None
    as_of: dt.date | None = None
    pinyin: str = Field(default="", sa_column=Column(_SOUND, nullable=False, server_default=""))
    initials: str = Field(default="", sa_column=Column(_SOUND, nullable=False, server_default=""))


class FirmSourceRow(SQLModel, table=True):
    """This source names this firm, in this row of its file."""

    __tablename__ = "firm_source"

    firm_id: int = Field(sa_column=Column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True))
    source_id: int = Field(
        sa_column=Column(ForeignKey("source.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    row: int


class LinkRow(SQLModel, table=True):
    """A firm's link to a node (挂链), as the matcher found it."""

    __tablename__ = "link"
    __table_args__ = (
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence_range"),
        Index("ix_link_node_confidence", "node", "confidence"),
    )

    firm_id: int = Field(sa_column=Column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True))
    node: str = Field(primary_key=True)
    confidence: float
    confirmed: bool
    evidence: list[dict[str, Any]] = Field(sa_column=_json())


class LinkDecisionRow(SQLModel, table=True):
    """What a person decided of a link; the matcher never touches this table."""

    __tablename__ = "link_decision"
    __table_args__ = (CheckConstraint("state IN ('accepted', 'rejected')", name="state_known"),)

    firm_id: int = Field(sa_column=Column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True))
    node: str = Field(primary_key=True)
    state: str
    decided_by: str
    decided_at: dt.datetime
    note: str = ""


class LinkDecisionLogRow(SQLModel, table=True):
    """One decision as it was made, in its batch, and what it took the place of; never rewritten.

    `previous_*` is the decision that stood before ('open' where none did). `undone_*` are set on every row of
    a batch when the batch is undone.
    """

    __tablename__ = "link_decision_log"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'rejected')", name="state_known"),
        CheckConstraint("previous_state IN ('open', 'accepted', 'rejected')", name="previous_state_known"),
        Index("ix_link_decision_log_firm_id_node", "firm_id", "node"),
    )

    batch: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    firm_id: int = Field(sa_column=Column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True))
    node: str = Field(primary_key=True)
    state: str
    decided_by: str
    decided_at: dt.datetime
    note: str = ""
    previous_state: str
    previous_by: str | None = None
    previous_at: dt.datetime | None = None
    previous_note: str | None = None
    undone_by: str | None = None
    undone_at: dt.datetime | None = None


class CoverageRow(SQLModel, table=True):
    """Effective firms linked directly to one node in one region; absent means none.

    `dated`: those of them whose founding date is known; `recent`: those founded lately, counted back from
    the day up to which the data reaches.
    """

    __tablename__ = "coverage"

    chain: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    adcode: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    effective: float
    firms: int
    anchors: int
    dated: float = 0.0
    recent: float = 0.0


class RegionFirmsRow(SQLModel, table=True):
    """How many firms of any kind, and of any chain, are known in one region."""

    __tablename__ = "region_firms"

    level: str = Field(primary_key=True)
    adcode: str = Field(primary_key=True)
    firms: int
    chain_firms: int


class CoverageBeforeRow(SQLModel, table=True):
    """The coverage as it was before the last import: what `CoverageRow` held."""

    __tablename__ = "coverage_before"

    chain: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    adcode: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    effective: float
    anchors: int


class RegionFirmsBeforeRow(SQLModel, table=True):
    """The firms known of each region before the last import: what `RegionFirmsRow` held."""

    __tablename__ = "region_firms_before"

    level: str = Field(primary_key=True)
    adcode: str = Field(primary_key=True)
    firms: int
    chain_firms: int


class DataBeforeRow(SQLModel, table=True):
    """One row: which state of the data the last import began with, its sources and its last firm."""

    __tablename__ = "data_before"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(default=1, primary_key=True)
    number: int
    chains_hash: str
    changed_at: dt.datetime
    sources: list[dict[str, Any]] = Field(sa_column=_json())
    last_firm: int


class ImportRow(SQLModel, table=True):
    """One import of a firm file: what it took, what it rejected, how long it took."""

    __tablename__ = "import_run"

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(sa_column=Column(ForeignKey("source.id", ondelete="CASCADE"), nullable=False))
    file_name: str
    sha256: str
    rows: int
    accepted: int
    updated: int
    rejected: int
    rejects_file: str | None = None
    located: dict[str, int] = Field(sa_column=_json())
    links: int
    seconds: float
    finished_at: dt.datetime
    undone_at: dt.datetime | None = None


class ImportUndoRow(SQLModel, table=True):
    """What an import can be taken back with, kept for the last ones.

    `touched` and `before` are the frames of `storage.firms.Upserted` as Parquet; `source_before` the source
    as it was, null where the import brought it. A whole province is some megabytes this way, and one row.
    """

    __tablename__ = "import_undo"

    import_id: int = Field(
        sa_column=Column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    )
    touched: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    before: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    source_before: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))


class VisitRow(SQLModel, table=True):
    """A firm to be visited for a node of a region (拜访清单), as it stood among the targets when added.

    `firm_key`, `firm_name`, `firm_adcode` are as they were then: the entry stays when the firm goes.
    """

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'visited', 'dropped')", name="state_known"),
        UniqueConstraint("region", "node", "firm_key"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region: str
    node: str
    node_name: str
    firm_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("firm.id", ondelete="SET NULL"), nullable=True, index=True)
    )
    firm_key: str
    firm_name: str
    firm_adcode: str | None = None
    rank: int | None = None
    among: int | None = None
    score: float | None = None
    data_version: str
    state: str
    note: str = ""
    added_at: dt.datetime
    changed_at: dt.datetime


class ChainVersionRow(SQLModel, table=True):
    """One version of a chain, whole; the newest of a chain decides which is the one that counts.

    `kind`: 'shipped' is a copy of the file as it came with the program, 'edited' and 'restored' are the
    users', 'reset' goes back to the file, 'removed' takes a chain away that users had made.
    `shipped_sha256`: of the file that stood beside it when it was saved, null where there was none.
    """

    __tablename__ = "chain_version"
    __table_args__ = (
        CheckConstraint("kind IN ('shipped', 'edited', 'restored', 'reset', 'removed')", name="kind_known"),
    )

    chain: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    note: str = ""
    saved_by: str
    saved_at: dt.datetime
    restored_from: int | None = None
    shipped_sha256: str | None = None


class ChainDraftRow(SQLModel, table=True):
    """One step of a chain's draft, whole; the newest is the draft, and taking it away undoes the step.

    `live_sha256`: of the chain's text that counted when the draft was begun, null where there was none.
    """

    __tablename__ = "chain_draft"

    chain: str = Field(primary_key=True)
    revision: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    text: str = Field(sa_column=Column(Text, nullable=False))
    change: str = Field(sa_column=Column(Text, nullable=False))
    changed_by: str
    changed_at: dt.datetime
    live_sha256: str | None = None


class DataVersionRow(SQLModel, table=True):
    """One row: which state of the data an answer rests on."""

    __tablename__ = "data_version"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(default=1, primary_key=True)
    number: int
    chains_hash: str
    changed_at: dt.datetime
