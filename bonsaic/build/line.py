"""The whole line, from a program to a proved circuit and its report, one function per stage."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from bonsaic import tools
from bonsaic.build import handing
from bonsaic.build.growing import grow_network, kept
from bonsaic.build.outputs import REPORT, Output, directory
from bonsaic.build.report import Report
from bonsaic.ir.core import Module
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import show
from bonsaic.lang import lower
from bonsaic.lift import lift
from bonsaic.prove.boxes import Invariant
from bonsaic.prove.choices import Choices, drawn_beside
from bonsaic.prove.decide import decide
from bonsaic.prove.soft import is_soft, prove_soft
from bonsaic.prove.verdict import Differs, Proved, Unknown, Verdict, name, weaker
from bonsaic.specification import Specification, specify


@dataclass(frozen=True)
class Options:
    """What the user chose; `bonsaic build --help` says what each means."""

    out: Path | None = None
    seed: int = 0
    budget: float = 60.0
    guide: str = "repair"
    prune: str = "fast"
    device: str | None = None
    passes: str | None = None
    formal: bool = False
    resume: bool = False
    recipe: str = "default"


@dataclass
class Build:
    """One build under way: what was asked, what came out so far, and whom to tell."""

    spec: Specification
    options: Options
    report: Report
    out: Output
    say: Callable[[str], None]
    progress: Callable[[object], None] | None
    working: Callable[[str], None]
    watch: Callable[[object], None]
    choices: Callable[[], list[Choices]]  # of the property checks
    threads: Executor  # that wait for other people's programs
    comparison: Future | None = None  # with what Yosys and ABC make of the program
    verdicts: list[Verdict] = field(default_factory=list)
    held: dict[str, Module] = field(default_factory=dict)  # by file: what it must be when read back

    @property
    def name(self) -> str:
        return self.spec.program.name

    def keep(self, ending: str, m: Module, content: str | bytes) -> None:
        """Write a file that is a module's, and is held to that when everything is written."""
        self.held[ending] = m
        self.out.write(f"{self.name}.{ending}", content)

    def conclude(self, verdict: Verdict) -> None:
        """The report's verdict is the weakest of all; the first counterexample is kept."""
        self.verdicts.append(verdict)
        self.report.verdict = name(functools.reduce(weaker, self.verdicts))
        if isinstance(verdict, Differs) and self.report.counterexample is None:
            self.report.counterexample = asdict(verdict)

    def timed(self, stage: str, since: float) -> None:
        spent = self.report.seconds.get(stage, 0.0) + time.perf_counter() - since
        self.report.seconds[stage] = round(spent, 3)


def build(
    path: str,
    options: Options,
    *,
    lowering: bool = True,
    say: Callable[[str], None] = lambda line: None,
    progress: Callable[[object], None] | None = None,
    working: Callable[[str], None] = lambda stage: None,
    watch: Callable[[object], None] = lambda record: None,
) -> Report:
    """Grow, shrink, lower, prove and emit a program; everything is written under the output directory.

    say receives a line for a person after each stage, working what is begun, progress the grower's progress, watch
    every pass's record.
    lowering=False stops at the proved network. Ctrl-C leaves the best network there and raises KeyboardInterrupt.
    """
    from bonsaic.passes import manager, pipelines

    if options.device is not None:
        from bonsaic.grow import device

        device.choose(options.device)  # refused before any other work
    started = time.perf_counter()
    steps = manager.parse_pipeline(pipelines.O1 if options.passes is None else options.passes)
    manager.check_levels(steps, "net", "gate")
    working("listing the states")
    spec = specify(path)
    report = Report(spec.program.name, seed=options.seed, guide=options.guide, prune=options.prune)
    report.specification = {
        "inputs": len(spec.table.inputs),
        "outputs": len(spec.table.outputs),
        "states": spec.table.states,
    }
    with (
        directory(options.out or Path("out") / spec.program.name) as out,
        drawn_beside(len(spec.table.letters), options.seed)
        if lowering
        else nullcontext(list[Choices]) as choices,
        tools.beside() as threads,
    ):
        b = Build(spec, options, report, out, say, progress, working, watch, choices, threads)
        say(f"{b.name}: {spec.program.about}" if spec.program.about else b.name)
        say(f"  program   {report.program_line()}")
        try:
            if (network := grow_network(b)) is not None:
                _settle(b, lift(network), steps, lowering)
        except KeyboardInterrupt:
            say(f"  stopped   {kept(b)}")
            raise
        b.timed("total", started)
        report.files = sorted({*out.written, REPORT})
        out.finish(report.text())
        whole = " for every input word" if report.verdict == "proved" else ""
        say(f"  {report.verdict}{whole}: {out.directory}/ written, {report.seconds['total']:.1f} s")
    return report


