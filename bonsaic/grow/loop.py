"""Growing: train a population on words, put almost right networks to the exact check, repair them, until one is proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import Walk, walk
from bonsaic.grow.kernel import tuned
from bonsaic.grow.population import Population, Sparsity
from bonsaic.grow.repair import repair
from bonsaic.grow.widen import widen
from bonsaic.grow.words import Sampler

NETWORKS, WORDS, EXAMPLE_WORDS = (
    16,
    32,
    8,
)  # words: shared ones, then counterexamples of the network's own
POOL = 512  # shared words, drawn ahead
STEPS = 1800  # of a population, before a bigger one is tried
CYCLE = 600  # of the learning rate
SOFT, HARD = 200, 400  # states start to harden, are hard
CHECK, REPAIR, SELECT = 25, 50, 200
RATE = 0.02
PROMISING, REPAIRABLE = 0.002, 0.05  # share of wrong decisions


@dataclass
class Attempt:
    """A population of one size. `candidates` yields after every `CHECK` steps, so that its caller sees time pass."""

    shape: Architecture
    machine: Sampler
    rng: np.random.Generator
    is_cpu: bool
    ticks: int
    may_repair: bool
    steps: int = 0
    solved: int = 0
    proved: np.ndarray | None = None
    best: np.ndarray | None = None
    outstanding: tuple[np.ndarray, ...] = ()
    penalty: float = 0.0
    examples: list[list[np.ndarray]] = field(default_factory=lambda: [[] for _ in range(NETWORKS)])

    def run(self) -> Iterator[np.ndarray]:
        """Trains until a network is proved or the steps are used up; yields [networks, 2] losses and wrong shares."""
        batch = tuned(NETWORKS, WORDS + EXAMPLE_WORDS, self.ticks, self.is_cpu)
        lanes = batch.lanes
        population = Population(
            self.shape, batch, self.shape.initial(self.rng, NETWORKS), Sparsity()
        )
        self._learn(population)
        own = POOL // lanes + np.arange(NETWORKS * EXAMPLE_WORDS // lanes).reshape(NETWORKS, -1)
        while self.steps < STEPS:
            rate = RATE * (0.05 + 0.95 * (1 + np.cos(np.pi * (self.steps % CYCLE) / CYCLE)) / 2)
            hard = min(1.0, max(0.0, (self.steps - SOFT) / (HARD - SOFT)))
            shared = self.rng.integers(0, POOL // lanes, (NETWORKS, WORDS // lanes))
            population.step(rate, hard, 1.0, np.concatenate([shared, own], 1))
            self.steps += 1
            if self.steps % CHECK:
                continue
            losses = population.loss()
            wrong = losses[:, 1]
            self._look(population, wrong, hard)
            yield losses
            if self.proved is not None:
                return
            if self.steps % SELECT == 0:
                self._select(population, losses)
                self._learn(population)

    def _learn(self, population: Population) -> None:
        """Fresh shared words, and each network's counterexamples with random ends."""
        letters, _ = self.machine.draw(self.rng, POOL + NETWORKS * EXAMPLE_WORDS, self.ticks)
        for i, words in enumerate(self.examples):
            for j in range(EXAMPLE_WORDS if words else 0):
                word = words[self.rng.integers(len(words))][: self.ticks]
                letters[POOL + i * EXAMPLE_WORDS + j] = self.machine.extend(
                    word, self.ticks, self.rng
                )
        states = self.machine.replay(letters)
        population.learn(self.machine.wires[letters], self.machine.signs[states, letters])

    def _look(self, population: Population, wrong: np.ndarray, hard: float) -> None:
        """Checks what is nearly right, and repairs the best two where that is allowed, always in the same order."""
        repairing = self.may_repair and hard >= 1 and self.steps % REPAIR == 0
        limit = REPAIRABLE if repairing else PROMISING
        self.solved = int((wrong == 0).sum())
        order = np.argsort(wrong, kind="stable")
        if wrong[order[0]] > limit:
            return
        weights = population.weights.numpy()
        self.best = weights[order[0]].copy()
        self.penalty = float((Sparsity().penalty(self.best) * self.shape.regularised()).sum())
        self.outstanding = ()
        for i in order[wrong[order] <= PROMISING]:
            found = walk(self.shape, weights[i], self.machine)
            if found.right and self._finish(weights[i], found):
                return
            self.examples[i] = (self.examples[i] + list(found.words))[-24:]
            self.outstanding = self.outstanding or found.words
        if repairing:
            for i in order[wrong[order] <= REPAIRABLE][:2]:
                repaired = repair(self.shape, weights[i], self.machine, self.rng)
                if repaired and self._finish(*repaired):
                    return

    def _finish(self, flat: np.ndarray, found: Walk) -> bool:
        """Whether the network is proved once its margins are widened and its weights rounded."""
        wide = widen(self.shape, flat, self.machine, found)
        self.proved = wide[0] if wide else None
        return wide is not None

    def _select(self, population: Population, losses: np.ndarray) -> None:
        """The worst quarter become mutated copies of the best quarter."""
        order = np.argsort(losses[:, 1] + 1e-3 * np.minimum(losses[:, 0], 9), kind="stable")
        quarter = NETWORKS // 4
        for loser, winner in zip(order[-quarter:], order[:quarter], strict=True):
            self.examples[loser] = list(self.examples[winner])
        population.replace(order[-quarter:], order[:quarter], 0.03, self.rng)
