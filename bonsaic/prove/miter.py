"""Two machines as one circuit whose only output says that they have just differed on a legal word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from bonsaic.emit.names import VERILOG, Names
from bonsaic.emit.netlist import tree
from bonsaic.emit.verilog import verilog
from bonsaic.ir.core import Module, Node, node, port, register, renamed
from bonsaic.ir.logic import FALSE, TRUE
from bonsaic.ir.mealy import FREE, Mealy
from bonsaic.ir.verify import verify


def table_circuit(t: Mealy) -> Module:
    """A table as gates, one register per state: an encoding that no other part of the compiler uses."""
    wires = [port(name) for name in t.inputs]
    prefix = "state_"
    while any(name.startswith(prefix) for name in t.inputs):
        prefix += "_"
    states = [register(f"{prefix}{q}") for q in range(t.states)]
    letters = [
        _all([w if b else _not(w) for w, b in zip(wires, row, strict=True)])
        for row in t.letters.tolist()
    ]
    edges: list[list[Node]] = [[] for _ in states]
    ones: list[list[Node]] = [[] for _ in t.outputs]
    cares: list[list[Node]] = [[] for _ in t.outputs]
    legal: list[Node] = []
    for p, here in enumerate(states):
        for x, letter in enumerate(letters):
            if t.next[p, x] < 0:
                continue
            taken = _all([here, letter])
            legal.append(taken)
            edges[t.next[p, x]].append(taken)
            for o, value in enumerate(t.outs[p, x].tolist()):
                if value == 1:
                    ones[o].append(taken)
                if value != FREE:
                    cares[o].append(taken)
    return verify(
        Module(
            t.name,
            "gate",
            tuple(wires),
            tuple(states),
            {r.name: Fraction(q == 0) for q, r in enumerate(states)},
            {r.name: _any(into) for r, into in zip(states, edges, strict=True)},
            {y: _any(xs) for y, xs in zip(t.outputs, ones, strict=True)},
            _any(legal),
            {y: _any(xs) for y, xs in zip(t.outputs, cares, strict=True)},
        )
    )


def miter(spec: Module, impl: Module) -> Module:
    """Both circuits on the same inputs; `bad` is 1 where, on a legal word, an output that
    matters differs or is free on the second's side, or the second refuses the letter."""
    a, b = (
        renamed(m, {r: register(side + r.name) for r in m.regs})  # so that two can be one
        for side, m in (("spec.", spec), ("impl.", impl))
    )
    alive = register("alive")
    ok = alive if a.legal is None else node("and", alive, a.legal)
    wrong = [] if b.legal is None else [_not(b.legal)]
    for y, n in a.outs.items():
        unlike = [node("xor", n, b.outs[y]), *([_not(b.care[y])] if y in b.care else [])]
        wrong.append(_all([_any(unlike), *([a.care[y]] if y in a.care else [])]))
    inputs = dict.fromkeys((*spec.inputs, *impl.inputs))
    return verify(
        Module(
            "miter",
            "gate",
            tuple(inputs),
            (*a.regs, *b.regs, alive),
            {**a.init, **b.init, "alive": Fraction(1)},
            {**a.next, **b.next, "alive": ok},
            {"bad": node("and", ok, _any(wrong))},
        )
    )


def verilog_miter(spec: Module, impl: str, name: str) -> str:
    """The same from texts: the program's own Verilog, the emitted Verilog of circuit `name`, and what joins them.

    spec: a module at level fin or gate, whose legality and cares become outputs. Input x is the letter, output b what
    the emitted text gives.
    """
    outputs = list(spec.outs)
    taken = Names(VERILOG)
    title = taken.take("module", name)
    reference, top = taken.derive("specification"), taken.derive("miter")
    extra = {f"care {y}": n for y, n in spec.care.items()}
    extra |= {} if spec.legal is None else {"legal": spec.legal}
    text = verilog(replace(spec, name=reference, outs={**spec.outs, **extra}, legal=None, care={}))
    wide, given = len(outputs), len(outputs) + len(extra)
    care = [
        f"a[{wide + list(extra).index(f'care {y}')}]" if y in spec.care else "1'b1" for y in outputs
    ]
    legal = "1'b1" if spec.legal is None else f"a[{given - 1}]"
    read = [f"x[{i}]" for i in range(len(spec.inputs))]
    right = [f"a[{i}]" for i in range(given)]
    found = [f"b[{i}]" for i in range(wide)]
    join = f"""module {top}(input clk, input [{max(len(read), 1) - 1}:0] x, output bad, output [{wide - 1}:0] b);
  wire [{given - 1}:0] a;
  reg alive;
  initial alive = 1'b1;
  always @(posedge clk) alive <= alive & {legal};
  {reference} left (clk, 1'b0, {", ".join(read + right)});
  {title} right (clk, 1'b0, {", ".join(read + found)});
  assign bad = alive & {legal} & |((a[{wide - 1}:0] ^ b) & {{{", ".join(reversed(care))}}});
endmodule
"""
    return text + impl + join


def _not(x: Node) -> Node:
    return node("not", x)


def _all(parts: Sequence[Node]) -> Node:
    return tree("and", parts) if parts else TRUE


def _any(parts: Sequence[Node]) -> Node:
    return tree("or", parts) if parts else FALSE
