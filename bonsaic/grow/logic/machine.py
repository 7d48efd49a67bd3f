"""A network without training, from a machine's table: divided into neurons, its states held part by part."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.logic.divide import Divider, TooMany
from bonsaic.grow.logic.gates import WIDEST
from bonsaic.grow.logic.layout import Output, Plan, built, cost, widest
from bonsaic.grow.logic.marks import Marks, held, products
from bonsaic.grow.logic.neurons import Neuron, merged, neuron
from bonsaic.grow.logic.parts import Part, numbered
from bonsaic.grow.logic.signals import Gate, Literal, Signals, signs
from bonsaic.grow.logic.tidy import tidied
from bonsaic.grow.logic.twice import Twice, twice
from bonsaic.grow.logic.ways import ways_into
from bonsaic.ir.mealy import FREE, Mealy

INPUTS = 20  # wires beyond which the tables take too much room
FEW = 16  # labels up to which more bits than a number has are tried
FREED = 2  # wires at most that a neuron reads as they are, if it does not read all so
PAIRS = 10_000  # of a row and a letter, beyond which two letters at once are too many
MANY = 2  # registers for every row, beyond which that may take fewer
TOLD = 512  # labels, times what all wires say, that are compared two by two
NOWHERE = 1000.0  # what a bit that no neuron makes is taken to cost


class Nowhere(Exception):
    """So many bits have no neuron."""


def construct(mealy: Mealy, over: Callable[[], bool]) -> tuple[Architecture, np.ndarray] | None:
    """A network's shape and weights for a machine; None where it takes too many neurons or too long."""
    plan = planned(mealy, numbered(mealy), over, always=True)[1]
    if plan is None:
        return None
    tidied(plan, over)
    return built(plan)


def narrowest(mealy: Mealy, over: Callable[[], bool]) -> Plan | None:
    """What holds every part in some way, by two letters at once where neurons or their inputs are many otherwise."""
    paid, plan = planned(mealy, numbered(mealy), over, always=True)
    rows, letters = mealy.legal.sum(), len(mealy.letters)
    narrow = plan and widest(plan) <= WIDEST and len(plan.becomes) <= MANY * rows
    if plan is None or narrow or rows * letters > PAIRS:
        return plan
    further = twice(mealy)
    other = planned(further.mealy, further.coding, over, always=True, twice=further)
    return other[1] if other[0] < paid else plan


def planned(
    mealy: Mealy,
    coding: Sequence[Part],
    over: Callable[[], bool],
    *,
    always: bool = False,
    freed: bool = False,
    twice: Twice | None = None,
) -> tuple[float, Plan | None]:
    """What a network costs whose parts run one after the other, each told by the letter, those before it and itself.

    always: a part without such bits is held in another way; twice: by two letters at once.
    None where there is none, and where it takes too long.
    """
    if len(mealy.inputs) > INPUTS:
        return np.inf, None
    state, letter = np.nonzero(mealy.legal)
    signals = Signals(len(state))
    letters = [signals.give(signs(wire)) for wire in mealy.letters[letter].T]
    plan = Plan(signals, len(letters))
    made = _Machine(mealy, Divider(signals, over), plan, freed, twice)
    try:
        for number, part in enumerate(coding):
            made.hold(number, part, always, number == len(coding) - 1)
        outs = mealy.outs[state, letter]
        wanted = np.where(outs == FREE, 0, outs * 2 - 1).astype(np.int8)
        for goal in wanted.T:
            made.plan.outputs.append(made.output(goal, letters))
    except TooMany:
        return np.inf, None
    except Nowhere as bits:
        return NOWHERE * bits.args[0], None
    return cost(made.plan), made.plan


@dataclass(frozen=True, eq=False)
class _Held:
    """A part, what was known [state] before it, the columns that tell that and the letter, and its registers."""

    part: Part
    known: np.ndarray
    columns: tuple[int, ...]
    registers: list[int] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Found:
    """A neuron, the goals of its features, and the wires that it reads as it does bits."""

    neuron: Neuron
    features: list[np.ndarray]
    free: tuple[int, ...]


