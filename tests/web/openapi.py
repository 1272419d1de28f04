"""The published description of the API; `python -m tests.web.openapi` writes it to docs/openapi.json."""

from __future__ import annotations

import json
from pathlib import Path

from service.settings import Settings
from service.web.app import create_app

OPENAPI_FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def openapi_text() -> str:
    """Return the OpenAPI document of the application; nothing is opened for it."""
    document = create_app(Settings(data_dir=Path("unused"))).openapi()
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    OPENAPI_FILE.write_text(openapi_text(), "utf-8")
