"""The exact walk of the product of two machines: every reachable pair of states under every legal letter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bonsaic.diag import mistake
from bonsaic.ir.core import Module, Node
from bonsaic.ir.run import ModuleMachine, Step
from bonsaic.prove.chain import Chain, follow, tabulate_side
from bonsaic.prove.machine import Machine, numbered
from bonsaic.prove.tick import Tick
from bonsaic.prove.verdict import Differs, Proved, Unknown, Verdict, spell

CAP = 2_000_000  # product states
WIRES = 20  # input wires beyond which the letters of a module are not listed
CHUNK = 1 << 16  # state-letter pairs stepped at once
DEEP, NARROW = 128, 32  # after so many levels with so few states each, they are not worth arrays
DEEPEST = 1 << 15  # such levels beyond which a walk that needs its arrays is ended


def walk(
    spec: Machine,
    impl: Machine,
    *,
    cap: int = CAP,
    deepest: int = DEEPEST,
    float32: bool = True,
) -> Verdict:
    """Does `impl` give the outputs of `spec` on every legal word? Legal words and free outputs are those of `spec`.

    Breadth first, so a `Differs` carries a shortest word. `Unknown` when more than `cap` product states are reached, or
    more than `deepest` levels of few states each, or (unless float32 is False: a claim about exact reals) when a
    decision of either is too close to its threshold to survive float32 rounding.
    """
    columns = same_ports(spec, impl)
    if len(spec.inputs) > WIRES and isinstance(spec, ModuleMachine):
        return Unknown(f"{len(spec.inputs)} input wires are too many letters to list", capped=True)
    letters = spec.alphabet()
    seen = _Seen(spec, impl, len(letters))
    start = np.concatenate([spec.initial, impl.initial])[None]
    frontier = seen.add(start, np.array([-1]))
    transitions, unclear, levels = 0, None, 0
    per_chunk = max(1, CHUNK // max(1, len(letters)))
    while len(frontier):
        fresh: list[np.ndarray] = []
        first = seen.count - len(frontier)
        for at in range(0, len(frontier), per_chunk):
            states = np.repeat(frontier[at : at + per_chunk], len(letters), axis=0)
            read = np.tile(letters, (len(states) // len(letters), 1))
            a = spec.step(states[:, : len(spec.initial)], read)
            legal = np.flatnonzero(a.legal)
            edges = (first + at) * len(letters) + legal
            b = impl.step(states[legal, len(spec.initial) :], columns.feed(read[legal]))
            transitions += len(legal)
            wrong = wrong_rows(a, b, legal, columns.outputs)
            if len(wrong):
                return differs(spec, impl, columns, letters[_word(seen, edges[wrong[0]])])
            clear = a.clear[legal] & b.clear
            if float32 and unclear is None and not clear.all():
                unclear = _word(seen, edges[np.argmin(clear)])
            fresh.append(seen.add(np.concatenate([a.next[legal], b.next], axis=1), edges))
            if seen.count > cap:
                return Unknown(
                    f"more than {cap} product states are reachable", seen.count, capped=True
                )
        frontier = np.concatenate(fresh)
        levels += 1
        if levels == DEEP and seen.count < DEEP * NARROW:
            found = _chain(spec, impl, columns, letters, cap)
            if found is not None and found.wrong is not None:
                return differs(spec, impl, columns, letters[found.wrong])
            if found is not None:
                word = found.unclear if float32 else None
                return _equal(spec, impl, letters, found.states, found.transitions, word, float32)
        if levels == deepest and seen.count < deepest * NARROW:
            return Unknown(
                f"some states are more than {levels} ticks away", seen.count, capped=True
            )
    return _equal(spec, impl, letters, seen.count, transitions, unclear, float32)


def _equal(
    spec: Machine,
    impl: Machine,
    letters: np.ndarray,
    states: int,
    transitions: int,
    unclear: list[int] | None,
    float32: bool,
) -> Proved | Unknown:
    if unclear is not None:
        word = spell(letters[unclear].tolist())
        return Unknown(f"after {word} a decision lies within float32's rounding error", states)
    if not transitions:
        return Unknown("the specification allows no letter, so there is no word to compare", states)
    arithmetic = "float32" if float32 and spec.float32 and impl.float32 else "exact reals"
    return Proved(states, transitions, arithmetic)


def _chain(
    spec: Machine, impl: Machine, columns: Columns, letters: np.ndarray, cap: int
) -> Chain | None:
    a = tabulate_side(spec, letters, list(range(len(spec.outputs))))
    b = tabulate_side(impl, columns.feed(letters), columns.outputs)
    return None if a is None or b is None else follow(a, b, len(letters), cap)


def _word(seen: _Seen, edge: int) -> list[int]:
    source, letter = divmod(int(edge), seen.letters)
    return [*seen.word(source), letter]


class Columns(NamedTuple):
    """Per input of the implementation the specification's wire that feeds it (-1: none, nothing reads it); per output
    of the specification the implementation's column."""

    inputs: list[int]
    outputs: list[int]

    def feed(self, letters: np.ndarray) -> np.ndarray:
        """The implementation's wires for letters of the specification."""
        idle = np.zeros((len(letters), 1), np.uint8)
        return np.concatenate([letters, idle], axis=1)[:, self.inputs]


