"""Where the shipped data lies: `chains/` and `geodata/`.

In a checkout they are read where they stand, beside the package; the wheel carries them inside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: str) -> Path:
    """Return the folder `chains` or `geodata`; FileNotFoundError when the installation lacks it."""
    for base in (_PACKAGE / "_data", _PACKAGE.parent):
        folder = base / name
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the installation lacks its data folder {name!r}")
