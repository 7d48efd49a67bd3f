"""The last part of a build: a proved circuit is written, drawn, run, read back and compared."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from bonsaic import emission
from bonsaic.diag import Missing
from bonsaic.ir.core import Module
from bonsaic.lang import codings, lower
from bonsaic.prove.verdict import Differs, Proved, Unknown, name

if TYPE_CHECKING:
    from bonsaic.build.line import Build


def begin_comparison(b: Build) -> None:
    """Set Yosys and ABC on the program itself, beside whatever comes next."""
    from bonsaic.emit.verilog import verilog
    from bonsaic.prove.synthesis import direct_synthesis

    b.comparison = b.threads.submit(direct_synthesis, verilog(lower(b.spec.program)))


def hand_over(b: Build, net: Module, gate: Module) -> None:
    """Write a proved circuit in every form, draw the network that it came from, and run what was written."""
    from bonsaic.emit.dot import drawing, svg
    from bonsaic.prove.property import Broken, check_python, check_verilog

    started = time.perf_counter()
    b.working("writing the circuit and running it")
    picture = drawing(net)
    drawn = b.threads.submit(svg, picture)
    texts = emission.circuit(gate, codings(b.spec.program))
    for ending, text in texts.items():
        b.keep(ending, gate, text)
    b.out.write(f"{b.name}_tb.v", emission.bench(gate.name, b.spec.table))
    b.out.write(f"{b.name}.dot", picture)
    table, seed, choices = b.spec.table, b.options.seed, b.choices()
    for what, answer in (
        ("python", check_python(texts["py"], gate.name, table, seed=seed, choices=choices)),
        ("verilog", check_verilog(texts["v"], gate.name, table, seed=seed, choices=choices)),
    ):
        b.report.property[what] = str(answer)
        b.say(f"  {what:<9} {answer}")
        if isinstance(answer, Differs | Broken):
            b.conclude(answer if isinstance(answer, Differs) else Unknown(f"{what}: {answer}"))
    if (svg_text := drawn.result()) is not None:
        b.out.write(f"{b.name}.svg", svg_text)
    b.timed("emit", started)
    _compare(b)
    if b.options.formal:
        _second_opinion(b, gate, texts["v"])


def read_back(b: Build) -> None:
    """Every file that has a reader is read from the directory and held to what it was written from."""
    started = time.perf_counter()
    b.working("reading back")
    for ending, m in b.held.items():
        verdict = emission.read_back(b.out.directory / f"{b.name}.{ending}", m)
        b.report.emitted[ending] = name(verdict)
        if not isinstance(verdict, Proved):
            b.conclude(verdict)
            b.say(f"  emitted   {b.name}.{ending}, read back, {verdict}")
    b.timed("read_back", started)


def _compare(b: Build) -> None:
    """What direct synthesis of the program gives, beside the circuit; only said where the extra is not installed."""
    from bonsaic.prove.synthesis import Synthesised

    assert b.comparison is not None
    started = time.perf_counter()
    b.working("comparing with Yosys and ABC")
    made = b.comparison.result()
    if isinstance(made, Synthesised):
        b.report.circuit["direct_synthesis"] = asdict(made)
        b.say(f"  compared  Yosys and ABC on the program itself: {made}")
    else:
        b.report.circuit["direct_synthesis"] = str(made)
    b.timed("compare", started)


def _second_opinion(b: Build, gate: Module, hardware: str) -> None:
    from bonsaic.prove import formal
    from bonsaic.prove.property import Skipped

    started = time.perf_counter()
    b.working("asking Yosys and ABC for a second opinion")
    spec = lower(b.spec.program)
    for what, answer in (
        ("netlist", formal.from_netlist(b.spec.table, gate)),
        ("verilog", formal.from_verilog(b.spec.table, spec, gate.name, hardware)),
    ):
        if isinstance(answer, Skipped):
            raise Missing(answer.reason)
        b.report.formal[what] = str(answer)
        b.say(f"  formal    {what}: {answer}")
        if isinstance(answer, Differs | Unknown):
            b.conclude(answer)
    b.timed("formal", started)
