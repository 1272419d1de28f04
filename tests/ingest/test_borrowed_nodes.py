from __future__ import annotations

from pathlib import Path

import pytest

from service.domain.chains import Stage, home_of
from service.domain.matching import TermTable
from service.errors import InvalidChain
from service.ingest.chains import check_chains, load_chain, load_chains

HOME = """\
id: batteries
name: 电池
version: "1.0"
date: 2026-11-22
sources: [{title: 某标准, publisher: 某机构}]
nodes:
  - id: foils
    name: 箔材
    stage: upstream
    children:
      - {id: copper-foil, name: 铜箔, terms: [铜箔, 电解铜箔, 压延铜箔], gbt4754: ["3251"]}
  - {id: cell, name: 电芯, stage: midstream, terms: [电芯, 锂电池, 动力电池]}
edges:
  - {from: foils, to: cell}
"""
GUEST = """\
id: boards
name: 电路板
version: "1.0"
date: 2026-11-22
sources: [{title: 某标准, publisher: 某机构}]
nodes:
  - id: inputs
    name: 原料
    stage: upstream
    children:
      - ref: batteries/copper-foil
        stage: midstream
  - {id: board, name: 印制电路板, stage: downstream, terms: [电路板, 印制板, 线路板]}
edges:
  - {from: batteries/copper-foil, to: board}
"""


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_a_borrowed_node_is_the_same_node_at_a_place_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, batteries=HOME, boards=GUEST)
    chains = load_chains(tmp_path)
    node = chains["boards"].node("batteries/copper-foil")
    assert (node.name, node.terms) == ("铜箔", ("铜箔", "电解铜箔", "压延铜箔"))
    assert (node.parent, node.stage) == ("boards/inputs", Stage.MIDSTREAM)
    assert chains["batteries"].node(node.id).parent == "batteries/foils"
    assert list(chains["boards"].leaf_graph.edges) == [("batteries/copper-foil", "boards/board")]
    assert chains["boards"].homes == {"boards", "batteries"}
    assert [one.id for one in chains["boards"].own_nodes] == ["boards/inputs", "boards/board"]
    assert home_of(node.id) == "batteries"


def test_a_borrowed_node_is_found_when_one_file_is_read_alone(tmp_path: Path) -> None:
    write(tmp_path, batteries=HOME, boards=GUEST)
    assert load_chain(tmp_path / "boards.yaml").node("batteries/copper-foil").name == "铜箔"


def test_terms_of_a_borrowed_node_are_matched_once(tmp_path: Path) -> None:
    write(tmp_path, batteries=HOME, boards=GUEST)
    table = TermTable.from_chains(load_chains(tmp_path).values())
    assert sorted(table.nodes) == [
        "batteries/cell", "batteries/copper-foil", "batteries/foils", "boards/board", "boards/inputs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "line", "said"),
    [
        ("batteries/copper-foils", 11, "不是别的产业链的末级环节"),
        ("batteries/foils", 11, "不是别的产业链的末级环节"),
        ("nowhere/copper-foil", 11, "没有产业链 nowhere"),
        ("boards/board", 11, "是本链自己的环节"),
        ("copper-foil", 11, "应为另一条链的环节全名"),
    ],
)
def test_a_wrong_reference_is_told_by_line(tmp_path: Path, reference: str, line: int, said: str) -> None:
    text = GUEST.replace("ref: batteries/copper-foil", f"ref: {reference}").replace(
        "{from: batteries/copper-foil, to: board}", "{from: inputs, to: board}"
    )
    write(tmp_path, batteries=HOME, boards=text)
    told = [str(problem) for problem in check_chains([tmp_path / "boards.yaml"])]
    assert any(f"boards.yaml:{line}: " in problem and said in problem for problem in told), told
    with pytest.raises(InvalidChain, match="boards"):
        load_chains(tmp_path)


def test_a_node_is_borrowed_once(tmp_path: Path) -> None:
    twice = GUEST.replace(
        "        stage: midstream\n", "        stage: midstream\n      - ref: batteries/copper-foil\n"
    )
    write(tmp_path, batteries=HOME, boards=twice)
    told = [str(problem) for problem in check_chains([tmp_path / "boards.yaml"])]
    assert any("boards.yaml:13: " in problem and "重复" in problem for problem in told), told


def test_a_term_on_an_own_and_a_borrowed_node_is_told(tmp_path: Path) -> None:
    """A firm that says it would count in both, though it was said once."""
    double = GUEST.replace("terms: [电路板, 印制板, 线路板]", "terms: [电路板, 印制板, 压延铜箔]")
    write(tmp_path, batteries=HOME, boards=double)
    told = [str(problem) for problem in check_chains([tmp_path / "boards.yaml"])]
    assert len(told) == 1, told
    assert "boards.yaml:11: " in told[0]
    assert '"压延铜箔" 也是本链环节 "boards/board" 的词条' in told[0]
