from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from service.storage.engine import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Yield an engine on an empty database with the tables made, once for each kind of database."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()
