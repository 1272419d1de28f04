"""What the commands share: the workspace they open, the progress they show, the shapes they print.

The modules of the commands load what a command does when it runs: `--help` waits for none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from service import printing
from service.errors import DataDirUnusable
from service.failures import settings_from_environment
from service.printing import Format

if TYPE_CHECKING:
    from pydantic import BaseModel

    from service.knowledge import Knowledge
    from service.workspace import Workspace

FormatOption = Annotated[Format, typer.Option("--format", help="输出形式")]


@contextmanager
def progress_bar(description: str) -> Iterator[tuple[Progress, int]]:
    """Yield a bar on stderr and its task; nothing is drawn where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    hidden = not printing.errors.is_terminal
    with Progress(*columns, console=printing.errors, transient=True, disable=hidden) as bar:
        yield bar, bar.add_task(description, total=1.0)


@contextmanager
def opened_workspace() -> Iterator[Workspace]:
    """Yield the workspace of the environment's settings, with a bar while it opens."""
    from service.workspace import open_workspace

    with progress_bar("打开数据") as (bar, task):

        def tell(stage: str, share: float) -> None:
            bar.update(task, description=stage, completed=share)  # type: ignore[arg-type]

        manager = open_workspace(settings_from_environment(), progress=tell)
        workspace = manager.__enter__()
    try:
        yield workspace
    finally:
        manager.__exit__(None, None, None)


def known() -> Knowledge:
    """Return what the service knows; of the database only the published chains, where there is one."""
    from service.knowledge import load_knowledge

    settings = settings_from_environment()
    knowledge = load_knowledge(settings.chains_dir)
    if not settings.database_url and not settings.database_file.is_file():
        return knowledge
    from service.live_chains import with_published_chains
    from service.storage.engine import open_engine

    try:
        engine = open_engine(settings.sqlalchemy_url)
    except DataDirUnusable as error:
        printing.say(f"{error}；只看内置产业链")
        return knowledge
    try:
        return with_published_chains(settings, engine, knowledge)
    finally:
        engine.dispose()


def as_published(found: Sequence[BaseModel]) -> list[dict[str, Any]]:
    """Return the published shapes as they go out through the API."""
    return [one.model_dump(mode="json") for one in found]
