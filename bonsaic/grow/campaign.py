"""One call from a table machine to a proved network: sizes tried in turn, the budget, and what is told on the way."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bonsaic.grow import device as devices
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.checkpoint import Checkpoint, Snapshot
from bonsaic.grow.grown import Grown, Progress
from bonsaic.grow.teacher import CODES, MAY_TELL, Teacher
from bonsaic.grow.words import Sampler
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Network

if TYPE_CHECKING:  # the loop imports tinygrad, which has to wait until the device is chosen
    from bonsaic.grow.loop import Attempt, Plan

GUIDES = tuple(MAY_TELL)
STEPS = 600, 400  # of the first population and of the next, bigger one
SORT_STEPS = 200  # of a wide one
WIDEST = 200  # rows of the machine up to which a population may have a state bit for each
TABLE_ROWS, TABLE_NETWORKS, TABLE_STEPS = 128, 16, 400
CONSTRUCTED, CONSTRUCTIONS = 1200, 4  # neurons of a kind; tries
GRID = 2.0**-12


@dataclass
class _Record:
    """What the populations so far have added up to. populations: those that are over."""

    populations: int = 0
    steps: int = 0
    tried: int = 0
    solved: int = 0
    sizes: list[tuple[int, int]] = field(default_factory=list)
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    best: tuple[Architecture, np.ndarray] | None = None
    wrong_before: float = 0.0
    outstanding: tuple[list[int], ...] = ()

    def snapshot(self, attempt: Attempt, teacher: Teacher, rng: np.random.Generator) -> Snapshot:
        """Everything that what comes next depends on."""
        facts, arrays = attempt.state()
        own = {k: v for k, v in vars(self).items() if k != "best"}
        if self.best is not None:
            own["cells"], arrays["best"] = self.best[0].cells, self.best[1]
        random = rng.bit_generator.state
        return Snapshot(
            {"record": own, "attempt": facts, "told": sorted(teacher.told), "random": random},
            arrays,
        )

    @classmethod
    def of(cls, start: Snapshot, mealy: Mealy) -> _Record:
        own = dict(start.facts["record"])
        cells = tuple(tuple(cell) for cell in own.pop("cells", ()))
        sizes, curve = ([tuple(row) for row in own.pop(name)] for name in ("sizes", "curve"))
        shape = Architecture(len(mealy.inputs), cells, len(mealy.outputs))
        best = (shape, start.arrays["best"]) if cells else None
        return cls(sizes=sizes, curve=curve, best=best, **own)


def plans(mealy: Mealy) -> list[Plan]:
    """The populations to try for this machine, the first guess first; the last one's codes are sorted."""
    from bonsaic.grow.loop import Plan

    rows, inputs, outputs = int(mealy.legal.sum()), len(mealy.inputs), len(mealy.outputs)
    distance = mealy.distances()
    diameter = int(distance[distance < mealy.states].max(initial=0))
    ticks = int(np.clip(diameter + 8, 12, 32)) // 4 * 4
    start = next((i for i, most in enumerate((8, 20, 40)) if rows <= most), 3)
    ladder = [(4, 8), (8, 16), (12, 24), (16, 32), (24, 48)][start : start + 2]
    if mealy.states == 1:
        ladder = [(0, o) for _, o in ladder]
    found = [
        Plan(Architecture(inputs, (size,), outputs), ticks, steps)
        for size, steps in zip(ladder, STEPS, strict=False)
    ]
    if mealy.states > 1 and rows <= WIDEST:
        many = rows + rows // 2 + 16
        wide = Architecture(inputs, ((many, many),), outputs)
        found.append(Plan(wide, 12, SORT_STEPS, sort=True))
    return found