def same_ports(spec: Machine, impl: Machine | Tick) -> Columns:
    """Which wires of `spec` feed `impl`, and where its outputs are in `impl`; a `Mistake` where ports differ."""
    lacking = [x for x in impl.inputs if x not in spec.inputs]
    if lacking and isinstance(impl, ModuleMachine | Tick):
        read = {n.name for n in _ports_read(impl.module)}
        lacking = [x for x in lacking if x in read]
    if lacking or set(spec.outputs) != set(impl.outputs):
        ports = [f"({', '.join(m.inputs)}) -> ({', '.join(m.outputs)})" for m in (spec, impl)]
        raise mistake("ports", f"the specification has {ports[0]}, the implementation {ports[1]}")
    index = {x: i for i, x in enumerate(spec.inputs)}
    return Columns(
        [index.get(x, -1) for x in impl.inputs], [impl.outputs.index(y) for y in spec.outputs]
    )


def _ports_read(m: Module) -> list[Node]:
    values = [a for n in m.order() for a in n.args] + m.roots()
    return [n for n in values if n.op == "in"]


def wrong_rows(a: Step, b: Step, legal: np.ndarray, outputs: list[int]) -> np.ndarray:
    """int [row]: where `b`, stepped on the rows `legal` of `a` alone, has not its outputs or refuses the letter.

    outputs: as in `Columns`.
    """
    differ = ((a.outs[legal] != b.outs[:, outputs]) | ~b.care[:, outputs]) & a.care[legal]
    return np.flatnonzero(differ.any(axis=1) | ~b.legal)


def differs(spec: Machine, impl: Machine, columns: Columns, word: np.ndarray) -> Differs:
    """What both say on the last tick of a word."""
    p, q = spec.initial[None], impl.initial[None]
    for letter in word:
        a, b = spec.step(p, letter[None]), impl.step(q, columns.feed(letter[None]))
        p, q = a.next, b.next
    wanted = [int(v) if c else None for v, c in zip(a.outs[0], a.care[0], strict=True)]
    found = [int(b.outs[0, o]) if b.care[0, o] else None for o in columns.outputs]
    ticks = tuple(tuple(row) for row in word.tolist())
    given = tuple(found) if b.legal[0] else None
    return Differs(spec.inputs, spec.outputs, ticks, tuple(wanted), given)


class _Seen:
    """The product states found so far, in the order they were found, each with its parent and letter."""

    def __init__(self, spec: Machine, impl: Machine, letters: int):
        self.letters = letters
        self.columns = [*spec.columns, *impl.columns]
        self.keys: set = set()
        self.parents: list[np.ndarray] = []
        self.count = 0

    def add(self, states: np.ndarray, edges: np.ndarray) -> np.ndarray:
        """The rows that are new, in order. edges: parent * letters + letter, -1 for the initial state."""
        codes, first = np.unique(numbered(states, self.columns), return_index=True)
        listed, keys = codes.tolist(), self.keys
        fresh = [i for i, k in enumerate(listed) if k not in keys]
        keys.update([listed[i] for i in fresh])
        new = np.sort(first[fresh])
        self.parents.append(edges[new])
        self.count += len(new)
        return states[new]

    def word(self, state: int) -> list[int]:
        """The letters that lead to a state, by the parents found first: a shortest word."""
        parents = np.concatenate(self.parents)
        word = []
        while parents[state] >= 0:
            state, letter = divmod(int(parents[state]), self.letters)
            word.append(letter)
        return word[::-1]
