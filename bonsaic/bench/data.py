"""`bonsaic bench data`: how many ticks `bonsaic data` draws per second of one processor."""

from __future__ import annotations

import argparse
import time

import numpy as np

from bonsaic.lang import load
from bonsaic.lang.sample import Sampler, sampler

DEFAULT = ("programs/gated_4mode.bp",)
WORDS, TICKS = 4096, 64
SECONDS = 1.0  # of drawing, at least


def main(arguments: list[str]) -> int:
    """Draw words of each program for a second and print a Markdown table."""
    p = argparse.ArgumentParser(prog="bonsaic bench data")
    p.add_argument("program", nargs="*", default=list(DEFAULT), metavar="PROGRAM")
    a = p.parse_args(arguments)
    print("| program | ticks a second |\n|---|---|")
    for path in a.program:
        program = load(path)
        print(f"| {program.name} | {rate(sampler(program)):,.0f} |", flush=True)
    return 0


def rate(draws: Sampler) -> float:
    """Ticks per second of processor time."""
    rng = np.random.default_rng(0)
    draws.sample(rng, WORDS, TICKS)
    started, ticks = time.process_time(), 0
    while (spent := time.process_time() - started) < SECONDS:
        draws.sample(rng, WORDS, TICKS)
        ticks += WORDS * TICKS
    return ticks / spent