class _Machine:
    """columns: the signals that tell a row's letter and the parts so far; following: those that tell the next state.

    last: the last part, if it has bits, and marks, if it has none; before: what was known before it.
    freed: whether neurons are looked for that read a few wires as they are.
    """

    def __init__(
        self,
        mealy: Mealy,
        divider: Divider,
        plan: Plan,
        freed: bool,
        twice: Twice | None,
    ):
        self.mealy, self.divider, self.plan = mealy, divider, plan
        self.columns = list(range(plan.wires))
        self.freed, self.twice = freed, twice
        self.paid: dict[tuple[tuple[int, ...], bytes], float] = {}
        self.state, self.letter = np.nonzero(mealy.legal)
        self.known = self.before = np.zeros(mealy.states, np.int64)
        self.following: list[int] = []
        self.last: _Held | None = None
        self.marks: Marks | None = None

    def hold(self, number: int, part: Part, always: bool, last: bool) -> None:
        """Registers for a part, and what they become."""
        self.marks, self.last, labels, self.before = None, None, part.labels, self.known
        count = int(labels.max()) + 1
        each = 2 * np.eye(count) - 1
        for codes in (part.codes, *((each,) if always and count <= FEW else ())):
            own = _Held(Part(labels, codes), self.known, tuple(self.columns))
            after = codes[labels][self.mealy.next[self.state, self.letter]].astype(np.int8)
            made = [self._neuron(goal, own) for goal in after.T]
            if len(found := [m for m in made if m is not None]) == len(made):
                self._bits(number, own, found)
                break
        else:
            if not always:
                raise Nowhere(len(made) - len(found))
            self._marks(number, labels, last)
        self.known = np.unique(self.known * count + labels, return_inverse=True)[1]

    def output(self, goal: np.ndarray, letters: list[int]) -> Output:
        """What says an output: of the state and the letter, or of the next state and the letter."""
        if self.marks is not None:
            reads = self.before[self.state] * len(self.mealy.letters) + self.letter
            columns = self.marks.telling(self.plan, goal, self.state, reads)
            n, sign = self.divider.chosen(goal, columns, self.plan.wires)
            return (n,), sign
        divider, ways = self.divider, [tuple(self.columns)]
        after = (*letters, *self.following)
        if self.following and divider.signals.tells(after, goal):
            ways.append(divider.support(goal, after, letters))
        made = self._beside(goal)
        for way in ways:
            covered = divider.cover(goal, way)
            n, sign = divider.divide(goal, way)
            made += [((n,), sign), *([covered] if covered else [])]

        def paid(output: Output) -> float:
            self.plan.outputs.append(output)
            total = cost(self.plan)
            self.plan.outputs.pop()
            return total

        return min(made, key=paid) if len(made) > 1 else made[0]

    def _beside(self, goal: np.ndarray) -> list[Output]:
        """One neuron that says an output beside the bits of the last part, if there is one."""
        if self.last is None:
            return []
        if (found := self._neuron(goal, self.last)) is None:
            return []
        return [((self._made(found, self.last, self._features(found, self.last)),), 1)]

    def _acts(self, labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """What the part reads [row] of letters and earlier parts, and what each such does [read, label]: -1 is free."""
        after = self.mealy.next[self.state, self.letter]
        reads = self.known[self.state] * len(self.mealy.letters) + self.letter
        reads = np.unique(reads, return_inverse=True)[1].reshape(-1)
        acts = np.full((int(reads.max()) + 1, count), -1)
        acts[reads, labels[self.state]] = labels[after]
        return reads, acts

    def _neuron(self, goal: np.ndarray, held: _Held) -> _Found | None:
        """What says -1, 0 (free), 1 [row] beside a part's bits."""
        best: _Found | None = None
        wires = len(self.mealy.inputs)
        all_ = FREED < wires < WIDEST and len(held.part.codes) << wires <= TOLD
        counts = [wires] if all_ else []  # which features may miss
        for count in [*counts, *range(min(FREED, wires) + 1 if self.freed else 1)]:
            for free in itertools.combinations(range(wires), count):
                if best is not None and self.divider.over():
                    return best
                below = np.inf if best is None else best.neuron.price
                best = self._beside_wires(goal, held, free, below) or best
        return best

    def _beside_wires(
        self, goal: np.ndarray, held: _Held, free: tuple[int, ...], below: float
    ) -> _Found | None:
        """As `_neuron`, where these wires are read as bits are."""
        part, wires = held.part, self.mealy.letters[self.letter].astype(np.int64)
        bound = [w for w in range(wires.shape[1]) if w not in free]
        reads = held.known[self.state] << len(bound) | wires[:, bound] @ (
            1 << np.arange(len(bound))
        )
        reads = np.unique(reads, return_inverse=True)[1].reshape(-1)
        labels = part.labels[self.state] << len(free) | wires[:, free] @ (1 << np.arange(len(free)))
        patterns = np.arange(1 << len(free))[:, None] >> np.arange(len(free)) & 1
        codes = np.concatenate(
            [
                np.repeat(part.codes, len(patterns), 0),
                np.tile(patterns * 2.0 - 1, (len(part.codes), 1)),
            ],
            1,
        )
        says = np.zeros((int(reads.max()) + 1, len(codes)), np.int8)
        says[reads, labels] = goal
        classes, does = merged(says)

        def goals(coded: np.ndarray) -> list[np.ndarray]:
            return [signs(feature[classes][reads]) for feature in coded.T]

        def price(coded: np.ndarray) -> float:
            total = 0.0
            for wanted in goals(coded):
                key = held.columns, wanted.tobytes()
                if key not in self.paid:
                    self.paid[key] = self.divider.price(wanted, held.columns)
                total += self.paid[key]
            return total

        found = neuron(does, codes, price, below)
        return None if found is None else _Found(found, goals(found.coded), free)

    def _features(self, found: _Found, held: _Held) -> list[Literal]:
        return [self.divider.divide(goal, held.columns) for goal in found.features]

    def _made(self, found: _Found, held: _Held, features: list[Literal]) -> int:
        """The neuron with these features; where a signal is read twice, its weights are added."""
        total: dict[int, float] = {}
        bits = [*held.registers, *found.free]  # a wire's signal has its number
        read = [*features, *((bits[bit], 1) for bit in found.neuron.own)]
        for (n, sign), weight in zip(read, found.neuron.weights, strict=True):
            total[n] = total.get(n, 0.0) + sign * weight
        return self.divider.signals.neuron(
            Gate(tuple(total), tuple(total.values()), found.neuron.bias)
        )

    def _bits(self, number: int, held: _Held, made: Sequence[_Found]) -> None:
        """A register for each bit of the codes."""
        plan, codes = self.plan, held.part.codes[held.part.labels].astype(np.int8)
        features = [self._features(found, held) for found in made]
        held.registers.extend(self.divider.signals.give(code) for code in codes[self.state].T)
        self.columns += held.registers
        for register, own, found, first in zip(
            held.registers, features, made, codes[0].tolist(), strict=True
        ):
            plan.first[register], plan.cell[register] = first, number
            plan.becomes[register] = self._made(found, held, own)
        self.following += [plan.becomes[register] for register in held.registers]
        self.last = held

    def _marks(self, number: int, labels: np.ndarray, last: bool) -> None:
        """A register for every way into a label."""
        columns, count = tuple(self.columns), int(labels.max()) + 1
        if self.twice is None:
            reads, acts = self._acts(labels, count)
        else:
            reads, acts = self.twice.words(self.state, self.letter), self.twice.acts
        classes, does = merged(acts, free=-1)
        ways = ways_into(does, 1 if self.twice is None else WIDEST, self.divider.over)

        def letter(some: tuple[int, ...]) -> Literal:
            told = np.isin(classes[reads], some)
            if self.twice is None:
                return self.divider.divide(signs(told), columns)
            before = self.twice.last[self.state]
            return products(self.plan, self.divider, columns, before, self.letter, told), 1

        own = held(self.plan, number, ways, int(labels[0]), letter)
        self.marks = Marks(labels, own[:count], columns)
        if not last:
            codes = np.arange(count)
            self.columns += self.marks.bits(self.plan, codes, self.state)
