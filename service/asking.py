"""What a question chooses among and what it may leave out; light: asking loads nothing that answers."""

from __future__ import annotations

from enum import StrEnum

TOP_GAPS = 8
"""The most urgent gaps whose targets a file takes where nobody says how many."""

MOST_GAPS = 50
"""Gaps whose targets a file takes at most."""

NOBODY = "本机用户"
"""Who decides where no name is given."""


class Words(StrEnum):
    """What of a firm is read: its scope and name, or its name alone."""

    SCOPE = "scope"
    NAME = "name"
