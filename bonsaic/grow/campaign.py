"""One call from a table machine to a proved network: sizes tried in turn, the budget, and what is told on the way."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bonsaic.diag import mistake
from bonsaic.grow import device as devices
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.checkpoint import Checkpoint, Snapshot
from bonsaic.grow.grown import Grown, Progress
from bonsaic.grow.record import Record, record_of, snapshot
from bonsaic.grow.teacher import MAY_TELL, Teacher
from bonsaic.grow.untrained import Found, by_letters, by_questions, by_states
from bonsaic.grow.words import Sampler
from bonsaic.ir.mealy import Mealy

if TYPE_CHECKING:  # the loop imports tinygrad, which has to wait until the device is chosen
    from bonsaic.grow.loop import Plan

STEPS = 1200, 1200  # of the first population and of the next
LEARNT = 40  # letters of a program without state up to which words are trained on


@dataclass(frozen=True)
class _Clock:
    """Whether a campaign's time is over."""

    started: float
    budget: float
    stop: Callable[[], bool]

    @property
    def spent(self) -> float:
        return time.perf_counter() - self.started

    @property
    def left(self) -> float:
        return max(0.0, self.budget - self.spent)

    def over(self) -> bool:
        return self.spent > self.budget or self.stop()


def plans(mealy: Mealy) -> list[Plan]:
    """The populations to try for this machine, the first guess first."""
    from bonsaic.grow.loop import Plan

    rows, inputs, outputs = int(mealy.legal.sum()), len(mealy.inputs), len(mealy.outputs)
    distance = mealy.distances()
    diameter = int(distance[distance < mealy.states].max(initial=0))
    ticks = int(np.clip(diameter + 8, 12, 32)) // 4 * 4
    start = next((i for i, most in enumerate((8, 20, 40)) if rows <= most), 3)
    ladder = [(4, 8), (8, 16), (12, 24), (16, 64), (16, 64)]  # wider ones learn later
    ladder = ladder[start : start + 2]
    if mealy.states == 1:
        ladder = [(0, o) for _, o in ladder]
    return [
        Plan(Architecture(inputs, (size,), outputs), ticks, steps)
        for size, steps in zip(ladder, STEPS, strict=False)
    ]


def grow(
    mealy: Mealy,
    *,
    frequencies: np.ndarray | None = None,
    seed: int = 0,
    budget: float = 60.0,
    guide: str = "repair",
    device: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    keep: Path | None = None,
    resume: bool = False,
    recipe: str = "default",
) -> Grown:
    """Grow a network for a minimised machine until one is proved, the budget is spent, or `stop` says so.

    The same seed on the same device gives the same network, bit for bit, however fast the machine is; only where the
    budget cuts depends on time. Ctrl-C ends growing with the best network so far. keep: a directory where the
    campaign is written down every few seconds; `resume` goes on from there, and what comes of it is the same.
    recipe: how weights are found from words, see `recipes`. frequencies: how often words hold each letter, up to a
    factor.
    """
    assert guide in MAY_TELL, guide
    if resume and recipe != "default":
        why = f"the recipe `{recipe}` writes no population down to go on with"
        raise mistake("--resume", why, help="leave --resume out")
    clock = _Clock(time.perf_counter(), budget, stop)
    chosen = devices.choose(device)
    rng, record = np.random.default_rng(seed), Record()
    teacher = Teacher(Sampler(mealy, frequencies), guide)
    checkpoint = None
    if keep and recipe == "default":  # the others' searches are not written down
        often = None if frequencies is None else frequencies.tolist()
        checkpoint = Checkpoint(keep, mealy, often, seed, guide, chosen)
    start = checkpoint.read() if checkpoint and resume else None
    if start is not None:
        record = record_of(start, mealy)
        teacher.told.update(start.facts["told"])
    found, interrupted = None, False
    try:
        plain = recipe == "default" and start is None
        if plain and guide == "states":
            found = by_states(record, teacher, rng, clock.over)
        elif plain and mealy.states == 1 and len(mealy.letters) > LEARNT:
            found = by_letters(record, teacher, clock.over)
        if found is None and not (record.tried and start is None and clock.over()):
            fitting = plans(mealy)
            if recipe != "default":
                fitting = [_by_recipe(p, recipe) for p in fitting]
            with devices.watched(chosen):
                found = _by_words(
                    record, teacher, fitting, chosen, rng, clock, progress, checkpoint, start
                )
    except KeyboardInterrupt:
        interrupted = True
    told = tuple(sorted(teacher.told))
    network, best = (
        n and n[0].network(n[1], mealy.name, mealy.inputs, mealy.outputs)
        for n in (found, found or record.best)
    )
    for n in (network, best):
        if n is not None:
            n.note.update(
                guide=guide,
                told=told,
                seed=seed,
                made=record.made,
                wrong_before_repair=record.wrong_before,
            )
    return Grown(
        network,
        best,
        str(chosen),
        told,
        record.steps,
        record.tried,
        record.solved,
        tuple(record.curve),
        tuple(tuple(word) for word in record.outstanding),
        clock.spent,
        interrupted,
        _advice(record, guide, budget),
    )


