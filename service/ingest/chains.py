"""Chain files: `chains/<id>.yaml` to `Chain`, with every problem of a file told by line.

The format is described in chains/README.md, its structure by chains/chain.schema.json.
`zhaoshang chains check` prints what `check_chains` finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from service.datafiles import data_folder
from service.domain.chains import Chain, Node, Stage, SupplyEdge, home_of
from service.errors import CyclicChain, InvalidChain
from service.ingest.chain_cache import kept_chains
from service.ingest.chain_checks import Draft, Pair, check_meaning, suggest_node
from service.ingest.chain_schema import Problem, Report, Severity, check_structure, shown
from service.ingest.input_shares import SHARES_FILE, load_input_shares, share_problems, with_input_shares
from service.ingest.manifest import MANIFEST_NAME
from service.ingest.weights import WEIGHTS_NAME
from service.ingest.yaml_tree import Place, Value, YamlFault, YamlTree, parse_yaml, read_yaml

__all__ = [
    "Problem",
    "Severity",
    "chain_files",
    "check_chain_text",
    "check_chains",
    "load_chain",
    "load_chains",
]

# They stand beside the chains and are none.
_OTHER_FILES = frozenset({MANIFEST_NAME, WEIGHTS_NAME})


def load_chain(path: Path) -> Chain:
    """Read one chain file.

    Raises
    ------
    CyclicChain : the supply edges run in a circle (other problems are told with it).
    InvalidChain : anything else is wrong; warnings alone do not count.
    """
    return _sound(_read_all([path]))[0]


def load_chains(folder: Path | None = None, *, statistics: bool = True) -> dict[str, Chain]:
    """Read all chain files of a folder (the shipped `chains/` by default), sorted by chain id.

    Edges that state no input share take it from the folder's `input_shares.csv` where that has one
    (`statistics=False`: only what the chain files state). A second call reads nothing again unless a file
    has changed. Raises as `load_chain`, with the problems of all files; DataMismatch for the shares.
    """
    folder = folder if folder is not None else data_folder("chains")
    files = chain_files(folder)
    if statistics and (folder / SHARES_FILE).is_file():
        files.append(folder / SHARES_FILE)
    stats = [file.stat() for file in files]
    return dict(
        _load_stamped(tuple((f, s.st_mtime_ns, s.st_size) for f, s in zip(files, stats, strict=True)))
    )


def chain_files(folder: Path) -> list[Path]:
    """Return the chain files of a folder: all `*.yaml` but the manifest and the weights, sorted by name."""
    if not folder.is_dir():
        raise InvalidChain([f"{folder}: 没有这个目录，应为存放产业链文件（*.yaml）的目录"])
    return sorted(file for file in folder.glob("*.yaml") if file.name not in _OTHER_FILES)


def check_chain_text(
    text: str, chain_id: str, others: Mapping[str, Chain]
) -> tuple[Chain | None, tuple[Problem, ...]]:
    """Read a chain from the text of its file: the chain as far as it is understood, and all problems by line.

    Parameters
    ----------
    others : the chains that it may borrow nodes from, by id.
    """
    path = Path(f"{chain_id}.yaml")
    try:
        tree = parse_yaml(text.encode("utf-8"))
    except YamlFault as fault:
        return None, _unreadable(path, fault.line, fault.message).problems
    homes = {other: chain for other, chain in others.items() if other != chain_id}
    reading = _resolve(_reading(path, tree), homes)
    return reading.chain, reading.problems


def check_chains(paths: Iterable[Path] | None = None) -> list[Problem]:
    """Check chain files (all shipped ones by default); return all problems, warnings too, by file and line.

    A manifest or weight file is passed over, so that `chains/*.yaml` can be given as it is.
    """
    files = chain_files(data_folder("chains")) if paths is None else paths
    readings = _read_all(path for path in files if path.name not in _OTHER_FILES)
    found = [problem for reading in readings for problem in reading.problems]
    for folder in dict.fromkeys(reading.path.parent for reading in readings):
        here = [r.chain for r in readings if r.chain is not None and r.path.parent == folder]
        found += share_problems(folder, here)
    return found


@dataclass(frozen=True, slots=True)
class _Reading:
    """One file: its chain as far as it could be understood, and what is wrong with it, by line."""

    path: Path
    chain: Chain | None
    id_line: int
    problems: tuple[Problem, ...]
    borrowed_lines: Mapping[str, int] = field(default_factory=dict)


@lru_cache(maxsize=8)
def _load_stamped(stamps: tuple[tuple[Path, int, int], ...]) -> dict[str, Chain]:
    paths = [path for path, _, _ in stamps]
    return kept_chains(paths, lambda: _load(paths))


def _load(paths: Sequence[Path]) -> dict[str, Chain]:
    chains = _sound(_read_all(path for path in paths if path.name != SHARES_FILE))
    shares = load_input_shares(paths[-1].parent) if paths and paths[-1].name == SHARES_FILE else {}
    return {
        chain.id: with_input_shares(chain, shares) for chain in sorted(chains, key=lambda chain: chain.id)
    }


def _sound(readings: Sequence[_Reading]) -> list[Chain]:
    """Return the chains when no problem is an error; raise with all errors otherwise."""
    problems = [problem for reading in readings for problem in reading.problems]
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        cyclic = any(problem.check == "cycle" for problem in errors)
        raise (CyclicChain if cyclic else InvalidChain)([str(problem) for problem in errors])
    return [reading.chain for reading in readings if reading.chain is not None]


def _read_all(paths: Iterable[Path]) -> list[_Reading]:
    """Read files, note on each whose chain id an earlier one has that it is a duplicate, and bring the
    borrowed nodes in from their homes.
    """
    readings: list[_Reading] = []
    first: dict[str, Path] = {}
    for reading in map(_read, paths):
        chain_id = reading.chain.id if reading.chain else ""
        if chain_id and first.setdefault(chain_id, reading.path) != reading.path:
            message = f"链 id {shown(chain_id)} 重复，文件 {first[chain_id]} 已经用过"
            double = Problem(reading.path, reading.id_line, Severity.ERROR, message, "duplicate-chain")
            reading = _Reading(reading.path, reading.chain, reading.id_line, (*reading.problems, double))
        readings.append(reading)
    return [_resolve(reading, _homes(readings)) for reading in readings]


def _homes(readings: Sequence[_Reading]) -> dict[str, Chain]:
    """Return the chains that nodes may be borrowed from: those read, and those in files beside them."""
    homes = {reading.chain.id: reading.chain for reading in readings if reading.chain is not None}
    wanted = {
        (reading.path.parent, home_of(node_id)) for reading in readings for node_id in reading.borrowed_lines
    }
    for folder, chain_id in sorted(wanted):
        file = folder / f"{chain_id}.yaml"
        if chain_id not in homes and file.is_file() and (found := _read(file).chain) is not None:
            homes[chain_id] = found
    return homes


def _resolve(reading: _Reading, homes: Mapping[str, Chain]) -> _Reading:
    """Fill in the borrowed nodes of a chain; a problem for each that is no leaf at home in another chain."""
    if reading.chain is None or not reading.borrowed_lines:
        return reading
    found: dict[str, Node] = {}
    problems = list(reading.problems)
    for node_id, line in reading.borrowed_lines.items():
        home = homes.get(home_of(node_id))
        if home is None or node_id not in {leaf.id for leaf in home.leaves}:
            hint = (
                suggest_node(node_id.partition("/")[2], home) if home else f"，没有产业链 {home_of(node_id)}"
            )
            message = f"引用的环节 {shown(node_id)} 不是别的产业链的末级环节{hint}"
            problems.append(Problem(reading.path, line, Severity.ERROR, message, "unknown-reference"))
        else:
            found[node_id] = home.node(node_id)
    problems += _shared_terms(reading, found)
    nodes = tuple(
        replace(found[node.id], parent=node.parent, stage=node.stage) if node.id in found else node
        for node in reading.chain.nodes
    )
    problems.sort(key=lambda problem: problem.line)
    return replace(reading, chain=replace(reading.chain, nodes=nodes), problems=tuple(problems))


def _shared_terms(reading: _Reading, borrowed: Mapping[str, Node]) -> Iterator[Problem]:
    """A term of a borrowed node that stands on another node of the chain too would count a firm twice."""
    first: dict[str, str] = {}
    own = [node for node in (reading.chain.nodes if reading.chain else ()) if node.id not in borrowed]
    for node in [*own, *borrowed.values()]:
        for term in node.terms:
            other = first.setdefault(term, node.id)
            if other != node.id and node.id in borrowed:
                message = (
                    f"引用的环节 {shown(node.id)} 的词条 {shown(term)} 也是本链环节 {shown(other)} 的词条"
                )
                line = reading.borrowed_lines[node.id]
                yield Problem(reading.path, line, Severity.ERROR, message, "shared-term")


def _read(path: Path) -> _Reading:
    try:
        tree = read_yaml(path)
    except YamlFault as fault:
        return _unreadable(path, fault.line, fault.message)
    except FileNotFoundError:
        return _unreadable(path, 1, "没有这个文件")
    except OSError as error:
        return _unreadable(path, 1, f"无法读取文件（{error.strerror}）")
    return _reading(path, tree)


def _reading(path: Path, tree: YamlTree) -> _Reading:
    report = Report(path, tree)
    check_structure(report)
    chain, places = _understand(tree, report) if isinstance(tree.value, dict) else (None, {})
    problems = sorted(report.problems, key=lambda problem: problem.line)
    lines = {
        node_id: tree.line((*place, "ref"))
        for node_id, place in places.items()
        if chain is not None and home_of(node_id) != chain.id and "?" not in node_id
    }
    return _Reading(path, chain, tree.line(("id",)), tuple(problems), lines)


def _unreadable(path: Path, line: int, message: str) -> _Reading:
    return _Reading(path, None, line, (Problem(path, line, Severity.ERROR, message, "yaml"),))


def _understand(tree: YamlTree, report: Report) -> tuple[Chain, dict[str, Place]]:
    """Build what can be built of a document, wrong or not, and check its meaning.

    Borrowed nodes are still empty: their names and terms stand in another file (see `_resolve`).
    """
    document = tree.value if isinstance(tree.value, dict) else {}
    chain_id = _text(document.get("id")) or report.file.stem
    if _text(document.get("id")) and chain_id != report.file.stem:
        report.error(
            ("id",), "file-name", f"文件名与链 id 不符：id 为 {shown(chain_id)}，文件应名为 {chain_id}.yaml"
        )
    nodes = _Nodes(chain_id, report)
    nodes.add(document.get("nodes"), ("nodes",), None, Stage.UPSTREAM)
    bare = Chain(chain_id, "", "", "", tuple(nodes.nodes), ())
    edges = _Edges(bare, report)
    edges.add(document.get("edges"))
    chain = Chain(
        id=chain_id,
        name=_text(document.get("name")) or "",
        version=_text(document.get("version")) or "",
        date=_text(document.get("date")) or "",
        nodes=bare.nodes,
        edges=tuple(edges.edges.values()),
        summary=_text(document.get("summary")) or "",
        sources=_chain_sources(document.get("sources")),
    )
    check_meaning(Draft(chain, nodes.places, edges.places, nodes.whole and edges.whole), report)
    return chain, nodes.places


class _Nodes:
    """Collects the nodes of a document down its tree, and the place of each."""

    def __init__(self, chain_id: str, report: Report) -> None:
        self.nodes: list[Node] = []
        self.places: dict[str, Place] = {}
        self.whole = True
        self._chain_id = chain_id
        self._report = report

    def add(self, items: Value, place: Place, parent: str | None, stage: Stage) -> None:
        """Add the nodes of a list and all below them; `stage` is what they inherit."""
        for position, item in enumerate(items if isinstance(items, list) else []):
            if isinstance(item, dict):
                here = (*place, position)
                own = item.get("stage")
                node_id = self._new_id(item, here)
                node = _node(item, node_id, parent, Stage(own) if own in set(Stage) else stage)
                self.nodes.append(node)
                self.places[node.id] = here
                self.add(item.get("children"), (*here, "children"), node.id, node.stage)

    def _new_id(self, item: dict[str, Value], place: Place) -> str:
        """Return the full id of a node; a name of its own where the file gives none or one that is taken."""
        line = self._report.tree.line(place)
        key = "ref" if "ref" in item else "id"
        given = _text(item.get(key))
        node_id = given if given and key == "ref" else f"{self._chain_id}/{given or f'?{line}'}"
        self.whole &= given is not None and node_id not in self.places
        if key == "ref" and home_of(node_id) == self._chain_id:
            message = f"{shown(given)} 是本链自己的环节，ref 只用于引用别的产业链"
            self._report.error((*place, key), "own-reference", message)
        if node_id not in self.places:
            return node_id
        other = self._report.tree.line(self.places[node_id])
        message = f"环节 id {shown(given)} 重复，第 {other} 行已经用过"
        self._report.error((*place, key), "duplicate-id", message)
        return f"{node_id}?{line}"


def _node(item: dict[str, Value], node_id: str, parent: str | None, stage: Stage) -> Node:
    return Node(
        id=node_id,
        name=_text(item.get("name")) or node_id,
        parent=parent,
        stage=stage,
        terms=_texts(item.get("terms")),
        exclusions=_texts(item.get("exclusions")),
        gbt4754_codes=_texts(item.get("gbt4754")),
        bottleneck=_text(item.get("bottleneck")),
        endowment=_text(item.get("endowment")),
        note=_text(item.get("note")),
        sources=_texts(item.get("sources")),
    )


class _Edges:
    """Collects the edges whose ends are two nodes of the chain, each pair once, and the place of each."""

    def __init__(self, chain: Chain, report: Report) -> None:
        self.edges: dict[Pair, SupplyEdge] = {}
        self.places: dict[Pair, Place] = {}
        self.whole = True
        self._chain = chain
        self._report = report

    def add(self, items: Value) -> None:
        """Add the edges of a list."""
        self.whole = isinstance(items, list)
        for position, item in enumerate(items if isinstance(items, list) else []):
            place = ("edges", position)
            pair = self._pair(item, place) if isinstance(item, dict) else None
            if pair is None or not isinstance(item, dict):
                self.whole = False
            elif pair in self.edges:
                line = self._report.tree.line(self.places[pair])
                self._report.error(
                    place, "duplicate-edge", f"供应关系 {_arrow(pair)} 重复，第 {line} 行已经写过"
                )
            else:
                self.edges[pair] = SupplyEdge(
                    *pair, _share(item.get("input_share")), _text(item.get("source"))
                )
                self.places[pair] = place

    def _pair(self, item: dict[str, Value], place: Place) -> Pair | None:
        supplier, customer = (self._end(item.get(key), (*place, key)) for key in ("from", "to"))
        if supplier is None or customer is None:
            return None
        if supplier == customer:
            self._report.error(place, "self-edge", f"环节 {shown(item['from'])} 不能供给自己")
            return None
        if supplier in self._chain.ancestors(customer) or customer in self._chain.ancestors(supplier):
            arrow = _arrow((supplier, customer))
            message = f"{arrow}：上级环节与它的下级之间不能有供应关系，应写到具体的下级环节"
            self._report.error(place, "nested-edge", message)
            return None
        return supplier, customer

    def _end(self, reference: Value, place: Place) -> str | None:
        """Return the node id that an edge's end means, or None (and report it) when there is no such node."""
        if not isinstance(reference, str):
            return None
        if reference in self._chain:
            return reference
        slug = reference.removeprefix(f"{self._chain.id}/")
        node_id = f"{self._chain.id}/{slug}"
        if node_id in self._chain:
            return node_id
        hint = suggest_node(slug, self._chain)
        self._report.error(place, "unknown-node", f"没有环节 {shown(reference)}{hint}")
        return None


def _share(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _arrow(pair: Pair) -> str:
    return " → ".join(node_id.partition("/")[2] for node_id in pair)


def _chain_sources(items: Value) -> tuple[str, ...]:
    """Return each source of the chain as one line: title, publisher, year."""
    sources = [item for item in (items if isinstance(items, list) else []) if isinstance(item, dict)]
    parts = [[source.get(key) for key in ("title", "publisher", "year")] for source in sources]
    return tuple("，".join(str(part).strip() for part in source if part is not None) for source in parts)


def _text(value: Value) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _texts(values: Value) -> tuple[str, ...]:
    """Return the texts of a list, each at its position; what is no text (an error by now) is left empty."""
    return tuple(_text(value) or "" for value in (values if isinstance(values, list) else []))
