"""How much shrinking each effort buys, and which of the ways to a smaller network is taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.logic.gates import beyond
from bonsaic.grow.logic.layout import Plan, built
from bonsaic.grow.logic.machine import narrowest, planned
from bonsaic.grow.logic.tidy import tidied
from bonsaic.grow.shrink.coded import coded_of, network_of
from bonsaic.grow.shrink.codings import Coding, climbed
from bonsaic.grow.shrink.finish import finish
from bonsaic.grow.shrink.walk import agree, machine_of
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Network

SECONDS = {"fast": 3.0, "hard": 30.0}  # of processor time, what a build gives pruning at most
CODINGS = {"fast": 60, "hard": 2000}  # of states, that are tried
STACKS = {"fast": 8, "hard": 24}  # of the cheapest, built
# Of the time, until which codings are tried, as long as none will do, and networks built.
LAID, SOUGHT, BUILT = 0.3, 0.6, 0.85
ROWS = 20_000  # beyond which a network stays as it is
LARGE = 20_000_000  # weights times rows, beyond which a network is not finished
KEPT = "codes kept"  # the recipe that changes weights alone
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
            late = (
                self.budget is not None and time.process_time() > self.started + share * self.budget
            )
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
    """A network of as few edges as can be found that answers as `mealy`, of which `network` is proved.

    What is looked for is the network's own machine, minimised.

    effort: "off", "fast" or "hard". budget: seconds of this process's processor time, which other processes do not
    change, after which the search ends early; without one, or with enough, the result depends on the arguments alone.
    progress(which, edges) hears of every network that is finished; stop() is asked now and then.
    """
    started = time.process_time()
    mealy, margin = machine_of(network, mealy)
    kept = Shrunk(network, network.edges, margin, "kept", ())
    if effort == "off" or mealy.legal.sum() > ROWS:
        return kept
    e = Effort(effort, seed, started, budget, progress, stop)
    made = _constructed(mealy, network, e)
    found = _finished(made, mealy, "constructed", e) or _finished([network], mealy, KEPT, e)
    history, least = [], kept.edges
    for which, small in enumerate(found, 1):
        if small.edges < least:
            least = small.edges
            history.append((which, least))
    return replace(min([kept, *found], key=_worth), history=tuple(history))


def _constructed(mealy: Mealy, like: Network, e: Effort) -> list[Network]:
    """Cells one after the other, of the codings for which that takes least."""
    m, rng = mealy.reachable(), np.random.default_rng(e.seed)
    laid, sought, over = e.until(LAID), e.until(SOUGHT), e.until(BUILT)
    late = over  # once there is some coding, others may not take longer than they should

    def judge(coding: Coding) -> tuple[float, tuple[Coding, Plan | None]]:
        nonlocal late
        paid, plan = planned(m, coding, late)
        late = late if plan is None else laid
        return paid, (coding, plan)

    found: list[Network] = []

    def build(plan: Plan | None) -> None:
        if plan is not None:
            tidied(plan, over)
            shape, weights = built(plan)
            net = shape.network(weights, like.name, like.inputs, like.outputs)
            found.append(replace(net, note=like.note))

    tried = climbed(m, judge, CODINGS[e.name], rng, lambda: laid() and (late is laid or sought()))
    for _, (coding, plan) in tried[: STACKS[e.name]]:
        build(plan)
        build(plan and planned(m, coding, over, freed=True)[1])
    if not found:  # the last resort: better late than none
        build(narrowest(m, e.until(2)))
    return found


def _finished(nets: Sequence[Network], mealy: Mealy, recipe: str, e: Effort) -> list[Shrunk]:
    """These networks, all right, as `_polished`; the first at least, large ones as they are."""
    finished: list[Shrunk] = []
    over = e.until(1)
    for net in nets:
        if finished and over():
            break
        done = _polished(net, mealy, over)
        if done is None and recipe == KEPT:
            continue
        made = done or net
        margin = agree(mealy, made)
        assert margin is not None, "a finished network answers wrongly"
        small = Shrunk(made, made.edges, margin, recipe, ())
        if e.progress:
            e.progress(len(finished) + 1, small.edges)
        finished.append(small)
    return finished


def _polished(net: Network, mealy: Mealy, over: Callable[[], bool]) -> Network | None:
    """With few inputs to every neuron and round weights; None where that takes long."""
    weights = sum(k.size for k in net.kernels[:-1])
    if weights * mealy.legal.sum() > LARGE:
        return None
    coded = coded_of(net, mealy)
    if coded is None or weights * len(coded[1].here) > LARGE:
        return None
    return network_of(finish(*coded, over=over), net)


def _worth(s: Shrunk) -> tuple[float, int, float]:
    """Less is better: a margin that float32 could blur costs more than an edge."""
    thin = 1.5 if s.margin < THIN else 0
    return s.edges + beyond(s.network.fans) + thin, s.edges, -s.margin