def _settle(b: Build, net: Module, steps: Sequence, lowering: bool) -> None:
    """Prove the network, lower it where that is wanted and possible, and hold what was written to what it is."""
    from bonsaic.passes import manager, pipelines
    from bonsaic.passes.dead_nodes import dead_nodes

    b.held["npz"] = net
    if is_soft(net):
        net = dead_nodes(net)  # a state that nothing reads need not have a sign
    verdict, invariant = _prove_network(b, net)
    hard = _boolean(b, net, invariant) if lowering and isinstance(verdict, Proved) else None
    if hard is not None:
        reading = manager.parse_pipeline(pipelines.DEFAULT[hard.level])
        handing.begin_comparison(b)
        _lower(b, hard, steps if hard.level == "net" else reading)
    handing.read_back(b)


def _prove_network(b: Build, net: Module) -> tuple[Verdict, Invariant | None]:
    started = time.perf_counter()
    b.working("proving the network")
    verdict: Verdict
    invariant = None
    if is_soft(net):
        rng = np.random.default_rng(b.options.seed)
        verdict, invariant = prove_soft(b.spec.machine, net, rng)
    else:
        verdict = decide(b.spec.machine, ModuleMachine(net))
    b.timed("prove", started)
    b.keep("net.bir", net, show(net))
    b.report.proof |= {
        "network": name(verdict),
        "arithmetic": getattr(verdict, "arithmetic", None),
    }
    b.conclude(verdict)
    b.say(f"  network   {verdict}")
    return verdict, invariant


def _boolean(b: Build, net: Module, invariant: Invariant | None) -> Module | None:
    """What can be lowered: the proved network itself, or a reading of its real states in bits where there is one."""
    from bonsaic.passes.readings import recovered

    if not is_soft(net):
        return net
    reading = recovered(b.spec.machine, net, invariant)
    if reading is None:
        verdict = Unknown("no bits were found that its real states stand for, so it is not lowered")
        b.conclude(verdict)
        b.say(f"  lowering  {verdict}")
        return None
    return reading.module


def _lower(b: Build, net: Module, steps: Sequence) -> None:
    from bonsaic.ir.logic import depth, gates
    from bonsaic.passes import manager

    started = time.perf_counter()
    try:
        gate, records = manager.run(
            net,
            steps,
            spec=b.spec.machine,
            watch=b.watch,
            working=lambda step: b.working(f"lowering: {step}"),
        )
    except manager.Refuted as e:
        if not e.chosen:
            raise
        b.conclude(e.verdict)
        b.report.advice = f"{e.name} with the setting you chose changes the machine"
        b.say(f"  lowering  {e}")
        return
    b.timed("lower", started)
    b.report.passes = [r.as_json() for r in records]
    levels = {r.before.level: r.before for r in records} | {
        "gate": gate,
        "fin": lower(b.spec.program),
    }
    for level, m in levels.items():
        b.keep(f"{level}.bir", m, show(m))

    started = time.perf_counter()
    b.working("proving the circuit")
    verdict = decide(b.spec.machine, ModuleMachine(gate))
    b.timed("prove", started)
    b.report.circuit |= {"registers": len(gate.regs), "gates": gates(gate), "depth": depth(gate)}
    b.report.proof["circuit"] = name(verdict)
    if isinstance(verdict, Proved):
        b.report.proof["method"] = verdict.method or "walk"
        b.report.proof["product_states"] = None if verdict.method else verdict.states
    b.conclude(verdict)
    b.say(f"  circuit   {b.report.circuit_line()}; {verdict}")
    if isinstance(verdict, Proved):
        handing.hand_over(b, levels.get("net", net), gate)
