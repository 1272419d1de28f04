"""Sets of briefing files that are asked for over the web: made behind the page, one after the other."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from service.asking import TOP_GAPS
from service.brief_sets import Part, check_parts, choose_parts, make_set
from service.brief_shelf import SetRecord, Shelf, new_id
from service.brief_words import SetFile
from service.errors import ServiceError, UnknownImport
from service.web.jobs import Job, JobKind, Jobs, JobState, Progress
from service.workspace import Workspace

logger = logging.getLogger("zhaoshang")
_CRASHED = "服务内部出错，已记入日志；没有留下文件"


@dataclass(frozen=True, slots=True)
class SetStatus:
    """A set and how its making stands; `share` is 0-1."""

    record: SetRecord
    state: JobState
    stage: str
    share: float

    @property
    def finished(self) -> bool:
        """Whether nothing more will change."""
        return self.state in (JobState.DONE, JobState.FAILED)


class BriefDesk:
    """Takes orders for sets, and knows how each stands, from its job or from the shelf."""

    def __init__(self, shelf: Shelf, jobs: Jobs) -> None:
        self.shelf = shelf
        self._jobs = jobs
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def order(
        self,
        workspace: Workspace,
        region: str,
        chain: str,
        *,
        gaps: int = TOP_GAPS,
        parts: Sequence[str] | None = None,
    ) -> SetStatus:
        """Have a set made and return how it stands; one that waits or is being made is not made twice.

        Raises
        ------
        UnknownRegion, UnknownChain; InvalidQuery : a part is none. FontMissing : the set embeds a font.
        OutputUnwritable : the data folder takes no more.
        """
        chosen = choose_parts(parts)
        record = _new_record(workspace, region, chain, gaps, chosen)
        check_parts(workspace.settings, chosen)
        with self._lock:
            for one in self.statuses():
                if not one.finished and one.record.asks_same(record):
                    return one
            self.shelf.add(record)
            job = self._jobs.start(
                JobKind.BRIEF,
                record.title,
                lambda progress: self._make(workspace, record, chosen, progress),
                unstarted=lambda: None,
            )
            self._numbers[record.id] = job.id
        return self.find(record.id)

    def find(self, key: str) -> SetStatus:
        """Return how a set stands; UnknownBrief where there is none."""
        return self._status(self.shelf.find(key))

    def statuses(self) -> list[SetStatus]:
        """Return the sets of the last days, newest first."""
        return [self._status(record) for record in self.shelf.records()]

    def _status(self, record: SetRecord) -> SetStatus:
        if record.error is not None:
            return SetStatus(record, JobState.FAILED, "未生成", 0.0)
        if record.done:
            return SetStatus(record, JobState.DONE, "完成", 1.0)
        job = self._job(record.id)
        if job is None or job.finished:
            # Its end is being noted at this moment.
            return SetStatus(record, JobState.RUNNING, "收尾", 1.0)
        return SetStatus(record, job.state, job.stage, job.share)

    def _job(self, key: str) -> Job | None:
        number = self._numbers.get(key)
        try:
            return None if number is None else self._jobs.find(number, JobKind.BRIEF)
        except UnknownImport:
            return None

    def _make(
        self, workspace: Workspace, record: SetRecord, parts: Sequence[Part], progress: Progress
    ) -> list[SetFile]:
        """Make the set and note its end, whatever it is."""
        try:
            with workspace.session() as session:
                folder = self.shelf.files_folder(record.id)
                files = make_set(
                    session, workspace, record.region, record.chain, folder,
                    top=record.gaps, parts=parts, progress=progress,
                )  # fmt: skip
            self.shelf.finish(record.id, files)
        except ServiceError as error:
            self.shelf.fail(record.id, str(error))
            raise
        except Exception:
            self.shelf.fail(record.id, _CRASHED)
            raise
        return files


def _new_record(workspace: Workspace, region: str, chain: str, gaps: int, parts: Sequence[Part]) -> SetRecord:
    place, the_chain = workspace.knowledge.geography.find(region), workspace.knowledge.chain(chain)
    return SetRecord(
        id=new_id(),
        title=f"{place.name}{the_chain.name}",
        region=place.adcode,
        region_name=workspace.knowledge.geography.full_name(place.adcode),
        chain=the_chain.id,
        chain_name=the_chain.name,
        gaps=gaps,
        parts=tuple(part.key for part in parts),
        created_at=dt.datetime.now(dt.UTC),
    )
