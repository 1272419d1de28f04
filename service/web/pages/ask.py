"""What a page is asked for: a region and a chain, as a person types or clicks them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query

from service.analysis import ChainView, view_chain
from service.domain.chains import Chain
from service.domain.regions import Geography, Region
from service.knowledge import Knowledge
from service.web.deps import SessionDep, WorkspaceDep

# The picker fills in "浙江省衢州市（330800）".
_CODE = re.compile(r"[(（]?(\d{6})[)）]?\s*$")
DEFAULT_REGION = "330800"
_DEFAULT_CHAIN = "lithium-battery"


@dataclass(frozen=True)
class Ask:
    """The region and the chain that a page is about."""

    region: Region
    chain: Chain
    knowledge: Knowledge

    def query(self, **others: str) -> str:
        """Return the query string of another page about the same region and chain."""
        return urlencode({"region": self.region.adcode, "chain": self.chain.id, **others})

    @property
    def values(self) -> Mapping[str, Any]:
        """What every template needs of the question."""
        geography = self.knowledge.geography
        return {
            "ask": self,
            "region": self.region,
            "region_path": geography.path(self.region.adcode),
            "region_label": f"{geography.full_name(self.region.adcode)}（{self.region.adcode}）",
            "region_children": geography.children(self.region.adcode),
            "chain": self.chain,
            "chains": list(self.knowledge.chains.values()),
        }


def default_chain(knowledge: Knowledge) -> str:
    """Return the chain of a page that asks for none: the usual one, or the first where that is not there."""
    return _DEFAULT_CHAIN if _DEFAULT_CHAIN in knowledge.chains else next(iter(knowledge.chains))


def get_ask(
    workspace: WorkspaceDep,
    region: Annotated[str, Query(max_length=80)] = DEFAULT_REGION,
    chain: Annotated[str, Query(max_length=60)] = "",
) -> Ask:
    """Return the question; without a chain the first one, without a region the default."""
    knowledge = workspace.knowledge
    place = find_region(knowledge.geography, region.strip() or DEFAULT_REGION)
    return Ask(place, knowledge.chain(chain or default_chain(knowledge)), knowledge)


def find_region(geography: Geography, text: str) -> Region:
    """Return the region that was picked, or that the name means; of pinyin the best suggestion."""
    code = _CODE.search(text)
    if code:
        return geography.find(code[1])
    if text.isascii() and text.isalpha():
        return next(iter(geography.search(text, 1)), None) or geography.find(text)
    return geography.find(text)


AskDep = Annotated[Ask, Depends(get_ask)]


def get_ask_view(ask: AskDep, session: SessionDep) -> ChainView:
    """Return the chain as seen from the region."""
    return view_chain(session, ask.knowledge, ask.region.adcode, ask.chain.id)


AskViewDep = Annotated[ChainView, Depends(get_ask_view)]
