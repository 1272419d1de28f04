"""Run as a process of its own: imports one file into a database, and may stop inside the transaction.

`python -m tests.import_once URL FILE REJECTS_FOLDER [STAGE]`: prints "ready" before the import and the
report, as JSON, after it. With STAGE it prints "inside" at that stage's first call and waits for its end.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from service.knowledge import load_knowledge
from service.pipeline.imports import ImportOptions, import_file
from service.storage.engine import open_engine


def main(url: str, file: str, rejects: str, stop_at: str | None = None) -> None:
    engine, knowledge = open_engine(url), load_knowledge()

    def progress(stage: str, _share: float) -> None:
        if stage == stop_at:
            sys.stdout.write("inside\n")
            sys.stdout.flush()
            sys.stdin.read()

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    report = import_file(
        engine, knowledge, Path(file), ImportOptions(), rejects_dir=Path(rejects), progress=progress
    )
    sys.stdout.write(json.dumps(asdict(report), default=str) + "\n")
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
