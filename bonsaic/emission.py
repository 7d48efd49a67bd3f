"""Every text form there is: which files can become it, and what a proved circuit is handed over as."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bonsaic import sides
from bonsaic.diag import Missing, Mistake, mistake
from bonsaic.ir.core import Module
from bonsaic.ir.mealy import FREE, LISTED, Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import show
from bonsaic.prove.decide import decide
from bonsaic.prove.machine import tabulate
from bonsaic.prove.verdict import Proved, Unknown, Verdict

TARGETS = (
    "python",
    "verilog",
    "testbench",
    "blif",
    "aiger",
    "kiss2",
    "dot",
    "svg",
    "states",
    "bir",
)
BENCH_WORDS, BENCH_TICKS = 16, 24  # of an emitted testbench


def emitted(path: str, target: str) -> str | bytes:
    """The text of a file's machine in one of TARGETS; a `Mistake` where it cannot be written so."""
    from bonsaic.emit.dot import state_diagram
    from bonsaic.lang.kiss2 import to_kiss2

    match target:
        case "states":
            return state_diagram(_listed(path))
        case "kiss2":
            return to_kiss2(_listed(path))
        case "testbench":
            listed = _listed(path)
            return bench(listed.name, listed)
    m = sides.module(path)
    if m.level in ("net", "quant") and target not in ("dot", "svg", "bir"):
        help = f"lower it first: `bonsaic opt {path} -o circuit.bir`"
        raise mistake(path, f"a network cannot be written as {target}", help=help)
    if m.level == "fin" and target in ("blif", "aiger"):
        help = "build it first; python, verilog, testbench, kiss2, dot, svg, states and bir come from a program"
        raise mistake(path, f"a program cannot be written as {target}", help=help)
    if m.level == "fin" and target in ("python", "verilog"):
        from bonsaic.prove.idle import idle_casts  # what no legal word needs is not written

        return _writers()[target](m, idle_casts(m), _codings(path))
    return _writers()[target](m)


def _codings(path: str) -> list[str]:
    """How the ports of a program's file are coded; nothing is known of a module's own."""
    from bonsaic.lang import codings, load

    return codings(load(path)) if sides.suffix(path) in sides.PROGRAMS else []


def _writers() -> dict[str, Callable]:
    from bonsaic.emit.aiger import aiger
    from bonsaic.emit.blif import blif
    from bonsaic.emit.dot import drawing
    from bonsaic.emit.python import python
    from bonsaic.emit.verilog import verilog

    return {
        "python": python,
        "verilog": verilog,
        "blif": blif,
        "aiger": aiger,
        "dot": drawing,
        "svg": _svg,
        "bir": show,
    }


def _svg(m: Module) -> bytes:
    from bonsaic.emit.dot import drawing, svg

    drawn = svg(drawing(m))
    if drawn is None:
        raise Missing("`dot` draws SVG, and is not installed: `apt-get install graphviz`")
    return drawn


def _listed(path: str) -> Mealy:
    if sides.suffix(path) in sides.PROGRAMS:
        listed = sides.table(path)
    else:
        machine = sides.machine(path)
        assert isinstance(machine, ModuleMachine), path
        listed = tabulate(machine, cap=LISTED, name=machine.module.name)
    if listed is None:
        raise mistake(
            path, f"it has more than {LISTED:,} pairs of state and letter, too many to list"
        )
    return listed.minimised()


def bench(title: str, table: Mealy) -> str:
    """A self-checking Verilog testbench with words of the table."""
    from bonsaic.emit.testbench import testbench
    from bonsaic.lang.sample import sampler

    rng = np.random.default_rng(0)
    words, targets = sampler(table).sample(rng, BENCH_WORDS, BENCH_TICKS)
    return testbench(title, list(words), list(targets == 1), list(targets != FREE))


def circuit(gate: Module, codings: Sequence[str] = ()) -> dict[str, str]:
    """What a proved circuit is handed over as, by file name ending. codings: what is said of how ports are coded."""
    write = _writers()
    return {
        "py": write["python"](gate, codings=codings),
        "v": write["verilog"](gate, codings=codings),
        "blif": write["blif"](gate),
        "aag": write["aiger"](gate),
    }


def read_back(path: Path, m: Module) -> Verdict:
    """Whether the file that a module was written to is still that machine; Unknown where it cannot be read."""
    try:
        again = sides.module(str(path))
    except (Mistake, Missing, OSError) as e:
        return Unknown(f"it cannot be read back: {e}")
    if again == m:
        return Proved(0, 0, "exact reals")
    return decide(ModuleMachine(m), ModuleMachine(again))
