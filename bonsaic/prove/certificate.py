"""What a proof leaves behind: both sides, and every reachable pair of states, every box, or which bits are equal."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from bonsaic.emit.names import Names
from bonsaic.ir.core import Module, port, register, renamed
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import show
from bonsaic.ir.values import Fin, Grid, Real, members
from bonsaic.network import write_whole
from bonsaic.prove.boxes import Invariant
from bonsaic.prove.exact import Point, walk_exactly
from bonsaic.prove.forms import ACTIVATION
from bonsaic.prove.induction import Equal
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.soft import TABLE
from bonsaic.prove.tick import Tick
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import same_ports

# Words of the text of a module that are no names there.
_WORDS = "module in reg next out care legal bit real int by"
WORDS = frozenset(_WORDS.split())
FORMAT = "bonsaic certificate 2"
FINE = 32  # bits by which the checker's unit is finer than all that is written down
Ends = list[tuple[Fraction, Fraction]]  # low and high, register by register
# A state of the specification, its box (None: passed through between boxes), and where letters lead.
Place = tuple[int, Ends | None, list[int]]
# What `ir.run` allows for, per 1 + |x|, when float32 evaluates an activation.
TIGHT = Fraction(64, 1 << 24)


@dataclass(frozen=True)
class Certificate:
    """The text that `bonsaic verify` re-checks: one line with the hash of the rest, the rest as JSON."""

    text: str

    def write(self, path: str) -> None:
        write_whole(Path(path), self.text.encode())


def certify(
    spec: Mealy,
    m: Module,
    verdict: Proved,
    invariant: Invariant | None,
    files: Mapping[str, bytes],
    read: Sequence[str] = (),
) -> Certificate | None:
    """The certificate of a proof, from its invariant of boxes or by listing states; None where these are too many.

    files: by path the content of the files that the two sides were read from. read: what was asked to be read there.
    """
    spec, m = _named(spec, m)
    places, rounding = (
        (_boxes(invariant), Fraction(ACTIVATION)) if invariant else (_states(spec, m), TIGHT)
    )
    if places is None:
        return None
    body = {
        "arithmetic": verdict.arithmetic,
        "activation_rounding": str(rounding if verdict.arithmetic == "float32" else 0),
        **_written(spec, m),
        "boxes": [[q, _spell(ends), after] for q, ends, after in places],
        "together": invariant is not None and invariant.together,
        "unit": _unit(m, places),
    }
    return _sealed(body, files, read)


def certify_equal(
    spec: Module, m: Module, equal: Equal, files: Mapping[str, bytes], read: Sequence[str] = ()
) -> Certificate:
    """The certificate of an induction over programs or circuits. files, read: as for `certify`."""
    named, wires = _both(spec, m)
    codes: list[dict[str, list]] = []
    for before, after, of in zip((spec, m), named, equal.codes, strict=True):
        codes.append({})
        for r, new in zip(before.regs, after.regs, strict=True):
            assert isinstance(r.type, Fin | Grid), r
            codes[-1][new.name] = [[*map(str, members(r.type))], *of[r.name]]
    order = [k if isinstance(k, int) else wires[k] for k in equal.order]
    body = {"arithmetic": "float32", **equal_sides(spec, m), "codes": codes, "order": order}
    body["clauses"] = equal.clauses
    return _sealed(body, files, read)


def sides(spec: Mealy, m: Module) -> dict[str, Any]:
    """What a certificate of states or boxes says that the two machines are."""
    return _written(*_named(spec, m))


def equal_sides(spec: Module, m: Module) -> dict[str, Any]:
    """What a certificate of equal bits says that the two machines are."""
    named, _ = _both(spec, m)
    return {"spec": show(named[0]), "impl": show(named[1])}


def _sealed(body: dict[str, Any], files: Mapping[str, bytes], read: Sequence[str]) -> Certificate:
    body |= {"format": FORMAT, "read": list(read)}
    body["files"] = {p: hashlib.sha256(b).hexdigest() for p, b in sorted(files.items())}
    text = json.dumps(body, sort_keys=True) + "\n"
    return Certificate(hashlib.sha256(text.encode()).hexdigest() + "\n" + text)


def _written(spec: Mealy, m: Module) -> dict[str, Any]:
    table = {
        "inputs": list(spec.inputs),
        "outputs": list(spec.outputs),
        "letters": _rows(spec.letters),
        "next": spec.next.tolist(),
        "outs": [_rows(row) for row in spec.outs],
    }
    return {"spec": table, "impl": show(m)}


def _named(spec: Mealy, m: Module) -> tuple[Mealy, Module]:
    """A table and a module with names that the text of a module can have, and with the table's outputs."""
    # At level `quant` numbers are printed as exact fractions, so that the checker need not know how float32 is read.
    m = replace(m, level="quant" if m.level == "net" else m.level)
    wires, ys = _words("in", (*spec.inputs, *_inputs(m))), _words("out", spec.outputs)
    inputs = tuple(wires[x] for x in spec.inputs)
    return replace(spec, inputs=inputs, outputs=tuple(ys.values())), _renamed(m, wires, ys)


