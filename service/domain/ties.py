"""Ties of a candidate to a region (以商招商): who here could open the door, as named paths.

A possible partner follows from the nodes of both firms, not from known contracts, and the words say so.
That a parent or a branch of the group is here or near follows from registered names (XX公司YY分公司), which
is a fact. A shared 字号 or a name of this place is a hint: it is shown and adds nothing to the score.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.domain.chains import Chain
from service.domain.coverage import PRESENT
from service.domain.targets import Candidate, GroupPlace, LocalFirm, TargetContext, Tie, TieKind
from service.domain.weights import NEUTRAL, Finding

TIES_HALF = 3.0
"""Ties here (weighted by confidence) at which the factor is half of what it can be."""

GROUP_KM = 150.0
"""Distance at which a place of the candidate's group counts 1/e; farther ones are not near. The back-test of
expansion (`branches`) uses the same reach.
"""

SHOWN_TIES = 5
_NAMED = 3
_COMMON_BRAND = 3
_NO_BRAND = frozenset({"中国", "中华", "国家", "全国"})
_GROUP_SOURCE = "本库企业名称与登记地"
_GROUP = (TieKind.PARENT, TieKind.BRANCH)


@dataclass(frozen=True, slots=True)
class Ties:
    """The factor, and the ties that are shown: at most SHOWN_TIES, the best first."""

    finding: Finding
    shown: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class _Partners:
    """Possible partners here: their sum, one tie a firm (anchors first), and the sentence."""

    total: float
    ties: tuple[Tie, ...]
    words: str


_Linked = tuple[tuple[str, float], ...]
_Strongest = tuple[float, str, str, LocalFirm]
_PARTNERS = (TieKind.SUPPLIES, TieKind.BUYS)


class TieBook:
    """The ties of the candidates of one gap; what is the same for many of them is found once."""

    def __init__(self, gap_node: str, chain: Chain, context: TargetContext) -> None:
        self._gap_node = gap_node
        self._chain = chain
        self._context = context
        self._known: dict[_Linked, _Partners] = {}
        self._alike: dict[tuple[_Linked, float], _Linked | str] = {}
        self._totals: dict[_Linked, float] = {}
        self._reached: dict[str, Mapping[str, float]] = {}
        self._brands = _brands(context.local_firms or {})

    def find(self, candidate: Candidate) -> Ties:
        """Return t / (3 + t) and the ties behind it.

        t sums over the firms here that the chain makes possible customers or suppliers of the candidate:
        confidence of the one's link times confidence of the other's, once a firm; and the nearest place of
        the candidate's group, exp(-distance / 150 km). Neutral where neither can be known.

        Order of the ties: the group's places, anchors (链主), hints of the name, other firms here; within
        each the strongest first, then by firm key.
        """
        partners = self._partners(candidate)
        group = sorted(_group_ties(candidate, self._context), key=_order)[:1]
        hints = [*self._brand_ties(candidate), *_hometown_ties(candidate, self._context)]
        found = [*group, *hints, *(partners.ties if isinstance(partners, _Partners) else ())]
        shown = tuple(sorted(found, key=_order)[:SHOWN_TIES])
        if isinstance(partners, str):
            if not group:
                return Ties(Finding(NEUTRAL, f"{partners}，此项取中性值。"), shown)
            return Ties(_weigh(group[0].strength, group[0].reason, (_GROUP_SOURCE, None)), shown)
        told = self._context.local_source
        source = (told.title, told.as_of) if told else (None, None)
        if group:
            words = group[0].reason + partners.words
            source = (f"{source[0]}；{_GROUP_SOURCE}", source[1])
            return Ties(_weigh(partners.total + group[0].strength, words, source), shown)
        return Ties(_weigh(partners.total, partners.words, source), shown)

    def value(self, candidate: Candidate) -> float:
        """Return the value of the factor that `find` returns."""
        linked = self._linked(candidate)
        near = _near_places(candidate, self._context)
        group = max((_strength(distance) for *_, distance in near), default=0.0)
        if isinstance(linked, str):
            return _share(group) if group else NEUTRAL
        return _share(self._total(linked) + group)

    def _partners(self, candidate: Candidate) -> _Partners | str:
        """The possible partners here, or why nothing can be known of them."""
        linked = self._linked(candidate)
        if isinstance(linked, str):
            return linked
        if linked not in self._known:
            self._known[linked] = self._meet(linked)
        return self._known[linked]

    def _linked(self, candidate: Candidate) -> _Linked | str:
        """The candidate's nodes that have others beside them, or why nothing can be known of partners."""
        key = candidate.links, candidate.confidence
        if key not in self._alike:
            self._alike[key] = self._find_linked(candidate)
        return self._alike[key]

    def _find_linked(self, candidate: Candidate) -> _Linked | str:
        if self._context.local_firms is None:
            return "未录入本地企业挂链，无从判断产业链上的联系"
        graph = self._chain.leaf_graph
        nodes = {node: confidence for node, confidence in candidate.links if confidence >= PRESENT}
        nodes[self._gap_node] = max(candidate.confidence, nodes.get(self._gap_node, 0.0))
        linked = tuple(sorted(pair for pair in nodes.items() if pair[0] in graph and graph.degree(pair[0])))
        return linked or "链内未登记其环节的上下游关系"

    def _total(self, linked: _Linked) -> float:
        """What the possible partners add up to, each once, without the words of `_meet`."""
        if linked not in self._totals:
            best: dict[str, float] = {}
            for node, confidence in linked:
                reached = {firm: confidence * local for firm, local in self._reach(node).items()}
                both = {firm: max(reached[firm], best[firm]) for firm in reached.keys() & best.keys()}
                best |= reached | both
            self._totals[linked] = math.fsum(best.values())
        return self._totals[linked]

    def _reach(self, node: str) -> Mapping[str, float]:
        """The firms here in the nodes on either side of `node`, each with its surest link there."""
        if node not in self._reached:
            graph = self._chain.leaf_graph
            found: dict[str, float] = {}
            for neighbour in (*graph.predecessors(node), *graph.successors(node)):
                for local in (self._context.local_firms or {}).get(neighbour, ()):
                    if local.confidence >= PRESENT:
                        found[local.firm] = max(local.confidence, found.get(local.firm, 0.0))
            self._reached[node] = found
        return self._reached[node]

    def _meet(self, linked: _Linked) -> _Partners:
        customers, suppliers = (
            {firm: self._partner_tie(kind, *rest) for firm, rest in self._strongest(linked, kind).items()}
            for kind in _PARTNERS
        )
        best = dict(suppliers)
        for firm, tie in customers.items():
            if firm not in best or tie.strength >= best[firm].strength:
                best[firm] = tie
        ties = tuple(sorted(best.values(), key=_order))
        first = f"，例如{_path(ties[0])}" if ties else ""
        ending = "真实业务往来有待核实。" if ties else "暂无可借力的本地企业。"
        words = (
            f"按产业链关系，本地{_say(customers.values(), '可能的客户')}、"
            f"{_say(suppliers.values(), '可能的供应商')}{first}；{ending}"
        )
        return _Partners(self._total(linked), ties[:SHOWN_TIES], words)

    def _strongest(self, linked: _Linked, kind: TieKind) -> dict[str, _Strongest]:
        """Firm key -> its strongest tie of this kind: strength, candidate's node, its own node, the firm."""
        graph = self._chain.leaf_graph
        beside = graph.successors if kind is TieKind.SUPPLIES else graph.predecessors
        local_firms = self._context.local_firms or {}
        found: dict[str, _Strongest] = {}
        for node, confidence in linked:
            for neighbour in sorted(beside(node)):
                for local in local_firms.get(neighbour, ()):
                    strength = confidence * local.confidence
                    if local.confidence >= PRESENT and strength > found.get(local.firm, (0.0,))[0]:
                        found[local.firm] = (strength, node, neighbour, local)
        return found

    def _partner_tie(self, kind: TieKind, strength: float, ours: str, theirs: str, local: LocalFirm) -> Tie:
        who = f"本地{'链主' if local.anchor else '企业'}{local.name}（{self._chain.node(theirs).name}）"
        name = self._chain.node(ours).name
        supplies = f"按产业链关系，可向{who}供应{name}。"
        buys = f"按产业链关系，可由{who}供货，用于{name}。"
        return Tie(
            local_firm=local.firm,
            local_name=local.name,
            local_node=theirs,
            direction=kind,
            candidate_node=ours,
            anchor=local.anchor,
            strength=strength,
            reason=supplies if kind is TieKind.SUPPLIES else buys,
        )

    def _brand_ties(self, candidate: Candidate) -> Iterator[Tie]:
        for local in self._brands.get(candidate.brand or "", ())[:1]:
            words = f"与本地链主{local.name}同字号，或属同一集团，请核实；不计分。"
            yield _kin_tie(local.firm, local.name, TieKind.BRAND, 0.0, words, anchor=True)


