"""Publications of chains behind a page: queued beside the imports, which write the same links."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from service.chain_publishing import Published
from service.results_chains import PublishedRead
from service.web.jobs import Job, JobKind, Jobs, Progress


class ChainJobRead(BaseModel):
    """A publication that is waiting, running, done or failed."""

    id: int
    title: str
    state: str
    stage: str
    share: float
    published: PublishedRead | None
    error: str | None


def start_publishing(jobs: Jobs, title: str, work: Callable[[Progress], Published]) -> Job:
    """Queue a publication."""
    return jobs.start(JobKind.CHAIN, title, work, unstarted=lambda: None)


def chain_job_read(job: Job) -> ChainJobRead:
    """Describe a publication's job."""
    return ChainJobRead(
        id=job.id,
        title=job.title,
        state=str(job.state),
        stage=job.stage,
        share=job.share,
        published=PublishedRead.of(job.result) if isinstance(job.result, Published) else None,
        error=job.error,
    )
