"""`bonsaic bench grow`: how often, how fast and how small networks are proved, over programs, seeds and guidance."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bonsaic.arguments import BUDGET, GUIDES, PRUNING, number
from bonsaic.bench.readme import table_in
from bonsaic.ir.run import ModuleMachine
from bonsaic.lift import lift
from bonsaic.network import write_whole
from bonsaic.passes.quantise import bits
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk
from bonsaic.specification import specify

HEADINGS = (
    "program",
    "states",
    "guide",
    "proved",
    "first proof, median s",
    "worst s",
    "edges, best",
    "median",
    "neurons",
    "state bits",
    "most inputs",
    "weight bits",
)


@dataclass(frozen=True)
class Run:
    """One network grown, pruned and proved. first: seconds to the first proof; None without one."""

    program: str
    states: int
    guide: str
    seed: int
    first: float | None
    shrink: float | None = None
    edges: int | None = None
    neurons: int | None = None
    registers: int | None = None
    max_inputs: int | None = None
    bits: int | None = None


def main(arguments: list[str]) -> int:
    """Measure, print a line per run and the table, and write what was asked for."""
    a = _parser().parse_args(arguments)
    put = table_in(a.readme, "bench grow") if a.readme else None
    runs = []
    for path in a.program:
        for guide in a.guide:
            measure(path, guide, seed=1 << 20, budget=a.budget, prune="off")  # compiles the kernels
            for seed in range(a.seeds):
                run = measure(path, guide, seed=seed, budget=a.budget, prune=a.prune)
                print(json.dumps(asdict(run)), file=sys.stderr, flush=True)
                runs.append(run)
    text = table(runs)
    print(text)
    if a.json:
        write_whole(Path(a.json), (json.dumps([asdict(r) for r in runs], indent=1) + "\n").encode())
    if put:
        put(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="bonsaic bench grow")
    p.add_argument("program", nargs="+", metavar="PROGRAM")
    p.add_argument("--seeds", type=number(int, 1, 10**6), default=3)
    p.add_argument("--guide", nargs="+", default=["repair"], choices=GUIDES)
    p.add_argument("--budget", type=BUDGET, default=60.0, help="seconds a run")
    p.add_argument("--prune", default="fast", choices=PRUNING)
    p.add_argument("--json", metavar="FILE", help="every run, machine-readable")
    p.add_argument("--readme", metavar="FILE", help="put the table between this file's markers")
    return p


def measure(path: str, guide: str, *, seed: int, budget: float, prune: str) -> Run:
    """Grow, prune and prove one network of a program."""
    from bonsaic.grow import grow
    from bonsaic.grow.shrink import SECONDS, shrink

    spec = specify(path)
    started = time.perf_counter()
    network = grow(
        spec.table, frequencies=spec.frequencies, seed=seed, budget=budget, guide=guide
    ).network
    proved = network is not None and isinstance(
        walk(spec.machine, ModuleMachine(lift(network))), Proved
    )
    first = time.perf_counter() - started
    if network is None or not proved:
        return Run(spec.program.name, spec.table.states, guide, seed, None)
    started = time.perf_counter()
    if prune != "off":
        network = shrink(
            network, spec.table, effort=prune, seed=seed, budget=SECONDS[prune]
        ).network
        assert isinstance(walk(spec.machine, ModuleMachine(lift(network))), Proved)
    return Run(
        spec.program.name,
        spec.table.states,
        guide,
        seed,
        round(first, 3),
        round(time.perf_counter() - started, 3),
        network.edges,
        network.neurons,
        network.states,
        network.max_inputs,
        bits(lift(network)),
    )


def table(runs: list[Run]) -> str:
    """A Markdown row per program and guidance: rate, times, and the smallest network of the seeds."""
    lines = [f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
    for key in dict.fromkeys((r.program, r.guide) for r in runs):
        rows = [r for r in runs if (r.program, r.guide) == key]
        good = [r for r in rows if r.first is not None]
        cells = [key[0], str(rows[0].states), key[1], f"{len(good)}/{len(rows)}"]
        if good:
            times = [r.first for r in good if r.first is not None]
            best = min(good, key=lambda r: (r.edges, r.seed))
            cells += [f"{statistics.median(times):.2f}", f"{max(times):.2f}", str(best.edges)]
            cells += [
                f"{statistics.median(r.edges for r in good if r.edges is not None):g}",
                str(best.neurons),
            ]
            cells += [str(best.registers), str(best.max_inputs), str(best.bits)]
        else:
            cells += ["-"] * 8
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
