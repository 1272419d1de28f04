"""Documents that repeat what the code or the data says: `python -m tests.docs_drift` fails where one is old.

Checked are the published OpenAPI document, the pages of the chains and the counts in both READMEs; `--write`
brings them up to date. The figures of docs/performance.md are not measured again: they say when and on what
they were taken.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from service.datafiles import data_folder
from service.domain.chains import Chain
from service.ingest.chains import load_chains
from service.ingest.manifest import read_manifest
from service.ingest.seed import load_seed
from service.render.chain_page import chain_markdown
from service.results_known import ChainRead
from tests.web.openapi import openapi_text

PROJECT = Path(__file__).resolve().parents[1]
_HEADS = {
    "README.md": ("Chain", "Id", "Nodes", "Supply edges", "Terms", "Seed firms: {firms}."),
    "README.zh-CN.md": ("产业链", "编号", "环节", "供应关系", "匹配词", "内置企业：{firms} 家。"),
}


def main() -> None:
    """Compare, or write with --write; exit code 1 where a document is old."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="bring the documents up to date")
    write = parser.parse_args().write
    old = [path for path, text in wanted_texts() if not path.is_file() or path.read_text("utf-8") != text]
    if write:
        for path, text in wanted_texts():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    elif old:
        names = ", ".join(str(path.relative_to(PROJECT)) for path in old)
        raise SystemExit(f"out of date: {names}; run python -m tests.docs_drift --write")


def wanted_texts() -> Iterable[tuple[Path, str]]:
    """Yield every checked document with the text that it should have."""
    yield PROJECT / "docs" / "openapi.json", openapi_text()
    yield from chain_pages()
    for name in _HEADS:
        path = PROJECT / name
        yield path, replace_block(path.read_text("utf-8"), "counts", counts_block(name))


def chain_pages() -> Iterable[tuple[Path, str]]:
    """Yield the page of each chain, and their index."""
    folder = PROJECT / "docs" / "chains"
    firms = firms_by_node()
    chains = list(load_chains().values())
    for chain in chains:
        yield folder / f"{chain.id}.md", chain_markdown(chain, firms)
    lines = [f"- [{chain.name}]({chain.id}.md)：{chain.summary.strip()}" for chain in chains]
    head = "# 产业链\n\n每页由产业链文件和内置名录生成；评阅记录见[评阅](../chain-reviews.md)。\n\n"
    yield folder / "README.md", head + "\n".join(lines) + "\n"


def firms_by_node() -> dict[str, list[str]]:
    """Return node -> short names of its seed firms, listed ones first."""
    found: dict[str, list[str]] = {}
    for firm in sorted(load_seed(), key=lambda firm: (firm.stock_code is None, firm.stock_code or firm.name)):
        for node in firm.nodes:
            found.setdefault(node, []).append(firm.short_name or firm.name)
    return found


def counts_block(readme: str) -> str:
    """Return the table of chains and the number of seed firms, in the words of this README."""
    *heads, firms = _HEADS[readme]
    chains = list(load_chains().values())
    rows = [heads, ["---"] * 2 + ["---:"] * 3, *(_row(chain) for chain in chains)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    seed = read_manifest(data_folder("chains")).entry("seed/firms.csv")
    return f"{table}\n\n{firms.format(firms=seed.rows)}"


def _row(chain: Chain) -> list[str]:
    counts = ChainRead.of(chain)
    return [chain.name, f"`{chain.id}`", str(counts.nodes), str(counts.edges), str(counts.terms)]


def replace_block(text: str, name: str, content: str) -> str:
    """Return `text` with `content` between the markers of block `name`; SystemExit where they are missing."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"the markers of the block {name!r} are missing")
    return f"{before}{begin}\n{content}\n{end}{after}"


if __name__ == "__main__":
    main()
