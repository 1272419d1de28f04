"""The progress of a job as server-sent events, for every route that starts one.

The job is found by a dependency, so that an unknown number is answered by a problem and not by an empty
stream; FastAPI wants the route itself to yield:

    @router.get("/imports/jobs/{number}/events", response_class=EventSourceResponse)
    async def read_events(job: JobDep, jobs: JobsDep) -> AsyncIterator[ServerSentEvent]:
        async for event in job_events(lambda: jobs.find(job.id), _job_read):
            yield event
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeVar

from fastapi.sse import ServerSentEvent
from pydantic import BaseModel


class Watched(Protocol):
    """What can be watched: something that is finished at some time, and compares equal while unchanged."""

    @property
    def finished(self) -> bool:
        """Whether nothing more will change."""
        ...


T = TypeVar("T", bound=Watched)

PROGRESS, FINISHED = "progress", "finished"
_LOOK_SECONDS = 0.2
_SPEAK_SECONDS = 10.0
# A stream keeps the service from stopping: browsers ask again of their own accord after this time.
_LIFE_SECONDS = 60.0


async def job_events(
    look: Callable[[], T], read: Callable[[T], BaseModel], *, every_seconds: float = _LOOK_SECONDS
) -> AsyncIterator[ServerSentEvent]:
    """Yield an event whenever a job has changed, from how it stands now to its end.

    Events are named `progress`, the last one `finished`; their data is what `read` makes of the job, as JSON.
    Where nothing changes for ten seconds the state is sent again, so that what lies between does not hang up;
    after a minute the stream ends, and whoever still wants to know asks again (browsers do by themselves).

    Raises what `look` raises.
    """
    last: T | None = None
    silent = lived = 0.0
    while lived < _LIFE_SECONDS:
        now = look()
        if now != last or silent >= _SPEAK_SECONDS:
            last, silent = now, 0.0
            yield ServerSentEvent(data=read(now), event=FINISHED if now.finished else PROGRESS)
        if now.finished:
            return
        await asyncio.sleep(every_seconds)
        silent += every_seconds
        lived += every_seconds
