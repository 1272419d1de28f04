"""The errors that a user can cause, each with the words a user reads.

They know nothing of HTTP: `service/web/problems.py` maps each class to a status, and the command line
prints the message and ends with exit code 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class ServiceError(Exception):
    """Base of every error whose message is written for the user."""


class UnknownChain(ServiceError):
    """No chain has this id."""


class UnknownNode(ServiceError):
    """No node has this id."""


class UnknownRegion(ServiceError):
    """No region has this adcode or name."""


class UnknownFirm(ServiceError):
    """No firm has this key."""


class UnknownImport(ServiceError):
    """No import has this number."""


class UnknownBrief(ServiceError):
    """No set of briefing files has this id, or it has no such file, or it is not ready."""


class UnknownBatch(ServiceError):
    """No batch of decisions has this number."""


class UnknownVisit(ServiceError):
    """No entry of the visit list has this number."""


class BatchFixed(ServiceError):
    """A batch of decisions cannot be undone: it is undone already, or later batches rest on it."""


class ImportFixed(ServiceError):
    """An import cannot be undone: it is already, lies too far back, or a later one built on it."""


class InvalidChain(ServiceError):
    """A chain file breaks the format; carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class CyclicChain(InvalidChain):
    """The supply edges of a chain run in a circle; the message names the circle."""


class ChainEditRefused(ServiceError):
    """A change of a chain cannot be made as asked; `field` names the field of the form it is about."""

    def __init__(self, message: str, field: str = "") -> None:
        self.field = field
        super().__init__(message)


class ChainChanged(ServiceError):
    """Somebody else changed the chain or its draft meanwhile: what was looked at no longer stands."""


class UnknownVersion(ServiceError):
    """A chain has no version with this number."""


class InvalidFirmFile(ServiceError):
    """A firm file cannot be read at all (empty, not a table, too wide, a zip bomb ...)."""


class InvalidMapping(ServiceError):
    """The column mapping names a field or a column that does not exist, or leaves out the firm's name."""


class InvalidSourcePolicy(ServiceError):
    """The bureau's table of source regions (source_policy.csv) cannot be read; names file, line and value."""


class InvalidQuery(ServiceError):
    """A question that cannot be answered as put (a level or a limit out of range ...)."""


class UploadTooLarge(ServiceError):
    """An uploaded file is larger than the setting allows."""


class DataMismatch(ServiceError):
    """A data file differs from what its manifest says."""


class DataDirUnusable(ServiceError):
    """The data folder cannot be written, or the database in it cannot be opened."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"数据目录不可用 {path}：{reason}")


class FontMissing(ServiceError):
    """A PDF cannot be made: no Chinese font that can be embedded was found; names the package to install."""


class OutputUnwritable(ServiceError):
    """Files cannot be written: the disk is full, or the place is not ours; nothing is left behind."""


class AddressRefused(ServiceError):
    """The service was asked to listen where it must not, or where something else already listens."""
