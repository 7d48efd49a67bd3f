"""One population: trained on words, its almost right networks put to the exact check and repaired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import Walk
from bonsaic.grow.kernel import tuned
from bonsaic.grow.lstar import NetworkOracle, learn
from bonsaic.grow.population import Population, Sparsity
from bonsaic.grow.recipes import RECIPES
from bonsaic.grow.repair import NEARLY, look, repaired
from bonsaic.grow.teacher import CODES, Teacher
from bonsaic.grow.widen import widen
from bonsaic.grow.words import Sampler

NETWORKS, WORDS, EXAMPLES = 16, 32, 8  # words of a step: shared ones, then own counterexamples
POOL = 512  # shared words, drawn ahead
CYCLE = 1200  # steps of the learning rate
FIRST_TICKS = 4  # of a word, at first; it doubles
# Words get longer once so little is wrong on those of this length, or after so many steps.
LENGTHEN, PATIENCE = 0.02, 200
SOFT, HARD = 200, 400  # states start to harden, are hard, where networks are not repaired
CHECK, REDRAW, SELECT = 25, 50, 200  # every so many steps
RATE = 0.02
PROMISING = 0.002  # share of wrong decisions on the last words
HOPELESS = 0.12  # the best network's share halfway, above which a population is given up
KEPT_EXAMPLES = 24
LOOKED_AT = 4  # networks that may be repaired, at a check
REPAIRED = (
    1000  # rows of a machine up to which its networks are: a repair solves for about a neuron a row
)
COPIED = 100  # steps until which networks are repaired with no more neurons than they have


@dataclass(frozen=True)
class Plan:
    """A population to try. recipe: of `RECIPES`; only the default one's networks are repaired and widened."""

    shape: Architecture
    ticks: int
    steps: int
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
    ticks: int = 0  # of each word that count
    since: int = 0  # steps before words were that long
    proved: tuple[Architecture, np.ndarray] | None = None
    wrong_before: float = 0.0  # of the proved network, on words it had not seen, before any repair
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
        self.ticks = FIRST_TICKS if self._repairs else self.plan.ticks

    @property
    def _repairs(self) -> bool:
        return self.plan.recipe == "default"

    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        """What `restore` needs after any yield, unless it was hopeless: for JSON, and arrays."""
        names = ("steps", "penalty", "most_solved", "ticks", "since")
        facts = {name: getattr(self, name) for name in names}
        facts["random"] = self.rng.bit_generator.state
        facts["examples"] = [[word.tolist() for word in words] for words in self.examples]
        assert self.letters is not None
        return facts, self.population.state() | {"letters": self.letters}

    def restore(self, facts: dict, arrays: dict[str, np.ndarray]) -> None:
        """Go on from there."""
        self.rng.bit_generator.state = facts["random"]
        for name in ("steps", "penalty", "most_solved", "ticks", "since"):
            setattr(self, name, facts[name])
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
            hard = 0.0 if self._repairs else np.clip((self.steps - SOFT) / (HARD - SOFT), 0, 1)
            drawn = self.rng.integers(0, shared, (NETWORKS, WORDS // lanes))
            population.step(rate, hard, 1.0, np.concatenate([drawn, own], 1), self.ticks)
            self.steps += 1
            if self.steps % CHECK:
                continue
            losses = population.loss()
            self._look(population, losses[:, 1])
            halfway = 2 * self.steps == self.plan.steps
            self.hopeless = bool(halfway and losses[:, 1].min() > HOPELESS)
            if self.proved is None and self.steps % SELECT == 0:
                self._select(population, losses)
            if self.proved is None and self.steps % REDRAW == 0:
                self.letters = self._draw()
                population.learn(*self.teacher.answers(self.letters))
            self._lengthen(losses[:, 1].min())
            yield losses
            if self.proved is not None or self.hopeless:
                return

    def _draw(self) -> np.ndarray:
        """Fresh shared words, and each network's counterexamples with random ends."""
        ticks = self.plan.ticks
        letters = self.teacher.draw(self.rng, POOL + NETWORKS * EXAMPLES, ticks)
        picked = [
            (POOL + i * EXAMPLES + j, words[self.rng.integers(len(words))])
            for i, words in enumerate(self.examples)
            for j in range(EXAMPLES if words else 0)
        ]
        if picked:
            rows, words = zip(*picked, strict=True)
            letters[list(rows)] = self.teacher.extend(list(words), ticks, self.rng)
        return letters

    def _lengthen(self, least: float) -> None:
        """Words of twice as many ticks, once the best network's share of wrong decisions is small."""
        if least <= LENGTHEN or self.steps - self.since >= PATIENCE:
            self.ticks, self.since = min(2 * self.ticks, self.plan.ticks), self.steps

    def _look(self, population: Population, wrong: np.ndarray) -> None:
        """Checks and repairs at fixed steps, best network first, so that a result never depends on speed."""
        self.solved = int((wrong == 0).sum())
        self.most_solved = max(self.most_solved, self.solved)
        order = np.argsort(wrong, kind="stable")
        order = order[wrong[order] <= NEARLY]
        if not len(order):
            return
        weights, shape = population.networks(), self.plan.shape
        self._keep(weights[order[0]])
        for i in order[wrong[order] <= PROMISING]:
            found = self.teacher.check(shape, weights[i])
            if found.right and self._finish(shape, weights[i], found):
                return
            self.examples[i] = (self.examples[i] + list(found.words))[-KEPT_EXAMPLES:]
            self.outstanding = self.outstanding or found.words
        few = self.teacher.mealy.legal.sum() <= REPAIRED
        if self._repairs and few and shape.cells[-1][0]:
            for i in order[:LOOKED_AT]:
                if self._repair(i, weights[i], wrong[i]):
                    return

    def _repair(self, i: int, flat: np.ndarray, wrong: float) -> bool:
        """Whether a nearly right network is proved once its codes are sorted.

        By the program's states or, where they may not be told, by those of the machine that it is taken for itself.
        """
        shape, ticks = self.plan.shape, self.plan.ticks
        machine = self._machine(flat, wrong)
        seen = look(shape, flat, machine, ticks, self.rng) if machine else None
        if machine is None or seen is None or seen.wrong > NEARLY:
            return False
        for copied in (False, True) if self.steps >= COPIED else (False,):
            wider, weights = repaired(shape, flat, machine, seen, self.rng, copied=copied)
            found = self.teacher.check(wider, weights)
            if found.right and self._finish(wider, weights, found, seen.wrong):
                return True
            self.examples[i] = (self.examples[i] + list(found.words))[-KEPT_EXAMPLES:]
        return False

    def _machine(self, flat: np.ndarray, wrong: float) -> Sampler | None:
        """What a network's codes are sorted by."""
        if self.teacher.may_tell(CODES):
            return self.teacher.sorted_by_state()
        if wrong > PROMISING:
            return None
        assert self.letters is not None
        oracle = NetworkOracle(self.plan.shape, flat, self.teacher)
        own = learn(oracle, self.letters[:POOL], self.teacher.mealy.states)
        return Sampler(own) if own else None

    def _keep(self, flat: np.ndarray) -> None:
        self.best, self.outstanding = flat.copy(), ()
        self.penalty = float((Sparsity().penalty(flat) * self.plan.shape.regularised()).sum())

    def _finish(
        self, shape: Architecture, flat: np.ndarray, found: Walk, wrong: float = 0.0
    ) -> bool:
        """Whether the network stays right once its margins are widened and its weights rounded."""
        if self._repairs:
            widened = widen(shape, flat, self.teacher, found)
            self.proved = None if widened is None else (shape, widened)
        elif found.proved:
            self.proved = shape, flat
        self.wrong_before = wrong
        return self.proved is not None

    def _select(self, population: Population, losses: np.ndarray) -> None:
        """The worst quarter become mutated copies of the best quarter."""
        order = np.argsort(losses[:, 1] + 1e-3 * np.minimum(losses[:, 0], 9), kind="stable")
        losers, winners = order[-(NETWORKS // 4) :], order[: NETWORKS // 4]
        for loser, winner in zip(losers, winners, strict=True):
            self.examples[loser] = list(self.examples[winner])
        population.replace(losers, winners, 0.03, self.rng)
