"""The original's recipe, as a baseline: real-valued networks, its loss and schedule, clipped and quantised by sampling.

Its settings are those it names for most of its programs; where a person started again by hand, networks stand side by
side. It is told words alone until it is done, and then the prover judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.kernel import tuned
from bonsaic.grow.loop import NETWORKS, Attempt
from bonsaic.grow.population import Population, Sparsity
from bonsaic.prove.verdict import Differs, Proved

WORDS, TICKS, STEPS = 1024, 20, 5000  # of a step, of a word, of a run: solved or not
CHECK = 5  # every so many steps the clock is looked at, as they are long
POOL, REDRAWN = 8192, 100  # words drawn ahead; after so many steps they are others
RATE, SPARSITY = 0.01, Sparsity(0.05, 0.025, 10.0, 0.001)
DECAYS = {500: (0.8, 0.8), 1000: (0.6, 0.6), 2500: (0.5, 1.0)}  # of the rate, of the intensity
FINE = [n / 100 for n in range(25, 0, -1)]
CLIPS = (0.7, 0.5, 0.4, 0.3, *FINE, 0.005, 0.001, 5e-4, 1e-4, 1e-5, 1e-6, 0.0)
GRIDS = (1.0, 0.5, 0.25, 0.2, 0.1, 0.05, 0.01, 0.005, 0.001, 5e-4)
SAMPLED, SAMPLED_TICKS, FIRST = 5000, 60, 100  # words that a clipped network has to answer rightly
JUDGED = 4  # networks of a run


@dataclass
class Original(Attempt):
    """A run of the original's. over: whether there is no time left."""

    over: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self._train(glorot(self.plan.shape, self.rng, NETWORKS), SPARSITY)

    def _train(self, weights: np.ndarray, sparsity: Sparsity) -> None:
        batch = tuned(NETWORKS, WORDS, TICKS, self.is_cpu, clipped=False)
        self.sparsity = sparsity
        self.population = Population(self.plan.shape, batch, weights, sparsity)

    def run(self) -> Iterator[np.ndarray]:
        """All steps, however early a network is right; then the sparsest right ones are judged.

        Yields losses, like `Attempt`.
        """
        rate, losses = RATE, np.ones((NETWORKS, 2))
        vectors = WORDS // self.population.batch.lanes
        while self.steps < STEPS:
            if self.steps in DECAYS:
                slower, gentler = DECAYS[self.steps]
                rate, state = rate * slower, self.population.state()
                intensity = self.sparsity.intensity * gentler
                self._train(state["weights"], replace(self.sparsity, intensity=intensity))
                self.population.restore(state, self.steps)
            if self.steps % REDRAWN == 0 or self.steps in DECAYS:
                words = self.teacher.draw(self.rng, POOL, TICKS)
                self.population.learn(*self.teacher.answers(words))
            drawn = self.rng.integers(0, POOL * vectors // WORDS, (NETWORKS, vectors))
            self.population.step(rate, 0.0, 0.0, drawn)
            self.steps += 1
            if self.steps % CHECK:
                continue
            losses = self.population.loss()
            self._look_on(losses)
            yield losses
        weights = self.population.networks()
        solved = np.flatnonzero(losses[:, 1] == 0)
        costs = self._costs(weights)
        for i in solved[np.argsort(costs[solved], kind="stable")][:JUDGED]:
            self._judge(weights[i])
            yield losses
            if self.proved is not None:
                return

    def _look_on(self, losses: np.ndarray) -> None:
        self.solved = int((losses[:, 1] == 0).sum())
        self.most_solved = max(self.most_solved, self.solved)
        best = self.population.networks()[np.lexsort((losses[:, 0], losses[:, 1]))[0]]
        self.best, self.penalty = best, float(self._costs(best))

    def _costs(self, weights: np.ndarray) -> np.ndarray:
        return (self.sparsity.penalty(weights) * self.plan.shape.regularised()).sum(-1)

    def _judge(self, flat: np.ndarray) -> None:
        """Clip and quantise what samples allow, and ask the prover about the result."""
        small = reduced(self.plan.shape, flat, self._sample(), self.over)
        if small is None or self.over():
            return
        self.best, self.penalty = small, float(self._costs(small))
        verdict = self.teacher.judge(self.plan.shape, small, self.over)
        if isinstance(verdict, Proved):
            self.proved = self.plan.shape, small
        elif isinstance(verdict, Differs):
            letters = self.teacher.mealy.letters.tolist()
            self.outstanding = (np.array([letters.index(list(x)) for x in verdict.word]),)

    def _sample(self) -> tuple[np.ndarray, np.ndarray]:
        return self.teacher.answers(self.teacher.draw(self.rng, SAMPLED, SAMPLED_TICKS))


def reduced(
    shape: Architecture,
    flat: np.ndarray,
    sample: tuple[np.ndarray, np.ndarray],
    over: Callable[[], bool],
) -> np.ndarray | None:
    """The weights clipped, then on a grid, each as coarsely as the sample allows; None where it was not right before.

    sample: wires [words, ticks, inputs] and wanted outputs [words, ticks, outputs], 0 where they do not matter.
    """
    if not right(shape, flat, *sample):
        return None
    for clip in CLIPS:
        clipped = np.where(np.abs(flat) > clip, flat, 0).astype(np.float32)
        if over() or right(shape, clipped, *sample):
            break
    for grid in GRIDS:
        rounded = (np.round(clipped / grid) * grid).astype(np.float32)
        if not over() and right(shape, rounded, *sample):
            return rounded
    return clipped


def right(shape: Architecture, flat: np.ndarray, wires: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether every output on every word has the wanted sign; a first few words alone refuse most networks."""
    return all(
        bool((values(shape, flat, wires[part]) * wanted[part] > 0)[wanted[part] != 0].all())
        for part in (slice(None, FIRST), slice(FIRST, None))
    )


def values(shape: Architecture, flat: np.ndarray, wires: np.ndarray) -> np.ndarray:
    """What the real-valued network answers to wires [words, ticks, inputs]: [words, ticks, outputs]."""
    *cells, (_, head, _) = shape.parts(flat)
    states = [np.tile(first, (len(wires), 1)) for _, _, first in cells]
    answers = []
    for t in range(wires.shape[1]):
        read = wires[:, t]
        for k, (layer, kernel, _) in enumerate(cells):
            y = shape.neuron(np.concatenate([read, states[k]], 1) @ kernel[1:] + kernel[0])
            states[k], read = y[:, : layer.states], y[:, layer.states :]
        answers.append(read @ head[1:] + head[0])
    return np.stack(answers, 1)


def glorot(shape: Architecture, rng: np.random.Generator, networks: int) -> np.ndarray:
    """float32 [networks, weights]: Glorot-normal, cut off at two deviations, biases and initial states too."""
    flat = np.zeros((networks, shape.weights), np.float32)
    for layer, kernel, first in shape.parts(flat):
        for columns in (slice(None, layer.states), slice(layer.states, None)):
            for part in (kernel[:, 1:, columns], kernel[:, 0, columns]):
                part[...] = _cut_normal(rng, part.shape)
        first[...] = _cut_normal(rng, first.shape)
    return flat


def _cut_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    fans = shape[1] + shape[-1]
    drawn = rng.normal(size=shape)
    while (far := np.abs(drawn) > 2).any():
        drawn[far] = rng.normal(size=int(far.sum()))
    return drawn * np.sqrt(2 / max(1, fans)) / 0.8796
