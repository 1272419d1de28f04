"""The codes of GB/T 4754-2017 (国民经济行业分类) that exist."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from service.datafiles import data_folder
from service.ingest.manifest import verified_file


@cache
def load_gbt4754_codes() -> Mapping[str, str]:
    """Return every division (2 digits), group (3) and class (4) with its section letter: "3841" -> "C".

    Raises
    ------
    DataMismatch : the table differs from its manifest.

    Source: GB/T 4754-2017; 97 divisions, 473 groups, 1,381 classes.
    """
    path = verified_file(data_folder("chains"), "gbt4754.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return MappingProxyType({row["code"]: row["section"] for row in csv.DictReader(stream)})
