"""How much shrinking each effort buys, and which of the ways to a smaller network is taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bonsaic.grow.shrink.coded import Coded, holds, network_of, trim
from bonsaic.grow.shrink.finish import finish
from bonsaic.grow.shrink.rows import Rows, rows_of
from bonsaic.grow.shrink.search import WIDE, Found, Plan, search
from bonsaic.grow.shrink.walk import agree, raw_machine_of
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Network

WORK = {"fast": 5e7, "hard": 5e8}  # array elements a search may touch
IDLE = {"fast": 400, "hard": 1500}
OVERHEAD = 16_000  # elements' worth of calls in one step
COUNTS = (24, 96)  # the fewest and the most networks side by side
STEPS = (600, 8000)
FINISHED = 8  # of the smallest networks, this many are given round weights and compared
THIN = 0.05  # a margin below this is avoided


@dataclass(frozen=True)
class Shrunk:
    """The small network, which recipe made it, and when each smaller one came: (step, edges)."""

    network: Network
    edges: int
    margin: float
    recipe: str
    history: tuple[tuple[int, int], ...]


def shrink(
    network: Network,
    mealy: Mealy,
    *,
    effort: str,
    seed: int,
    budget: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Shrunk:
    """A network of as few edges as can be found that answers as `mealy`, the proved one's machine.

    effort: "off", "fast" or "hard". budget: seconds after which the search ends early; without one,
    or with enough, the result depends on the arguments alone. progress(step, edges) hears of every
    smaller network; stop() is asked now and then.
    """
    before = agree(mealy, network)
    assert before is not None, "only a network that is right can be shrunk"
    kept = Shrunk(network, network.edges, before.margin, "kept", ())
    if effort == "off":
        return kept
    deadline = None if budget is None else time.monotonic() + budget
    rows = rows_of(mealy)
    found = _search(rows, effort, seed, deadline, progress, stop)
    candidates = [_shrunk(found, rows, mealy, network, "codes free")] if found.nets else []
    if not candidates:
        own = _own_codes(network, mealy)
        if own is not None:
            candidates.append(_shrunk(Found([own[0]]), own[1], mealy, network, "codes kept"))
    return min([kept, *candidates], key=lambda s: s.edges)


def from_table(
    mealy: Mealy,
    *,
    effort: str = "fast",
    seed: int = 0,
    budget: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Network | None:
    """A small network with one code per state of the table, or None where the search finds none."""
    rows = rows_of(mealy)
    deadline = None if budget is None else time.monotonic() + budget
    found = _search(rows, effort, seed, deadline, progress, stop)
    if not found.nets:
        return None
    empty = np.zeros((0, len(mealy.outputs)), np.float32)
    like = Network(
        mealy.name, mealy.inputs, mealy.outputs, (), empty, np.zeros(len(mealy.outputs), np.float32)
    )
    return _shrunk(found, rows, mealy, like, "codes free").network


def _search(
    rows: Rows,
    effort: str,
    seed: int,
    deadline: float | None,
    progress: Callable[[int, int], None] | None,
    stop: Callable[[], bool] | None,
) -> Found:
    return search(
        rows,
        _plan(rows, effort),
        np.random.default_rng(seed),
        deadline=deadline,
        stop=stop,
        progress=progress,
    )


def _plan(rows: Rows, effort: str) -> Plan:
    """As many networks and steps as the effort's work allows for a table of this size."""
    bits = max(rows.states - 1, 1).bit_length() + 2
    each = len(rows.here) * (2 * (bits + 2 * rows.wires) + rows.inputs + bits)
    count = int(np.clip(WORK[effort] / STEPS[0] / each, *COUNTS))
    steps = int(np.clip(WORK[effort] / (count * each + OVERHEAD), *STEPS))
    return Plan(count, steps, IDLE[effort])


def _shrunk(found: Found, rows: Rows, mealy: Mealy, like: Network, recipe: str) -> Shrunk:
    """The best of the smallest networks found, finished: fewest edges, then the widest margin."""
    finished = []
    for net in found.nets[:FINISHED]:
        done = network_of(finish(net, rows), like, like.note)
        verdict = agree(mealy, done)
        assert verdict is not None, "a finished network answers wrongly"
        finished.append(Shrunk(done, done.edges, verdict.margin, recipe, tuple(found.history)))
    return min(finished, key=_worth)


def _worth(s: Shrunk) -> tuple[float, float]:
    """Less is better: a margin that float32 could blur costs more than an edge."""
    (cell,) = s.network.cells
    fans = [np.count_nonzero(k, axis=0) for k in (cell.recurrent_kernel, cell.output_kernel)]
    wide = np.maximum(np.concatenate(fans) - WIDE, 0).sum()
    return s.edges + 2.0 * wide + (1.5 if s.margin < THIN else 0), -s.margin


def _own_codes(network: Network, mealy: Mealy) -> tuple[Coded, Rows] | None:
    """The network as it is, a code per state of its own unminimised machine, trimmed.

    None for several cells or soft ones.
    """
    own = raw_machine_of(network, mealy)
    if own is None or len(network.cells) != 1 or not network.hard_outputs:
        return None
    (cell,) = network.cells
    kernel = np.concatenate([cell.recurrent_kernel, cell.output_kernel], 1).T.astype(np.float64)
    bias = np.concatenate([cell.recurrent_bias, cell.output_bias]).astype(np.float64)
    head = network.head_kernel.T.astype(np.float64)
    net = Coded(own[1], kernel, bias, head, network.head_bias.astype(np.float64))
    rows = rows_of(own[0])
    return (trim(net, rows), rows) if holds(net, rows) else None
