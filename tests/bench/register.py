"""The register that is imported and asked: one province, real where it lies beside the checkout."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from service.domain.matching import TermTable
from service.domain.regions import Level
from service.ingest.chains import load_chains
from service.ingest.geography import load_geography
from tests.bench.figures import Figure
from tests.bench.matching import synthetic_firms

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "registrations" / "浙江.parquet"
PROVINCE = "330000"
ROWS = 174_000
COMMAND = Path(sys.executable).with_name("zhaoshang")


@dataclass(frozen=True, slots=True)
class Register:
    """A file of registrations; `real` is None where synthetic rows stand in."""

    path: Path
    real: Path | None

    @property
    def origin(self) -> str:
        """Say what kind of data it is."""
        return "real registrations of 浙江" if self.real else "synthetic, the real data is not here"


def find_register(folder: Path) -> Register:
    """Return the real register, or one of synthetic rows written into `folder`."""
    if REAL.is_file():
        return Register(REAL, REAL)
    path = folder / "register.parquet"
    _synthetic_register().write_parquet(path)
    return Register(path, None)


def _synthetic_register() -> pl.DataFrame:
    geography = load_geography()
    counties = [
        county for county in geography.regions(Level.COUNTY) if county.adcode.startswith(PROVINCE[:2])
    ]
    chooser = random.Random(11)
    places = [chooser.choice(counties) for _ in range(ROWS)]
    cities = [geography.get(place.parent or PROVINCE) for place in places]
    return synthetic_firms(TermTable.from_chains(load_chains().values()), ROWS).with_columns(
        pl.Series("reg_date", [f"{chooser.randint(1985, 2019)}-05-01" for _ in range(ROWS)]),
        pl.Series("capital_raw", [f"{chooser.randint(10, 5000)}万人民币" for _ in range(ROWS)]),
        pl.lit("浙江").alias("province"),
        pl.Series("city", [city.short_name if city else None for city in cities]),
        pl.Series(
            "address", [f"{geography.full_name(place.adcode)}某路{n}号" for n, place in enumerate(places)]
        ),
    )


def measure_import(register: Register, data_dir: Path) -> list[Figure]:
    """Import, match and cover the register with the command, into an empty data folder.

    Seconds and peak memory are those of the whole process: start, seed, reading, matching, coverage.
    """
    rows = pl.scan_parquet(register.path).select(pl.len()).collect().item()
    command: list[str | Path] = [
        COMMAND,
        "import",
        register.path,
        "--complete-for",
        PROVINCE,
        "--format",
        "json",
    ]
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=os.environ | {"ZHAOSHANG_DATA_DIR": str(data_dir)}, stdout=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds, peak_gib = time.perf_counter() - started, used.ru_maxrss / 2**20
    if process.returncode:
        raise SystemExit(f"the import failed with code {process.returncode}")
    what = f"Import, match and cover {rows:,} firms ({register.origin}) in one go"
    return [
        Figure(what, f"{seconds:.0f} s", "under 60 s", seconds < 60),
        Figure("— peak memory of the process", f"{peak_gib:.2f} GiB", "under 2 GiB", peak_gib < 2),
    ]
