"""From neurons to gates: which function of its Boolean neighbours every neuron computes where it matters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bonsaic.diag import mistake
from bonsaic.ir.core import Module, Node, node, port, register
from bonsaic.ir.values import BIT, SIGN, Real, low, members, size, step
from bonsaic.passes.cover import recover
from bonsaic.passes.manager import pass_
from bonsaic.passes.reach import Reach, above, reach
from bonsaic.prove.machine import Machine

Bit = tuple[Node, Fraction]  # is this value above this threshold?
ZERO = Fraction(0)
LISTED = 14  # leaves up to which a cone is tabulated whole when the reachable states are too many
VALUES = 16  # of a register, up to which it is encoded without knowing which of them occur


@pass_("net|quant -> gate", claim="observed")
def recover_gates(m: Module, *, spec: Machine) -> Module:
    """Replace every neuron by the gates that compute it on the states and letters that occur.

    A cone ends at inputs, registers and sign nodes. A register of more than two values becomes several bits: is it
    above its lowest value, is it above the next, and so on.
    """
    if real := [r.name for r in m.regs if isinstance(r.type, Real)]:
        raise mistake("recover-gates", f"the register `{real[0]}` is real, so it is no bits")
    pairs = reach(spec, m)
    regs = {name: bit for i, r in enumerate(m.regs) for name, bit in _encode(r, i, pairs)}
    gate: dict[Bit, Node] = {(p, ZERO): port(p.name) for p in m.inputs}
    gate |= {bit: register(name) for name, bit in regs.items()}
    wires: dict[Node, list[Bit]] = {n: [] for n in (*m.inputs, *m.regs)}
    for bit in gate:
        wires[bit[0]].append(bit)
    nexts = {name: (m.next[r.name], t) for name, (r, t) in regs.items()}
    outs = {wire: (n, ZERO) for wire, n in m.outs.items()}
    inner = dict.fromkeys([*((n, ZERO) for n in m.order() if n.op == "sign"), *nexts.values()])
    asked = [b for b in dict.fromkeys([*inner, *outs.values()]) if b not in gate]
    table = None if pairs is None else _table(m, pairs, [*gate, *asked])
    for b in asked:
        leaves = [leaf for n in _leaves(b[0]) for leaf in wires.get(n, [(n, ZERO)])]
        if pairs is None or table is None:
            rows, value = _tabulate(b, leaves)
        else:
            care = np.ones(len(pairs.care), bool) if b in inner else _cared(m, pairs, b[0])
            rows = np.array([table[s] for s in leaves], bool).reshape(-1, len(care)).T[care]
            value = table[b][care]
        gate[b] = recover(rows[value], rows[~value], [gate[s] for s in leaves])
    named = [(gate[n, ZERO], s) for n, s in m.names.items() if (n, ZERO) in gate]
    return Module(
        m.name,
        "gate",
        tuple(port(p.name) for p in m.inputs),
        tuple(map(register, regs)),
        {name: Fraction(m.init[r.name] > t) for name, (r, t) in regs.items()},
        {name: gate[b] for name, b in nexts.items()},
        {wire: gate[b] for wire, b in outs.items()},
        names={n: s for n, s in reversed(named) if n.op not in ("in", "reg", "const")},
    )


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
