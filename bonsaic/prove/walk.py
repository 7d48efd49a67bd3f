"""The exact walk of the product of two machines: every reachable pair of states under every legal letter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bonsaic.diag import mistake
from bonsaic.ir.core import topological
from bonsaic.ir.run import ModuleMachine, Step
from bonsaic.prove.machine import Machine
from bonsaic.prove.verdict import Differs, Proved, Unknown, Verdict

CAP = 2_000_000  # product states
WIRES = 20  # input wires beyond which the letters of a module are not listed
CHUNK = 1 << 16  # state-letter pairs stepped at once


def walk(
    spec: Machine,
    impl: Machine,
    *,
    cap: int = CAP,
    progress: Callable[[int], None] | None = None,
) -> Verdict:
    """Does `impl` give the outputs of `spec` on every legal word? Legal words and free outputs are those of `spec`.

    Breadth first, so a `Differs` carries a shortest word. `Unknown` when more than `cap` product states are reached, or
    when a decision of `impl` is too close to its threshold to survive float32 rounding. progress(states) is called now
    and then.
    """
    columns = same_ports(spec, impl)
    if len(spec.inputs) > WIRES and isinstance(spec, ModuleMachine):
        return Unknown(f"{len(spec.inputs)} input wires are too many letters to list")
    letters = spec.alphabet()
    seen = _Seen(len(spec.initial))
    frontier = seen.start(np.concatenate([spec.initial, impl.initial])[None])
    transitions, unclear = 0, None
    per_chunk = max(1, CHUNK // max(1, len(letters)))
    while len(frontier):
        fresh: list[np.ndarray] = []
        first = seen.count - len(frontier)
        for at in range(0, len(frontier), per_chunk):
            states = np.repeat(frontier[at : at + per_chunk], len(letters), axis=0)
            read = np.tile(letters, (len(states) // len(letters), 1))
            a = spec.step(states[:, : len(spec.initial)], read)
            legal = np.flatnonzero(a.legal)
            b = impl.step(states[legal, len(spec.initial) :], read[legal][:, columns.inputs])
            transitions += len(legal)
            wrong = _wrong(a, b, legal, columns.outputs)
            if len(wrong):
                i = wrong[0]
                source, letter = divmod(at * len(letters) + legal[i], len(letters))
                word = [*seen.word(first + source), letter]
                return _differs(spec, letters[word], a, b, legal[i], i, columns.outputs)
            if unclear is None and not b.clear.all():
                i = int(np.flatnonzero(~b.clear)[0])
                source, letter = divmod(at * len(letters) + legal[i], len(letters))
                unclear = [*seen.word(first + source), letter]
            after = np.concatenate([a.next[legal], b.next], axis=1)
            fresh.append(seen.add(after, first, at * len(letters) + legal, len(letters)))
            if seen.count > cap:
                return Unknown(f"more than {cap} product states are reachable", seen.count)
        if progress:
            progress(seen.count)
        frontier = np.concatenate(fresh)
    if unclear is not None:
        word = " ".join(",".join(map(str, row)) or "-" for row in letters[unclear].tolist())
        return Unknown(f"after {word} a decision lies within float32's rounding error", seen.count)
    return Proved(seen.count, transitions, "float32" if impl.float32 else "exact reals")


class _Columns:
    def __init__(self, inputs: list[int], outputs: list[int]):
        self.inputs, self.outputs = inputs, outputs


def same_ports(spec: Machine, impl: Machine) -> _Columns:
    """Which wires of `spec` feed `impl`, and where each of spec's outputs is in `impl`; a `Mistake` where they differ."""
    lacking = [x for x in impl.inputs if x not in spec.inputs]
    if lacking and isinstance(impl, ModuleMachine):
        read = {n.name for n in _ports_read(impl)}
        lacking = [x for x in lacking if x in read]
    if lacking or set(spec.outputs) != set(impl.outputs):
        ports = [f"({', '.join(m.inputs)}) -> ({', '.join(m.outputs)})" for m in (spec, impl)]
        raise mistake("ports", f"the specification has {ports[0]}, the implementation {ports[1]}")
    index = {x: i for i, x in enumerate(spec.inputs)}
    return _Columns(
        [index.get(x, 0) for x in impl.inputs], [impl.outputs.index(y) for y in spec.outputs]
    )


def _ports_read(machine: ModuleMachine) -> list:
    ordered = topological(machine.module.roots())
    return [a for n in ordered for a in n.args if a.op == "in"] + [
        r for r in machine.module.roots() if r.op == "in"
    ]


def _wrong(a: Step, b: Step, legal: np.ndarray, outputs: list[int]) -> np.ndarray:
    differ = (a.outs[legal] != b.outs[:, outputs]) & a.care[legal]
    return np.flatnonzero(differ.any(axis=1) | ~b.legal)


def _differs(
    spec: Machine, word: np.ndarray, a: Step, b: Step, i: int, j: int, outputs: list[int]
) -> Differs:
    wanted = [int(v) if c else None for v, c in zip(a.outs[i], a.care[i], strict=True)]
    found = tuple(int(b.outs[j, o]) for o in outputs) if b.legal[j] else None
    ticks = tuple(tuple(int(x) for x in letter) for letter in word)
    return Differs(spec.inputs, spec.outputs, ticks, tuple(wanted), found)


class _Seen:
    """The product states found so far, in the order they were found, each with its parent and letter."""

    def __init__(self, width: int):
        self.keys: set[bytes] = set()
        self.parents: list[np.ndarray] = []
        self.count = 0

    def start(self, state: np.ndarray) -> np.ndarray:
        self.keys.add(_key(state)[0])
        self.parents.append(np.array([-1]))
        self.count = 1
        return state

    def add(self, states: np.ndarray, first: int, edges: np.ndarray, letters: int) -> np.ndarray:
        """The rows that are new, in order. edges: source * letters + letter, counted from state `first`."""
        keys = _key(states)
        new = [i for i, k in enumerate(keys) if k not in self.keys and not self.keys.add(k)]
        self.parents.append(first * letters + edges[new])
        self.count += len(new)
        self.letters = letters
        return states[new]

    def word(self, state: int) -> list[int]:
        """The letters that lead to a state, by the parents found first: a shortest word."""
        parents = np.concatenate(self.parents)
        word = []
        while parents[state] >= 0:
            state, letter = divmod(int(parents[state]), self.letters)
            word.append(letter)
        return word[::-1]


def _key(states: np.ndarray) -> list[bytes]:
    raise NotImplementedError
