"""Modules and tables as graphs: what an output can observe, which letters lead from state to state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bonsaic.ir.core import Module, Node
from bonsaic.ir.mealy import Mealy

if TYPE_CHECKING:
    import networkx as nx


def live(m: Module) -> set[Node]:
    """Everything that some output, its care or the legality of a letter can ever observe, however many ticks later."""
    nexts = {r: m.next[r.name] for r in m.regs}
    found: set[Node] = set()
    waiting = [*m.outs.values(), *m.care.values(), *([] if m.legal is None else [m.legal])]
    while waiting:
        n = waiting.pop()
        if n not in found:
            found.add(n)
            waiting += [nexts[n]] if n in nexts else n.args
    return found


def state_graph(table: Mealy) -> nx.DiGraph:
    """States 0 to n-1; an edge has `letters`, the (letter, outputs) pairs that take it, in the table's order."""
    import networkx as nx  # takes 0.1 s, for drawings alone

    g = nx.DiGraph(name=table.name)
    g.add_nodes_from(range(table.states))
    for p, k in np.argwhere(table.legal).tolist():
        q = int(table.next[p, k])
        if not g.has_edge(p, q):
            g.add_edge(p, q, letters=[])
        pair = tuple(table.letters[k].tolist()), tuple(table.outs[p, k].tolist())
        g.edges[p, q]["letters"].append(pair)
    return g
