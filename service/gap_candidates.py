"""The firms of a node as candidates, whatever the region that asks: read once for each state of the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.domain.chains import Chain
from service.domain.coverage import PRESENT
from service.domain.obstacles import brand_of
from service.domain.targets import Branch, Candidate, GroupPlace, Source, TieKind
from service.kept import Kept
from service.knowledge import Knowledge
from service.storage.engine import Session
from service.storage.gap_firms import GapFirm, GapFirms, Kin, read_gap_firms
from service.storage.sources import data_version
from service.storage.tables import SourceRow


@dataclass(frozen=True)
class NodeCandidates:
    """All firms of a node, by key; where they, their branches and their group stand; the leaves of the chain
    in which any of them works.
    """

    firms: Mapping[str, Candidate] = field(repr=False)
    places: Sequence[str] = field(repr=False)
    works_in: frozenset[str]


@dataclass(frozen=True)
class _Answer:
    """The knowledge stays with what is kept, so that its number is not given again."""

    knowledge: Knowledge
    found: NodeCandidates


# A firm takes about a kilobyte.
_MOST_FIRMS = 60_000
_kept: Kept[_Answer] = Kept(_MOST_FIRMS, cost=lambda answer: 1 + len(answer.found.firms))


def candidates_of(session: Session, knowledge: Knowledge, chain: Chain, node: str) -> NodeCandidates:
    """Return the firms of leaf `node` of the chain that count, as the database stands now."""
    key = (data_version(session), id(knowledge), node)
    return _kept.find(session, key, lambda: _Answer(knowledge, _find(session, knowledge, chain, node))).found


def _find(session: Session, knowledge: Knowledge, chain: Chain, node: str) -> NodeCandidates:
    leaves = {one for one, degree in chain.leaf_graph.degree() if degree}
    read = read_gap_firms(session, node, leaves)
    firms = {one.firm: one for one in sorted(_candidates(read, node, knowledge), key=lambda one: one.firm)}
    works_in = {other for one in firms.values() for other, share in one.links if share >= PRESENT}
    return NodeCandidates(firms, sorted(_places(firms.values())), frozenset(leaves & (works_in | {node})))


def _candidates(read: GapFirms, node: str, knowledge: Knowledge) -> Iterator[Candidate]:
    sources = _Sources(read.sources)
    own = {confidence: ((node, confidence),) for confidence in {one.confidence for one in read.firms}}
    places = knowledge.place_names
    for one in read.firms:
        standing = one.standing or ()
        yield Candidate(
            firm=one.key,
            uscc=one.uscc,
            name=one.name,
            adcode=one.adcode,
            confidence=float(one.effective),
            node_share=_node_share(one.products, read.evidence.get(one.id)),
            brand=brand_of(one.name, places),
            standing=tuple(word for word in standing if word != "listed"),
            listed=bool(one.stock_code) or "listed" in standing,
            capital_cny=one.capital_cny,
            revenue_cny=one.revenue_cny,
            employees=one.employees,
            founded=one.founded,
            branches=_branches(read.branches.get(one.normal_name)),
            group=_group(one, read) if one.parent_name else (),
            links=_links(own[one.confidence], read.links.get(one.id, ())),
            sources=sources.of(one.id),
        )


_Links = tuple[tuple[str, float], ...]


def _links(own: _Links, others: _Links) -> _Links:
    """The node's own link among the others, the surest first."""
    return tuple(sorted(own + others, key=lambda link: (-link[1], link[0]))) if others else own


def _node_share(
    products: Iterable[dict[str, Any]] | None, evidence: list[dict[str, Any]] | None
) -> float | None:
    """Share of the firm's revenue from the products that link it to the node; None where not reported."""
    terms = {entry["term"] for entry in evidence or () if entry["field"] == "products"}
    shares = [
        float(product["share"])
        for product in products or ()
        if product.get("share") is not None and any(term in product["name"] for term in terms)
    ]
    return min(1.0, max(shares)) if shares else None


def _branches(branches: list[Kin] | None) -> tuple[Branch, ...] | None:
    if not branches:
        return None
    return tuple(Branch(one.adcode, one.founded, one.key, one.name) for one in branches if one.adcode)


def _group(firm: GapFirm, read: GapFirms) -> tuple[GroupPlace, ...]:
    """Where the group of a firm that is itself a branch stands, the firm left out."""
    name = firm.parent_name or ""
    parent = read.parents.get(name)
    places = [(parent, TieKind.PARENT)] if parent else []
    places += [(one, TieKind.BRANCH) for one in read.branches.get(name, ())]
    return tuple(
        GroupPlace(one.key, one.name, one.adcode, kind)
        for one, kind in places
        if one.adcode and one.key != firm.key
    )


class _Sources:
    """The sources of each firm; firms that the same sources name share them."""

    def __init__(self, rows: Mapping[int, tuple[SourceRow, ...]]) -> None:
        self._rows = rows
        apart = {id(named): named for named in rows.values()}
        self._said = {number: tuple(map(_source, named)) for number, named in apart.items()}

    def of(self, firm_id: int) -> tuple[Source, ...]:
        return self._said[id(self._rows[firm_id])] if firm_id in self._rows else ()


def _source(row: SourceRow) -> Source:
    return Source(row.title, row.as_of.isoformat() if row.as_of else None)


def _places(candidates: Iterable[Candidate]) -> set[str]:
    """Every adcode at which a candidate, one of its branches or its group stands."""
    found: set[str] = set()
    for candidate in candidates:
        found.update(branch.adcode for branch in candidate.branches or ())
        found.update(one.adcode for one in candidate.group)
        if candidate.adcode:
            found.add(candidate.adcode)
    return found