def grow(
    mealy: Mealy,
    *,
    seed: int = 0,
    budget: float = 60.0,
    guide: str = "repair",
    device: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    keep: Path | None = None,
    resume: bool = False,
) -> Grown:
    """Grow a network for a minimised machine until one is proved, the budget is spent, or `stop` says so.

    keep: a directory where the campaign is written down every few seconds, to be gone on with by `resume`; what
    comes of it is the same, bit for bit.

    The same seed on the same device gives the same network, bit for bit, however fast the machine is; only where the
    budget cuts depends on time. Ctrl-C ends growing with the best network so far.
    """
    assert guide in GUIDES, guide
    started = time.perf_counter()
    chosen = devices.choose(device)
    teacher = Teacher(Sampler(mealy), guide)
    rng = np.random.default_rng(seed)
    record = _Record()
    checkpoint = Checkpoint(keep, mealy, seed, guide, chosen) if keep else None
    start = checkpoint.read() if checkpoint and resume else None
    if start is not None:
        record = _Record.of(start, mealy)
        teacher.told.update(start.facts["told"])
        rng.bit_generator.state = start.facts["random"]
    network, interrupted = None, False
    over = _Over(started, budget, stop)
    try:
        if guide == "states" and start is None:
            network = _by_states(record, teacher, mealy, rng, over)
        if network is None:
            network = _campaign(
                record, teacher, mealy, chosen, rng, over, progress, checkpoint, start
            )
    except KeyboardInterrupt:
        interrupted = True
    told = tuple(sorted(teacher.told))
    for n in (network, record.best):
        if n is not None:
            n.note.update(
                guide=guide, told=told, seed=seed, wrong_before_repair=record.wrong_before
            )
    return Grown(
        network,
        network or record.best,
        str(chosen),
        guide,
        told,
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


def _campaign(
    record: _Record,
    teacher: Teacher,
    mealy: Mealy,
    chosen: devices.Device,
    rng: np.random.Generator,
    budget: float,
    progress: Callable[[Progress], None] | None,
    stop: Callable[[], bool],
) -> Network | None:
    """One population after another, through the plans and round again."""
    from bonsaic.grow.loop import NETWORKS, Attempt

    def over() -> bool:
        return time.perf_counter() - record.started > budget or stop()

    for plan in itertools.cycle(p for p in plans(mealy) if not p.sort or teacher.may_tell(CODES)):
        shape = plan.shape
        record.sizes.append(shape.cells[-1])
        record.tried += NETWORKS
        attempt = Attempt(plan, teacher, rng, chosen.is_cpu)
        solved, began, before = 0, time.perf_counter(), record.steps
        for loss in attempt.run():
            now, best = time.perf_counter(), float(loss[:, 0].min())
            record.steps = before + attempt.steps
            solved = max(solved, attempt.solved)
            record.curve.append((record.steps, best, attempt.penalty))
            if attempt.best is not None:
                record.best = _network(shape, attempt.best, mealy)
                record.outstanding = attempt.outstanding
            if progress:
                spent = now - record.started
                told = Progress(
                    spent,
                    max(0.0, budget - spent),
                    record.steps,
                    NETWORKS,
                    attempt.solved,
                    int(attempt.proved is not None),
                    best,
                    attempt.penalty,
                    attempt.steps * NETWORKS / (now - began),
                    "{} states, {} neurons".format(*shape.cells[-1]),
                )
                progress(told)
            if attempt.proved is not None or over():
                break
        record.solved += solved
        if attempt.proved is not None:
            record.wrong_before = attempt.wrong_before
            return _network(shape, attempt.proved, mealy)
        if over():
            return None
    raise AssertionError("there is always a plan")


def _by_states(
    record: _Record, teacher: Teacher, mealy: Mealy, rng: np.random.Generator
) -> Network | None:
    """Without words: codes learned on the machine's table, else gates constructed for its rows."""
    from bonsaic.grow.sort import SPARE, construct
    from bonsaic.grow.table import Table
    from bonsaic.grow.widen import widen

    machine = teacher.taught_by_state()
    rows = int(mealy.legal.sum())
    if mealy.states > 1 and rows <= TABLE_ROWS:
        bits = int(np.ceil(np.log2(mealy.states))) + 3
        shape = Architecture(len(mealy.inputs), ((bits, 12),), len(mealy.outputs))
        weights = shape.initial(rng, TABLE_NETWORKS)
        codes = rng.normal(0, 0.5, (TABLE_NETWORKS, mealy.states, bits))
        table = Table(shape, weights, codes, machine)
        record.sizes.append(shape.cells[-1])
        record.tried += TABLE_NETWORKS
        for _ in range(TABLE_STEPS):
            table.step()
            record.steps += 1
            for i in table.right() if table.steps % 20 == 0 else ():
                found = teacher.check(shape, table.network(i))
                flat = widen(shape, table.network(i), teacher, found) if found.right else None
                if flat is not None:
                    return _network(shape, flat, mealy)
    if rows + SPARE <= CONSTRUCTED:
        for _ in range(CONSTRUCTIONS):
            shape, flat = construct(machine, rng)
            record.sizes.append(shape.cells[-1])
            record.tried += 1
            rounded = np.round(flat / GRID) * GRID
            if teacher.check(shape, rounded).proved:
                return _network(shape, rounded, mealy)
    return None


def _network(shape: Architecture, flat: np.ndarray, mealy: Mealy) -> Network:
    return shape.network(flat, mealy.name, mealy.inputs, mealy.outputs)


def _advice(record: _Record, guide: str, budget: float) -> str:
    more = f"try `--budget {2 * budget:g}`, another `--seed`"
    further = {"none": " or `--guide repair`", "repair": " or `--guide states`", "states": ""}[
        guide
    ]
    state = f"{record.solved} of {record.tried} networks answered their last words rightly"
    return f"{state}; {more}{further}"
