"""Imports that run behind a page: one after the other, with progress, in this process."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from service.errors import ServiceError, UnknownImport
from service.pipeline.imports import ImportReport, Progress

logger = logging.getLogger("zhaoshang")

Work = Callable[[Progress], ImportReport]
_KEPT = 100


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One import behind the page. `share` is 0-1; `error` is said to the user."""

    id: int
    file_name: str
    state: JobState = JobState.WAITING
    stage: str = "等待"
    share: float = 0.0
    report: ImportReport | None = None
    error: str | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will change."""
        return self.state in (JobState.DONE, JobState.FAILED)


class Jobs:
    """The jobs of this process: the newest hundred are remembered."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def start(self, file_name: str, work: Work, *, unstarted: Callable[[], None]) -> Job:
        """Queue `work`; it is given a function to tell its progress.

        `unstarted` is called instead where the service stops before the work's turn comes.
        """
        with self._lock:
            job = Job(next(self._numbers), file_name)
            self._jobs[job.id] = job
            for old in sorted(self._jobs)[:-_KEPT]:
                del self._jobs[old]
        future = self._pool.submit(self._run, job.id, work)
        future.add_done_callback(lambda done: unstarted() if done.cancelled() else None)
        return job

    def find(self, number: int) -> Job:
        """Return a job; UnknownImport where there is none with this number."""
        with self._lock:
            try:
                return self._jobs[number]
            except KeyError:
                raise UnknownImport(f"没有编号为 {number} 的导入任务（服务重启后不再保留）") from None

    def close(self) -> None:
        """Wait for the running job and drop those that wait."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _change(self, number: int, **changes: object) -> None:
        with self._lock:
            if number in self._jobs:
                self._jobs[number] = replace(self._jobs[number], **changes)  # type: ignore[arg-type]

    def _run(self, number: int, work: Work) -> None:
        self._change(number, state=JobState.RUNNING, stage="开始")
        try:
            report = work(lambda stage, share: self._change(number, stage=stage, share=share))
        except ServiceError as error:
            self._change(number, state=JobState.FAILED, stage="未导入", error=str(error))
        except Exception:
            logger.exception("import %s failed", number)
            self._change(
                number, state=JobState.FAILED, stage="未导入", error="服务内部出错，已记入日志；数据没有改变"
            )
        else:
            self._change(number, state=JobState.DONE, stage="完成", share=1.0, report=report)
