"""How much shrinking each effort buys, and which of the ways to a smaller network is taken."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.shrink.coded import Coded, coded_of, network_of
from bonsaic.grow.shrink.codings import climbed
from bonsaic.grow.shrink.construct import construct
from bonsaic.grow.shrink.finish import finish
from bonsaic.grow.shrink.gates import READS, beyond
from bonsaic.grow.shrink.letters import STATES as FEW_STATES
from bonsaic.grow.shrink.rows import rows_of
from bonsaic.grow.shrink.stack import stacked
from bonsaic.grow.shrink.stages import Layout, Workshop
from bonsaic.grow.shrink.walk import agree
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Network

SECONDS = {"fast": 3.0, "hard": 30.0}  # what a build gives pruning at most
TRIED = {"fast": 250, "hard": 1000}  # neurons' supports to look through while constructing
CODINGS = {"fast": 60, "hard": 2000}  # of states, for a stack of cells
FEWEST = 4  # codings of a single cell, however long each takes
STACKS = {"fast": 2, "hard": 8}  # of the cheapest layouts, built
ONE_CELL = {"fast": 64, "hard": 1000}  # rows up to which a single cell is tried beside a stack
FINISHED = 8  # of the smallest networks, this many are given round weights and compared
LAID, STACKED = 0.2, 0.4  # of the time, until which codings are tried for stacks, and stacks built
CONSTRUCTED = 0.85  # and single cells constructed
THIN = 0.05  # a margin below this is avoided


@dataclass(frozen=True)
class Shrunk:
    """The small network, which recipe made it, and which finished ones were smaller than all before: (which, edges)."""

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
    or with enough, the result depends on the arguments alone. progress(which, edges) hears of every
    network that is finished; stop() is asked now and then.
    """
    before = agree(mealy, network)
    assert before is not None, "only a network that is right can be shrunk"
    kept = Shrunk(network, network.edges, before.margin, "kept", ())
    if effort == "off":
        return kept
    e = Effort(effort, seed, time.monotonic(), budget, progress, stop)
    found = _found(mealy, network, e) or _finished([network], mealy, "codes kept", e, 1)
    history, least = [], kept.edges
    for which, small in enumerate(found, 1):
        if small.edges < least:
            least = small.edges
            history.append((which, least))
    return replace(min([kept, *found], key=_worth), history=tuple(history))


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
    done = _finished(stacks, mealy, "stacked", e, STACKED)
    if done and mealy.legal.sum() > ONE_CELL[e.name]:
        return done
    single = [network_of(net, like) for net in _one_cell(mealy, e, rng)[:FINISHED]]
    return done + _finished(single, mealy, "one cell", e, 1)


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


def _one_cell(mealy: Mealy, e: Effort, rng: np.random.Generator) -> list[Coded]:
    rows = rows_of(mealy)
    bits = max(rows.states - 1, 1).bit_length()
    each = (math.comb(max(rows.inputs + bits, READS), READS) + 4) * (rows.wires + bits)
    tries = int(np.clip(TRIED[e.name] / each, FEWEST, 2000))
    return construct(mealy, tries, rng, over=e.until(CONSTRUCTED))


def _finished(
    nets: Sequence[Network], mealy: Mealy, recipe: str, e: Effort, share: float
) -> list[Shrunk]:
    """These right networks with few inputs to every neuron and round weights; the first at least."""
    finished: list[Shrunk] = []
    over = e.until(share)
    for net in nets:
        if finished and over():
            break
        coded = coded_of(net, mealy)
        if coded is None:
            continue
        done = network_of(finish(*coded, over=over), net)
        verdict = agree(mealy, done)
        assert verdict is not None, "a finished network answers wrongly"
        if e.progress:
            e.progress(len(finished) + 1, done.edges)
        finished.append(Shrunk(done, done.edges, verdict.margin, recipe, ()))
    return finished


def _worth(s: Shrunk) -> tuple[float, float]:
    """Less is better: a margin that float32 could blur costs more than an edge."""
    kernels = [k for c in s.network.cells for k in (c.recurrent_kernel, c.output_kernel)]
    fans = np.concatenate([np.count_nonzero(k, axis=0) for k in (*kernels, s.network.head_kernel)])
    return s.edges + beyond(fans) + (1.5 if s.margin < THIN else 0), -s.margin
