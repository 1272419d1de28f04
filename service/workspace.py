"""A running service: its settings, its database and what it knows. The web and the command line open one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from service.ingest.source_policy import load_source_policy
from service.knowledge import Knowledge, load_knowledge
from service.live_chains import with_published_chains
from service.pipeline.imports import Progress, rematch_all
from service.pipeline.seed import import_seed
from service.settings import Settings
from service.storage.engine import Engine, Session, open_engine, reading_session
from service.storage.sources import matched_chains_hash


@dataclass(frozen=True)
class Workspace:
    """Everything that answers a question."""

    settings: Settings
    engine: Engine
    knowledge: Knowledge

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Yield a session for reading."""
        with reading_session(self.engine) as session:
            yield session


def _silent(_stage: str, _share: float) -> None:
    return


@contextmanager
def open_workspace(settings: Settings, *, progress: Progress = _silent) -> Iterator[Workspace]:
    """Open the data folder and yield the workspace, ready to answer.

    A new database gets the seed firms. Where the chains have changed since the links were made, all firms
    are matched again.

    Raises
    ------
    DataDirUnusable : the folder or the database cannot be used.
    InvalidChain, DataMismatch : the shipped data is broken.
    InvalidSourcePolicy : the bureau's own table of source regions is.
    """
    settings.prepare_data_dir()
    knowledge = load_knowledge(settings.chains_dir)
    policy = load_source_policy(settings.data_dir, knowledge.geography)
    knowledge = replace(knowledge, source_policy=policy)
    engine = open_engine(settings.sqlalchemy_url)
    try:
        knowledge = with_published_chains(settings, engine, knowledge)
        with reading_session(engine) as session:
            matched_with = matched_chains_hash(session)
        if matched_with is None:
            progress("装入内置名录", 0.0)
            import_seed(engine, knowledge)
        elif matched_with != knowledge.chains_hash:
            rematch_all(engine, knowledge, progress=progress)
        yield Workspace(settings, engine, knowledge)
    finally:
        engine.dispose()
