"""The proof about a network whose states are real numbers: exact states, else an invariant of boxes, else a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bonsaic.ir.core import Module
from bonsaic.ir.mealy import FREE, Mealy
from bonsaic.ir.values import Real
from bonsaic.prove.boxes import Grain, Invariant, find
from bonsaic.prove.exact import follow, walk_exactly
from bonsaic.prove.machine import Machine, tabulate
from bonsaic.prove.search import (
    Found,
    Reached,
    explore,
    first_error,
    long_words,
    repeated_words,
    shorten,
)
from bonsaic.prove.tick import Tick
from bonsaic.prove.verdict import Differs, Proved, Unknown, Verdict
from bonsaic.prove.walk import same_ports

TABLE = 1_000_000  # state-letter pairs of a specification
WORDS, REPEATED = 6000, 30_000  # the longest random words, and the longest that repeat a motif


@dataclass(frozen=True)
class Stage:
    """What is tried before more is spent: grains, words to reach states by, images of boxes, ticks of random words.

    images, all_images: how many at each grain and in all.
    """

    levels: tuple[float, ...]
    ticks: tuple[int, ...]
    reaching: int
    images: int
    all_images: int
    words: int


# Boxes of one sign in every register first: they are what a Boolean reading needs. Words are tried before much is
# spent on boxes: most wrong networks err on them, whatever the boxes.
COARSE = (4, 2**-1, 2**-2, 2**-3, 2**-4, 2**-5)
FINE = (4, 2**-3, 2**-5, 2**-6, 2**-7, 2**-8)
STAGES = (
    Stage(COARSE, (1,), 100_000, 100_000, 300_000, 200),
    Stage(COARSE, (2,), 100_000, 100_000, 200_000, 400),
    Stage(COARSE, (4,), 100_000, 100_000, 200_000, 1000),
    Stage(FINE, (5, 9), 300_000, 50_000, 500_000, WORDS),
    Stage(FINE, (5, 9, 20), 300_000, 150_000, 2_400_000, 0),
)


def is_soft(m: Module) -> bool:
    """Are some of its registers real numbers?"""
    return any(isinstance(r.type, Real) for r in m.regs)


def prove_soft(
    spec: Machine,
    m: Module,
    rng: np.random.Generator,
    *,
    progress: Callable[[str], None] = lambda stage: None,
) -> tuple[Verdict, Invariant | None]:
    """Does a network with real states give the outputs of `spec` on every legal word? With the invariant that shows it.

    Proved: in exact reals and, where it says float32, in float32 in any order of summation too. Differs: on a word run
    in float32, sums from left to right, and in exact reals where those decide it.
    """
    table = tabulate(spec, cap=TABLE)
    if table is None:
        return Unknown(f"the specification has more than {TABLE} state-letter pairs"), None
    tick = Tick(replace(m, outs={y: m.outs[y] for y in spec.outputs if y in m.outs} or m.outs))
    feed = same_ports(spec, tick).feed(table.letters)
    verdict, _ = walk_exactly(table, tick.module, feed.tolist())
    if isinstance(verdict, Proved) and verdict.arithmetic == "float32":
        return verdict, None
    if isinstance(verdict, Differs):
        return verdict, None
    most, why = 0, ""
    hunt = explore(table, tick, feed)
    for stage in STAGES[: 2 if verdict else None]:
        reached: list[tuple[float, Reached]] = []
        for level in stage.levels:
            if isinstance(hunt, Reached):
                hunt = explore(table, tick, feed, level, most=stage.reaching)
            if isinstance(hunt, Found):
                return _differs(table, tick, feed, shorten(table, tick, feed, hunt)), None
            reached.append((level, hunt))
        left = stage.all_images
        for ticks in stage.ticks:
            for level, states in reached:
                progress(f"boxes of {level}, {ticks} ticks")
                spend = min(stage.images, left)
                result = find(table, tick, feed, Grain(level, ticks), states, most=spend)
                if isinstance(result, Invariant):
                    boxes = int(result.home.sum())
                    return Proved(boxes, result.transitions, "float32", "boxes"), result
                most, why = max(most, result.boxes), result.reason
                left -= result.images
        progress(f"words of {stage.words} ticks")
        if found := _hunt(table, tick, feed, rng, stage.words):
            return _differs(table, tick, feed, shorten(table, tick, feed, found)), None
    if verdict is not None:
        return verdict, None
    reason = f"no invariant of boxes was found ({why}) and no error within {WORDS} ticks"
    return Unknown(reason, most), None


def _hunt(
    table: Mealy, tick: Tick, feed: np.ndarray, rng: np.random.Generator, ticks: int
) -> Found | None:
    """Words of so many ticks at random; with the most, also motifs."""
    found = long_words(table, tick, feed, rng, ticks=ticks)
    if found or ticks < WORDS:
        return found
    return repeated_words(table, tick, feed, ticks=REPEATED)


def _differs(table: Mealy, tick: Tick, feed: np.ndarray, found: Found) -> Differs:
    word = np.array(found.word)
    assert first_error(table, tick, feed, word[None])[0] == len(word) - 1, found
    q = 0
    for letter in found.word[:-1]:
        q = int(table.next[q, letter])
    said = table.outs[q, found.word[-1]].tolist()
    wanted = tuple(None if v == FREE else v for v in said)
    state = tick.initial[None].astype(np.float32)
    for letter in word:
        state, values = tick.run(state, feed[[letter]])
    given = tuple((values[0] > 0).astype(int).tolist())
    exact = follow(tick.module, feed[word].tolist())
    differs = any(
        w is not None and e is not None and w != e for w, e in zip(wanted, exact, strict=True)
    )
    letters = tuple(tuple(row) for row in table.letters[word].tolist())
    arithmetic = "float32 and exact reals" if differs else "float32"
    return Differs(table.inputs, table.outputs, letters, wanted, given, found.shortest, arithmetic)
