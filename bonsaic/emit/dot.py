"""Drawings: a network in the look of the original, a circuit as gates, a table as a state diagram."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction

import graphviz

from bonsaic import tools
from bonsaic.ir.core import Module, Node
from bonsaic.ir.graph import state_graph
from bonsaic.ir.mealy import FREE, Mealy

SYMBOLS = {"not": "¬", "and": "∧", "or": "∨", "xor": "⊕", "select": "?:", "eq": "=", "lt": "<"}
ORDERED = ("select", "lt", "div", "mod")  # operations whose operands are told apart
RED, BLUE = (178, 24, 43), (33, 102, 172)  # the ends of the RdBu scale: +1 and -1
LARGEST_LABEL = 4  # letters written on one edge of a state diagram
SECONDS = 60


def drawing(m: Module) -> str:
    """The drawing of a module: squares for neurons or gates, circles for inputs, outputs and states.

    Dashed edges lead into states, which change when the tick ends. At net and quant level an edge is red for a positive
    weight, blue for a negative one, and carries it.
    """
    return (_network if m.level in ("net", "quant") else _gates)(m).source


def state_diagram(table: Mealy) -> str:
    """Circles for states, the first one doubled; edges say `inputs / outputs`, - where an output does not matter."""
    sheet = _sheet(table.name)
    sheet.attr("node", shape="circle")
    for q in range(table.states):
        sheet.node(str(q), peripheries="2" if q == 0 else "1")
    for p, q, letters in state_graph(table).edges(data="letters"):
        lines = [f"{_word(x)} / {_word(y)}" for x, y in letters]
        if len(lines) > LARGEST_LABEL:
            lines = [*lines[: LARGEST_LABEL - 1], f"{len(lines) - LARGEST_LABEL + 1} more"]
        sheet.edge(str(p), str(q), label="\\n".join(lines))
    return sheet.source


def svg(text: str) -> bytes | None:
    """The drawing as SVG; None where `dot` is not installed or takes longer than a minute."""
    if not shutil.which("dot"):
        return None
    ended = tools.run(["dot", "-Tsvg"], given=text.encode(), seconds=SECONDS)
    assert ended is None or not ended.status, ended
    return None if ended is None else ended.out


def _sheet(name: str) -> graphviz.Digraph:
    return graphviz.Digraph(
        _quote(name),
        graph_attr={"rankdir": "TB", "nodesep": "0.32", "ranksep": "0.5"},
        node_attr={"fontname": "Helvetica", "fontsize": "11"},
        edge_attr={"fontname": "Helvetica", "fontsize": "9"},
    )


def _quote(text: str) -> str:
    return graphviz.escape(text.replace("\n", " "))


def _word(bits: tuple[int, ...]) -> str:
    return "".join("-" if b == FREE else str(b) for b in bits) or "·"


def _network(m: Module) -> graphviz.Digraph:
    """A square per affine node; the activations above it belong to it."""
    names = dict(m.names)
    for n in reversed(m.order()):
        if n.op in ("sign", "ameo") and n in names:
            names.setdefault(n.args[0], names[n])
    neurons = [n for n in m.order() if n.op in ("affine", "const")]

    def label(n: Node) -> str:
        bias = n.attr[0] if n.op == "const" else n.attr[1]
        return f"{_quote(names.get(n, ''))}\\n{_number(bias)}" if bias else _quote(names.get(n, ""))

    sheet, ids = _nodes(m, neurons, label)
    for n in neurons:
        if n.op == "affine":
            for w, a in zip(n.attr[0], n.args, strict=True):
                sheet.edge(ids[_neuron(a)], ids[n], label=_number(w), color=_colour(w))
    _ends(m, sheet, ids, _neuron, lambda n: {})
    return sheet


def _neuron(n: Node) -> Node:
    while n.op in ("sign", "ameo"):
        (n,) = n.args
    return n


def _gates(m: Module) -> graphviz.Digraph:
    """A square per operation; an inverter is a bubble at the end of an edge."""
    gates = [n for n in m.order() if n.op != "not"]

    def label(n: Node) -> str:
        if n.op in ("const", "affine"):
            bias = n.attr[0] if n.op == "const" else n.attr[1]
            return "+ " * (n.op == "affine") + _number(bias)
        return SYMBOLS.get(n.op, n.op)

    sheet, ids = _nodes(m, gates, label, {n: _quote(s) for n, s in m.names.items()})
    for n in gates:
        for i, a in enumerate(n.args):
            extra = {"label": _number(n.attr[0][i])} if n.op == "affine" else {}
            extra |= {"label": str(i + 1)} if n.op in ORDERED else {}
            sheet.edge(ids[_inverted(a)], ids[n], **_bubble(a), **extra)
    _ends(m, sheet, ids, _inverted, _bubble)
    return sheet


def _inverted(n: Node) -> Node:
    while n.op == "not":
        (n,) = n.args
    return n


def _bubble(n: Node) -> dict[str, str]:
    odd = False
    while n.op == "not":
        odd, n = not odd, n.args[0]
    return {"arrowhead": "odot"} if odd else {}


def _nodes(
    m: Module,
    squares: list[Node],
    label: Callable[[Node], str],
    beside: dict[Node, str] | None = None,
) -> tuple[graphviz.Digraph, dict[Node, str]]:
    """The drawing with its nodes, and every node's identifier in it."""
    sheet = _sheet(m.name)
    ids: dict[Node, str] = {}
    for kind, nodes in (("in", m.inputs), ("state", m.regs), ("n", squares)):
        for i, n in enumerate(nodes):
            ids[n] = f"{kind}{i}"
            if kind == "n":
                extra = {"xlabel": beside[n]} if beside and n in beside else {}
                sheet.node(ids[n], label(n), shape="square", **extra)
            else:
                start = f"\\n{_number(m.init[n.name])}" if kind == "state" else ""
                fill = "#f0f0f0" if kind == "state" else "white"
                sheet.node(
                    ids[n], _quote(n.name) + start, shape="circle", style="filled", fillcolor=fill
                )
    return sheet, ids


def _ends(
    m: Module,
    sheet: graphviz.Digraph,
    ids: dict[Node, str],
    source: Callable[[Node], Node],
    extra: Callable[[Node], dict[str, str]],
) -> None:
    """Outputs, and the dashed edges along which states take their next value."""
    for i, (name, n) in enumerate(m.outs.items()):
        sheet.node(f"out{i}", _quote(name), shape="circle", penwidth="2")
        sheet.edge(ids[source(n)], f"out{i}", **extra(n))
    for r in m.regs:
        n = m.next[r.name]
        sheet.edge(ids[source(n)], ids[r], style="dashed", constraint="false", **extra(n))


def _number(value: Fraction) -> str:
    """At most three decimals, none where they are zero."""
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


def _colour(weight: Fraction) -> str:
    """Red for +1, blue for -1, grey in between, clamped."""
    share = min(1.0, abs(float(weight)))
    end = RED if weight > 0 else BLUE
    return "#" + "".join(f"{round(190 + (c - 190) * share):02x}" for c in end)