def _weigh(ties: float, words: str, source: tuple[str | None, str | None]) -> Finding:
    return Finding(_share(ties), words, *source)


def _share(ties: float) -> float:
    return ties / (TIES_HALF + ties)


def _strength(distance_km: float) -> float:
    return math.exp(-distance_km / GROUP_KM)


def _order(tie: Tie) -> tuple[int, float, str]:
    if tie.direction in _GROUP:
        rank = 0
    elif tie.direction in (TieKind.BRAND, TieKind.HOMETOWN):
        rank = 2
    else:
        rank = 1 if tie.anchor else 3
    return rank, -tie.strength, tie.local_firm or ""


def _brands(local_firms: Mapping[str, Sequence[LocalFirm]]) -> Mapping[str, Sequence[LocalFirm]]:
    """Anchors here by 字号, by key: a firm of theirs elsewhere is worth a question, while two small firms
    often share a 字号 by chance. One that many share tells nothing.
    """
    found: dict[str, dict[str, LocalFirm]] = defaultdict(dict)
    for firms in local_firms.values():
        for local in firms:
            if local.anchor and local.brand and local.brand not in _NO_BRAND:
                found[local.brand].setdefault(local.firm, local)
    return {
        brand: [firms[key] for key in sorted(firms)]
        for brand, firms in found.items()
        if len(firms) <= _COMMON_BRAND
    }


