"""What a proved network with real states computes, in bits: the signs of its states, else the levels they keep to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from bonsaic.ir.core import Module, Node, node, port, register, rewrite
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import SIGN
from bonsaic.ir.verify import verify
from bonsaic.passes.cover import recover
from bonsaic.passes.levels import Level, Places, levels
from bonsaic.prove.boxes import Invariant
from bonsaic.prove.exact import walk_exactly
from bonsaic.prove.machine import Machine, tabulate
from bonsaic.prove.soft import TABLE
from bonsaic.prove.tick import Tick
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import same_ports, walk


@dataclass(frozen=True, eq=False)
class Reading:
    """A Boolean module that is proved equal to the program.

    bits: the registers that are 1 where a state of the network is above a threshold, with both; the others are the
    signs of the states they are called after.
    """

    module: Module
    bits: Mapping[str, tuple[str, float]] = field(default_factory=dict)


def recovered(spec: Machine, m: Module, invariant: Invariant | None) -> Reading | None:
    """What a network that is proved equal to `spec` computes; None where no reading of it is proved equal to that, too.

    The signs of its neurons, at level `net`, where these do; else gates over the levels of its states.
    """
    signs = signs_of(m)
    if isinstance(walk(spec, ModuleMachine(signs)), Proved):
        return Reading(signs)
    table = tabulate(spec, cap=TABLE)
    if table is None:
        return None
    tick = Tick(m)
    feed = same_ports(spec, tick).feed(table.letters)
    places = _places(table, m, feed, invariant)
    found = None if places is None else levels(table.classes()[places.state], places)
    if places is None or found is None:
        return None
    reading = _over(table, m, feed, places, found)
    return reading if isinstance(walk(spec, ModuleMachine(reading.module)), Proved) else None


def signs_of(m: Module) -> Module:
    """The same network with hard states: the sign of every recurrent neuron."""
    sources = {r: register(r.name, SIGN) for r in m.regs}
    new = rewrite(m, lambda n: n, sources)
    signs = {k: node("sign", n) for k, n in new.next.items()}
    names = dict(new.names)
    for k, n in new.next.items():
        if n in names:
            names[signs[k]] = names.pop(n)
    init = {k: Fraction(1 if v > 0 else -1) for k, v in m.init.items()}
    return verify(replace(new, regs=tuple(sources.values()), init=init, next=signs, names=names))


def _places(spec: Mealy, m: Module, feed: np.ndarray, invariant: Invariant | None) -> Places | None:
    """Where the proof has been: its boxes, or its exact states where it was by these."""
    if invariant is not None:
        i = invariant
        return Places(i.state, i.low, i.high, i.after)
    ordered = replace(m, outs={y: m.outs[y] for y in spec.outputs})
    verdict, points = walk_exactly(spec, ordered, feed.tolist())
    if not isinstance(verdict, Proved):
        return None
    values = np.array([[float(v) for v in p.state] for p in points]).reshape(len(points), -1)
    state, after = np.array([p.q for p in points]), np.array([p.after for p in points])
    return Places(state, values, values, after)


def _over(
    spec: Mealy, m: Module, feed: np.ndarray, places: Places, found: Sequence[Level]
) -> Reading:
    """The gates that take a place's levels to those of the place after it, and to what the program says there."""
    of = [[x for x in found if x.register == i] for i in range(len(m.regs))]
    bits = {
        r.name if len(own) == 1 else f"{r.name}.{k}": (r, level)
        for r, own in zip(m.regs, of, strict=True)
        for k, level in enumerate(own)
    }
    code = (
        np.array([level.side for _, level in bits.values()], bool).reshape(-1, len(places.state)).T
    )
    place, letter = np.nonzero(places.after >= 0)
    rows = np.concatenate([feed[letter].astype(bool), code[place]], axis=1)
    _, first = np.unique(rows, axis=0, return_index=True)  # equivalent places may share a code
    rows, place, letter = rows[first], place[first], letter[first]
    inputs = tuple(port(p.name) for p in m.inputs)
    regs = tuple(map(register, bits))
    after, said = code[places.after[place, letter]], spec.outs[places.state[place], letter]

    def gate(wanted: np.ndarray) -> Node:
        return recover(rows[wanted == 1], rows[wanted == 0], (*inputs, *regs))

    nexts = {name: gate(after[:, k]) for k, name in enumerate(bits)}
    outs = {y: gate(said[:, i]) for i, y in enumerate(spec.outputs)}
    heard = [
        (nexts[name], m.names.get(m.next[r.name]))
        for name, (r, _) in bits.items()
        if name == r.name
    ]
    named = [*heard, *((outs[y], m.names.get(m.outs[y])) for y in outs)]
    names = {n: s for n, s in reversed(named) if s and n.op not in ("in", "reg", "const")}
    init = {name: Fraction(int(v)) for name, v in zip(bits, code[0], strict=True)}
    outs = {y: outs[y] for y in m.outs}
    module = verify(Module(m.name, "gate", inputs, regs, init, nexts, outs, names=names))
    return Reading(module, {name: (r.name, x.threshold) for name, (r, x) in bits.items()})
