"""Uploaded firm files: kept in the data folder while they are imported."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import shutil
from pathlib import Path
from typing import Annotated

from fastapi import Depends, File, Form, UploadFile

from service.chain_following import up_to_date
from service.errors import InvalidQuery, UploadTooLarge
from service.pipeline.imports import ImportOptions, ImportReport, Progress, import_file, read_pairs
from service.pipeline.undo import UndoReport, undo_import
from service.storage.sources import ImportRecord
from service.web.jobs import Job, JobKind, Jobs
from service.workspace import Workspace

_PIECE = 1 << 20
_NAME_BYTES = 200
# Control characters, and what some file systems do not take in a name.
_ODD = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


def read_options(
    source: Annotated[str, Form(max_length=80, description="source key; the file's name by default")] = "",
    title: Annotated[str, Form(max_length=120, description="what the source is called")] = "",
    complete_for: Annotated[
        str, Form(max_length=2000, description="regions for which the file names every firm, comma-separated")
    ] = "",
    covers: Annotated[str, Form(max_length=2000, description="regions it could show, comma-separated")] = "",
    as_of: Annotated[str, Form(max_length=10, description="date of the data, YYYY-MM-DD")] = "",
    licence: Annotated[str, Form(max_length=200)] = "",
    datum: Annotated[str, Form(max_length=10, description="wgs84, gcj02 or bd09")] = "wgs84",
    sheet: Annotated[str, Form(max_length=80)] = "",
    mapping: Annotated[
        str, Form(max_length=4000, description="field=column, one a line, over the guessed mapping")
    ] = "",
) -> ImportOptions:
    """Return the import's options from a form."""
    if "\0" in "".join((source, title, complete_for, covers, licence, sheet, mapping)):
        raise InvalidQuery("表单里有不允许的字符（NUL）")
    return ImportOptions(
        source=source or None,
        title=title or None,
        complete_for=_parts(complete_for),
        covers=_parts(covers),
        licence=licence,
        as_of=_date(as_of),
        datum=datum,
        sheet=sheet or None,
        mapping=read_pairs(mapping.splitlines()),
    )


def _parts(text: str) -> tuple[str, ...]:
    for comma in "，、；;\n":
        text = text.replace(comma, ",")
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _date(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidQuery(f"数据日期应写作 2025-12-31，收到 {text!r}") from None


def keep_upload(workspace: Workspace, upload: UploadFile) -> Path:
    """Store the uploaded file; UploadTooLarge beyond the setting, InvalidQuery without a file.

    It is stored in a folder of its own under the name it came with, so that messages name the user's file.
    """
    name = _file_name(upload.filename or "")
    if not name:
        raise InvalidQuery("请选择要导入的文件")
    path = workspace.settings.uploads_dir / secrets.token_hex(8) / name
    path.parent.mkdir(parents=True)
    try:
        _store(upload, path, workspace.settings.max_upload_mb)
    except BaseException:
        drop_upload(path)
        raise
    return path


def _file_name(sent: str) -> str:
    """Return the last part of the name a browser sent, as a name that any file system takes."""
    name = _ODD.sub("_", sent.replace("\\", "/").rpartition("/")[2]).strip(" .")
    # The end is kept: it says what kind of file it is.
    return name.encode("utf-8", "replace")[-_NAME_BYTES:].decode("utf-8", "ignore")


def too_large(max_upload_mb: int) -> str:
    """Return what is said of an upload beyond the setting."""
    return f"文件超过 {max_upload_mb} MB；可在命令行用 zhaoshang import 导入"


def _store(upload: UploadFile, path: Path, max_upload_mb: int) -> None:
    written = 0
    with path.open("wb") as handle:
        while piece := upload.file.read(_PIECE):
            written += len(piece)
            if written > max_upload_mb << 20:
                raise UploadTooLarge(too_large(max_upload_mb))
            handle.write(piece)


def drop_upload(path: Path) -> None:
    """Take the uploaded file away, with the folder of its own."""
    shutil.rmtree(path.parent, ignore_errors=True)


def start_import(workspace: Workspace, jobs: Jobs, path: Path, options: ImportOptions) -> Job:
    """Queue the import of an uploaded file; the file is taken away when it is done."""

    def work(progress: Progress) -> ImportReport:
        try:
            return import_file(
                workspace.engine,
                up_to_date(workspace).knowledge,  # chains may have been published while the job waited
                path,
                options,
                rejects_dir=workspace.settings.rejects_dir,
                progress=progress,
            )
        finally:
            drop_upload(path)

    return jobs.start(JobKind.IMPORT, path.name, work, unstarted=lambda: drop_upload(path))


def start_undo(workspace: Workspace, jobs: Jobs, done: ImportRecord) -> Job:
    """Queue the undoing of an import."""

    def work(progress: Progress) -> UndoReport:
        return undo_import(workspace.engine, up_to_date(workspace).knowledge, done.id, progress=progress)

    return jobs.start(JobKind.IMPORT, f"撤销导入 {done.id}：{done.file_name}", work, unstarted=lambda: None)


OptionsDep = Annotated[ImportOptions, Depends(read_options)]
UploadedFile = Annotated[UploadFile, File(description="CSV, XLSX or Parquet")]
