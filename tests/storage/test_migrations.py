"""The migrations make exactly the tables that the code speaks of, and can be taken back."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect
from sqlmodel import SQLModel

from service.storage.engine import alembic_config, known_revisions, open_engine, upgrade, write_transaction
from tests.stored import row_counts


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


def test_from_empty_to_exactly_the_tables_of_the_code(database_url: str) -> None:
    bare = create_engine(database_url)
    assert inspect(bare).get_table_names() == []
    bare.dispose()
    engine = open_engine(database_url)
    assert differences(engine) == []
    assert set(inspect(engine).get_table_names()) == {*SQLModel.metadata.tables, "alembic_version"}
    engine.dispose()


def test_the_files_of_the_migrations_are_named_by_their_revisions(engine: Engine) -> None:
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
    newest_first = [one.revision for one in script.walk_revisions()]
    assert known_revisions() == newest_first[::-1]
    assert known_revisions()[-1] == script.get_current_head()


def test_a_second_upgrade_writes_nothing(engine: Engine) -> None:
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: said.append(statement))
    upgrade(engine)
    assert said
    assert not [text for text in said if text.split()[0] in {"CREATE", "ALTER", "INSERT", "UPDATE", "DROP"}]


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        command.downgrade(alembic_config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    upgrade(engine)
    assert differences(engine) == []
    assert set(row_counts(engine).values()) == {0}
