"""The visit list (拜访清单): from targets to entries, and from entries to a round trip by city."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from service.domain.regions import Level, Region
from service.domain.trips import order_stops, round_km
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.render.workbook_tables import Column, Kind, Table
from service.storage import visits
from service.storage.candidates import find_firm
from service.storage.engine import Engine, reading_session, write_transaction
from service.storage.sources import data_version
from service.storage.tables import FirmRow
from service.storage.visits import NewVisit, StoredVisit, VisitState
from service.targeting import RankedTargets, rank_targets
from service.words import VISIT_STATES

LONGEST_NOTE = 1000


class VisitRead(BaseModel):
    """An entry of the visit list. `rank`, `among`, `score` are of the day it was added, on `data_version`."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    region: str = Field(examples=["330800"])
    node: str = Field(examples=["lithium-battery/wet-separator"])
    node_name: str = Field(examples=["湿法隔膜"])
    firm: str = Field(description="the firm's key now; the one it had, where the firm is no longer known")
    name: str
    known: bool = Field(description="the firm is still known; else its name is that of the day it was added")
    adcode: str | None
    place: str | None
    address: str | None
    distance_km: float | None
    rank: int | None = Field(description="None where the firm was no target for the node")
    among: int | None
    score: float | None
    data_version: str
    state: VisitState
    note: str
    added_at: dt.datetime
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Added:
    """Which firms are new on the list, and how many stood there already."""

    added: tuple[str, ...]
    already: int


@dataclass(frozen=True)
class Stop:
    """A city of the round: its entries, best first, how far it is from home and from the stop before."""

    city: str | None
    name: str
    distance_km: float | None
    leg_km: float | None
    visits: tuple[VisitRead, ...]


@dataclass(frozen=True)
class Trip:
    """The stops in the order of a short round, those of unknown place last; its length as the crow flies."""

    stops: tuple[Stop, ...]
    round_km: float


def add_visits(engine: Engine, knowledge: Knowledge, region: str, node: str, firms: Collection[str]) -> Added:
    """Put firms on the visit list of a node in a region; those that stand there stay as they are.

    Raises
    ------
    UnknownRegion, UnknownChain, UnknownNode, UnknownFirm: nothing is added then; InvalidQuery when the node
    is a group, or no firm is named.
    """
    wanted = list(dict.fromkeys(firms))
    if not wanted:
        raise InvalidQuery("没有选择企业：请至少勾选一家再列入拜访")
    with reading_session(engine) as session:
        found = rank_targets(session, knowledge, region, node)
        version = data_version(session)
        fresh = [_new(found, find_firm(session, key)) for key in wanted]
    with write_transaction(engine) as connection:
        added = visits.add_visits(
            connection, found.region.adcode, (found.node.id, found.node.name), version, fresh
        )
    return Added(tuple(added), len(wanted) - len(added))


def _new(found: RankedTargets, firm: FirmRow) -> NewVisit:
    targets = found.ranked.targets
    rank = next((number for number, one in enumerate(targets, start=1) if one.firm == firm.key), None)
    score = targets[rank - 1].score if rank else None
    among = len(targets) if rank else None
    return NewVisit(firm.id, firm.key, firm.name, firm.adcode, rank, among, score)


def change_visit(
    engine: Engine, number: int, *, state: VisitState | None = None, note: str | None = None
) -> None:
    """Change where a visit stands, or its note; UnknownVisit, InvalidQuery when nothing is to change."""
    changes = {"state": str(state)} if state else {}
    if note is not None:
        changes["note"] = note.strip()
    if not changes:
        raise InvalidQuery("没有要修改的内容：请给出状态（state）或备注（note）")
    with write_transaction(engine) as connection:
        visits.change_visit(connection, number, changes)


def remove_visit(engine: Engine, number: int) -> None:
    """Take an entry off the list; UnknownVisit where there is none with this number."""
    with write_transaction(engine) as connection:
        visits.remove_visit(connection, number)


