"""Manifests: what each shipped data file is, where it is from, and the hash it must have.

`<folder>/manifest.yaml` holds one list, `files`; every entry says `file` (relative to the folder), `title`,
`source`, `licence`, `vintage`, `sha256`, and optionally `datum` (for coordinates) and `rows`.
`python -m service.ingest.manifest FOLDER` writes the hashes and row counts of the files as they are now.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ruamel.yaml import YAML

from service.errors import DataMismatch
from service.ingest.yaml_tree import Value, YamlFault, YamlTree, read_yaml

MANIFEST_NAME = "manifest.yaml"

_NEEDED = ("file", "title", "source", "licence", "vintage", "sha256")
_OPTIONAL = ("datum", "rows")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a manifest. `file` is relative to the folder; `rows` counts records without the header."""

    file: str
    title: str
    source: str
    licence: str
    vintage: str
    sha256: str
    datum: str | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of one data folder, in file order."""

    folder: Path
    files: tuple[DataFile, ...]

    def entry(self, file: str) -> DataFile:
        """Return the entry of `file`; DataMismatch when the manifest does not list it."""
        for entry in self.files:
            if entry.file == file:
                return entry
        raise DataMismatch(f"{self.folder / MANIFEST_NAME}: 清单里没有文件 {file}，应先登记来源与校验值")


def read_manifest(folder: Path) -> Manifest:
    """Read `folder/manifest.yaml` without looking at the files; DataMismatch when it is missing or wrong."""
    tree = _read_tree(folder / MANIFEST_NAME)
    entries = _listed(folder / MANIFEST_NAME, tree)
    files = tuple(
        _entry(folder / MANIFEST_NAME, tree.line(("files", position)), item)
        for position, item in enumerate(entries)
    )
    names = [entry.file for entry in files]
    for name in names:
        if names.count(name) > 1:
            raise DataMismatch(f"{folder / MANIFEST_NAME}: 文件 {name} 登记了不止一次")
    return Manifest(folder, files)


def verify_manifest(folder: Path) -> Manifest:
    """Check every listed file against its hash and return the manifest.

    Raises
    ------
    DataMismatch : a file is missing, its sha256 differs (file, expected and found are named), or the manifest
        itself cannot be read.
    """
    manifest = read_manifest(folder)
    for entry in manifest.files:
        _verify(folder, entry)
    return manifest


def verified_file(folder: Path, file: str) -> Path:
    """Return the path of one listed file after checking its hash; DataMismatch where it differs."""
    _verify(folder, read_manifest(folder).entry(file))
    return folder / file


def write_manifest_hashes(folder: Path) -> list[str]:
    """Write into the manifest the sha256 of every listed file, and the rows of every listed CSV file.

    Comments and order stay. Returns the names of the entries that changed.
    """
    path = folder / MANIFEST_NAME
    entries = _listed(path, _read_tree(path))
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 1000
    yaml.preserve_quotes = True
    document = yaml.load(path.read_text(encoding="utf-8"))
    changed = []
    for position, item in enumerate(entries):
        file = _file_name(path, item)
        found: dict[str, str | int] = {"sha256": _sha256(_existing(folder, file))}
        if file.endswith(".csv"):
            found["rows"] = _csv_rows(folder / file)
        target = document["files"][position]
        if any(target.get(key) != value for key, value in found.items()):
            target.update(found)
            changed.append(file)
    if changed:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            yaml.dump(document, stream)
    return changed


def _read_tree(path: Path) -> YamlTree:
    try:
        return read_yaml(path)
    except FileNotFoundError:
        raise DataMismatch(f"{path}: 缺少数据清单") from None
    except YamlFault as fault:
        raise DataMismatch(f"{path}:{fault.line}: {fault.message}") from None


def _listed(path: Path, tree: YamlTree) -> Sequence[Value]:
    value = tree.value
    files = value.get("files") if isinstance(value, Mapping) and set(value) == {"files"} else None
    if not isinstance(files, list):
        raise DataMismatch(f"{path}:1: 数据清单应只有一个键 files，其下是文件列表")
    return files


def _file_name(path: Path, item: Value) -> str:
    file = item.get("file") if isinstance(item, Mapping) else None
    if not isinstance(file, str) or PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
        raise DataMismatch(f"{path}: 条目的 file 应为本目录下的相对路径，写的是 {file!r}")
    return file


def _entry(path: Path, line: int, item: Value) -> DataFile:
    file = _file_name(path, item)
    fields: dict[str, Value] = dict(item) if isinstance(item, Mapping) else {}
    missing = [key for key in _NEEDED if fields.get(key) in (None, "")]
    unknown = [key for key in fields if key not in (*_NEEDED, *_OPTIONAL)]
    if missing or unknown:
        words = [f"缺少 {'、'.join(missing)}"] if missing else []
        words += [f"多出未知字段 {'、'.join(unknown)}"] if unknown else []
        raise DataMismatch(f"{path}:{line}: 文件 {file} 的条目{'，'.join(words)}")
    rows = fields.pop("rows", None)
    if rows is not None and not isinstance(rows, int):
        raise DataMismatch(f"{path}:{line}: 文件 {file} 的 rows 应为整数，写的是 {rows!r}")
    return DataFile(rows=rows, **{key: str(value) for key, value in fields.items() if value is not None})


def _existing(folder: Path, file: str) -> Path:
    path = folder / file
    if not path.is_file():
        raise DataMismatch(f"{path}: 清单登记的文件不存在")
    return path


def _verify(folder: Path, entry: DataFile) -> None:
    path = _existing(folder, entry.file)
    found = _sha256(path)
    if found != entry.sha256:
        raise DataMismatch(f"{path}: 内容与数据清单不符，sha256 应为 {entry.sha256}，实为 {found}")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _csv_rows(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as stream:
        return sum(1 for row in csv.reader(stream) if row) - 1


def main(folders: Sequence[str]) -> int:
    """Refresh the manifests of these folders and print what changed; returns the exit code."""
    try:
        for folder in folders:
            for file in write_manifest_hashes(Path(folder)):
                sys.stdout.write(f"{Path(folder) / file}\n")
    except DataMismatch as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