def _group_ties(candidate: Candidate, context: TargetContext) -> Iterator[Tie]:
    for role, place, distance in _near_places(candidate, context):
        where = context.place_names.get(place.adcode, place.adcode)
        near = f"在{where}，距{context.region_name}约 {distance:.0f} 公里"
        here = place.adcode in context.inside
        words = f"其{role}{place.name}{f'就在{context.region_name}' if here else near}。"
        yield _kin_tie(place.firm or None, place.name, place.kind, _strength(distance), words)


def _near_places(candidate: Candidate, context: TargetContext) -> Iterator[tuple[str, GroupPlace, float]]:
    """Places of its group that are here, or near and nearer than its own seat: role, place, km."""
    if not candidate.group and not candidate.branches:
        return
    seat = context.distance_km.get(candidate.adcode or "", math.inf)
    for role, place in _group_places(candidate):
        here = place.adcode in context.inside
        distance = 0.0 if here else context.distance_km.get(place.adcode, math.inf)
        if distance <= GROUP_KM and distance < seat:
            yield role, place, distance


def _group_places(candidate: Candidate) -> Iterator[tuple[str, GroupPlace]]:
    for one in candidate.group:
        yield "母公司" if one.kind is TieKind.PARENT else "同一企业的分支机构", one
    for branch in candidate.branches or ():
        if branch.name:
            own = GroupPlace(branch.firm or "", branch.name, branch.adcode, TieKind.BRANCH)
            yield "分支机构", own


def _hometown_ties(candidate: Candidate, context: TargetContext) -> Iterator[Tie]:
    place = next((name for name in context.home_names if candidate.name.startswith(name)), None)
    if place and candidate.adcode not in context.inside:
        words = f"企业名称冠以“{place}”而注册在外地，或与本地有渊源，请核实；不计分。"
        yield _kin_tie(None, None, TieKind.HOMETOWN, 0.0, words)


def _kin_tie(
    firm: str | None, name: str | None, kind: TieKind, strength: float, words: str, *, anchor: bool = False
) -> Tie:
    return Tie(firm, name, None, kind, None, anchor, strength, words)


def _path(tie: Tie) -> str:
    return tie.reason.removeprefix("按产业链关系，可").removesuffix("。")


def _say(ties: Iterable[Tie], role: str) -> str:
    ranked = sorted(ties, key=_order)
    names = "、".join(f"{'链主' if tie.anchor else ''}{tie.local_name}" for tie in ranked[:_NAMED])
    if not names:
        return f"没有{role}"
    return f"有 {len(ranked)} 家{role}（{names}{'等' if len(ranked) > _NAMED else ''}）"
