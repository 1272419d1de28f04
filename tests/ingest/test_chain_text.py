"""Writing a chain file: what was written is read back exactly, whatever the texts are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.datafiles import data_folder
from service.domain.chain_diff import diff_chains
from service.errors import InvalidChain
from service.ingest.chain_overlay import chain_file_text, laid_over
from service.ingest.chain_text import read_chain_document, write_chain_text
from service.ingest.chains import chain_files, check_chain_text, load_chains
from tests.small_chains import DEMO, OTHER, write_chains

SHIPPED = chain_files(data_folder("chains"))
# Texts that YAML, of one version or another, takes for something else; and some that look harmless.
TRICKY = st.sampled_from(
    ["null", "~", "Yes", "on", "1.0", "1e3", "0939", "2026-11-22", "a: b", "a #b", "- a", "[a]", "{a}", "'a'",
     '"', "\\", "末尾 ", " 开头", "a\nb", "\t", "：", "&a", "*a", "!a", "%", "@", "`", "|", ">", "?", "",
     "\u2028", "\ufeff", "😀"]
)  # fmt: skip
TEXTS = TRICKY | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def nodes(children: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"id": TEXTS, "name": TEXTS},
        optional={
            "stage": st.sampled_from(["upstream", "downstream"]),
            "terms": st.lists(TEXTS, max_size=3),
            "note": TEXTS,
            "children": st.lists(children, min_size=1, max_size=3),
        },
    )


DOCUMENTS = st.fixed_dictionaries(
    {
        "id": TEXTS,
        "sources": st.lists(
            st.fixed_dictionaries(
                {"title": TEXTS, "publisher": TEXTS}, optional={"year": st.integers(0, 9999)}
            ),
            max_size=2,
        ),
        "nodes": st.lists(
            st.recursive(nodes(st.fixed_dictionaries({"ref": TEXTS})), nodes, max_leaves=6), max_size=3
        ),
        "edges": st.lists(
            st.fixed_dictionaries({"from": TEXTS, "to": TEXTS}, optional={"input_share": st.floats(0, 1)}),
            max_size=3,
        ),
    }
)


@given(DOCUMENTS)
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    text = write_chain_text(document)
    assert read_chain_document(text, "x") == document
    assert write_chain_text(read_chain_document(text, "x")) == text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_chains_come_back_as_they_are(path: Path) -> None:
    document = read_chain_document(path.read_text(encoding="utf-8"), path.stem)
    again = read_chain_document(write_chain_text(document), path.stem)
    assert again == document
    assert diff_chains(document, again, {}) == []


def test_a_text_is_checked_like_a_file(tmp_path: Path) -> None:
    chains = load_chains(write_chains(tmp_path))
    chain, problems = check_chain_text(OTHER, "other", chains)
    assert (chain, problems) == (chains["other"], ())
    broken = DEMO.replace("磷酸铁锂", "人造石墨").replace('["3985"]', '["9999"]')
    _, problems = check_chain_text(broken, "demo", chains)
    assert [(one.check, one.place) for one in problems] == [
        ("unknown-code", ("nodes", 0, "children", 0, "gbt4754", 0)),
        ("duplicate-term", ("nodes", 0, "children", 1, "terms", 1)),
    ]
    _, (unread,) = check_chain_text("id: [", "demo", chains)
    assert unread.check == "yaml"


def test_a_doubled_term_beside_a_borrowed_node_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    chains = load_chains(write_chains(tmp_path))
    extra = "  - {id: box, name: 箱, stage: downstream, terms: [储能柜, 电池箱, 箱体]}\n"
    doubled = OTHER.replace("edges:\n", f"{extra}edges:\n  - {{from: box, to: storage}}\n")
    assert [one.check for one in check_chain_text(doubled, "other", chains)[1]] == ["duplicate-term"]


def test_chains_laid_over_files_make_one_folder(tmp_path: Path) -> None:
    shipped, cache = write_chains(tmp_path / "chains"), tmp_path / "cache"
    newer = DEMO.replace("示例链", "改过的链")
    folder = laid_over(shipped, {"demo": newer}, cache)
    assert load_chains(folder)["demo"].name == "改过的链"
    assert load_chains(folder)["other"].name == "另一条链"
    assert laid_over(shipped, {"demo": newer}, cache) == folder, "the same content is the same folder"
    assert [one.name for one in folder.parent.iterdir()] == [folder.name], "nothing half-written is left"
    assert (chain_file_text(shipped, "demo"), chain_file_text(shipped, "../demo")) == (DEMO, None)


def test_what_is_no_mapping_is_refused() -> None:
    for text in ("", "- a\n", "a: [\n"):
        with pytest.raises(InvalidChain, match=r"demo\.yaml"):
            read_chain_document(text, "demo")