def _both(spec: Module, m: Module) -> tuple[list[Module], dict[str, str]]:
    """Two modules with such names, and those of the inputs."""
    wires, ys = _words("in", (*_inputs(spec), *_inputs(m))), _words("out", spec.outs)
    return [_renamed(side, wires, ys) for side in (spec, m)], wires


def _inputs(m: Module) -> list[str]:
    return [n.name for n in m.inputs]


def _words(kind: str, names: Iterable[str]) -> dict[str, str]:
    taken = Names(WORDS)
    return {x: taken.take(kind, x) for x in dict.fromkeys(names)}


def _renamed(m: Module, wires: Mapping[str, str], ys: Mapping[str, str]) -> Module:
    """The module with these names for its inputs and outputs; values have none, and other outputs are left."""
    taken = Names(WORDS | {*wires.values()})
    new = {n: port(wires[n.name], n.type) for n in m.inputs}
    new |= {r: register(taken.take("reg", r.name), r.type) for r in m.regs}
    outs, care = ({ys[y]: d[y] for y in ys if y in d} for d in (m.outs, m.care))
    return renamed(replace(m, name="it", outs=outs, care=care, names={}), new)


def _rows(table: np.ndarray) -> list[str]:
    """A line of 0, 1 and - (free) per row."""
    return ["".join("-" if v < 0 else str(v) for v in row) for row in table.tolist()]


def _spell(ends: Ends | None) -> list[list[str]] | None:
    return None if ends is None else [[str(low), str(high)] for low, high in ends]


def _unit(m: Module, places: list[Place]) -> int:
    """Of how many parts of one everything is a multiple that is written down, and what comes of it nearly so."""
    numbers = {*m.init.values(), *(v for n in m.order() if n.op != "affine" for v in n.attr)}
    numbers |= {v for _, ends, _ in places for pair in ends or () for v in pair}
    return math.lcm(*(v.denominator for v in numbers)) ** 4 << FINE


def _boxes(invariant: Invariant) -> list[Place]:
    columns = (invariant.state, invariant.low, invariant.high, invariant.after, invariant.home)
    return [
        (q, [*zip(map(Fraction, low), map(Fraction, high), strict=True)] if home else None, after)
        for q, low, high, after, home in zip(*(c.tolist() for c in columns), strict=True)
    ]


def _states(spec: Mealy, m: Module) -> list[Place] | None:
    """Every reachable pair of states as a box of one point."""
    soft = any(isinstance(r.type, Real) for r in m.regs)
    machine = Tick(m) if soft else ModuleMachine(m)
    feed = same_ports(TableMachine(spec), machine).feed(spec.letters)
    points: list[Point] | None
    if isinstance(machine, Tick):
        verdict, points = walk_exactly(spec, m, feed.tolist())
        points = points if isinstance(verdict, Proved) else None
    else:
        points = _list(spec, machine, feed)
    if points is None:
        return None
    return [(p.q, [(v, v) for v in p.state], p.after) for p in points]


def _list(spec: Mealy, machine: ModuleMachine, feed: np.ndarray) -> list[Point] | None:
    start = (0, tuple(machine.initial.tolist()))
    number, todo, points = {start: 0}, [start], []
    for q, state in todo:
        legal = np.flatnonzero(spec.legal[q])
        states = np.repeat(np.array([state], machine.initial.dtype), len(legal), axis=0)
        done = machine.step(states, feed[legal])
        after = [-1] * len(spec.letters)
        for letter, new in zip(legal.tolist(), done.next.tolist(), strict=True):
            pair = (int(spec.next[q, letter]), tuple(new))
            if pair not in number:
                number[pair] = len(todo)
                todo.append(pair)
            after[letter] = number[pair]
        exact = tuple(Fraction(v, d) for v, d in zip(state, machine.dens, strict=True))
        points.append(Point(q, exact, after))
        if len(todo) * len(feed) > TABLE:
            return None
    return points
