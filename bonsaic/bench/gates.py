"""`bonsaic bench gates`: circuits of grown networks beside what Yosys and ABC make of the same recovered netlists."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from bonsaic.arguments import BUDGET, GUIDES, PRUNING
from bonsaic.diag import Missing
from bonsaic.emit.verilog import verilog
from bonsaic.ir.core import Module
from bonsaic.ir.logic import depth, gates
from bonsaic.lift import lift
from bonsaic.network import Network, load, write_whole
from bonsaic.passes import manager, pipelines
from bonsaic.prove.synthesis import Synthesised, direct_synthesis
from bonsaic.specification import Specification, specify

SECONDS = 120  # that Yosys and ABC may take
HEADINGS = ("program", "gates", "Yosys + ABC", "ratio", "depth", "theirs", "registers", "theirs")


@dataclass(frozen=True)
class Row:
    """One program's circuit, and theirs from its recovered netlist; None without a proved network, or a reason."""

    program: str
    ours: Synthesised | None = None
    theirs: Synthesised | None = None
    why: str = ""

    @property
    def ratio(self) -> float | None:
        """Our gates over theirs; no gates on both sides are as many."""
        if self.ours is None or self.theirs is None:
            return None
        if not self.theirs.gates:
            return 1.0 if not self.ours.gates else float("inf")
        return self.ours.gates / self.theirs.gates


def main(arguments: list[str]) -> int:
    """Measure every program, print the table and its last line, and write what was asked for."""
    a = _parser().parse_args(arguments)
    rows = []
    for path in a.program:
        rows.append(measure(path, a))
        print(json.dumps(_as_json(rows[-1])), file=sys.stderr, flush=True)
    print(table(rows))
    print(summary(rows))
    if a.json:
        text = json.dumps([_as_json(r) for r in rows], indent=1) + "\n"
        write_whole(Path(a.json), text.encode())
    return 0


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="bonsaic bench gates", description=__doc__)
    p.add_argument("program", nargs="+", metavar="PROGRAM")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--budget", type=BUDGET, default=60.0, help="seconds to grow and prune each in")
    p.add_argument("--guide", default="repair", choices=GUIDES)
    p.add_argument("--prune", default="fast", choices=PRUNING)
    p.add_argument("--from", dest="built", metavar="DIR", help="take DIR/NAME/NAME.npz of builds")
    p.add_argument("--json", metavar="FILE", help="every row, machine-readable")
    return p


def measure(path: str, a: argparse.Namespace) -> Row:
    """Grow a program's network, or take the one a build left, lower it, and ask Yosys and ABC for the same."""
    spec = specify(path)
    name = spec.program.name
    network = load(Path(a.built) / name / f"{name}.npz") if a.built else _grown(spec, a)
    if network is None:
        return Row(name, why=f"no network was proved within {a.budget:g} s")
    recovered, made = lowered(spec, lift(network))
    theirs = direct_synthesis(verilog(recovered), seconds=SECONDS)
    if not isinstance(theirs, Synthesised):
        if "not installed" in str(theirs):
            raise Missing(str(theirs))
        return Row(name, _measured(made), why=str(theirs))
    return Row(name, _measured(made), theirs)


def lowered(spec: Specification, net: Module) -> tuple[Module, Module]:
    """A network's netlist as it is recovered, and as it is after the default pipeline, both proved."""
    steps = manager.parse_pipeline(pipelines.O1)
    made, records = manager.run(net, steps, spec=spec.machine)
    (recovered,) = (r.after for r in records if r.name == "recover-gates")
    return recovered, made


def _grown(spec: Specification, a: argparse.Namespace) -> Network | None:
    from bonsaic.grow import grow
    from bonsaic.grow.shrink import shrink

    grown = grow(
        spec.table, frequencies=spec.frequencies, seed=a.seed, budget=a.budget, guide=a.guide
    )
    if grown.network is None or a.prune == "off":
        return grown.network
    left = max(1.0, a.budget - grown.seconds)
    return shrink(grown.network, spec.table, effort=a.prune, seed=a.seed, budget=left).network


def _measured(m: Module) -> Synthesised:
    return Synthesised(len(m.regs), gates(m), depth(m))


def _as_json(row: Row) -> dict:
    return asdict(row) | {"ratio": row.ratio}


def table(rows: list[Row]) -> str:
    """A Markdown row per program."""
    lines = [f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
    for r in rows:
        if r.ours is None or r.theirs is None:
            own = str(r.ours.gates) if r.ours else "-"
            cells = [r.program, own, r.why, *["-"] * (len(HEADINGS) - 3)]
        else:
            pairs = (r.ours.depth, r.theirs.depth, r.ours.registers, r.theirs.registers)
            cells = [r.program, str(r.ours.gates), str(r.theirs.gates), f"{r.ratio:.2f}"]
            cells += map(str, pairs)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def summary(rows: list[Row]) -> str:
    """The worst ratio, and on how many programs our circuit is no larger."""
    ratios = [(r.ratio, r.program) for r in rows if r.ratio is not None]
    if not ratios:
        return "nothing to compare"
    worst, program = max(ratios)
    smaller = sum(ratio <= 1 for ratio, _ in ratios)
    return f"worst {worst:.2f} ({program}); no larger on {smaller} of {len(ratios)}"
