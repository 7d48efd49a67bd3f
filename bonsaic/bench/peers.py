"""The same training step by several trainers: what each is given, and how it is timed in a process of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from importlib import import_module

import numpy as np

from bonsaic.cli import BLAS_THREADS
from bonsaic.grow.architecture import Architecture

RATE, BLOCKS, BLOCK_SECONDS, WARM = 0.01, 8, 0.15, 3
MATRIX = 2048
JAX_MISSING = "needs the extra: `pip install 'bonsaic[bench]'`"

Trainer = tuple[Callable[[], object], Callable[[], object]]  # queue one step; wait for all of them


@dataclass(frozen=True)
class Work:
    """One training step: `words` words of `ticks` ticks, the same for every network, which is one cell and a head."""

    networks: int
    words: int
    ticks: int
    inputs: int
    states: int
    outputs: int

    def __str__(self) -> str:
        return (
            f"{self.networks} networks x {self.words} words x {self.ticks} ticks, "
            f"{self.inputs} in, {self.states} states, {self.outputs} out"
        )

    @property
    def shape(self) -> Architecture:
        return Architecture(self.inputs, ((self.states, self.outputs),), 1)

    @property
    def multiply_adds(self) -> int:
        """Of one step: sums forward, errors back, weights' gradients; nothing else is counted."""
        each = 0
        for k, layer in enumerate(self.shape.layers):
            carried = layer.states if k == 0 else layer.columns - 1
            each += (2 * layer.columns + carried) * layer.neurons
        return self.networks * self.words * self.ticks * each

    def words_and_targets(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Random -1 and +1, [words, ticks, wires]."""
        drawn = (
            rng.choice([-1.0, 1.0], (self.words, self.ticks, wires)) for wires in (self.inputs, 1)
        )
        words, targets = (a.astype(np.float32) for a in drawn)
        return words, targets


def seconds(peer: str, work: Work, *, threads: int, limit: float = 600.0) -> float | str:
    """The least time of one step of a trainer of `PEERS` on so many processors, or why there is none."""
    command = [sys.executable, "-m", __name__, peer, str(threads), *map(str, astuple(work))]
    count = str(threads)
    held = dict.fromkeys((*BLAS_THREADS, "OMP_NUM_THREADS"), count)
    held |= dict.fromkeys(("POCL_MAX_PTHREAD_COUNT", "POCL_CPU_MAX_CU_COUNT"), count)
    try:
        done = subprocess.run(
            command, env=os.environ | held, capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return f"skipped: not compiled within {limit:g} s"
    if peer == "jax" and "ModuleNotFoundError" in done.stderr:
        return JAX_MISSING
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def bonsaic(work: Work) -> Trainer:
    """The fused kernel and the jitted step beside it."""
    from bonsaic.grow import device

    chosen = device.choose()
    from bonsaic.grow.kernel import tuned
    from bonsaic.grow.population import Population, Sparsity

    rng = np.random.default_rng(0)
    batch = tuned(work.networks, work.words, work.ticks, chosen.is_cpu, clipped=False)
    weights = work.shape.initial(rng, work.networks)
    population = Population(work.shape, batch, weights, Sparsity())
    population.learn(*work.words_and_targets(rng))
    picks = np.tile(np.arange(batch.vectors), (work.networks, 1))
    return lambda: population.step(RATE, 0.0, 0.0, picks), population.loss


def plain(work: Work) -> Trainer:
    """tinygrad's own operations."""
    from bonsaic.grow import device

    device.choose()
    from bonsaic.grow.plain import training

    rng = np.random.default_rng(0)
    weights = work.shape.initial(rng, work.networks)
    step = training(work.shape, weights, *work.words_and_targets(rng), RATE)
    return step, lambda: step().numpy()


def jax(work: Work) -> Trainer:
    """JAX: one jitted step with a scan over the ticks."""
    return import_module("bonsaic.bench.peer_jax").trainer(work, RATE)


def matrix(work: Work) -> Trainer:
    """NumPy's product of two large matrices: what the processor can do at most."""
    a = np.random.default_rng(0).normal(size=(MATRIX, MATRIX)).astype(np.float32)
    return lambda: a @ a, lambda: None


PEERS: dict[str, Callable[[Work], Trainer]] = {
    "bonsaic": bonsaic,
    "jax": jax,
    "plain": plain,
    "matrix": matrix,
}


def timed(step: Callable[[], object], wait: Callable[[], object]) -> float:
    """Seconds of a step, of the fastest of several blocks of steps."""
    for _ in range(WARM):
        step()
        wait()
    started = time.perf_counter()
    step()
    wait()
    count = max(1, int(BLOCK_SECONDS / (time.perf_counter() - started)))
    blocks = []
    for _ in range(BLOCKS):
        started = time.perf_counter()
        for _ in range(count):
            step()
        wait()
        blocks.append((time.perf_counter() - started) / count)
    return min(blocks)


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("threads", type=int)
    parser.add_argument("work", type=int, nargs=6)
    a = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: a.threads])
    print(timed(*PEERS[a.peer](Work(*a.work))))


if __name__ == "__main__":
    _main()
