"""Modules and tables as networkx graphs: what an output can observe, which letters lead from state to state."""

from __future__ import annotations

import networkx as nx
import numpy as np

from bonsaic.ir.core import Module, Node
from bonsaic.ir.mealy import Mealy


def live(m: Module) -> set[Node]:
    """Everything that some output, its care or the legality of a letter can ever observe, however many ticks later."""
    observer = object()
    legal = [] if m.legal is None else [m.legal]
    g = nx.DiGraph()
    g.add_edges_from((a, n) for n in m.order() for a in n.args)
    g.add_edges_from((m.next[r.name], r) for r in m.regs)
    g.add_edges_from((n, observer) for n in (*m.outs.values(), *m.care.values(), *legal))
    return nx.ancestors(g, observer)


def state_graph(table: Mealy) -> nx.DiGraph:
    """States 0 to n-1; an edge has `letters`, the (letter, outputs) pairs that take it, in the table's order."""
    g = nx.DiGraph(name=table.name)
    g.add_nodes_from(range(table.states))
    for p, k in np.argwhere(table.legal).tolist():
        q = int(table.next[p, k])
        if not g.has_edge(p, q):
            g.add_edge(p, q, letters=[])
        pair = tuple(table.letters[k].tolist()), tuple(table.outs[p, k].tolist())
        g.edges[p, q]["letters"].append(pair)
    return g
