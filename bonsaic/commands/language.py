"""`check`, `run`, `fmt` and `data`: what a language's tools print."""

from __future__ import annotations

import io
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np

from bonsaic.commands.lowering import write
from bonsaic.commands.progress import Display
from bonsaic.diag import Diagnostic, Mistake, counted, mistake
from bonsaic.ir.mealy import LISTED
from bonsaic.network import write_whole


def check(a: Namespace) -> int:
    """Say of every program that it is sound, or everything that is wrong with it."""
    from bonsaic.lang import check_all, load_all

    wrong: list[Diagnostic] = []
    with Display() as display:
        for path in a.program:
            display.working(f"checking {path}")
            try:
                for program in load_all(path):
                    walked = check_all(program, progress=lambda n: display(f"{n:,} states walked"))
                    states = _states(program) if a.states else ""
                    display.clear()
                    print(f"{path}: {program.name} is sound{states}")
                    if walked.limit:
                        print(f"  {walked.limit}")
            except Mistake as e:
                wrong += e.diagnostics
    if wrong:
        raise Mistake(*wrong)
    return 0


def _states(program) -> str:
    from bonsaic.lang import tabulate
    from bonsaic.lang.merge import merged

    listed = tabulate(program)
    if listed is None:
        return f"; it has more than {LISTED:,} pairs of state and letter, too many to list"
    least = listed.minimised()
    registers = (least.states - 1).bit_length()
    free = merged(least).states
    lines = [
        f"\n  {counted(listed.states, 'reachable state')}, {least.states:,} inequivalent",
        f"{counted(registers, 'register')} in a binary encoding",
    ]
    if free < least.states:
        lines.append(f"{counted(free, 'state')} when what does not matter is merged")
    return ", ".join(lines)


def run(a: Namespace) -> int:
    """Show a word tick by tick."""
    from bonsaic.lang import load
    from bonsaic.lang.sample import random_word
    from bonsaic.lang.words import read_word, run_table

    program = load(a.program)
    if a.random and a.word is not None:
        raise mistake("--random", "give either a word or a number of random ticks, not both")
    if a.random or a.word is not None:
        with Display() as display:
            display.working("running")
            rng = np.random.default_rng(a.seed)
            word = (
                random_word(program, a.random, rng)
                if a.random
                else read_word(program, " ".join(a.word), "--word")
            )
            table = run_table(program, word)
        print(table, end="")
        return 0
    if sys.stdin.isatty():
        print("one word a line, end with Ctrl-D", file=sys.stderr)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            print(
                run_table(program, read_word(program, line, f"<stdin line {number}>")), flush=True
            )
    return 0


def fmt(a: Namespace) -> int:
    """Rewrite files in the canonical layout; with --check, only say which would change."""
    from bonsaic.lang.files import read_text
    from bonsaic.lang.fmt import format_text

    changed = 0
    for path in a.program:
        before = read_text(path)
        after = format_text(before, path)
        if before == after:
            continue
        changed += 1
        if a.check:
            print(f"{path} would change")
        else:
            write_whole(Path(path), after.encode())
            print(f"{path} changed")
    return 1 if a.check and changed else 0


def data(a: Namespace) -> int:
    """Words as arrays or CSV, or the share of the reachable transitions that these words visit."""
    from bonsaic.lang import check_all, load
    from bonsaic.lang.sample import coverage, sampler

    if a.out and not a.out.endswith((".npz", ".csv")):
        raise mistake(a.out, "data is written as .npz or .csv")
    program = load(a.program)
    check_all(program)
    rng = np.random.default_rng(a.seed)
    with Display() as display:
        display.working("drawing words")
        words, targets = sampler(program).sample(rng, a.words, a.ticks)
        text: str | bytes
        if a.coverage:
            size = f"{counted(a.words, 'word')} of {counted(a.ticks, 'tick')}"
            text = f"{coverage(program, words)} taken by {size}\n"
        elif a.out and a.out.endswith(".npz"):
            buffer = io.BytesIO()
            np.savez(buffer, inputs=words, outputs=targets)
            text = buffer.getvalue()
        else:
            text = _csv(program.input_wires, program.output_wires, words, targets)
    write(a.out if not a.coverage else None, text)
    return 0


def _csv(
    inputs: tuple[str, ...], outputs: tuple[str, ...], words: np.ndarray, targets: np.ndarray
) -> str:
    lines = [",".join(["word", "tick", *inputs, *outputs])]
    for i, t in np.ndindex(words.shape[:2]):
        wanted = ["-" if v < 0 else str(v) for v in targets[i, t]]
        lines.append(",".join([str(i), str(t + 1), *map(str, words[i, t]), *wanted]))
    return "\n".join(lines) + "\n"
