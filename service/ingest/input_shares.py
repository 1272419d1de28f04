"""Input shares from statistics: `chains/input_shares.csv`, laid over the edges that state none themselves.

The file is written by `python -m service.ingest.input_output` and holds one row an edge. It stands apart
from the chain files so that it can be computed anew whenever a chain changes.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from service.domain.chains import Chain
from service.errors import DataMismatch
from service.ingest.chain_schema import Problem, Severity
from service.ingest.manifest import verified_file

SHARES_FILE = "input_shares.csv"
COLUMNS = ("chain", "supplier", "customer", "input_share", "basis", "source")
TOLERANCE = 1e-9

Pair = tuple[str, str]  # supplier, customer


@dataclass(frozen=True, slots=True)
class InputShare:
    """`share` (0-1) of the input cost of `customer` that `supplier` makes up, for one edge of one chain.

    `basis` says how it was computed, `source` from what. `line` is its line in the file, the header being 1.
    """

    chain: str
    supplier: str
    customer: str
    share: float
    basis: str
    source: str
    line: int = 0


Shares = Mapping[str, Mapping[Pair, InputShare]]  # by chain


def load_input_shares(folder: Path) -> Shares:
    """Return the shares of a chains folder by chain and edge; nothing where it has no such file.

    Raises
    ------
    DataMismatch : a cell is wrong, an edge stands twice, or the file differs from its manifest.
    """
    if not (folder / SHARES_FILE).is_file():
        return {}
    path = verified_file(folder, SHARES_FILE)
    found: dict[str, dict[Pair, InputShare]] = {}
    for row in _rows(path):
        edges = found.setdefault(row.chain, {})
        other = edges.setdefault((row.supplier, row.customer), row)
        if other is not row:
            edge = f"{row.supplier} → {row.customer}"
            raise DataMismatch(
                f"{path}:{row.line}: 产业链 {row.chain} 的供应关系 {edge} 重复，第 {other.line} 行已有"
            )
    return found


def with_input_shares(chain: Chain, shares: Shares) -> Chain:
    """Return the chain with `input_share` and `source` on the edges that state none and have a row.

    A share that the chain file states stays. Where both together would make up more than all of a
    customer's input cost, the rows of that customer are left out: its shares are then not comparable.
    """
    rows = shares.get(chain.id)
    if not rows:
        return chain
    overfull = _overfull(chain, rows)
    edges = tuple(
        replace(edge, input_share=row.share, source=f"{row.source}：{row.basis}")
        if edge.input_share is None
        and edge.customer not in overfull
        and (row := rows.get((edge.supplier, edge.customer))) is not None
        else edge
        for edge in chain.edges
    )
    return replace(chain, edges=edges)


def share_problems(folder: Path, chains: Collection[Chain]) -> Iterator[Problem]:
    """Yield what of the file does not fit `chains`: rows without an edge, customers with too much.

    They are warnings, since such rows are not used. Rows of a chain that is not among `chains` are looked
    at only where the folder has no such chain at all. A file that cannot be read is an error.
    """
    path = folder / SHARES_FILE
    try:
        shares = load_input_shares(folder)
    except DataMismatch as error:
        yield Problem(path, 1, Severity.ERROR, str(error), "input-shares")
        return
    known = {chain.id: chain for chain in chains}
    for chain_id, rows in shares.items():
        if chain_id in known:
            yield from _unused(path, known[chain_id], rows)
        elif not (folder / f"{chain_id}.yaml").is_file():
            line = min(row.line for row in rows.values())
            yield _warning(path, line, f"没有产业链 {chain_id}，它的 {len(rows)} 行投入占比不起作用")


def _unused(path: Path, chain: Chain, rows: Mapping[Pair, InputShare]) -> Iterator[Problem]:
    edges = {(edge.supplier, edge.customer) for edge in chain.edges}
    for pair, row in rows.items():
        if pair not in edges:
            arrow = " → ".join(pair)
            yield _warning(
                path, row.line, f"产业链 {chain.id} 没有供应关系 {arrow}，这一行不起作用；应重新计算"
            )
    for customer in sorted(_overfull(chain, rows)):
        line = min(row.line for row in rows.values() if row.customer == customer)
        name = chain.node(customer).name
        yield _warning(path, line, f"环节“{name}”的投入占比与链文件里写明的合计超过 1，统计占比没有采用")


def _warning(path: Path, line: int, message: str) -> Problem:
    return Problem(path, line, Severity.WARNING, message, "input-shares")


def _overfull(chain: Chain, rows: Mapping[Pair, InputShare]) -> frozenset[str]:
    """Return the customers whose shares, stated and from the file, would exceed 1.

    A supplier below another one that has a share of its own is a part of that share, and not counted.
    """
    by_customer: dict[str, dict[str, float]] = {}
    for edge in chain.edges:
        row = rows.get((edge.supplier, edge.customer))
        share = edge.input_share if edge.input_share is not None else row.share if row else None
        if share is not None:
            by_customer.setdefault(edge.customer, {})[edge.supplier] = share
    return frozenset(
        customer
        for customer, suppliers in by_customer.items()
        if _outermost_sum(chain, suppliers) > 1.0 + TOLERANCE and any(pair[1] == customer for pair in rows)
    )


def _outermost_sum(chain: Chain, suppliers: Mapping[str, float]) -> float:
    return sum(
        share
        for supplier, share in suppliers.items()
        if not any(above in suppliers for above in chain.ancestors(supplier))
    )


def write_input_shares(path: Path, rows: Iterable[InputShare]) -> int:
    """Write the rows as they come, shares to 4 decimals, and return how many they were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(
                (row.chain, row.supplier, row.customer, f"{row.share:.4f}", row.basis, row.source)
            )
            count += 1
    return count


def _rows(path: Path) -> Iterator[InputShare]:
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        if header != list(COLUMNS):
            raise DataMismatch(f"{path}:1: 列应为 {','.join(COLUMNS)}，实为 {','.join(header)}")
        for cells in reader:
            if len(cells) != len(COLUMNS) or not all(cells):
                raise DataMismatch(f"{path}:{reader.line_num}: 应有 {len(COLUMNS)} 个单元格，都不能为空")
            chain, supplier, customer, share, basis, source = cells
            number = _number(share)
            if not 0 < number <= 1:
                raise DataMismatch(
                    f"{path}:{reader.line_num}: input_share 应为大于 0、不大于 1 的小数，写的是 {share!r}"
                )
            yield InputShare(chain, supplier, customer, number, basis, source, reader.line_num)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
