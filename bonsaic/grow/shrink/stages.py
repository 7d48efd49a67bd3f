"""Which neurons a stack of cells gets: features of the letters, then the states, then what the outputs make of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.shrink.features import Features
from bonsaic.grow.shrink.gates import WIDE, beyond
from bonsaic.grow.shrink.letters import STATES, Shifted, bank, neurons, view
from bonsaic.ir.mealy import FREE, Mealy

BIT = 1.5  # what reading a bit is taken to cost
APART, NOWHERE = 12.0, 1000.0  # and a wire that has no neurons, and a bit
ANOTHER = 8.0  # what a bit's further neuron costs those who read it
FREED = 3  # input wires at most that neurons read as they are


@dataclass(frozen=True, eq=False)
class Layout:
    """Codes -1/+1 [state, bit], the neurons of every bit, and of every wire; None where there are none.

    A wire without neurons takes a cell of its own; with a bit without neurons there is no network.
    """

    codes: np.ndarray
    bits: list[list[Shifted] | None]
    wires: list[list[Shifted] | None]

    @property
    def cost(self) -> float:
        """About how many edges it takes."""
        of_bits = sum(self.cost_of(b, NOWHERE) for b in self.bits)
        twice = 2 if None in self.wires else 1
        return twice * of_bits + sum(self.cost_of(w, APART) for w in self.wires)

    def cost_of(self, own: list[Shifted] | None, without: float) -> float:
        if own is None:
            return without
        features = [int(n.biases - 1).bit_length() for n in own]
        inputs = [self.read(n) + f for n, f in zip(own, features, strict=True)]
        return sum(inputs) + 2.0 * sum(features) + len(own) + beyond(np.array(inputs))

    def read(self, n: Shifted) -> int:
        """Inputs without features: reading a bit is reading all its neurons."""
        bits = len(self.bits)
        several = np.array([len(b or [0]) for b in self.bits], int)
        return int((n.weights[:bits] != 0) @ several) + int(np.count_nonzero(n.weights[bits:]))


def _goals(mealy: Mealy, codes: np.ndarray) -> np.ndarray:
    """[bit, state, letter]: of the next state, 0 where there is none."""
    return np.moveaxis(np.where(mealy.legal[:, :, None], codes[mealy.next], 0), 2, 0)


def wanted(mealy: Mealy) -> np.ndarray:
    """[wire, state, letter]: -1, +1, or 0 where the output is free."""
    outs = mealy.outs.astype(int)
    return np.moveaxis(np.where(outs == FREE, 0, outs * 2 - 1), 2, 0)


def _told(mealy: Mealy, want: np.ndarray) -> bool:
    """Do the next state and the letter say what a wire must be?"""
    here, letter = np.nonzero(mealy.legal)
    after, sign = mealy.next[here, letter].astype(np.int64), want[here, letter]
    key = after * len(mealy.letters) + letter
    return not np.isin(key[sign > 0], key[sign < 0]).any()


class Workshop:
    """Layouts for one machine, and the features of its letters by which of its input wires are free."""

    def __init__(self, mealy: Mealy):
        self.mealy = mealy
        self._features: dict[tuple[int, ...], Features] = {}
        self._told = [_told(mealy, want) for want in wanted(mealy)]

    def layout(self, codes: np.ndarray) -> Layout:
        """Neurons for these codes that read features of whole letters."""
        known, price = bank(view(codes, self.mealy.letters)), np.full(codes.shape[1], BIT)
        of_bits, of_wires = (
            [neurons(known, goal, price) for goal in goals]
            for goals in (_goals(self.mealy, codes), wanted(self.mealy))
        )
        direct = Layout(codes, of_bits, of_wires)
        dear = [
            told and direct.cost_of(w, APART) > APART
            for told, w in zip(self._told, of_wires, strict=True)
        ]
        apart = replace(
            direct, wires=[None if d else w for d, w in zip(dear, of_wires, strict=True)]
        )
        return min(direct, apart, key=lambda plan: plan.cost)

    def features(self, n: Shifted) -> Features:
        """What a neuron's biases are summed of."""
        return self._features.setdefault(n.view.free, Features(n.view.letters))

    def freed(self, plan: Layout, over: Callable[[], bool]) -> Layout:
        """The layout where each signal's neurons may read a few input wires as they are, if that is cheaper."""
        wires = len(self.mealy.inputs)
        bits, outs = list(plan.bits), list(plan.wires)
        for count in range(1, min(FREED, wires) + 1):
            if self.mealy.states << count > STATES:
                break
            for free in itertools.combinations(range(wires), count):
                if over():
                    break
                known = bank(view(plan.codes, self.mealy.letters, free))
                price = np.full(plan.codes.shape[1], BIT)
                for own, goals in (
                    (bits, _goals(self.mealy, plan.codes)),
                    (outs, wanted(self.mealy)),
                ):
                    for number, goal in enumerate(goals):
                        other = neurons(known, goal, price)
                        if other is not None and self._cheaper(plan, other, own[number]):
                            own[number] = other
        return replace(plan, bits=bits, wires=outs)

    def _cheaper(self, plan: Layout, one: list[Shifted], other: list[Shifted] | None) -> bool:
        paid = self._price(plan, other)
        return sum(map(plan.read, one)) < paid and self._price(plan, one) < paid

    def _price(self, plan: Layout, own: list[Shifted] | None) -> float:
        """Edges that these neurons take, with the gates of their features."""
        if own is None:
            return APART
        total = 0.0
        for n in own:
            features = self.features(n)
            terms = [features.reads(t) for _, t in features.summed(n.allowed, n.first).terms]
            inputs = plan.read(n) + len(terms)
            total += inputs + sum(terms) + 3 * sum(max(t - WIDE, 0) for t in terms)
            total += beyond(np.array(inputs)) + 1
        return total + ANOTHER * (len(own) - 1)
