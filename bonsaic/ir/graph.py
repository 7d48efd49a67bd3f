"""A module as a networkx graph: what reaches what, what loops, how deep the logic is."""

from __future__ import annotations

import networkx as nx

from bonsaic.ir.core import Module, Node
from bonsaic.ir.mealy import Mealy


def neuron_graph(m: Module) -> nx.DiGraph:
    """The module's nodes; edges run from operand to node and, with `feedback=True`, from next state to register.

    Every edge has `feedback`; an edge into an affine node has its `weight` too. Insertion order is the module's order.
    """
    g = nx.DiGraph(name=m.name)
    g.add_nodes_from((*m.inputs, *m.regs))
    for n in m.order():
        g.add_node(n)
        weights = n.attr[0] if n.op == "affine" else [None] * len(n.args)
        for a, w in zip(n.args, weights, strict=True):
            g.add_edge(a, n, feedback=False, **({} if w is None else {"weight": w}))
    for r in m.regs:
        after = m.next[r.name]
        g.add_edge(after, r, feedback=True)
    return g


def live(m: Module) -> set[Node]:
    """Everything that some output, its care or the legality of a letter can ever observe, however many ticks later."""
    g = neuron_graph(m)
    legal = [] if m.legal is None else [m.legal]
    observer = object()
    g.add_edges_from((n, observer) for n in (*m.outs.values(), *m.care.values(), *legal))
    return nx.ancestors(g, observer)


def depth(m: Module) -> int:
    """The most two-operand gates between two registers or ports; inverters are free."""
    level: dict[Node, int] = {n: 0 for n in (*m.inputs, *m.regs)}
    for n in m.order():
        level[n] = max((level[a] for a in n.args), default=0) + (len(n.args) > 1)
    return max((level[n] for n in m.roots()), default=0)


def loops(m: Module) -> list[list[Node]]:
    """The registers that feed each other, one list per strongly connected part, in the module's order."""
    g = neuron_graph(m)
    place = {r: i for i, r in enumerate(m.regs)}
    parts = []
    for part in nx.strongly_connected_components(g):
        regs = sorted((n for n in part if n in place), key=place.__getitem__)
        if len(part) > 1 or any(g.has_edge(r, r) for r in regs):
            parts.append(regs)
    return sorted(parts, key=lambda regs: place[regs[0]])


def state_graph(table: Mealy) -> nx.DiGraph:
    """States 0 to n-1; an edge has `letters`, the (letter, outputs) pairs that take it, in the table's order."""
    g = nx.DiGraph(name=table.name)
    g.add_nodes_from(range(table.states))
    for p in range(table.states):
        for letter, q in enumerate(table.next[p].tolist()):
            if q >= 0:
                if not g.has_edge(p, q):
                    g.add_edge(p, q, letters=[])
                pair = (
                    tuple(table.letters[letter].tolist()),
                    tuple(table.outs[p, letter].tolist()),
                )
                g.edges[p, q]["letters"].append(pair)
    return g
