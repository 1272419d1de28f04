"""What the service knows beside firms: chains, geography, weights. Loaded once, shared by all questions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from service.datafiles import data_folder
from service.domain.chains import Chain, Node
from service.domain.matching import TermTable
from service.domain.regions import Geography, Level
from service.domain.source_policy import SourcePolicy
from service.domain.weights import ScoringWeights
from service.errors import UnknownChain, UnknownNode
from service.ingest.chains import chain_files, load_chains
from service.ingest.geography import load_geography, load_source_regions
from service.ingest.input_shares import SHARES_FILE
from service.ingest.weights import WEIGHTS_NAME, load_weights


@dataclass(frozen=True)
class Knowledge:
    """Chains by id, the regions of China, the weights of the factors, the named source regions, and what
    the bureau recorded of the source regions it seeks firms of.

    `set_aside`: chains whose published version no longer fits the chains that ship, by id with the reason;
    their files count instead.
    """

    chains: Mapping[str, Chain]
    chains_hash: str
    geography: Geography
    weights: ScoringWeights
    source_regions: Mapping[str, str] = field(repr=False)
    source_policy: SourcePolicy = field(default_factory=SourcePolicy)
    set_aside: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def terms(self) -> TermTable:
        """The matcher's table of all chains."""
        return TermTable.from_chains(self.chains.values())

    @cached_property
    def place_names(self) -> frozenset[str]:
        """Names and short names of all regions: what a firm's name may begin with."""
        regions = [region for level in Level for region in self.geography.regions(level)]
        return frozenset({region.name for region in regions} | {region.short_name for region in regions})

    @cached_property
    def region_names(self) -> Mapping[str, str]:
        """Name of every region by adcode."""
        return {region.adcode: region.name for level in Level for region in self.geography.regions(level)}

    def chain(self, chain_id: str) -> Chain:
        """Return one chain; UnknownChain where there is none, naming those that are."""
        try:
            return self.chains[chain_id]
        except KeyError:
            known = "、".join(f"{chain.id}({chain.name})" for chain in self.chains.values())
            raise UnknownChain(f"没有产业链 {chain_id!r}；现有：{known}") from None

    def node(self, node_id: str) -> tuple[Chain, Node]:
        """Return a node and its chain by the node's full id."""
        chain = self.chain(node_id.partition("/")[0])
        if node_id not in chain:
            raise UnknownNode(f"产业链 {chain.name} 没有环节 {node_id!r}")
        return chain, chain.node(node_id)

    def source_region(self, adcode: str) -> str | None:
        """Return the named region (长三角 ...) whose member the city of `adcode` is, or None."""
        city = self.geography.at_level(adcode, Level.CITY)
        return self.source_regions.get(city) if city else None


def load_knowledge(chains_dir: Path | None = None) -> Knowledge:
    """Load everything that ships with the service; InvalidChain or DataMismatch where it is broken."""
    folder = chains_dir or data_folder("chains")
    return Knowledge(
        chains=load_chains(folder),
        chains_hash=_hash(folder),
        geography=load_geography(),
        weights=load_weights(_weights_file(folder)),
        source_regions=load_source_regions(),
    )


def with_chains_of(knowledge: Knowledge, folder: Path, set_aside: Mapping[str, str]) -> Knowledge:
    """Return the knowledge with the chains of another folder; InvalidChain or DataMismatch as above."""
    return replace(
        knowledge, chains=load_chains(folder), chains_hash=_hash(folder), set_aside=dict(set_aside)
    )


def _weights_file(folder: Path) -> Path:
    """A folder of chains may bring weights of its own; without them those that ship are taken."""
    own = folder / WEIGHTS_NAME
    return own if own.is_file() else data_folder("chains") / WEIGHTS_NAME


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    shares = folder / SHARES_FILE
    others = [shares] if shares.is_file() else []
    for path in [*chain_files(folder), *others, _weights_file(folder)]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
