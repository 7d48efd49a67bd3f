"""How much shrinking each effort buys, and which of the ways to a smaller network is taken."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bonsaic.grow.shrink.coded import coded_of, network_of
from bonsaic.grow.shrink.construct import ALL_CODINGS, construct
from bonsaic.grow.shrink.cover import covers
from bonsaic.grow.shrink.decompose import READS
from bonsaic.grow.shrink.finish import finish
from bonsaic.grow.shrink.rows import Rows, rows_of
from bonsaic.grow.shrink.search import WIDE, Found, Plan, search
from bonsaic.grow.shrink.sketch import Sketch, expand
from bonsaic.grow.shrink.walk import agree
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Network

WORK = {"fast": 1e8, "hard": 4e8}  # array elements a search may touch
TRIED = {"fast": 250, "hard": 2000}  # neurons' supports to look through while constructing
IDLE = {"fast": 300, "hard": 1000}
OVERHEAD = 16_000  # elements' worth of calls in one step
COUNTS = (24, 96)  # the fewest and the most networks side by side
STEPS = (400, 8000)
FINISHED = 8  # of the smallest networks, this many are given round weights and compared
HOPELESS = 0.1  # with more of the rows wrong than this, more neurons a signal are not tried
UNCOVERED = (
    0.4  # of the time, after which a machine that nothing was found for is covered by and-gates
)
COVERS = {"fast": 2e6, "hard": 8e6}  # codings times rows squared to try for such a cover
DESCENDING = 0.65  # of the time, until which a cover is descended from: what comes of it takes longer to lower
DESCENDED = 2000  # edges up to which a cover is worth descending from
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
    if found.nets:
        small = [expand(net, network) for net in found.nets]
        candidate = _shrunk(small, mealy, "codes free", found.history, deadline)
    elif coded_of(network, mealy) is not None:
        candidate = _shrunk([network], mealy, "codes kept", (), deadline)
    else:
        return kept
    return min(kept, candidate, key=lambda s: s.edges)


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
    small = [expand(net, like) for net in found.nets]
    return _shrunk(small, mealy, "codes free", found.history, deadline).network


def _search(
    rows: Rows,
    effort: str,
    seed: int,
    deadline: float | None,
    progress: Callable[[int, int], None] | None,
    stop: Callable[[], bool] | None,
) -> Found:
    """Construct, then descend from what was constructed, or else from what the population finds."""
    rng = np.random.default_rng(seed)
    now = time.monotonic()
    uncovered, descended = (
        None if deadline is None else now + share * (deadline - now)
        for share in (UNCOVERED, DESCENDING)
    )

    def over(end: float | None = deadline) -> bool:
        late = end is not None and time.monotonic() > end
        return late or (stop is not None and stop())

    found = _from_little(rows, effort, rng, lambda: over(uncovered), over, progress)
    if found.nets:
        return found
    tries = int(np.clip(COVERS[effort] / len(rows.here) ** 2, 4, 200))
    start = covers(rows, tries, rng, over=over)[:FINISHED]
    start = [net for net in start if _per_bit(net) <= _per_bit(start[0])]
    found = Found(start)
    if start[0].edges <= DESCENDED and not over(descended):
        sizes = _sizes(start)[0]
        found = _descend(rows, effort, rng, start, sizes, lambda: over(descended), progress)
    return found


def _from_little(
    rows: Rows,
    effort: str,
    rng: np.random.Generator,
    late: Callable[[], bool],
    over: Callable[[], bool],
    progress: Callable[[int, int], None] | None,
) -> Found:
    """What few neurons a signal can do; until `late` where nothing was found, else until `over`."""
    built = construct(rows, _tries(rows, effort), rng, over=late)
    start = [net for net in built if _per_bit(net) <= _per_bit(built[0])][:FINISHED]
    found = Found()
    for sizes in _sizes(start):
        end = over if start else late
        found = _descend(rows, effort, rng, start, sizes, end, progress)
        if found.nets or end() or found.fewest_wrong > len(rows.here) * HOPELESS:
            break
    return found


def _descend(
    rows: Rows,
    effort: str,
    rng: np.random.Generator,
    start: Sequence[Sketch],
    sizes: tuple[int, int],
    over: Callable[[], bool],
    progress: Callable[[int, int], None] | None,
) -> Found:
    per_bit, per_wire = sizes
    return search(
        rows,
        _plan(rows, effort, per_bit, per_wire),
        rng,
        start=start,
        per_bit=per_bit,
        per_wire=per_wire,
        over=over,
        progress=progress,
    )


def _sizes(start: Sequence[Sketch]) -> list[tuple[int, int]]:
    """Neurons per bit and per wire: as the constructed sketches have, else few and then more."""
    if not start:
        return [(1, 2), (2, 3)]
    per_wire = max(np.bincount(net.owner)[net.bits :].max(initial=2) for net in start)
    return [(_per_bit(start[0]), int(per_wire))]


def _per_bit(net: Sketch) -> int:
    return int(net.neurons_of_bits.max(initial=1))


def _tries(rows: Rows, effort: str) -> int:
    """How many codings to construct for."""
    bits = max(rows.states - 1, 1).bit_length()
    each = (math.comb(max(rows.inputs + bits, READS), READS) + 4) * (rows.wires + bits)
    return int(np.clip(TRIED[effort] / each, 3 if rows.states <= ALL_CODINGS else 1, 2000))


def _plan(rows: Rows, effort: str, per_bit: int, per_wire: int) -> Plan:
    """As many networks and steps as the effort's work allows for a table of this size."""
    bits = max(rows.states - 1, 1).bit_length() + 2
    each = len(rows.here) * (2 * (bits * per_bit + per_wire * rows.wires) + rows.inputs + bits)
    count = int(np.clip(WORK[effort] / STEPS[0] / each, *COUNTS))
    steps = int(np.clip(WORK[effort] / (count * each + OVERHEAD), *STEPS))
    return Plan(count, steps, IDLE[effort])


def _shrunk(
    nets: Sequence[Network],
    mealy: Mealy,
    recipe: str,
    history: Sequence[tuple[int, int]],
    deadline: float | None,
) -> Shrunk:
    """The best of these right networks, finished: few edges and narrow neurons, then the widest margin."""
    finished: list[Shrunk] = []

    def over() -> bool:
        return deadline is not None and time.monotonic() > deadline

    for net in nets[:FINISHED]:
        if finished and over():
            break
        coded = coded_of(net, mealy)
        if coded is None:
            continue
        done = network_of(finish(*coded, over=over), net)
        verdict = agree(mealy, done)
        assert verdict is not None, "a finished network answers wrongly"
        finished.append(Shrunk(done, done.edges, verdict.margin, recipe, tuple(history)))
    assert finished
    return min(finished, key=_worth)


def _worth(s: Shrunk) -> tuple[float, float]:
    """Less is better: a margin that float32 could blur costs more than an edge."""
    (cell,) = s.network.cells
    fans = [np.count_nonzero(k, axis=0) for k in (cell.recurrent_kernel, cell.output_kernel)]
    wide = np.maximum(np.concatenate(fans) - WIDE, 0).sum()
    return s.edges + 2.0 * wide + (1.5 if s.margin < THIN else 0), -s.margin
