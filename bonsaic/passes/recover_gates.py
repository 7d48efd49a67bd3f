"""From neurons to gates: which function of its Boolean neighbours every neuron computes where it matters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from bonsaic.diag import mistake
from bonsaic.ir.core import Module, Node, node, port, register
from bonsaic.ir.values import BIT, SIGN, Real, low, members, size, step
from bonsaic.passes.cover import SUBSETS, recover
from bonsaic.passes.manager import pass_
from bonsaic.passes.reach import Reach, above, reach
from bonsaic.prove.machine import Machine

Bit = tuple[Node, Fraction]  # is this value above this threshold?
Gates = dict[Bit, Node]
# bool [row, leaf] and bool [row]: the values of leaves where a bit matters, and the bit's own
Rows = Callable[[Bit, Sequence[Bit]], tuple[np.ndarray, np.ndarray]]
ZERO = Fraction(0)
LISTED = 14  # leaves up to which a cone is tabulated whole when the reachable states are too many
READ = 10_000_000  # operands of wide neurons over all rows, up to which a network is read neuron by neuron
VALUES = 16  # of a register, up to which it is encoded without knowing which of them occur


@pass_("net|quant -> gate", claim="observed")
def recover_gates(m: Module, *, spec: Machine) -> Module:
    """Replace every neuron by the gates that compute it on the states and letters that occur.

    A cone ends at inputs, registers and sign nodes; in a network too wide to be read like that, at inputs and
    registers, of which only those stay that are needed. A register of more than two values becomes several bits: is it
    above its lowest value, is it above the next, and so on.
    """
    if real := [r.name for r in m.regs if isinstance(r.type, Real)]:
        raise mistake("recover-gates", f"the register `{real[0]}` is real, so it is no bits")
    pairs = reach(spec, m)
    regs = {name: bit for i, r in enumerate(m.regs) for name, bit in _encode(r, i, pairs)}
    gate: Gates = {(p, ZERO): port(p.name) for p in m.inputs}
    gate |= {bit: register(name) for name, bit in regs.items()}
    nexts = {name: (m.next[r.name], t) for name, (r, t) in regs.items()}
    outs = {wire: (n, ZERO) for wire, n in m.outs.items()}
    inner = dict.fromkeys([*((n, ZERO) for n in m.order() if n.op == "sign"), *nexts.values()])
    asked = [b for b in dict.fromkeys([*inner, *outs.values()]) if b not in gate]
    ends = {b: _leaves(b[0]) for b in asked}
    if pairs is None:
        _neurons(gate, ends, _tabulate)
    else:
        columns = _table(m, pairs, [*gate, *asked])

        def rows(b: Bit, leaves: Sequence[Bit]) -> tuple[np.ndarray, np.ndarray]:
            care = np.ones(len(pairs.care), bool) if b in inner else _cared(m, pairs, b[0])
            return np.array([columns[s] for s in leaves], bool).reshape(-1, len(care)).T[
                care
            ], columns[b][care]

        wide = sum(len(read) for read in ends.values() if len(read) > SUBSETS)
        if len(pairs.care) * wide <= READ:
            _neurons(gate, ends, rows)
        else:
            regs = _cones(gate, outs.values(), regs, nexts, rows)
    named = [(gate[n, ZERO], s) for n, s in m.names.items() if (n, ZERO) in gate]
    return Module(
        m.name,
        "gate",
        tuple(port(p.name) for p in m.inputs),
        tuple(map(register, regs)),
        {name: Fraction(m.init[r.name] > t) for name, (r, t) in regs.items()},
        {name: gate[nexts[name]] for name in regs},
        {wire: gate[b] for wire, b in outs.items()},
        names={n: s for n, s in reversed(named) if n.op not in ("in", "reg", "const")},
    )


def _neurons(gate: Gates, ends: Mapping[Bit, Sequence[Node]], rows: Rows) -> None:
    """Adds the gates of every asked bit, from what its neuron reads."""
    wires: dict[Node, list[Bit]] = {}
    for bit in gate:
        wires.setdefault(bit[0], []).append(bit)
    for b, read in ends.items():
        leaves = [leaf for n in read for leaf in wires.get(n, [(n, ZERO)])]
        gate[b] = _gates(gate, b, leaves, rows)


def _cones(
    gate: Gates, outs: Iterable[Bit], regs: dict[str, Bit], nexts: Mapping[str, Bit], rows: Rows
) -> dict[str, Bit]:
    """Adds the gates of the outputs and of the registers that they need, and returns these registers.

    Each cone reads registers that others have read before where it can.
    """
    needed: dict[str, Bit] = {}
    inputs = [b for b in gate if b[0].op == "in"]
    queue = list(outs)
    for b in queue:
        if b not in gate:
            leaves = dict.fromkeys([*inputs, *needed.values(), *regs.values()])
            gate[b] = _gates(gate, b, list(leaves), rows)
        for n in _leaves(gate[b]):
            if n.op == "reg" and n.name not in needed:
                needed[n.name] = regs[n.name]
                queue.append(nexts[n.name])
    return needed


def _gates(gate: Gates, b: Bit, leaves: Sequence[Bit], rows: Rows) -> Node:
    found, value = rows(b, leaves)
    return recover(found[value], found[~value], [gate[s] for s in leaves])


def _encode(r: Node, column: int, pairs: Reach | None) -> list[tuple[str, Bit]]:
    """The bits that stand for a register, each with its name."""
    if r.type in (BIT, SIGN):
        return [(r.name, (r, ZERO))]
    assert not isinstance(r.type, Real), r
    if pairs is None:
        if size(r.type) > VALUES:
            raise mistake(
                "recover-gates",
                f"`{r.name}` has {size(r.type)} values and too many states are reachable to see which occur",
            )
        values = members(r.type)
    else:
        den = math.lcm(low(r.type).denominator, step(r.type).denominator)
        values = [Fraction(int(v), den) for v in np.unique(pairs.states[:, column])]
    cuts = values[:-1]
    names = [r.name] if len(cuts) == 1 else [f"{r.name}.{k}" for k in range(len(cuts))]
    return [(name, (r, t)) for name, t in zip(names, cuts, strict=True)]


def _leaves(root: Node) -> list[Node]:
    """The inputs, registers and sign nodes that a value is computed from, in the order of its operands."""
    found: dict[Node, None] = {}
    stack = list(reversed(root.args)) or [root]
    while stack:
        n = stack.pop()
        if n.op in ("in", "reg", "sign"):
            found[n] = None
        else:
            stack += reversed(n.args)
    return list(found)


def _table(m: Module, pairs: Reach, bits: Sequence[Bit]) -> dict[Bit, np.ndarray]:
    """bool [pair] of every bit"""
    return dict(zip(bits, above(m, pairs.states, pairs.letters, bits).T, strict=True))


def _cared(m: Module, pairs: Reach, root: Node) -> np.ndarray:
    """bool [pair]: where some output that is `root` matters"""
    return np.any(pairs.care[:, [n is root for n in m.outs.values()]], axis=1)


def _tabulate(root: Bit, leaves: Sequence[Bit]) -> tuple[np.ndarray, np.ndarray]:
    """bool [row, leaf] and bool [row]: a cone under every combination of its leaves, when which occur is unknown."""
    if len(leaves) > LISTED or any(n.type not in (BIT, SIGN) for n, _ in leaves):
        raise mistake(
            "recover-gates", f"a neuron reads {len(leaves)} bits and too many states are reachable"
        )
    ports = {n: port(f"{i}", n.type) for i, (n, _) in enumerate(leaves)}

    def cut(n: Node) -> Node:
        return ports.get(n) or node(n.op, *map(cut, n.args), attr=n.attr)

    top, threshold = root
    value = node(top.op, *map(cut, top.args), attr=top.attr)
    cone = Module("cone", "net", tuple(ports.values()), (), {}, {}, {"y": value})
    rows = np.array(list(itertools.product((0, 1), repeat=len(ports))), np.uint8)
    nothing = np.empty((len(rows), 0), np.int64)
    return rows.astype(bool), above(cone, nothing, rows, [(value, threshold)])[:, 0]
