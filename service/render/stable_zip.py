"""Office files are zip archives: the same content shall be the same bytes, whenever it is written."""

from __future__ import annotations

import io
import zipfile

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_FIRST_PART = "[Content_Types].xml"
_PLAIN_FILE = 0o644 << 16


def stable_zip(content: bytes) -> bytes:
    """Return the archive with its parts in the order of their names and without the time of writing.

    The list of content types stays first, where programs that sniff at a file look for it.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as made:
        for name in sorted(given.namelist(), key=lambda name: (name != _FIRST_PART, name)):
            part = zipfile.ZipInfo(name, _FIRST_DAY)
            part.external_attr = _PLAIN_FILE
            part.create_system = 0
            made.writestr(part, given.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
