"""Which networks of the population live: budgets descend from every network that is right, by its mutated copies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow.shrink.coded import Coded, holds, trim
from bonsaic.grow.shrink.gates import WIDEST, beyond
from bonsaic.grow.shrink.population import DEAD, RESTART, Population, Shape
from bonsaic.grow.shrink.rows import Rows

LOOK = 20  # steps between looks at who is right
POOL = 24
NOISE = 0.3
FRESH = 0.4  # of the networks that start again, how many start from nothing


Genes = tuple[np.ndarray, np.ndarray]  # parameters and budgets


@dataclass(frozen=True)
class Plan:
    """How long to search: `steps` at most, stopping `idle` steps after the last smaller network."""

    count: int
    steps: int
    idle: int


@dataclass
class Found:
    """The smallest right networks, best first, and when each smaller one came: (step, edges)."""

    nets: list[Coded] = field(default_factory=list)
    history: list[tuple[int, int]] = field(default_factory=list)
    steps: int = 0


def cost(net: Coded) -> float:
    """Edges, and what wide neurons cost beside."""
    (layer,) = net.layers
    return net.edges + beyond(np.count_nonzero(layer.kernel, axis=1)) + 0.01 * layer.bits


def search(
    rows: Rows,
    plan: Plan,
    rng: np.random.Generator,
    *,
    start: Sequence[Coded],
    per_wire: int = 2,
    extra_bits: int = 2,
    over: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Search for a small network of one code per state; the same seed and plan give the same answer.

    start: right networks of one cell to descend from, each bit one neuron, each wire at most `per_wire`.
    """
    fewest = math.ceil(math.log2(rows.states)) if rows.states > 1 else 0
    most = min(fewest + extra_bits, rows.states - 1)
    most = max([most, *(net.layers[0].bits for net in start)])
    shape = Shape(rows.inputs, rows.states, most, rows.wires, per_wire)
    people = Population(rows, shape, plan.count, rng)
    pool = [(cost(net), net, people.embed(net)) for net in start]
    found = Found()
    for i in range(plan.count):
        people.place(i, people.fresh(), _first_budgets(shape, fewest, rng))
    last, best = 0, min((c for c, _, _ in pool), default=math.inf)
    for step in range(plan.steps):
        wrong = people.look()
        found.steps = step
        if step % LOOK == 0:
            proved = np.zeros(plan.count, bool)
            for i in np.flatnonzero(wrong == 0).tolist():
                net = people.coded(i)
                if not holds(net, rows):
                    continue
                proved[i] = True
                net = trim(net, rows)
                pool.append((cost(net), net, people.embed(net)))
                if cost(net) < best:
                    best, last = cost(net), step
                    found.history.append((step, net.edges))
                    if progress:
                        progress(step, net.edges)
            pool.sort(key=lambda entry: entry[0])
            pool = [e for e in pool if e[0] <= pool[0][0] + 1.5][:POOL]
            if pool and step - last > plan.idle:
                break
            tired = (people.age >= RESTART) & (wrong >= np.median(wrong))
            tired |= (people.age >= 2 * RESTART) & bool(pool)
            for i in np.flatnonzero(proved | tired).tolist():
                if pool and rng.random() > FRESH:
                    people.place(i, *_child(pool[rng.integers(len(pool))][2], shape, rng))
                else:
                    people.place(i, people.fresh(), _first_budgets(shape, fewest, rng))
            if (proved | tired).any():
                people.look()
        if over():
            break
        people.learn()
    found.nets = [net for _, net, _ in pool]
    return found


def _first_budgets(shape: Shape, fewest: int, rng: np.random.Generator) -> np.ndarray:
    """Some bits, each neuron reading a few, one neuron a signal or all there is room for."""
    budgets = np.full(shape.neurons, DEAD)
    bits = int(rng.integers(fewest, shape.bits + 1)) if shape.bits else 0
    reads = shape.inputs + bits
    owners = shape.owners()
    for signals in (range(bits), range(shape.bits, shape.bits + shape.wires)):
        budget = min(rng.choice([3, 4, 4, WIDEST] if signals.start == 0 else [3, 4, WIDEST]), reads)
        alone = rng.random() < 0.7
        for signal in signals:
            own = np.flatnonzero(owners == signal)
            budgets[own[: 1 if alone else len(own)]] = budget
    return budgets


def _child(parent: Genes, shape: Shape, rng: np.random.Generator) -> Genes:
    """A noisy copy of a right network that lost a bit, a neuron, or an input or two."""
    noise = rng.standard_normal(shape.size).astype(np.float32)
    flat = parent[0] + noise * np.float32(NOISE * rng.random())
    budgets = parent[1].copy()
    owners = shape.owners()
    bits = np.unique(owners[(budgets != DEAD) & (owners < shape.bits)])
    if len(bits) > 1 and rng.random() < 0.15:
        budgets[owners == rng.choice(bits)] = DEAD
        return flat, budgets
    several = np.flatnonzero(
        (budgets != DEAD)
        & (np.bincount(owners[budgets != DEAD], minlength=owners.max() + 1)[owners] > 1)
    )
    if len(several) and rng.random() < 0.15:
        budgets[rng.choice(several)] = DEAD
        return flat, budgets
    for _ in range(1 + (rng.random() < 0.3)):
        some = np.flatnonzero(budgets > 0)
        if len(some):
            budgets[rng.choice(some)] -= 1
    return flat, budgets
