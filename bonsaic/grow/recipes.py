"""Other ways to find weights, on the same kernel and words: ternary ones, and search without gradients."""

from __future__ import annotations

import warnings

import numpy as np
from tinygrad import Tensor, TinyJit

from bonsaic.diag import Missing
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.kernel import Batch
from bonsaic.grow.population import Population, Sparsity, put

NO_CMA = "black-box search needs the extra: `pip install 'bonsaic[blackbox]'`"
NONZERO = 0.25  # a trained weight above this counts as 1
SPREAD = 0.7  # of the first candidates


class Ternary(Population):
    """Networks whose kernels are -1, 0 and 1 while they learn; biases and initial states are free.

    The weights behind them are moved by the ternary ones' slopes, straight through the rounding.
    """

    def __init__(self, shape: Architecture, batch: Batch, weights: np.ndarray, sparsity: Sparsity):
        self._kernels = (shape.regularised() > 0).astype(np.float32)
        self._of_kernels = Tensor(self._kernels).realize()
        super().__init__(shape, batch, weights, sparsity)

    def used(self) -> Tensor:
        w, rounded = self.weights, self._of_kernels
        ternary = (w.abs() > NONZERO).where(w.sign(), 0.0)
        return (w + (rounded * (ternary - w)).detach()).contiguous()

    def networks(self) -> np.ndarray:
        w = self.weights.numpy()
        ternary = np.where(np.abs(w) > NONZERO, np.sign(w), 0)
        return np.where(self._kernels > 0, ternary, w).astype(np.float32)


class BlackBox(Population):
    """One search distribution (CMA-ES) whose candidates are the population; it hears their mean losses alone.

    Diagonal, as whole covariances of some hundred weights cost thirty times the kernel.
    """

    def __init__(self, shape: Architecture, batch: Batch, weights: np.ndarray, sparsity: Sparsity):
        with warnings.catch_warnings():  # it wants matplotlib, for plots
            warnings.simplefilter("ignore", UserWarning)
            try:
                import cma
            except ModuleNotFoundError:
                raise Missing(NO_CMA) from None
        super().__init__(shape, batch, weights, sparsity)
        self._penalty = lambda w: (sparsity.penalty(w) * shape.regularised()).sum(1)
        seed = 1 + int(np.abs(weights).sum() * 1e4) % 2**31  # drawn, as the weights were
        options = {"popsize": batch.networks, "seed": seed, "verbose": -9, "CMA_diagonal": True}
        self._search = cma.CMAEvolutionStrategy(np.zeros(shape.weights), SPREAD, options)

        @TinyJit
        def look() -> Tensor:
            _, sums = self._run()
            self.losses.assign(sums.sum(0) / (batch.words * batch.ticks * shape.outputs))
            return self.losses.realize()

        self._look = look

    def step(
        self,
        rate: float,
        hard_states: float,
        hard_outputs: float,
        picks: np.ndarray,
        ticks: int | None = None,
    ) -> None:
        """One generation, its candidates judged as hard networks on the same words."""
        candidates = np.array(self._search.ask())
        put(self.weights, candidates.astype(np.float32))
        put(self._knobs, np.array([1, 1, self.batch.ticks, 0, 0, 0, 0], np.float32))
        put(self._picks, np.broadcast_to(picks[:1], picks.shape).astype(np.int32))
        self._look()
        cost = self.loss()[:, 0] + self._penalty(candidates)
        self._search.tell(list(candidates), cost.tolist())

    def replace(
        self, losers: np.ndarray, winners: np.ndarray, noise: float, rng: np.random.Generator
    ) -> None:
        """Selection is the search's own."""


RECIPES: dict[str, type[Population]] = {
    "default": Population,
    "tanh": Population,
    "ternary": Ternary,
    "blackbox": BlackBox,
}
