"""The seed firms held against a list of listed firms: who is right where they differ.

`python -m service.ingest.seed_check --listed FILE` prints each difference and the rate, and ends with exit
code 1 when more than 1% of the compared values differ without an explanation in chains/seed/explained.csv.
FILE is a CSV (gzip or not) with at least the columns code, name, fullname, province, city, uscc.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.datafiles import data_folder
from service.domain.firms import Firm
from service.domain.regions import Geography, Level
from service.errors import InvalidFirmFile, ServiceError
from service.ingest.firm_values import normal_name
from service.ingest.geography import load_geography
from service.ingest.manifest import verified_file
from service.ingest.seed import load_seed, read_rows

EXPLAINED_FILE = "seed/explained.csv"
EXPLAINED_COLUMNS = ("code", "field", "reason")
LISTED_COLUMNS = ("code", "name", "fullname", "province", "city", "uscc")
LIMIT_SHARE = 0.01

# Marks that the exchanges set around a short name: 特别处理, 除权除息, 退市, 未盈利 ...
_SHORT_NAME_MARKS = re.compile(r"^(?:\*?ST|S\*ST|XD|XR|DR|N|C|退市)|(?:-U|-W|-UW|-B|退|A)$")
# What the listed table writes instead of a city for counties that stand directly under a province.
_NO_CITY = re.compile(r"直辖县级行政区划$|^市辖区$")

_ListedRow = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value on which the seed and the list differ; `field` is a column of the seed (city: its adcode)."""

    code: str
    field: str
    seed: str
    listed: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`firms` seed firms were found in the list, `values` values compared, `unlisted` codes not found."""

    firms: int
    values: int
    unlisted: tuple[str, ...]
    differences: tuple[Difference, ...]

    def unexplained(self, explained: Collection[tuple[str, str]]) -> tuple[Difference, ...]:
        """Return the differences whose (code, field) is not in `explained`."""
        return tuple(item for item in self.differences if (item.code, item.field) not in explained)


def compare_with_listed(
    firms: Iterable[Firm], listed: Iterable[_ListedRow], geography: Geography
) -> Comparison:
    """Compare name, short name, uscc and city of every seed firm that has an A-share code.

    A value that either side leaves blank is not compared; brackets in names are passed over, since lists lose
    them. A seed firm without a code whose name is that of a listed firm is a difference of stock_code.
    """
    by_code = {row["code"]: row for row in listed}
    code_of = {_bare(row["fullname"]): code for code, row in by_code.items()}
    firms = list(firms)
    coded = [firm for firm in firms if firm.stock_code in by_code]
    pairs = [pair for firm in coded for pair in _pairs(firm, by_code[str(firm.stock_code)], geography)]
    missed = [
        Difference(code_of[_bare(firm.name)], "stock_code", f"{firm.name} 无代码", firm.name)
        for firm in firms
        if firm.stock_code is None and _bare(firm.name) in code_of
    ]
    unlisted = tuple(firm.stock_code for firm in firms if firm.stock_code and firm.stock_code not in by_code)
    differing = [pair for pair in pairs if _bare(pair.seed) != _bare(pair.listed)]
    return Comparison(len(coded), len(pairs) + len(missed), unlisted, (*differing, *missed))


def read_listed(path: Path) -> list[dict[str, str]]:
    """Read the list of listed firms; InvalidFirmFile when it is missing or lacks a column."""
    if not path.is_file():
        raise InvalidFirmFile(f"{path}: 没有这个文件，应为上市公司名单（CSV 或 CSV.GZ）")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [column for column in LISTED_COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise InvalidFirmFile(f"{path} 第 1 行：缺少列 {'、'.join(missing)}")
        return list(reader)


def read_explained(folder: Path) -> dict[tuple[str, str], str]:
    """Return (code, field) -> reason from `seed/explained.csv` in a chains folder."""
    rows = read_rows(verified_file(folder, EXPLAINED_FILE), EXPLAINED_COLUMNS)
    return {(row["code"], row["field"]): row["reason"] for _, row in rows}


def _pairs(firm: Firm, row: _ListedRow, geography: Geography) -> Iterator[Difference]:
    """Yield seed value and listed value of each field that both sides fill."""
    code = str(firm.stock_code)
    city = _city_name(firm, geography)
    listed_city = "" if _NO_CITY.search(row["city"]) else row["city"]
    short, listed_short = _bare_short_name(firm.short_name or ""), _bare_short_name(row["name"])
    both = (
        ("name", firm.name, row["fullname"]),
        ("short_name", short, listed_short),
        ("uscc", firm.uscc or "", row["uscc"]),
        ("city", city, listed_city),
    )
    return (Difference(code, field, ours, theirs) for field, ours, theirs in both if ours and theirs)


def _city_name(firm: Firm, geography: Geography) -> str:
    city = geography.at_level(firm.adcode, Level.CITY) if firm.adcode else None
    return geography.get(city).name if city else ""


def _bare(text: str) -> str:
    return normal_name(text).translate({ord("("): None, ord(")"): None})


def _bare_short_name(name: str) -> str:
    return _SHORT_NAME_MARKS.sub("", normal_name(name))


def _report(comparison: Comparison, explained: Mapping[tuple[str, str], str]) -> Iterator[str]:
    for item in comparison.differences:
        reason = explained.get((item.code, item.field))
        told = f"已说明：{reason}" if reason else "未说明"
        yield f"{item.code} {item.field}：名录 {item.seed!r}，名单 {item.listed!r}（{told}）"
    rate = _share(len(comparison.differences), comparison)
    rest = _share(len(comparison.unexplained(explained)), comparison)
    yield f"比对 {comparison.firms} 家企业 {comparison.values} 个值，不符 {rate:.2%}，其中未说明 {rest:.2%}"
    if comparison.unlisted:
        yield f"名单中没有的代码 {len(comparison.unlisted)} 个：{'、'.join(comparison.unlisted)}"


def _share(count: int, comparison: Comparison) -> float:
    return count / comparison.values if comparison.values else 0.0


def main(arguments: Sequence[str]) -> int:
    """Check the seed and print the outcome; exit code 0, 1 (too many differences) or 2 (unreadable)."""
    parser = argparse.ArgumentParser(prog="python -m service.ingest.seed_check", description="核对内置名录")
    parser.add_argument("--listed", type=Path, help="上市公司名单（CSV 或 CSV.GZ）；不给则只校验名录本身")
    parser.add_argument("--chains", type=Path, help="产业链目录，默认为随软件提供的目录")
    options = parser.parse_args(arguments)
    try:
        return _check(options.chains or data_folder("chains"), options.listed)
    except ServiceError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _check(folder: Path, listed: Path | None) -> int:
    firms = load_seed(folder)
    sys.stdout.write(f"名录 {len(firms)} 家企业，格式无误\n")
    if listed is None:
        return 0
    comparison = compare_with_listed(firms, read_listed(listed), load_geography())
    explained = read_explained(folder)
    sys.stdout.writelines(f"{line}\n" for line in _report(comparison, explained))
    return int(_share(len(comparison.unexplained(explained)), comparison) > LIMIT_SHARE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
