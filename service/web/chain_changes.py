"""Changes of a chain as they come in: as JSON through the API, as fields of the editor's forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from service.asking import NOBODY
from service.chain_editing import ChainState, free_slug, node_names
from service.domain import chain_edit
from service.domain.chain_document import LISTS, TEXTS, entries
from service.domain.chain_edit import LAST, Edit
from service.domain.chains import Stage
from service.errors import ChainEditRefused

_NO_NUL = r"^[^\x00]*$"
NodeId = Annotated[str, Field(max_length=120, pattern=_NO_NUL, examples=["lithium-battery/lfp"])]
Words = Annotated[list[Annotated[str, Field(max_length=400)]], Field(max_length=400)]
Person = Annotated[str, Field(min_length=1, max_length=60, pattern=_NO_NUL, examples=["张工"])]
Note = Annotated[str, Field(max_length=400, pattern=_NO_NUL)]
Beside = Annotated[str, Field(max_length=120, description="first, last, or the sibling to stand after")]


class NodeFacts(BaseModel):
    """Facts of a node; what is left out stays as it is, what is empty is taken away."""

    name: str | None = None
    stage: Stage | Literal[""] | None = None
    terms: Words | None = None
    exclusions: Words | None = None
    gbt4754: Words | None = None
    sources: Words | None = None
    bottleneck: str | None = None
    endowment: str | None = None
    note: str | None = None


class AddNode(BaseModel):
    """A new node; `slug` is what its id ends in."""

    op: Literal["add_node"]
    slug: str = Field(max_length=60, examples=["solid-electrolyte"])
    facts: NodeFacts
    parent: NodeId | None = None
    beside: Beside = LAST


class BorrowNode(BaseModel):
    """A leaf of another chain, hung in here."""

    op: Literal["borrow_node"]
    node: NodeId
    parent: NodeId | None = None
    stage: Stage | None = None
    beside: Beside = LAST


class ChangeNode(BaseModel):
    """New facts of a node: its id, its firms and the decisions on them stay."""

    op: Literal["change_node"]
    node: NodeId
    facts: NodeFacts


class MoveNode(BaseModel):
    """A node with all below it to another place of the tree."""

    op: Literal["move_node"]
    node: NodeId
    parent: NodeId | None = None
    beside: Beside = LAST


class RemoveNode(BaseModel):
    """A node away, with all below it and its supply edges."""

    op: Literal["remove_node"]
    node: NodeId


class PutEdge(BaseModel):
    """A supply edge, new or with new values."""

    op: Literal["put_edge"]
    supplier: NodeId
    customer: NodeId
    input_share: float | None = Field(default=None, ge=0, le=1)
    source: str | None = Field(default=None, max_length=400)


class RemoveEdge(BaseModel):
    """A supply edge away."""

    op: Literal["remove_edge"]
    supplier: NodeId
    customer: NodeId


class ChangeChain(BaseModel):
    """A new name or summary of the chain."""

    op: Literal["change_chain"]
    name: str | None = None
    summary: str | None = None


Change = Annotated[
    AddNode | BorrowNode | ChangeNode | MoveNode | RemoveNode | PutEdge | RemoveEdge | ChangeChain,
    Field(discriminator="op"),
]


def edit_of(change: BaseModel) -> Edit:
    """Return the change as the domain knows it: the classes bear the same names."""
    values = change.model_dump(exclude={"op", "facts"})
    facts = getattr(change, "facts", None)
    if isinstance(facts, NodeFacts):
        values["facts"] = facts.model_dump(exclude_unset=True, mode="json")
    made: Edit = getattr(chain_edit, type(change).__name__)(**values)
    return made


class ChangeForm(BaseModel):
    """One form of the editor: `op` says which; the other fields are those of that form."""

    chain: str = Field(max_length=60)
    mark: str = Field(max_length=40)
    op: str = Field(max_length=20)
    by: str = Field(default="", max_length=60)
    region: str = Field(default="", max_length=80)
    view: str = Field(default="", max_length=120)
    node: str = ""
    parent: str = ""
    beside: str = LAST
    slug: str = ""
    name: str = ""
    stage: str = ""
    terms: str = ""
    exclusions: str = ""
    gbt4754: str = ""
    sources: str = ""
    bottleneck: str = ""
    endowment: str = ""
    note: str = ""
    summary: str = ""
    direction: str = ""
    other: str = ""
    supplier: str = ""
    customer: str = ""
    input_share: str = ""
    source: str = ""

    @property
    def person(self) -> str:
        """Who changes."""
        return " ".join(self.by.replace("\0", "").split()) or NOBODY

    def edit(self, state: ChainState) -> Edit:
        """Return the change that the form asks for; ChainEditRefused names the field that is wrong."""
        make = _FORMS.get(self.op)
        if make is None:
            raise ChainEditRefused(f"没有这种改动：{self.op!r}")
        return make(self, state)

    def facts(self, names: tuple[str, ...]) -> Mapping[str, object]:
        """Return these fields as facts of a node: lists from lines, codes from any marks between them."""
        found: dict[str, object] = {name: getattr(self, name) for name in names if name not in LISTS}
        found |= {name: getattr(self, name).splitlines() for name in names if name in LISTS}
        if "gbt4754" in names:
            found["gbt4754"] = [code for code in re.split(r"[\s、，,；;]+", self.gbt4754) if code]
        return found


_ALL_FACTS = ("name", "stage", *LISTS, *TEXTS)


def _add(form: ChangeForm, state: ChainState) -> Edit:
    slug = form.slug.strip() or free_slug(state, form.name or "node")
    facts = {key: value for key, value in form.facts(_ALL_FACTS).items() if value or key == "name"}
    return chain_edit.AddNode(slug, facts, form.parent or None, form.beside or LAST)


def _borrow(form: ChangeForm, state: ChainState) -> Edit:
    node = _picked(form.node, node_names(state.knowledge), "node")
    return chain_edit.BorrowNode(node, form.parent or None, form.stage or None)


def _change(form: ChangeForm, state: ChainState) -> Edit:
    borrowed = any(entry.id == form.node and entry.borrowed for entry in entries(state.document))
    return chain_edit.ChangeNode(form.node, form.facts(("stage",) if borrowed else _ALL_FACTS))


def _put_edge(form: ChangeForm, state: ChainState) -> Edit:
    ends = (form.supplier, form.customer)
    if form.direction:
        other = _picked(form.other, draft_names(state), "other")
        ends = (other, form.node) if form.direction == "from" else (form.node, other)
    return chain_edit.PutEdge(*ends, _share(form.input_share), form.source)


def _share(text: str) -> float | None:
    """Return a percentage as people type it, as a share."""
    plain = text.strip().rstrip("%％").strip()
    if not plain:
        return None
    try:
        percent = float(plain)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise ChainEditRefused(f"占投入的比例应为 0 到 100 的数（百分比），收到 {text!r}", "input_share")
    return round(percent / 100, 6)


def draft_names(state: ChainState) -> Mapping[str, str]:
    """Return the names of the draft's nodes by full id; of borrowed ones as their home calls them."""
    others = node_names(state.knowledge)
    return {
        entry.id: others.get(entry.id, entry.id) if entry.borrowed else entry.name
        for entry in entries(state.document)
    }


