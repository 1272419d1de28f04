"""Run as a process of its own: imports one file into a new data folder and tells what it took.

`python -m tests.measure_import DATA_FOLDER FILE ADCODE`: imports the file twice, as complete for ADCODE, and
prints both reports with `wall` in seconds, and `peak_bytes` of this process and of those it started.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from service.pipeline.imports import ImportOptions, import_file
from service.settings import Settings
from service.workspace import open_workspace


def _peak_bytes() -> int:
    """Peak memory of this program. What `getrusage` says of a process just started is, at least, the size of
    the one that started it: a test runner that has grown large.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


def main(folder: str, file: str, adcode: str) -> None:
    reports: list[dict[str, Any]] = []
    with open_workspace(Settings(data_dir=Path(folder))) as workspace:
        for _ in range(2):
            started = time.perf_counter()
            stages: dict[str, float] = {}

            def progress(stage: str, _share: float, stages: Any = stages, started: float = started) -> None:
                stages.setdefault(stage, round(time.perf_counter() - started, 1))

            report = import_file(
                workspace.engine,
                workspace.knowledge,
                Path(file),
                ImportOptions(complete_for=(adcode,)),
                rejects_dir=workspace.settings.rejects_dir,
                progress=progress,
            )
            reports.append(
                asdict(report)
                | {
                    "stages": stages,
                    "wall": time.perf_counter() - started,
                    "peak_bytes": _peak_bytes(),
                    "peak_bytes_apart": 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
                }
            )
    sys.stdout.write(json.dumps(reports, ensure_ascii=False, default=str) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
