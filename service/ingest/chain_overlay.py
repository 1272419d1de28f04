"""Chains that users published, laid over the files that ship: one folder in the cache that holds both.

Everything that reads chains reads a folder: so does this. A folder is named after its content, is written
whole or not at all, and can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from service.errors import DataDirUnusable
from service.ingest.chains import chain_files
from service.ingest.input_shares import SHARES_FILE
from service.ingest.manifest import MANIFEST_NAME
from service.ingest.weights import WEIGHTS_NAME

_KEPT_SECONDS = 86_400
_NAME = "chains"


def chain_file_text(folder: Path, chain_id: str) -> str | None:
    """Return the text of a chain's file as it ships, None where there is no such file."""
    known = {file.stem: file for file in chain_files(folder)}
    return known[chain_id].read_text(encoding="utf-8-sig") if chain_id in known else None


def laid_over(folder: Path, texts: Mapping[str, str], cache_dir: Path) -> Path:
    """Return a folder with the files of `folder` and, in their place or beside them, these chains.

    Parameters
    ----------
    texts : whole chain files by chain id.

    Raises
    ------
    DataDirUnusable : the cache cannot be written.
    """
    files = _contents(folder) | {f"{chain}.yaml": text.encode("utf-8") for chain, text in texts.items()}
    target = cache_dir / _NAME / _digest(files)
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=target.parent, suffix=".part"))
        for name, content in files.items():
            (part / name).write_bytes(content)
        _put_in_place(part, target)
    except OSError as error:
        raise DataDirUnusable(cache_dir, f"产业链缓存无法写入：{error.strerror}") from error
    _forget_old(target)
    return target


def _contents(folder: Path) -> dict[str, bytes]:
    beside = [folder / name for name in (SHARES_FILE, MANIFEST_NAME, WEIGHTS_NAME)]
    paths = [*chain_files(folder), *(path for path in beside if path.is_file())]
    return {path.name: path.read_bytes() for path in paths}


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:24]


def _put_in_place(part: Path, target: Path) -> None:
    try:
        part.rename(target)
    except OSError:
        # Another process made the same folder meanwhile.
        shutil.rmtree(part, ignore_errors=True)
        if not target.is_dir():
            raise


def _forget_old(kept: Path) -> None:
    """Delete folders that nobody has made for a day: a process that needs one makes it anew."""
    for folder in kept.parent.iterdir():
        with suppress(OSError):
            if folder != kept and time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