def visit_reads(knowledge: Knowledge, stored: Sequence[StoredVisit]) -> list[VisitRead]:
    """Return entries in their order, with place and distance from their regions."""
    return [_read(knowledge, one) for one in stored]


def _read(knowledge: Knowledge, one: StoredVisit) -> VisitRead:
    row, firm, geography = one.row, one.firm, knowledge.geography
    adcode = firm.adcode if firm else row.firm_adcode
    away = float(geography.distances_km(row.region, [adcode])[0]) if adcode else None
    own = ("region", "node", "node_name", "rank", "among", "score", "data_version", "note")
    return VisitRead(
        **{name: getattr(row, name) for name in own},
        id=int(row.id or 0),
        firm=firm.key if firm else row.firm_key,
        name=firm.name if firm else row.firm_name,
        known=firm is not None,
        adcode=adcode,
        place=geography.full_name(adcode) if adcode else None,
        address=firm.address if firm else None,
        distance_km=away if away is not None and np.isfinite(away) else None,
        state=VisitState(row.state),
        added_at=_in_utc(row.added_at),
        changed_at=_in_utc(row.changed_at),
    )


def _in_utc(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def plan_trip(knowledge: Knowledge, home: Region, entries: Sequence[VisitRead]) -> Trip:
    """Group entries by city, the cities in the order of a short round from `home`.

    Within a city: by node's rank, then by name.
    """
    geography = knowledge.geography
    groups: dict[str | None, list[VisitRead]] = {}
    for one in entries:
        groups.setdefault(_city(knowledge, one), []).append(one)
    cities = sorted(city for city in groups if city)
    apart = np.nan_to_num(geography.distance_matrix_km([home.adcode, *cities]))
    order = order_stops(apart)
    before = [0, *order]
    stops = [
        Stop(
            city=cities[stop - 1],
            name=geography.full_name(cities[stop - 1]),
            distance_km=float(apart[0, stop]),
            leg_km=float(apart[last, stop]),
            visits=tuple(sorted(groups[cities[stop - 1]], key=_by_rank)),
        )
        for last, stop in zip(before, order, strict=False)
    ]
    if None in groups:
        nowhere = tuple(sorted(groups[None], key=_by_rank))
        stops.append(Stop(None, "所在地未知", None, None, nowhere))
    return Trip(tuple(stops), round_km(order, apart))


def _city(knowledge: Knowledge, one: VisitRead) -> str | None:
    if one.adcode is None:
        return None
    return knowledge.geography.at_level(one.adcode, Level.CITY) or one.adcode


def _by_rank(one: VisitRead) -> tuple[bool, int, str, int]:
    return one.rank is None, one.rank or 0, one.name, one.id


def visit_table(trip: Trip) -> Table:
    """Return the visit list as the table of a file, in the order of the trip."""
    columns = (
        Column("序号", 7, Kind.COUNT), Column("站", 6, Kind.COUNT), Column("城市", 22, Kind.WRAPPED),
        Column("距本地（公里）", 14, Kind.COUNT), Column("企业", 36, Kind.WRAPPED),
        Column("所在地", 28, Kind.WRAPPED), Column("地址", 36, Kind.WRAPPED),
        Column("环节", 22, Kind.WRAPPED), Column("列入时名次", 11, Kind.COUNT),
        Column("列入时得分", 12, Kind.SCORE), Column("状态", 8), Column("备注", 50, Kind.WRAPPED),
        Column("列入日期", 13, Kind.DAY), Column("数据版本", 16),
    )  # fmt: skip
    flat = [(number, stop, one) for number, stop in enumerate(trip.stops, 1) for one in stop.visits]
    rows = tuple(
        (number, station, stop.name, one.distance_km, one.name, one.place, one.address, one.node_name,
         one.rank, one.score, VISIT_STATES[one.state], one.note, one.added_at.astimezone().date(),
         one.data_version)
        for number, (station, stop, one) in enumerate(flat, start=1)
    )  # fmt: skip
    return Table("拜访清单", columns, rows, 5, "拜访清单还是空的。")
