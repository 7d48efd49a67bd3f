"""How much shrinking each effort buys, and which of the ways to a smaller network is taken."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.shrink.coded import coded_of, network_of
from bonsaic.grow.shrink.codings import climbed
from bonsaic.grow.shrink.construct import construct
from bonsaic.grow.shrink.finish import finish
from bonsaic.grow.shrink.gates import READS, beyond
from bonsaic.grow.shrink.letters import STATES as FEW_STATES
from bonsaic.grow.shrink.rows import Rows, rows_of
from bonsaic.grow.shrink.search import Found, Plan, search
from bonsaic.grow.shrink.stack import stacked
from bonsaic.grow.shrink.stages import Layout, Workshop
from bonsaic.grow.shrink.walk import agree
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Network

SECONDS = {"fast": 3.0, "hard": 30.0}  # what a build gives pruning at most
WORK = {"fast": 1e8, "hard": 4e8}  # array elements a search may touch
TRIED = {"fast": 250, "hard": 1000}  # neurons' supports to look through while constructing
CODINGS = {"fast": 60, "hard": 2000}  # of states, for a stack of cells
FEWEST = 4  # codings of a single cell, however long each takes
STACKS = {"fast": 2, "hard": 8}  # of the cheapest layouts, built
ONE_CELL = {"fast": 64, "hard": 1000}  # rows up to which a single cell is tried beside a stack
IDLE = {"fast": 300, "hard": 1000}
OVERHEAD = 16_000  # elements' worth of calls in one step
COUNTS = (24, 96)  # the fewest and the most networks side by side
STEPS = (400, 8000)
FINISHED = 8  # of the smallest networks, this many are given round weights and compared
LAID, STACKED = 0.2, 0.4  # of the time, until which codings are tried for stacks, and stacks built
CONSTRUCTED, SEARCHED = 0.55, 0.85  # and single cells constructed, and descended from
THIN = 0.05  # a margin below this is avoided


@dataclass(frozen=True)
class Shrunk:
    """The small network, which recipe made it, and when each smaller one came: (step, edges)."""

    network: Network
    edges: int
    margin: float
    recipe: str
    history: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Effort:
    """What shrinking may take: "fast" or "hard", a seed, and when it has to end."""

    name: str
    seed: int
    started: float
    budget: float | None
    progress: Callable[[int, int], None] | None
    stop: Callable[[], bool] | None

    def until(self, share: float) -> Callable[[], bool]:
        """Whether this share of the time is over, or somebody says stop."""

        def over() -> bool:
            late = self.budget is not None and time.monotonic() > self.started + share * self.budget
            return late or (self.stop is not None and self.stop())

        return over


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
    e = Effort(effort, seed, time.monotonic(), budget, progress, stop)
    found = _found(mealy, network, e) or _finished([network], mealy, "codes kept", e.until(1))
    return min([kept, *found], key=_worth)


def from_table(
    mealy: Mealy,
    *,
    effort: str = "fast",
    seed: int = 0,
    budget: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Network | None:
    """A small network of hard cells that answers as the table, or None where the search finds none."""
    wires = len(mealy.outputs)
    empty = np.zeros((0, wires), np.float32)
    like = Network(mealy.name, mealy.inputs, mealy.outputs, (), empty, np.zeros(wires, np.float32))
    e = Effort(effort, seed, time.monotonic(), budget, progress, stop)
    found = _found(mealy, like, e)
    return min(found, key=_worth).network if found else None


def _found(mealy: Mealy, like: Network, e: Effort) -> list[Shrunk]:
    """Finished networks, of stacked cells and of one."""
    rng = np.random.default_rng(e.seed)
    stacks = _stacks(mealy, like, e, rng)
    done = _finished(stacks, mealy, "stacked", e.until(STACKED))
    if done and mealy.legal.sum() > ONE_CELL[e.name]:
        return done
    found = _one_cell(mealy, e, rng)
    single = [network_of(net, like) for net in found.nets[:FINISHED]]
    singles = _finished(single, mealy, "one cell", e.until(1))
    return done + [replace(s, history=tuple(found.history)) for s in singles]


def _stacks(mealy: Mealy, like: Network, e: Effort, rng: np.random.Generator) -> list[Network]:
    """A features' cell, the states' and perhaps the outputs', of the codings for which that takes least."""
    m = mealy.reachable()
    if not 1 < m.states <= FEW_STATES:
        return []

    workshop, over = Workshop(m), e.until(STACKED)

    def judge(codes: np.ndarray) -> tuple[float, Layout]:
        made = workshop.layout(codes)
        return made.cost, made

    plans = climbed(m, judge, CODINGS[e.name], rng, e.until(LAID))
    found: list[Network] = []
    for _, plan in plans[: STACKS[e.name]]:
        if found and over():
            break
        both = (stacked(workshop, p, like) for p in (plan, workshop.freed(plan, over)))
        found += [net for net in both if net is not None]
    return found


def _one_cell(mealy: Mealy, e: Effort, rng: np.random.Generator) -> Found:
    """Constructed, and descended from."""
    rows, over = rows_of(mealy), e.until(SEARCHED)
    tries = _tries(rows, e.name)
    start = construct(mealy, tries, rng, over=e.until(CONSTRUCTED))[:FINISHED]
    if not start:
        return Found()
    per_wire = max(2, *(int((net.head != 0).sum(1).max(initial=0)) for net in start))
    plan = _plan(rows, e.name, per_wire)
    return search(rows, plan, rng, start=start, per_wire=per_wire, over=over, progress=e.progress)


def _tries(rows: Rows, effort: str) -> int:
    """How many codings to construct for."""
    bits = max(rows.states - 1, 1).bit_length()
    each = (math.comb(max(rows.inputs + bits, READS), READS) + 4) * (rows.wires + bits)
    return int(np.clip(TRIED[effort] / each, FEWEST, 2000))


def _plan(rows: Rows, effort: str, per_wire: int) -> Plan:
    """As many networks and steps as the effort's work allows for a table of this size."""
    bits = max(rows.states - 1, 1).bit_length() + 2
    each = len(rows.here) * (2 * (bits + per_wire * rows.wires) + rows.inputs + bits)
    count = int(np.clip(WORK[effort] / STEPS[0] / each, *COUNTS))
    steps = int(np.clip(WORK[effort] / (count * each + OVERHEAD), *STEPS))
    return Plan(count, steps, IDLE[effort])


def _finished(
    nets: Sequence[Network], mealy: Mealy, recipe: str, over: Callable[[], bool]
) -> list[Shrunk]:
    """These right networks with few inputs to every neuron and round weights; the first at least."""
    finished: list[Shrunk] = []
    for net in nets:
        if finished and over():
            break
        coded = coded_of(net, mealy)
        if coded is None:
            continue
        done = network_of(finish(*coded, over=over), net)
        verdict = agree(mealy, done)
        assert verdict is not None, "a finished network answers wrongly"
        finished.append(Shrunk(done, done.edges, verdict.margin, recipe, ()))
    return finished


def _worth(s: Shrunk) -> tuple[float, float]:
    """Less is better: a margin that float32 could blur costs more than an edge."""
    kernels = [k for c in s.network.cells for k in (c.recurrent_kernel, c.output_kernel)]
    fans = np.concatenate([np.count_nonzero(k, axis=0) for k in (*kernels, s.network.head_kernel)])
    return s.edges + beyond(fans) + (1.5 if s.margin < THIN else 0), -s.margin
