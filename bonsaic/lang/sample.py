"""Words as data: legal input words of a program and its outputs on them, drawn so that rare states are visited.

They are what `data` writes, `run --random` shows and testbenches feed; growing draws its own (grow/words.py). The same
generator state gives the same words on every machine: letters are chosen by integer thresholds.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from bonsaic.diag import mistake
from bonsaic.ir.mealy import FREE, Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.lang.lower import lower
from bonsaic.lang.program import Program, decode, encode
from bonsaic.lang.table import tabulate
from bonsaic.lang.words import Word

ODDS = 8.0  # of a wire's value that a mood favours
WIRES = 8  # wires that moods favour at most
CHANGE = 16  # a word changes its mood once in so many ticks
UNIT = 1 << 32
TRIES = 200  # draws of a letter before a state is given up

Tick = tuple[np.ndarray, np.ndarray, np.ndarray]


def random_word(program: Program, ticks: int, rng: Generator) -> Word:
    """A word as a sampler draws them, in values."""
    inputs, _ = sampler(program).sample(rng, 1, ticks)
    word = []
    for row in inputs[0].tolist():
        wires = iter(row)
        codes = [(p, tuple(itertools.islice(wires, len(p.wires)))) for p in program.inputs]
        word.append(tuple(decode(p, code) for p, code in codes))
    return tuple(word)  # type: ignore[arg-type]  # drawn codes all stand for values


def sampler(machine: Program | Mealy) -> Sampler:
    """What draws words of a machine: prepared once, asked often."""
    if isinstance(machine, Mealy):
        return TableSampler(machine, np.ones(len(machine.letters)))
    table = tabulate(machine)
    return ModuleSampler(machine) if table is None else TableSampler(table, frequencies(machine))


@dataclass(frozen=True)
class Coverage:
    """How many of the reachable transitions some words take, and how many there are."""

    taken: int
    transitions: int

    def __str__(self) -> str:
        share = 100 * self.taken / self.transitions
        return f"{self.taken:,} of {self.transitions:,} reachable transitions ({share:.1f}%)"


def coverage(machine: Program | Mealy, inputs: np.ndarray) -> Coverage:
    """Which share of the reachable transitions these legal words (0/1 [batch, time, wire]) take."""
    table = machine if isinstance(machine, Mealy) else tabulate(machine)
    if table is None:
        raise mistake(machine.name, "the program has too many states to measure coverage")
    powers = 1 << np.arange(inputs.shape[2], dtype=np.int64)
    codes = table.letters @ powers
    order = np.argsort(codes)
    letters = order[np.searchsorted(codes[order], inputs @ powers)]
    state = np.zeros(len(inputs), np.int64)
    seen = np.zeros(table.next.shape, bool)
    for t in range(inputs.shape[1]):
        seen[state, letters[:, t]] = True
        state = table.next[state, letters[:, t]]
    return Coverage(int(seen.sum()), int(table.reachable().legal.sum()))


class Sampler(ABC):
    """Draws words tick by tick; `mood` says which wire a word favours for the moment."""

    moods: int  # how many there are
    start: np.ndarray  # the state before the first tick

    @abstractmethod
    def tick(self, rng: Generator, state: np.ndarray, mood: np.ndarray) -> Tick:
        """The wires of a letter, of the answer, and the next state for every word of a batch."""

    def sample(self, rng: Generator, batch: int, ticks: int) -> tuple[np.ndarray, np.ndarray]:
        """inputs 0/1 and targets 0/1 or FREE, int8 [batch, time, wire], of `batch` words of `ticks` ticks.

        Letters are drawn among the legal ones by the ports' frequencies; in stretches, a word favours a wire being 1
        or 0.
        """
        state = np.broadcast_to(self.start, (batch, *self.start.shape))
        mood = self._mood(rng, batch)
        steps = []
        for _ in range(ticks):
            letters, targets, state = self.tick(rng, state, mood)
            steps.append((letters, targets))
            now = rng.integers(0, CHANGE, batch) == 0
            mood = np.where(now, self._mood(rng, batch), mood)
        inputs, answers = (np.stack(x, 1).astype(np.int8) for x in zip(*steps, strict=True))
        return inputs, answers

    def _mood(self, rng: Generator, batch: int) -> np.ndarray:
        """Mood 0, the plain frequencies, for half of the words."""
        return np.maximum(0, rng.integers(-self.moods + 1, self.moods, batch))


class TableSampler(Sampler):
    """Draws words of a table; about ten million ticks a second for small ones."""

    def __init__(self, table: Mealy, weights: np.ndarray):
        self.letters, self.outs, self.next = table.letters, table.outs, table.next
        self.start = np.array(0)
        moods = _moods(table.letters, weights)
        mass = np.where(table.legal[None], moods[:, None, :], 0.0)  # [mood, state, letter]
        total = np.cumsum(mass, -1)
        assert (total[..., -1] > 0).all(), "a state without a legal letter"
        share = np.floor(total / total[..., -1:] * UNIT).astype(np.int64)
        rows = np.arange(share[..., 0].size).reshape(share.shape[:2])
        self.moods = len(moods)
        self.thresholds = (share + rows[..., None] * UNIT).reshape(-1)

    def tick(self, rng: Generator, state: np.ndarray, mood: np.ndarray) -> Tick:
        row = mood * len(self.next) + state
        chance = rng.integers(0, UNIT, len(state), dtype=np.uint32)
        place = np.searchsorted(self.thresholds, row * UNIT + chance, side="right")
        letter = place - row * len(self.letters)
        return self.letters[letter], self.outs[state, letter], self.next[state, letter]


class ModuleSampler(Sampler):
    """Draws words of a program too large for a table: letters are drawn until they are legal."""

    def __init__(self, program: Program):
        self.program = program
        self.machine = ModuleMachine(lower(program))
        self.start = self.machine.initial
        self.moods = 1 + 2 * min(WIRES, len(program.input_wires))

    def tick(self, rng: Generator, state: np.ndarray, mood: np.ndarray) -> Tick:
        p, batch, after = self.program, len(state), state.copy()
        inputs = np.zeros((batch, len(p.input_wires)), np.int8)
        targets = np.empty((batch, len(p.output_wires)), np.int8)
        open_ = np.arange(batch)
        for _ in range(TRIES):
            letters = self._letters(rng, mood[open_])
            done = self.machine.step(state[open_], letters)
            good = open_[done.legal]
            inputs[good] = letters[done.legal]
            targets[good] = np.where(done.care, done.outs, FREE)[done.legal]
            after[good] = done.next[done.legal]
            open_ = open_[~done.legal]
            if not open_.size:
                return inputs, targets, after
        raise mistake(p.span, f"{TRIES} draws found no legal letter for a state of `{p.name}`")

    def _letters(self, rng: Generator, mood: np.ndarray) -> np.ndarray:
        """One letter per word, port by port; a mood favours a bit port only."""
        columns: list[np.ndarray] = []
        for p in self.program.inputs:
            chance = rng.integers(0, UNIT, len(mood))
            if len(p.wires) == 1:
                plain = (p.frequency or 0.5) / (1 - (p.frequency or 0.5))
                favoured = [mood == 1 + 2 * len(columns), mood == 2 + 2 * len(columns)]
                odds = np.select(favoured, [ODDS, 1 / ODDS], plain)
                columns.append(chance < odds / (1 + odds) * UNIT)
            else:
                codes = np.array([encode(p, v) for v in p.values], np.int8)
                columns += list(codes[chance * len(codes) >> 32].T)
        return np.array(columns, np.int8).reshape(len(columns), len(mood)).T


def frequencies(program: Program) -> np.ndarray:
    """How often each letter is drawn, up to a factor: the product of its ports' frequencies."""
    total = np.ones(1)
    for p in program.inputs:
        shares = [1 - p.frequency, p.frequency] if p.frequency else np.ones(len(p.values))
        total = np.outer(total, shares).reshape(-1)
    return total


def _moods(letters: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Letter weights [mood, letter]: as they are, then for each wire with 1 and with 0 favoured."""
    moods = [weights]
    for wire in letters.T[:WIRES]:
        for favoured in (wire == 1, wire == 0):
            # fsum: the same sum on every machine
            mine, others = (math.fsum(weights[x]) for x in (favoured, ~favoured))
            if mine and others:
                moods.append(np.where(favoured, weights * (ODDS / mine), weights / others))
    return np.array(moods)
