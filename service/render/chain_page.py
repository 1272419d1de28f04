"""A chain as a page of Markdown: its tree, its supply edges, what is hard to get and who does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from service.domain.chains import Chain, Node, home_of
from service.words import STAGES

_FIRMS_NAMED = 4


def chain_markdown(chain: Chain, firms: Mapping[str, Sequence[str]]) -> str:
    """Return the page of a chain.

    Parameters
    ----------
    firms : node id -> names of firms to give as examples, the best known first.
    """
    return "\n".join(
        [*_head(chain), *_tree(chain, firms), *_edges(chain), *_bottlenecks(chain), *_sources(chain)]
    )


def _head(chain: Chain) -> Iterator[str]:
    borrowed = len(chain.nodes) - len(chain.own_nodes)
    lent = f"，引自别链 {borrowed} 个" if borrowed else ""
    yield f"# {chain.name}（{chain.id}）"
    yield ""
    if chain.summary:
        yield chain.summary.strip()
        yield ""
    terms = sum(len(node.terms) for node in chain.nodes)
    yield (
        f"版本 {chain.version}，{chain.date}。"
        f"{len(chain.nodes)} 个环节（末级 {len(chain.leaves)} 个{lent}），"
        f"{len(chain.edges)} 条供应关系，{terms} 个匹配词。"
    )
    yield ""


def _tree(chain: Chain, firms: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "## 环节"
    yield ""
    for depth, node in chain.walk():
        yield f"{'  ' * depth}- {_node(chain, node)}{_examples(firms.get(node.id, ()))}"
    yield ""


def _node(chain: Chain, node: Node) -> str:
    marks = [STAGES[node.stage]]
    if node.gbt4754_codes:
        marks.append("GB/T 4754：" + "、".join(node.gbt4754_codes))
    if home_of(node.id) != chain.id:
        marks.append(f"引自 {node.id}")
    if node.bottleneck:
        marks.append("卡脖子")
    if node.endowment:
        marks.append(f"资源：{node.endowment}")
    return f"**{node.name}**（{'；'.join(marks)}）"


def _examples(names: Sequence[str]) -> str:
    if not names:
        return ""
    return "：" + "、".join(names[:_FIRMS_NAMED]) + ("等" if len(names) > _FIRMS_NAMED else "")


def _edges(chain: Chain) -> Iterator[str]:
    yield "## 供应关系"
    yield ""
    for node in chain.nodes:
        customers = [
            _customer(chain, edge.customer, edge.input_share)
            for edge in chain.edges
            if edge.supplier == node.id
        ]
        if customers:
            yield f"- {node.name} → {'、'.join(customers)}"
    yield ""


def _customer(chain: Chain, node_id: str, share: float | None) -> str:
    name = chain.node(node_id).name
    return name if share is None else f"{name}（投入占比 {share:.1%}）"


def _bottlenecks(chain: Chain) -> Iterator[str]:
    hard = [node for node in chain.nodes if node.bottleneck]
    if hard:
        yield "## 卡脖子环节"
        yield ""
        yield from (f"- {node.name}：{node.bottleneck}" for node in hard)
        yield ""


def _sources(chain: Chain) -> Iterator[str]:
    yield "## 来源"
    yield ""
    yield from (f"- {source}" for source in chain.sources)
    yield ""
