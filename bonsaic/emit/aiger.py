"""A circuit as AIGER, ASCII or binary: and-gates and inverters, numbered."""

from __future__ import annotations

from bonsaic.emit.layout import about
from bonsaic.emit.names import Names
from bonsaic.ir.core import Module, Node, topological

FALSE, TRUE = 0, 1


class AndGraph:
    """And-gates over literals: twice a variable's number, plus one for its inverse. Equal gates are one."""

    def __init__(self) -> None:
        self.variables = 0
        self.gates: dict[tuple[int, int], int] = {}

    def variable(self) -> int:
        self.variables += 1
        return 2 * self.variables

    def and_(self, x: int, y: int) -> int:
        """The literal of `x and y`, a new gate where it is none of 0, 1, x, y and no gate before."""
        if FALSE in (x, y) or x == y ^ 1:
            return FALSE
        if x == y or y == TRUE:
            return x
        if x == TRUE:
            return y
        pair = (max(x, y), min(x, y))
        if pair not in self.gates:
            self.gates[pair] = self.variable()
        return self.gates[pair]

    def or_(self, x: int, y: int) -> int:
        return self.and_(x ^ 1, y ^ 1) ^ 1

    def xor(self, x: int, y: int) -> int:
        return self.and_(self.and_(x, y) ^ 1, self.or_(x, y))

    def add(self, m: Module, literals: dict[Node, int]) -> None:
        """Every gate of a module, given the literals of its ports and registers."""
        for n in topological([*m.outs.values(), *m.next.values()]):
            args = [literals[a] for a in n.args]
            match n.op:
                case "const":
                    literals[n] = int(n.attr[0])
                case "not":
                    literals[n] = args[0] ^ 1
                case "and":
                    literals[n] = self.and_(*args)
                case "or":
                    literals[n] = self.or_(*args)
                case "xor":
                    literals[n] = self.xor(*args)
                case _:
                    raise AssertionError(n)


def aiger(m: Module) -> str:
    """The text, with a symbol table; changed names are listed in its comment."""
    assert m.level == "gate", m.level
    names = Names(frozenset())
    title = names.take("module", m.name)
    graph = AndGraph()
    literals = {n: graph.variable() for n in (*m.inputs, *m.regs)}
    graph.add(m, literals)
    symbols = [f"i{i} {names.take('input', n.name)}" for i, n in enumerate(m.inputs)]
    outputs = [f"o{i} {names.take('output', k)}" for i, k in enumerate(m.outs)]
    symbols += [f"l{i} {names.take('register', n.name)}" for i, n in enumerate(m.regs)]
    latches = [f"{literals[r]} {literals[m.next[r.name]]} {int(m.init[r.name])}" for r in m.regs]
    gates = [f"{z} {x} {y}" for (x, y), z in graph.gates.items()]
    sizes = (graph.variables, len(m.inputs), len(m.regs), len(m.outs), len(gates))
    return "\n".join(
        [
            f"aag {' '.join(map(str, sizes))}",
            *(str(literals[n]) for n in m.inputs),
            *latches,
            *(str(literals[n]) for n in m.outs.values()),
            *gates,
            *symbols,
            *outputs,
            "c",
            about(m, title),
            *names.notes,
            "",
        ]
    )


def aiger_binary(m: Module) -> bytes:
    """The binary form, for model checkers: no names, and every register starts with 0.

    A register that starts with 1 is stored inverted.
    """
    assert m.level == "gate", m.level
    graph = AndGraph()
    literals = {n: graph.variable() for n in m.inputs}
    literals |= {r: graph.variable() ^ int(m.init[r.name]) for r in m.regs}
    graph.add(m, literals)
    latches = [literals[m.next[r.name]] ^ int(m.init[r.name]) for r in m.regs]
    outputs = [literals[n] for n in m.outs.values()]
    sizes = (graph.variables, len(m.inputs), len(m.regs), len(m.outs), len(graph.gates))
    head = [f"aig {' '.join(map(str, sizes))}", *map(str, latches), *map(str, outputs), ""]
    gates = b"".join(_delta(z - x) + _delta(x - y) for (x, y), z in graph.gates.items())
    return "\n".join(head).encode() + gates


def _delta(number: int) -> bytes:
    """Seven bits a byte, lowest first; the top bit says that more follow."""
    low = []
    while number > 0x7F:
        low.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*low, number])
