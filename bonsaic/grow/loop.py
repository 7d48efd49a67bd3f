"""One population: trained on words, its almost right networks put to the exact check and repaired."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import Walk
from bonsaic.grow.kernel import tuned
from bonsaic.grow.own import own_machine
from bonsaic.grow.population import Population, Sparsity
from bonsaic.grow.recipes import RECIPES
from bonsaic.grow.repair import repair, settle
from bonsaic.grow.sort import own_means, sort_codes
from bonsaic.grow.teacher import CODES, Teacher
from bonsaic.grow.widen import widen
from bonsaic.grow.words import Sampler

NETWORKS, WORDS, EXAMPLES = 16, 32, 8  # words of a step: shared ones, then own counterexamples
POOL = 512  # shared words, drawn ahead
CYCLE = 600  # steps of the learning rate
SOFT, HARD = 200, 400  # states start to harden, are hard
CHECK, REPAIR, SELECT = 25, 50, 200  # every so many steps
RATE = 0.02
PROMISING, REPAIRABLE = 0.002, 0.05  # share of wrong decisions on the last words
HOPELESS = 0.08  # the best network's share halfway, above which a population is given up
KEPT_EXAMPLES = 24
EXTRACTED = 4  # networks whose own machines are looked for
SORTED, SORT_NOISE = 8, (0.0, 0.1, 0.3)  # networks; codes that are too alike need a mutation


@dataclass(frozen=True)
class Plan:
    """A population to try. sort: its best networks' codes are sorted in one stroke, however wrong they are.

    soft: states are never hardened in training; a network that answers rightly is hardened as the machine it is itself.
    recipe: of `RECIPES`; only the default one's networks are repaired, and their margins grown.
    """

    shape: Architecture
    ticks: int
    steps: int
    sort: bool = False
    soft: bool = False
    recipe: str = "default"


@dataclass
class Attempt:
    """A population under way and what it has reached."""

    plan: Plan
    teacher: Teacher
    rng: np.random.Generator
    is_cpu: bool
    steps: int = 0
    solved: int = 0
    proved: np.ndarray | None = None
    wrong_before: float = 0.0  # of the proved network, on its last words before any repair
    best: np.ndarray | None = None
    penalty: float = 0.0
    outstanding: tuple[np.ndarray, ...] = ()
    examples: list[list[np.ndarray]] = field(default_factory=lambda: [[] for _ in range(NETWORKS)])
    letters: np.ndarray | None = None  # of the words in use: shared ones, then every network's own
    most_solved: int = 0
    hopeless: bool = False

    def __post_init__(self) -> None:
        batch = tuned(NETWORKS, WORDS + EXAMPLES, self.plan.ticks, self.is_cpu)
        weights = self.plan.shape.initial(self.rng, NETWORKS)
        make = RECIPES[self.plan.recipe]
        self.population = make(self.plan.shape, batch, weights, Sparsity())

    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        """What `restore` needs after any yield, unless it was hopeless: for JSON, and arrays."""
        facts = {name: getattr(self, name) for name in ("steps", "penalty", "most_solved")}
        facts["random"] = self.rng.bit_generator.state
        facts["examples"] = [[word.tolist() for word in words] for words in self.examples]
        assert self.letters is not None
        return facts, self.population.state() | {"letters": self.letters}

    def restore(self, facts: dict, arrays: dict[str, np.ndarray]) -> None:
        """Go on from there."""
        self.rng.bit_generator.state = facts["random"]
        self.steps, self.penalty = facts["steps"], facts["penalty"]
        self.most_solved = facts["most_solved"]
        self.examples = [[np.array(word) for word in words] for words in facts["examples"]]
        self.population.restore(arrays, self.steps)
        self.letters = arrays["letters"]

    def run(self) -> Iterator[np.ndarray]:
        """Trains until a network is proved or the steps are used up; every CHECK steps yields the losses.

        They are [networks, 2]: mean loss and share of wrong decisions on the last words.
        """
        population, lanes = self.population, self.population.batch.lanes
        shared = POOL // lanes
        own = shared + np.arange(NETWORKS * EXAMPLES // lanes).reshape(NETWORKS, -1)
        if self.letters is None:
            self.letters = self._draw()
        population.learn(*self.teacher.answers(self.letters))
        while self.steps < self.plan.steps:
            turn = np.cos(np.pi * (self.steps % CYCLE) / CYCLE)
            rate = RATE * (0.05 + 0.95 * (1 + turn) / 2)
            hard = 0.0 if self.plan.soft else np.clip((self.steps - SOFT) / (HARD - SOFT), 0, 1)
            drawn = self.rng.integers(0, shared, (NETWORKS, WORDS // lanes))
            population.step(rate, hard, 1.0, np.concatenate([drawn, own], 1))
            self.steps += 1
            if self.steps % CHECK:
                continue
            losses = population.loss()
            self._look(population, losses[:, 1], hard)
            halfway = 2 * self.steps == self.plan.steps and not self.plan.sort
            self.hopeless = bool(halfway and losses[:, 1].min() > HOPELESS)
            if self.steps % SELECT == 0 and self.proved is None:
                self._select(population, losses)
                self.letters = self._draw()
                population.learn(*self.teacher.answers(self.letters))
            yield losses
            if self.proved is not None or self.hopeless:
                return

    def _draw(self) -> np.ndarray:
        """Fresh shared words, and each network's counterexamples with random ends."""
        ticks = self.plan.ticks
        letters = self.teacher.draw(self.rng, POOL + NETWORKS * EXAMPLES, ticks)
        for i, words in enumerate(self.examples):
            for j in range(EXAMPLES if words else 0):
                word = words[self.rng.integers(len(words))][:ticks]
                letters[POOL + i * EXAMPLES + j] = self.teacher.extend(word, ticks, self.rng)
        return letters

    def _look(self, population: Population, wrong: np.ndarray, hard: float) -> None:
        """Checks and repairs at fixed steps, best network first, so that a result never depends on speed."""
        self.solved = int((wrong == 0).sum())
        self.most_solved = max(self.most_solved, self.solved)
        order = np.argsort(wrong, kind="stable")
        repairing = (
            (self.plan.soft or self.teacher.may_tell(CODES))
            and self.plan.recipe == "default"
            and self.plan.shape.cells[-1][0] > 0
            and self.steps % REPAIR == 0
        )
        limit = 1.0 if repairing and self.plan.sort else REPAIRABLE
        order = order[wrong[order] <= limit]
        if not len(order):
            return
        weights = population.networks()
        self._keep(weights[order[0]])
        for i in order[wrong[order] <= PROMISING]:
            found = self.teacher.check(self.plan.shape, weights[i])
            if found.right and self._finish(weights[i], found, wrong[i]):
                return
            self.examples[i] = (self.examples[i] + list(found.words))[-KEPT_EXAMPLES:]
            self.outstanding = self.outstanding or found.words
        if repairing:
            for i, flat, found in self._repairs(weights, order, wrong, hard):
                if self._finish(flat, found, wrong[i]):
                    return

    def _repairs(
        self, weights: np.ndarray, order: np.ndarray, wrong: np.ndarray, hard: float
    ) -> Iterator[tuple[int, np.ndarray, Walk]]:
        """Networks that answer rightly after repair: number, weights and walk."""
        if self.plan.soft:
            yield from self._hardened(weights, order[wrong[order] <= PROMISING][:EXTRACTED])
            return
        shape, machine = self.plan.shape, self.teacher.sorted_by_state()
        if self.plan.sort:
            for i, noise in itertools.product(order[:SORTED], SORT_NOISE):
                flat = weights[i] + noise * self.rng.normal(size=shape.weights)
                means = own_means(shape, flat, machine, self.rng, hard)
                flat = sort_codes(shape, flat, machine, means)
                found = self.teacher.check(shape, flat)
                if found.right:
                    yield i, flat, found
            return
        near = order[wrong[order] <= REPAIRABLE]
        for k, flat, found in settle(shape, weights[near[:8]], machine, self.rng, hard):
            yield near[k], flat, found
        for i in near[:2] if hard >= 1 else ():
            repaired = repair(shape, weights[i], machine, self.rng)
            if repaired:
                yield i, *repaired

    def _hardened(
        self, weights: np.ndarray, order: np.ndarray
    ) -> Iterator[tuple[int, np.ndarray, Walk]]:
        """As `_repairs`, but codes are sorted by the states of the machine that the network itself is taken for."""
        shape, states = self.plan.shape, self.teacher.mealy.states
        assert self.letters is not None
        for i in order:
            own = own_machine(shape, weights[i], self.teacher, self.letters[:POOL], states)
            if own is None:
                continue
            machine = Sampler(own)
            hardened = [flat for _, flat, _ in settle(shape, weights[[i]], machine, self.rng, 0.0)]
            repaired = None if hardened else repair(shape, weights[i], machine, self.rng)
            for flat in hardened or ([repaired[0]] if repaired else []):
                found = self.teacher.check(shape, flat)
                if found.right:
                    yield i, flat, found
                self.examples[i] = (self.examples[i] + list(found.words))[-KEPT_EXAMPLES:]

    def _keep(self, flat: np.ndarray) -> None:
        self.best, self.outstanding = flat.copy(), ()
        self.penalty = float((Sparsity().penalty(flat) * self.plan.shape.regularised()).sum())

    def _finish(self, flat: np.ndarray, found: Walk, wrong: float) -> bool:
        """Whether the network stays right once its margins are widened and its weights rounded."""
        if self.plan.recipe == "default":
            self.proved = widen(self.plan.shape, flat, self.teacher, found)
        elif found.proved:
            self.proved = flat
        self.wrong_before = float(wrong)
        return self.proved is not None

    def _select(self, population: Population, losses: np.ndarray) -> None:
        """The worst quarter become mutated copies of the best quarter."""
        order = np.argsort(losses[:, 1] + 1e-3 * np.minimum(losses[:, 0], 9), kind="stable")
        losers, winners = order[-(NETWORKS // 4) :], order[: NETWORKS // 4]
        for loser, winner in zip(losers, winners, strict=True):
            self.examples[loser] = list(self.examples[winner])
        population.replace(losers, winners, 0.03, self.rng)
