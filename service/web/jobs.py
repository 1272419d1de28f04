"""Work that runs behind a page, with progress, in this process: imports, sets of briefing files."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from service.errors import ServiceError, UnknownImport

logger = logging.getLogger("zhaoshang")

Progress = Callable[[str, float], None]
"""Tells a stage in words and how much is done (0-1)."""

Work = Callable[[Progress], Any]
_KEPT = 100


class JobKind(StrEnum):
    """What a job does. Jobs of one kind run one after the other, those of different kinds side by side."""

    IMPORT = "import"
    BRIEF = "brief"
    CHAIN = "chain"


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_FAILED_STAGE = {JobKind.IMPORT: "未导入", JobKind.BRIEF: "未生成", JobKind.CHAIN: "未发布"}
_CRASHED = {
    JobKind.IMPORT: "服务内部出错，已记入日志；数据没有改变",
    JobKind.BRIEF: "服务内部出错，已记入日志；没有留下文件",
    JobKind.CHAIN: "服务内部出错，已记入日志；产业链没有改变，草稿还在",
}


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `title` names it for people; `share` is 0-1; `result` is what the work returned;
    `error` is said to the user.
    """

    id: int
    kind: JobKind
    title: str
    state: JobState = JobState.WAITING
    stage: str = "等待"
    share: float = 0.0
    result: Any = None
    error: str | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will change."""
        return self.state in (JobState.DONE, JobState.FAILED)


class Jobs:
    """The jobs of this process: the newest hundred are remembered."""

    def __init__(self) -> None:
        self._pools = {
            kind: ThreadPoolExecutor(max_workers=1, thread_name_prefix=str(kind)) for kind in JobKind
        }
        # Both write the links of all firms: an import beside a publication would only wait for its lock.
        self._pools[JobKind.CHAIN] = self._pools[JobKind.IMPORT]
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def start(self, kind: JobKind, title: str, work: Work, *, unstarted: Callable[[], None]) -> Job:
        """Queue `work`; it is given a function to tell its progress.

        `unstarted` is called instead where the service stops before the work's turn comes.
        """
        with self._lock:
            job = Job(next(self._numbers), kind, title)
            self._jobs[job.id] = job
            self._forget()
        future = self._pools[kind].submit(self._run, job, work)
        future.add_done_callback(lambda done: unstarted() if done.cancelled() else None)
        return job

    def find(self, number: int, kind: JobKind = JobKind.IMPORT) -> Job:
        """Return a job; UnknownImport where there is none of this kind with this number."""
        with self._lock:
            job = self._jobs.get(number)
        if job is None or job.kind is not kind:
            raise UnknownImport(f"没有编号为 {number} 的任务（服务重启后不再保留）")
        return job

    def close(self) -> None:
        """Wait for the running jobs and drop those that wait."""
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _forget(self) -> None:
        """Forget the oldest jobs that are finished."""
        finished = [number for number, job in sorted(self._jobs.items()) if job.finished]
        for old in finished[: max(0, len(self._jobs) - _KEPT)]:
            del self._jobs[old]

    def _change(self, number: int, **changes: Any) -> None:
        with self._lock:
            if number in self._jobs:
                self._jobs[number] = replace(self._jobs[number], **changes)

    def _run(self, job: Job, work: Work) -> None:
        self._change(job.id, state=JobState.RUNNING, stage="开始")
        failed = {"state": JobState.FAILED, "stage": _FAILED_STAGE[job.kind]}
        try:
            result = work(lambda stage, share: self._change(job.id, stage=stage, share=share))
        except ServiceError as error:
            self._change(job.id, **failed, error=str(error))
        except Exception:
            logger.exception("%s %s failed", job.kind, job.id)
            self._change(job.id, **failed, error=_CRASHED[job.kind])
        else:
            self._change(job.id, state=JobState.DONE, stage="完成", share=1.0, result=result)
