"""Registers that say what another register says, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bonsaic.ir.core import Module, Node, rewrite, with_registers
from bonsaic.ir.logic import FALSE, TRUE, invert, simplify
from bonsaic.ir.run import ModuleMachine, Step
from bonsaic.passes.dead_nodes import dead_nodes
from bonsaic.passes.manager import pass_
from bonsaic.passes.reach import Reach, reach
from bonsaic.prove.machine import Machine
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import same_ports, walk, wrong_rows

EFFORT = 200_000_000  # gates evaluated in trying replacements, over all rows
CALL = 1000  # rows that the evaluation of a gate costs beside its own
LEVELS = 10  # of a walk, usually
WORDS, TICKS = 16, 48  # random words that most replacements fail on, and their length


@pass_("gate", claim="observed")
def merge_regs(m: Module, *, spec: Machine) -> Module:
    """Merge registers that are equal or opposite, and drop those that are constant or that no output depends on.

    First what holds in every state that occurs; then a register is replaced by a constant, another register or its
    opposite wherever the result is still proved equal to the program.
    """
    pairs = reach(spec, m)
    if pairs is None:
        return m
    m = _without(m, _coinciding(m, pairs))
    words = _words(spec, m)
    effort, changed = EFFORT, True
    while changed:
        changed = False
        for r in reversed(m.regs):
            if r not in m.regs or effort <= 0:
                continue
            machine, place = ModuleMachine(m), m.regs.index(r)
            ways, spent = _unrefuted(machine, place, words)
            effort -= spent * len(m.order())
            for other, flip in ways:
                effort -= (len(pairs.states) + LEVELS * CALL) * len(m.order())
                if effort > 0 and isinstance(
                    walk(spec, _Forced(machine, place, other, flip)), Proved
                ):
                    stand = (*m.regs, FALSE)[other]
                    m, changed = _without(m, {r: invert(stand) if flip else stand}), True
                    break
    return m


@dataclass(frozen=True, eq=False)
class _Words:
    """Random words: per tick the wires of each and what the specification does; outputs: where its outputs are."""

    ticks: list[tuple[np.ndarray, Step]]
    outputs: list[int]


def _words(spec: Machine, m: Module) -> _Words:
    """A letter that is illegal where it comes is passed over."""
    rng, letters = np.random.default_rng(0), spec.alphabet()
    columns = same_ports(spec, ModuleMachine(m))
    states = np.repeat(spec.initial[None], WORDS, axis=0)
    ticks = []
    for _ in range(TICKS):
        read = letters[rng.integers(0, len(letters), WORDS)]
        done = spec.step(states, read)
        states = np.where(done.legal[:, None], done.next, states)
        ticks.append((columns.feed(read), done))
    return _Words(ticks, columns.outputs)


def _unrefuted(
    machine: ModuleMachine, place: int, words: _Words
) -> tuple[list[tuple[int, bool]], int]:
    """What may stand for a register (-1: constant 0), and whether its opposite, as far as random words tell.

    And how many rows it took.
    """
    registers = len(machine.initial)
    others = [-1, *(i for i in range(registers) if i != place)]
    ways = np.array([(other, flip) for other in others for flip in (0, 1)])
    states = np.repeat(machine.initial[None], len(ways) * WORDS, axis=0)
    rows = 0
    for fed, wanted in words.ticks:
        stand, flip = np.repeat(ways, WORDS, axis=0).T
        read = states.copy()
        read[:, place] = flip ^ np.where(stand < 0, 0, states[np.arange(len(states)), stand])
        done = machine.step(read, np.tile(fed, (len(ways), 1)))
        rows += len(states) + CALL
        legal = np.flatnonzero(np.tile(wanted.legal, len(ways)))
        taken = replace(done, outs=done.outs[legal], care=done.care[legal], legal=done.legal[legal])
        wrong = wrong_rows(wanted, taken, legal % WORDS, words.outputs)
        states[legal] = done.next[legal]
        right = np.ones(len(ways), bool)
        right[legal[wrong] // WORDS] = False
        ways, states = ways[right], states[np.repeat(right, WORDS)]
        if not len(ways):
            break
    return [(int(other), bool(flip)) for other, flip in ways], rows


class _Forced(ModuleMachine):
    """A machine that reads, in the place of one register, another (-1: constant 0) or its opposite."""

    def __init__(self, machine: ModuleMachine, place: int, other: int, flip: bool):
        vars(self).update(vars(machine))
        self.place, self.other, self.flip = place, other, flip

    def step(self, states: np.ndarray, letters: np.ndarray) -> Step:
        read = states.copy()
        read[:, self.place] = self.flip ^ (states[:, self.other] if self.other >= 0 else 0)
        done = super().step(read, letters)
        done.next[:, self.place] = self.initial[self.place]
        return done


def _coinciding(m: Module, pairs: Reach) -> dict[Node, Node]:
    """Per register that another one or a constant can stand for, in every state that occurs, that other."""
    found: dict[Node, Node] = {}
    columns = pairs.states.T.astype(bool)
    nothing = np.zeros(len(pairs.states), bool)
    stand = {nothing.tobytes(): FALSE, (~nothing).tobytes(): TRUE}
    for r, column in zip(m.regs, columns, strict=True):
        other = stand.get(column.tobytes())
        if other is None:
            stand[column.tobytes()], stand[(~column).tobytes()] = r, invert(r)
        else:
            found[r] = other
    return found


def _without(m: Module, replaced: Mapping[Node, Node]) -> Module:
    """`m` with other nodes in the place of registers, and without registers that nothing reads any more."""
    m = rewrite(m, simplify, replaced)
    return dead_nodes(with_registers(m, (r for r in m.regs if r not in replaced)))
