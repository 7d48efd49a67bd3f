"""Where neurons stand in a stack of cells, each reading only the cell before it: what is needed later is handed on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.logic.gates import beyond
from bonsaic.grow.logic.signals import Gate, Signals

Output = tuple[tuple[int, ...], int]


@dataclass(eq=False)
class Plan:
    """Signals, the given ones being `wires` inputs and then registers; which signal each register becomes, whose neuron
    then stands in its cell; and the outputs: where some of these signals fires, or with sign -1 where none does.
    Registers of one `cell` stand in the same cell; a register is read in its own cell or handed on.
    first: each register's initial value.
    """

    signals: Signals
    wires: int
    outputs: list[Output] = field(default_factory=list)
    becomes: dict[int, int] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)
    cell: dict[int, int] = field(default_factory=dict)

    def reads(self, n: int) -> tuple[int, ...]:
        """Of a signal's neuron."""
        gate = self.signals.gates[n]
        return () if gate is None else gate.reads


def built(plan: Plan) -> tuple[Architecture, np.ndarray]:
    """The network's shape and its weights."""
    stand = standing(plan)
    cells, kernels, before = [], [], list(range(plan.wires))
    for at in range(1, stand.depth + 1):
        states = [n for n in plan.becomes if stand.level[n] == at - 1]
        after = [n for n in stand.last if stand.first(plan, n) <= at <= stand.last[n]]
        column = {n: 1 + i for i, n in enumerate((*before, *states))}
        neurons = [_own(plan, plan.becomes[n]) for n in states]
        neurons += [_own(plan, n) if n not in column else Gate((n,), (-1.0,), 0.0) for n in after]
        kernel = np.zeros((1 + len(column), len(neurons)))
        for i, gate in enumerate(neurons):
            kernel[0, i] = gate.bias
            kernel[[column[n] for n in gate.reads], i] = gate.weights
        kernels.append((kernel, [plan.first[n] for n in states]))
        cells.append((len(states), len(after)))
        before = after
    head = np.zeros((1 + len(before), len(plan.outputs)))
    for i, (votes, sign) in enumerate(plan.outputs):
        head[0, i] = sign * (len(votes) - 1)
        head[[1 + before.index(n) for n in votes], i] = sign
    shape = Architecture(plan.wires, tuple(cells), len(plan.outputs))
    flat = np.zeros(shape.weights)
    for (_, kernel, first), (values, starts) in zip(
        shape.parts(flat), [*kernels, (head, [])], strict=True
    ):
        kernel[:] = values
        first[:] = starts
    return shape, flat


def edges(plan: Plan) -> int:
    """How many weights the network has."""
    stand = standing(plan)
    own = sum(len(plan.reads(n)) for n in stand.last)
    own += sum(len(plan.reads(n)) for n in plan.becomes.values())
    passed = sum(
        last - max(stand.first(plan, n), stand.level[n] + 1) + 1 for n, last in stand.last.items()
    )
    return own + passed + sum(len(votes) for votes, _ in plan.outputs)


def cost(plan: Plan) -> float:
    """Edges, and more for neurons of many inputs."""
    return edges(plan) + beyond(np.array(_fans(plan), int))


def widest(plan: Plan) -> int:
    """The most inputs a neuron has."""
    return max(_fans(plan), default=0)


def _fans(plan: Plan) -> list[int]:
    return [len(plan.reads(n)) for n in (*standing(plan).last, *plan.becomes.values())]


@dataclass(frozen=True)
class Standing:
    """level: the cell after which a signal is there, as early as can be; a register is there before its own cell.
    last: of every signal that a neuron or output reads, the last cell that hands it on. depth: cells.
    """

    level: dict[int, int]
    last: dict[int, int]
    depth: int

    def first(self, plan: Plan, n: int) -> int:
        """The first cell that has the signal among its outputs, if any has."""
        return self.level[n] + (plan.signals.gates[n] is None)


def standing(plan: Plan) -> Standing:
    """Where everything stands."""
    level = _levels(plan)
    votes = [n for output, _ in plan.outputs for n in output]
    depth = max([1, *(level[n] for n in votes), *(level[n] + 1 for n in plan.becomes)])
    last = dict.fromkeys(votes, depth)
    for n, after in plan.becomes.items():
        for m in plan.reads(after):
            last[m] = max(last.get(m, 0), level[n])
    for n in sorted(level, key=lambda n: -level[n]):
        if n in last:
            for m in plan.reads(n):
                last[m] = max(last.get(m, 0), level[n] - 1)
    return Standing(level, last, depth)


def _own(plan: Plan, n: int) -> Gate:
    gate = plan.signals.gates[n]
    assert gate is not None, n
    return gate


def _levels(plan: Plan) -> dict[int, int]:
    level = dict.fromkeys(range(plan.wires), 0)
    members: dict[int, list[int]] = {}
    for n, cell in plan.cell.items():
        members.setdefault(cell, []).append(n)

    def find(n: int) -> int:
        if n not in level:
            if n in plan.becomes:
                own = members[plan.cell[n]]
                others = {m for o in own for m in plan.reads(plan.becomes[o])} - set(own)
                place = max((find(m) for m in others), default=0)
                level.update(dict.fromkeys(own, place))
            else:
                level[n] = 1 + max((find(m) for m in plan.reads(n)), default=0)
        return level[n]

    for n in (*plan.becomes, *(n for votes, _ in plan.outputs for n in votes)):
        find(n)
    return level
