"""How a part without short codes is held: registers of which one is on, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from bonsaic.grow.logic.divide import Divider, TooMany
from bonsaic.grow.logic.gates import WIDE
from bonsaic.grow.logic.layout import Plan
from bonsaic.grow.logic.neurons import merged
from bonsaic.grow.logic.signals import Gate, Literal, signs
from bonsaic.grow.logic.ways import Ways

MOST_EDGES = 200_000
ANSWERS = 4  # times as many bits as a number has are rather spent on what is said
NEVER = Gate((), (), 1.0)


@dataclass(frozen=True)
class Marks:
    """A part's label [state] and the registers of each, one of which is on; columns that tell all but this part."""

    labels: np.ndarray
    registers: tuple[tuple[int, ...], ...]
    columns: tuple[int, ...]

    def bits(self, plan: Plan, codes: np.ndarray, state: np.ndarray) -> list[int]:
        """Signals that tell the bits of these codes [label] on rows of these states."""
        leaves: dict[int, list[int]] = {}  # of each code
        for label, code in enumerate(codes.tolist()):
            leaves.setdefault(code, []).extend(self.registers[label])
        signals, here = plan.signals, codes[self.labels[state]]
        for code, of in leaves.items():
            if len(of) > 1 and code.bit_count() > 1:
                leaves[code] = [_any(plan, of, here == code)]
        made = []
        for bit in range(int(codes.max()).bit_length()):
            told = here >> bit & 1 == 1
            known = signals.known(signs(told))
            sides = [
                [n for c, of in leaves.items() if c >> bit & 1 == v for n in of] for v in (0, 1)
            ]
            v = int(len(sides[1]) <= len(sides[0]))
            made.append(known[0] if known else _any(plan, sides[v], told == (v == 1)))
        return made

    def telling(
        self, plan: Plan, goal: np.ndarray, state: np.ndarray, reads: np.ndarray
    ) -> tuple[int, ...]:
        """The columns, and signals for what a goal [row] needs of the labels; reads [row]: all but these."""
        reads = np.unique(reads, return_inverse=True)[1].reshape(-1)
        says = np.zeros((len(self.registers), int(reads.max()) + 1), np.int8)
        says[self.labels[state], reads] = goal
        classes, does = merged(merged(says.T)[1].T)
        many = np.bincount(classes, [len(of) for of in self.registers])
        bits = (len(does) - 1).bit_length()
        answers = np.unique(does > 0, axis=1)
        if answers.shape[1] <= ANSWERS * bits:  # a number is shorter, but then has to be read
            codes = answers @ (1 << np.arange(answers.shape[1]))
        else:
            codes = np.empty(len(does), int)
            short = sorted(range(1 << bits), key=lambda c: (c.bit_count(), c))[: len(does)]
            codes[np.argsort(-many, kind="stable")] = short
        return (*self.columns, *self.bits(plan, codes[classes], state))


def held(
    plan: Plan,
    cell: int,
    ways: Ways,
    first: int,
    letter: Callable[[tuple[int, ...]], Literal],
) -> tuple[tuple[int, ...], ...]:
    """Registers for the ways into each label. first: at first; letter(classes): says that one of them is read.

    Groups of several are told a tick later; at first the last one was.
    """
    if sum(way.inputs for way in ways.ways) > MOST_EDGES:
        raise TooMany
    signals, letter = plan.signals, cache(letter)
    registers = [signals.give(0) for _ in ways.ways]
    groups = registers
    if len(ways.groups) < len(registers):
        groups = [signals.give(0) for _ in ways.groups]
        for n, members in zip(groups, ways.groups, strict=True):
            plan.becomes[n] = signals.give(0, 1, _gate([registers[i] for i in members]))
        plan.first |= {n: -1 for n in groups[:-1]} | {groups[-1]: 1}
    for n, way in zip(registers, ways.ways, strict=True):
        gate = NEVER
        if way.classes:
            also = None if way.whole else letter(way.classes)
            gate = _gate([groups[g] for g in way.reads], also, none=way.none)
        plan.becomes[n] = signals.give(0, 1, gate)
    of = [tuple(registers[i] for i in ways.of(q)) for q in range(ways.ways[-1].label + 1)]
    plan.first |= dict.fromkeys(registers, -1) | {of[first][0]: 1}
    plan.cell |= dict.fromkeys((*registers, *groups), cell)
    return tuple(of)


def products(
    plan: Plan,
    divider: Divider,
    columns: tuple[int, ...],
    last: np.ndarray,
    letter: np.ndarray,
    told: np.ndarray,
) -> int:
    """A signal that says what two letters [row] tell: whether one of some is followed by one of others."""
    table = np.zeros((int(last.max()) + 1, int(letter.max()) + 1), bool)
    table[last, letter] = told
    made = []
    for seconds in np.unique(table[table.any(1)], axis=0):
        firsts = (table == seconds).all(1)
        both = [divider.divide(signs(s), columns)[0] for s in (firsts[last], seconds[letter])]
        made.append(divider.divide(signs(firsts[last] & seconds[letter]), tuple(both))[0])
    return _any(plan, made, told)


def _any(plan: Plan, leaves: Sequence[int], told: np.ndarray) -> int:
    """A signal that says whether one of these is on, which is so on the rows `told`; as narrow neurons."""
    signals, level = plan.signals, 1
    while len(leaves) > WIDE:
        count = -(-len(leaves) // WIDE)
        leaves = [signals.give(0, level, _gate(leaves[i::count])) for i in range(count)]
        level += 1
    return signals.give(signs(told), level, _gate(leaves))


def _gate(
    one_of: Sequence[int], also: tuple[int, int] | None = None, *, none: bool = False
) -> Gate:
    """Fires where one of these is on, of which never two are, or none is; and the other signal has its sign."""
    sign, count = (-1.0 if none else 1.0), len(one_of)
    bias = 3.0 * (1 - count if none else count - 1)
    if also is None:
        return Gate(tuple(one_of), (3.0 * sign,) * count, bias)
    return Gate((also[0], *one_of), (3.0 * also[1], *(3.0 * sign,) * count), bias - 3)
