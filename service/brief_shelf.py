"""Sets of briefing files on disk: each in a folder of its own with what is known of it, for seven days."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from service.brief_words import SetFile
from service.errors import InvalidQuery, OutputUnwritable, UnknownBrief
from service.open_data import zip_files
from service.printing import write_whole
from service.settings import say_os_error

KEPT = dt.timedelta(days=7)
ID_PATTERN = "^[0-9a-f]{16}$"

_RECORD, _FILES, _ARCHIVE = "brief.json", "files", "all.zip"
_INTERRUPTED = "服务在生成途中停止，这一套没有做完；请重新生成"


class SetRecord(BaseModel):
    """What is known of a set: what was asked, since when, and its files once it is `done`.

    Neither `done` nor with an `error`: it waits or is being made.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    region: str
    region_name: str
    chain: str
    chain_name: str
    gaps: int
    parts: tuple[str, ...]
    created_at: dt.datetime
    done: bool = False
    error: str | None = None
    files: tuple[SetFile, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nothing more will change."""
        return self.done or self.error is not None

    @property
    def expires_at(self) -> dt.datetime:
        """When it is taken away."""
        return self.created_at + KEPT

    @property
    def archive_name(self) -> str:
        """What all files together are called when they are taken away."""
        return f"brief-{self.region}-{self.chain}.zip"

    def asks_same(self, other: SetRecord) -> bool:
        """Whether both ask for the same files."""
        return (self.region, self.chain, self.gaps, self.parts) == (
            other.region, other.chain, other.gaps, other.parts,
        )  # fmt: skip


class Shelf:
    """The folder of all sets. What is older than seven days goes when the shelf is opened or listed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        for record in self.records():
            if not record.finished:
                self.fail(record.id, _INTERRUPTED)

    def add(self, record: SetRecord) -> SetRecord:
        """Make a place for a set that is to be made; OutputUnwritable where that cannot be."""
        try:
            (self._folder / record.id).mkdir(parents=True)
        except OSError as error:
            raise OutputUnwritable(f"无法写入 {self._folder}：{say_os_error(error)}") from error
        return self._save(record)

    def records(self) -> list[SetRecord]:
        """Return the sets, newest first, and take away what is too old or cannot be read."""
        if not self._folder.is_dir():
            return []
        oldest = dt.datetime.now(dt.UTC) - KEPT
        found = []
        for folder in sorted(self._folder.iterdir()):
            if not re.fullmatch(ID_PATTERN, folder.name):
                continue
            record = self._read(folder)
            if record is None or record.created_at < oldest:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                found.append(record)
        return sorted(found, key=lambda record: (record.created_at, record.id), reverse=True)

    def find(self, key: str) -> SetRecord:
        """Return a set; UnknownBrief where there is none with this id, or no longer."""
        record = self._read(self._folder / key) if re.fullmatch(ID_PATTERN, key) else None
        if record is None or record.expires_at < dt.datetime.now(dt.UTC):
            raise UnknownBrief(f"没有编号为 {key!r} 的汇报材料（保留 {KEPT.days} 天）")
        return record

    def files_folder(self, key: str) -> Path:
        """Return the folder into which the files of a set are written."""
        return self._folder / key / _FILES

    def file(self, key: str, path: str) -> Path:
        """Return where a file of a set lies; UnknownBrief where the set has no such file."""
        record = self.find(key)
        place = self.files_folder(key) / path
        if path not in {one.path for one in record.files} or not place.is_file():
            raise UnknownBrief(f"这套汇报材料里没有文件 {path!r}")
        return place

    def archive(self, key: str) -> Path:
        """Return where all files of a set lie as one zip; UnknownBrief where it is not ready."""
        place = self._folder / key / _ARCHIVE
        if not self.find(key).done or not place.is_file():
            raise UnknownBrief("这套汇报材料还没有做好，或没有做成")
        return place

    def finish(self, key: str, files: Sequence[SetFile]) -> SetRecord:
        """Note that the files of a set are there, and put them together; OutputUnwritable on a full disk."""
        folder = self.files_folder(key)
        archive = zip_files({one.path: (folder / one.path).read_bytes() for one in files})
        self._write(self._folder / key / _ARCHIVE, archive)
        return self._save(self.find(key).model_copy(update={"done": True, "files": tuple(files)}))

    def fail(self, key: str, error: str) -> SetRecord:
        """Note why a set was not made, and take away what there is of it."""
        shutil.rmtree(self.files_folder(key), ignore_errors=True)
        for left in (self._folder / key).glob(".*.part"):
            shutil.rmtree(left, ignore_errors=True)
        return self._save(self.find(key).model_copy(update={"error": error}))

    def remove(self, key: str) -> None:
        """Take a set away; UnknownBrief where there is none, InvalidQuery while it is being made."""
        if not self.find(key).finished:
            raise InvalidQuery("这套汇报材料正在生成，做完才能删除")
        shutil.rmtree(self._folder / key, ignore_errors=True)

    def _save(self, record: SetRecord) -> SetRecord:
        with self._lock:
            self._write(self._folder / record.id / _RECORD, record.model_dump_json(indent=1).encode())
        return record

    def _write(self, path: Path, content: bytes) -> None:
        try:
            write_whole(path, content)
        except InvalidQuery as error:
            raise OutputUnwritable(str(error)) from error

    def _read(self, folder: Path) -> SetRecord | None:
        try:
            return SetRecord.model_validate_json((folder / _RECORD).read_bytes())
        except (OSError, ValidationError):
            return None


def new_id() -> str:
    """Return an id that nobody guesses."""
    return secrets.token_hex(8)