def _by_recipe(plan: Plan, recipe: str) -> Plan:
    activation = "tanh" if recipe == "tanh" else "ameo"
    shape = replace(plan.shape, activation=activation, hard=recipe != "original")
    return type(plan)(shape, plan.ticks, plan.steps, recipe=recipe)


def _by_words(
    record: Record,
    teacher: Teacher,
    fitting: list[Plan],
    chosen: devices.Device,
    rng: np.random.Generator,
    clock: _Clock,
    progress: Callable[[Progress], None] | None,
    checkpoint: Checkpoint | None,
    start: Snapshot | None,
) -> Found | None:
    """One population after another, through the plans and round again; the first from where `start` left it."""
    from bonsaic.grow.loop import NETWORKS, Attempt
    from bonsaic.grow.original import Original

    compiling: dict[Architecture, float] = {}  # seconds to the first look at a population
    for plan in itertools.islice(itertools.cycle(fitting), record.populations, None):
        if compiling.get(plan.shape, max(compiling.values(), default=0.0)) > clock.left:
            return None
        since = clock.spent
        if plan.recipe == "original":
            attempt: Attempt = Original(plan, teacher, rng, chosen.is_cpu, over=clock.over)
        else:
            attempt = Attempt(plan, teacher, rng, chosen.is_cpu)
        if start is None:
            record.tried += NETWORKS
        else:
            attempt.restore(start.facts["attempt"], start.arrays)
            start = None
        before, began = record.steps - attempt.steps, attempt.steps
        for loss in attempt.run():
            best = float(loss[:, 0].min())
            compiling.setdefault(plan.shape, clock.spent - since)
            record.steps = before + attempt.steps
            record.curve.append((record.steps, best, attempt.penalty))
            if attempt.best is not None:
                record.best = plan.shape, attempt.best
                record.outstanding = [word.tolist() for word in attempt.outstanding]
            if progress:
                spent, ran = clock.spent, attempt.steps - began
                told = Progress(
                    clock.left,
                    record.steps,
                    NETWORKS,
                    attempt.solved,
                    int(attempt.proved is not None),
                    best,
                    attempt.penalty,
                    ran * NETWORKS / (spent - since),
                    "{} states, {} neurons".format(*plan.shape.cells[-1]),
                )
                progress(told)
            if attempt.proved is not None or clock.over():
                break
            if checkpoint and checkpoint.due() and not attempt.hopeless:
                checkpoint.write(snapshot(record, attempt))
        record.solved += attempt.most_solved
        record.populations += 1
        if attempt.proved is not None:
            record.wrong_before = attempt.wrong_before
            return attempt.proved
        if not clock.over() and plan.recipe == "default" and record.populations == len(fitting):
            found = by_questions(record, teacher, plan.ticks, rng, clock.over)
            if found is not None:
                return found
        if clock.over():
            return None
    raise AssertionError("there is always a plan")


def _advice(record: Record, guide: str, budget: float) -> str:
    more = f"try `--budget {2 * budget:g}`, another `--seed`"
    further = {"none": " or `--guide repair`", "repair": " or `--guide states`", "states": ""}[
        guide
    ]
    state = f"{record.solved} of {record.tried} networks answered their last words rightly"
    return f"{state}; {more}{further}"
