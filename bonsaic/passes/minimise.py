"""Fewer gates for the same machine."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from bonsaic.ir.core import Module, Node, rewrite
from bonsaic.ir.logic import FALSE, both, differ, either, gates, invert, simplify
from bonsaic.passes.columns import Circuit, Gate, Task, build
from bonsaic.passes.construct import construct
from bonsaic.passes.manager import pass_
from bonsaic.passes.reach import Reach, above, reach
from bonsaic.passes.search import smallest
from bonsaic.prove.machine import Machine

STARTS = 4  # circuits made afresh
LARGE = 200  # gates beyond which the circuit as it is is not worth improving
# Rows, and sources, beyond which circuits made afresh are slow and rarely smaller.
LONG, BROAD = 20_000, 20
HUGE = 1_000_000  # gates times signals beyond which a circuit stays, if none is made afresh
WORSE = 2  # times as many gates as there are: a circuit made afresh that needs more is given up
WORTH = 1.2  # times as many gates as the least so far, above which no further one is made
EFFORT = 300_000  # of the search from the best of them, see `search.smallest`


@pass_("gate", claim="observed")
def minimise(m: Module, *, spec: Machine) -> Module:
    """Compute next states and outputs with fewer gates on the states and letters that occur."""
    m = rewrite(m, simplify)
    pairs = reach(spec, m)
    if pairs is None or not gates(m):
        return m
    start = _columns(m, pairs)
    afresh = STARTS if start.task.rows <= LONG and len(start.task.sources) <= BROAD else 0
    if not afresh and len(start.gates) * len(start.columns) > HUGE:
        return m
    found = []
    if len(start.gates) <= LARGE or not afresh:
        found.append(smallest(start, np.random.default_rng(0), EFFORT // 8))
    for seed in range(afresh):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(start.roots)).tolist()
        fresh = construct(start.task, order, WORSE * len(start.gates))
        if fresh is not None:
            found.append(smallest(fresh, rng, EFFORT // 8))
        if fresh is None or len(found[-1].gates) > WORTH * min(len(c.gates) for c in found):
            break
    # As the network has it, if that is no larger.
    least = min(found or [start], key=lambda c: len(c.gates))
    best = smallest(least, np.random.default_rng(0), EFFORT)
    assert best.correct(), m.name
    return _module(m, best, pairs)


def _columns(m: Module, pairs: Reach) -> Circuit:
    sources = [*m.inputs, *m.regs]
    values = np.concatenate([pairs.letters, pairs.states], axis=1).T
    number: dict[Node, int] = {FALSE: 0, **{n: 2 * i for i, n in enumerate(sources, 1)}}
    gates: dict[int, Gate] = {}
    for n in m.order():
        if n.op == "const":
            number[n] = int(n.attr[0])
            continue
        a, *b = (number[x] for x in n.args)
        if n.op == "not":
            number[n] = a ^ 1
            continue
        place = len(sources) + 1 + len(gates)
        flip = int(n.op == "or")
        gates[place] = ("^" if n.op == "xor" else "&", a ^ flip, b[0] ^ flip)
        number[n] = 2 * place ^ flip
    roots = [*m.outs.values(), *m.care.values(), *m.next.values()]
    wanted = above(m, pairs.states, pairs.letters, [(n, Fraction(0)) for n in roots]).T
    care = np.ones_like(wanted)
    care[: len(m.outs)] = pairs.care.T
    task = Task(
        len(pairs.states),
        tuple(_packed(v) for v in values),
        tuple(_packed(v) for v in wanted),
        tuple(_packed(v) for v in care),
    )
    return build(task, gates, tuple(number[n] for n in roots), {})


def _packed(bits: np.ndarray) -> int:
    """A row of bits as a column."""
    return int.from_bytes(np.packbits(bits.astype(bool), bitorder="little").tobytes(), "little")


def _module(m: Module, c: Circuit, pairs: Reach) -> Module:
    """The circuit as a module; a gate with the values of a neuron gets its name. What is legal stays as it is."""
    made: list[Node] = [FALSE, *m.inputs, *m.regs]

    def of(literal: int) -> Node:
        return invert(made[literal >> 1]) if literal & 1 else made[literal >> 1]

    for (op, a, b), inverted in zip(c.gates, _inverted(c), strict=True):
        if op == "^":
            made.append(differ(of(a), of(b)))
        else:
            made.append(invert(either(of(a ^ 1), of(b ^ 1))) if inverted else both(of(a), of(b)))
    named = [(n, s) for n, s in m.names.items() if n in set(m.order())]
    values = above(m, pairs.states, pairs.letters, [(n, Fraction(0)) for n, _ in named]).T
    names: dict[Node, str] = {}
    for (_, name), value in zip(named, values, strict=True):
        column = _packed(value)
        for literal in range(2 * c.first, 2 * len(c.columns)):
            if c.column(literal) == column and of(literal).op != "not":
                names.setdefault(of(literal), name)
    roots = iter(map(of, c.roots))
    return replace(
        m,
        outs={k: next(roots) for k in m.outs},
        care={k: next(roots) for k in m.care},
        next={k: next(roots) for k in m.next},
        names=names,
    )


def _inverted(c: Circuit) -> list[bool]:
    """Per gate, whether more of its readers want its opposite: then an and is written as an or."""
    wish = [0] * len(c.columns)
    for r in c.roots:
        wish[r >> 1] += -1 if r & 1 else 1
    for g in range(len(c.columns) - 1, c.first - 1, -1):
        op, *operands = c.gates[g - c.first]
        for x in operands:
            if op == "&":
                wish[x >> 1] += -1 if (x & 1) ^ (wish[g] < 0) else 1
    return [w < 0 for w in wish[c.first :]]
