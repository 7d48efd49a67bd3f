"""`bonsaic bench recipes`: ways to find weights from words alone, what each reaches within the same budget."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from bonsaic.arguments import BUDGET, RECIPES, number
from bonsaic.bench.readme import table_in
from bonsaic.diag import Missing
from bonsaic.network import write_whole
from bonsaic.specification import specify

COMPILING = 1.0  # seconds of a run that only compiles the kernels
PROGRAMS = ("delay_2", "replace_111", "loop_3", "parity", "gated_4mode")


@dataclass(frozen=True)
class Run:
    """One campaign without repair. solved: networks of `tried` without a wrong answer on their last words.

    verdict: proved, else differs where the best network is known to answer a word wrongly, else unknown.
    """

    recipe: str
    program: str
    seed: int
    verdict: str
    seconds: float
    steps: int
    solved: int
    tried: int
    edges: int | None


def main(arguments: list[str]) -> int:
    """Measure every recipe on every program, print the table, and write what was asked for."""
    p = argparse.ArgumentParser(prog="bonsaic bench recipes", description=__doc__)
    p.add_argument("program", nargs="*", default=[f"programs/{n}.bp" for n in PROGRAMS])
    p.add_argument("--recipe", nargs="+", choices=RECIPES, default=RECIPES)
    p.add_argument("--seeds", type=number(int, 1, 10**6), default=3)
    p.add_argument("--budget", type=BUDGET, default=20.0)
    p.add_argument("--json", metavar="FILE", help="every run, machine-readable")
    p.add_argument("--readme", metavar="FILE", help="put the table between this file's markers")
    a = p.parse_args(arguments)
    put = table_in(a.readme, "bench recipes") if a.readme else None
    runs, skipped = [], {}
    for recipe in a.recipe:
        try:
            for path in a.program:
                measure(path, recipe, seed=1 << 20, budget=COMPILING)
                for seed in range(a.seeds):
                    runs.append(measure(path, recipe, seed=seed, budget=a.budget))
                    print(json.dumps(asdict(runs[-1])), file=sys.stderr, flush=True)
        except Missing as e:
            skipped[recipe] = str(e)
    text = table(runs, skipped)
    print(text)
    if a.json:
        write_whole(Path(a.json), (json.dumps([asdict(r) for r in runs], indent=1) + "\n").encode())
    if put:
        put(text)
    return 0


def measure(path: str, recipe: str, *, seed: int, budget: float) -> Run:
    """Grow with words and verdicts alone, and without pruning."""
    from bonsaic.grow import grow

    spec = specify(path)
    grown = grow(
        spec.table,
        frequencies=spec.frequencies,
        seed=seed,
        budget=budget,
        guide="none",
        recipe=recipe,
    )
    return Run(
        recipe,
        spec.program.name,
        seed,
        "proved" if grown.network else "differs" if grown.outstanding else "unknown",
        round(grown.seconds, 2),
        grown.steps,
        grown.solved,
        grown.tried,
        grown.network.edges if grown.network else None,
    )


def table(runs: list[Run], skipped: dict[str, str]) -> str:
    """A Markdown row per program and recipe."""
    counts = ("proved", "differs", "unknown")
    head = ("program", "recipe", *counts, "median s", "worst s", "median steps", "edges, best")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    found = {(r.program, r.recipe) for r in runs}
    for program, recipe in sorted(found, key=lambda key: (key[0], RECIPES.index(key[1]))):
        rows = [r for r in runs if (r.program, r.recipe) == (program, recipe)]
        good = [r for r in rows if r.verdict == "proved"]
        cells = [program, recipe, *(str(sum(r.verdict == v for r in rows)) for v in counts)]
        if good:
            seconds = [r.seconds for r in good]
            cells += [f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}"]
            cells += [f"{statistics.median(r.steps for r in good):g}"]
            cells += [str(min(r.edges for r in good if r.edges is not None))]
        else:
            solved = sum(r.solved for r in rows)
            cells += ["-", "-", "-", f"none; {solved} of {sum(r.tried for r in rows)} solved"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [f"| - | {recipe} | {why} |" + " - |" * 6 for recipe, why in skipped.items()]
    return "\n".join(lines)
