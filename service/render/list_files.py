"""One list as a file to take away: XLSX for people, CSV for other programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.render.csv_table import csv_bytes
from service.render.workbook import render_list
from service.render.workbook_tables import Indented, Link, Table

UNDATED = dt.datetime(2000, 1, 1)


class ListFormat(StrEnum):
    """What kind of file."""

    XLSX = "xlsx"
    CSV = "csv"


MEDIA_TYPES = {
    ListFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ListFormat.CSV: "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class ListFile:
    """A table, its title, what is said about it (label, words), and the day the data last changed."""

    table: Table
    title: str
    about: Sequence[tuple[str, str]]
    changed_at: dt.datetime | None

    def render(self, kind: ListFormat) -> bytes:
        """Return the file; two renderings of the same are the same bytes."""
        if kind is ListFormat.CSV:
            return csv_bytes(self._rows())
        day = self.changed_at.replace(tzinfo=None, microsecond=0) if self.changed_at else UNDATED
        return render_list(self.table, self.title, self.about, day)

    def _rows(self) -> list[dict[str, object]]:
        heads = [column.head for column in self.table.columns]
        if not self.table.rows:
            # Without a row there would be no heads either.
            return [dict.fromkeys(heads)]
        return [
            {
                head: cell.value
                if isinstance(cell, Link)
                else cell.text
                if isinstance(cell, Indented)
                else cell
                for head, cell in zip(heads, row, strict=True)
            }
            for row in self.table.rows
        ]