def _picked(text: str, names: Mapping[str, str], field: str) -> str:
    """Return the node that was picked or typed: "磷酸铁锂（lithium-battery/lfp）", its id, or its name."""
    plain = text.strip()
    inside = re.search(r"[（(]([a-z0-9-]+/[a-z0-9-]+)[)）]$", plain)
    wanted = inside[1] if inside else plain
    if wanted in names:
        return wanted
    called = [node for node, name in names.items() if name == plain]
    if len(called) == 1:
        return called[0]
    reason = "有几个环节叫这个名字，请从列表中选" if called else "没有这个环节，请从列表中选"
    raise ChainEditRefused(f"{plain or '（空）'}：{reason}", field)


_FORMS: Mapping[str, Callable[[ChangeForm, ChainState], Edit]] = {
    "add_node": _add,
    "borrow_node": _borrow,
    "change_node": _change,
    "move_node": lambda form, _: chain_edit.MoveNode(form.node, form.parent or None, form.beside or LAST),
    "remove_node": lambda form, _: chain_edit.RemoveNode(form.node),
    "put_edge": _put_edge,
    "remove_edge": lambda form, _: chain_edit.RemoveEdge(form.supplier, form.customer),
    "change_chain": lambda form, _: chain_edit.ChangeChain(form.name, form.summary),
}
