"""One call from a table machine to a proved network: sizes tried in turn, the budget, and what is told on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow import device as devices
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.words import Sampler
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Network

GUIDES = ("none", "repair", "states")


@dataclass(frozen=True)
class Progress:
    """What a person sees while networks grow. solved: networks without a wrong answer on their last words."""

    seconds: float
    left: float
    step: int
    networks: int
    solved: int
    proved: int
    loss: float
    sparsity: float
    speed: float
    size: str

    def __str__(self) -> str:
        return (
            f"{self.seconds:5.1f} s ({self.left:.0f} s left)  {self.size}  step {self.step}  "
            f"solved {self.solved}/{self.networks}  loss {self.loss:.4f}  sparsity {self.sparsity:.3f}  "
            f"{self.speed / 1e3:.0f}k network-steps/s"
        )


@dataclass(frozen=True)
class Grown:
    """What growing reached.

    network: proved, or None; best: the most promising network otherwise. tried, solved: networks trained, and those
    without a wrong answer on their last words. sizes: (states, outputs) tried, in order. curve: (step, loss, sparsity
    penalty) of the best network over all populations. outstanding: shortest words that the best network still gets
    wrong. advice: what to try next where nothing was proved.
    """

    network: Network | None
    best: Network | None
    device: str
    guide: str
    steps: int = 0
    tried: int = 0
    solved: int = 0
    sizes: tuple[tuple[int, int], ...] = ()
    curve: tuple[tuple[int, float, float], ...] = ()
    outstanding: tuple[tuple[int, ...], ...] = ()
    seconds: float = 0.0
    interrupted: bool = False
    advice: str = ""


@dataclass
class _Record:
    """What the populations so far have added up to."""

    started: float
    steps: int = 0
    tried: int = 0
    solved: int = 0
    sizes: list[tuple[int, int]] = field(default_factory=list)
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    best: Network | None = None
    outstanding: tuple = ()


def sizes(mealy: Mealy) -> list[tuple[int, int]]:
    """(states, outputs) of one cell, the first guess for this machine first, then bigger ones."""
    rows = int(mealy.legal.sum())
    ladder = [(4, 8), (8, 16), (12, 24), (16, 32), (24, 48)]
    start = next((i for i, most in enumerate((8, 20, 40, 80)) if rows <= most), 4)
    stateless = mealy.states == 1
    return [(0 if stateless else s, o) for s, o in ladder[start:]]


def grow(
    mealy: Mealy,
    *,
    seed: int = 0,
    budget: float = 60.0,
    guide: str = "repair",
    device: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Grown:
    """Grow a network for a minimised machine until one is proved, the budget is spent, or `stop` says so.

    The same seed on the same device gives the same network, bit for bit, however fast the machine is; only where the
    budget cuts depends on time. Ctrl-C ends growing with the best network so far.
    """
    assert guide in GUIDES, guide
    record = _Record(time.perf_counter())
    chosen = devices.choose(device)
    network, interrupted = None, False
    try:
        network = _campaign(record, mealy, chosen, seed, budget, guide, progress, stop)
    except KeyboardInterrupt:
        interrupted = True
    return Grown(
        network,
        network or record.best,
        str(chosen),
        guide,
        record.steps,
        record.tried,
        record.solved,
        tuple(record.sizes),
        tuple(record.curve),
        tuple(tuple(w.tolist()) for w in record.outstanding),
        time.perf_counter() - record.started,
        interrupted,
        _advice(record, guide, budget),
    )


def _campaign(record, mealy, chosen, seed, budget, guide, progress, stop) -> Network | None:
    from bonsaic.grow.loop import NETWORKS, Attempt

    rng = np.random.default_rng(seed)
    machine = Sampler(mealy)
    ticks = int(np.clip(_diameter(machine) + 8, 12, 32)) // 4 * 4
    ladder = sizes(mealy)
    turn = 0
    while True:
        states, outputs = ladder[min(turn, len(ladder) - 1)]
        turn += 1
        shape = Architecture(len(mealy.inputs), ((states, outputs),), len(mealy.outputs))
        record.sizes.append((states, outputs))
        record.tried += NETWORKS
        attempt = Attempt(shape, machine, rng, chosen.is_cpu, ticks, guide != "none" and states > 0)
        solved, began = 0, time.perf_counter()
        for loss in attempt.run():
            now = time.perf_counter()
            spent = now - record.started
            solved = max(solved, attempt.solved)
            record.curve.append(
                (record.steps + attempt.steps, float(loss[:, 0].min()), attempt.penalty)
            )
            if progress:
                speed = attempt.steps * NETWORKS / (now - began)
                progress(
                    Progress(
                        spent,
                        max(0.0, budget - spent),
                        record.steps + attempt.steps,
                        NETWORKS,
                        attempt.solved,
                        int(attempt.proved is not None),
                        float(loss[:, 0].min()),
                        attempt.penalty,
                        speed,
                        f"{states} states, {outputs} neurons",
                    )
                )
            if attempt.best is not None:
                record.best = _network(shape, attempt.best, mealy, guide, seed)
                record.outstanding = attempt.outstanding
            if attempt.proved is not None:
                break
            if spent > budget or stop():
                break
        record.steps += attempt.steps
        record.solved += solved
        if attempt.proved is not None:
            return _network(shape, attempt.proved, mealy, guide, seed)
        if time.perf_counter() - record.started > budget or stop():
            return None


def _diameter(machine: Sampler) -> int:
    d = machine.distance
    return int(d[d < machine.mealy.states].max(initial=0))


def _network(shape: Architecture, flat: np.ndarray, mealy: Mealy, guide: str, seed: int) -> Network:
    network = shape.network(flat, mealy.name, mealy.inputs, mealy.outputs)
    network.note.update(guide=guide, seed=seed)
    return network


def _advice(record: _Record, guide: str, budget: float) -> str:
    more = f"try `--budget {2 * budget:g}`, another `--seed`"
    further = {"none": " or `--guide repair`", "repair": " or `--guide states`", "states": ""}[
        guide
    ]
    state = f"{record.solved} of {record.tried} networks answered their last words rightly"
    return f"{state}; {more}{further}"
