"""The words networks learn from: legal words of a table machine, drawn so that every state is met."""

from __future__ import annotations

import numpy as np

from bonsaic.ir.mealy import Mealy

PALETTE = 32  # letters a word draws from, when the alphabet is larger
DRIFTING = 0.5  # share of words that drift towards states


class Sampler:
    """Draws legal words of one machine.

    Every word has its own letter frequencies, about the given ones (float [letter]; else all alike); half of the words
    also drift towards randomly drawn states, so that states which plain chance would never reach are met too.
    """

    def __init__(self, mealy: Mealy, frequencies: np.ndarray | None = None):
        self.mealy = mealy
        often = np.ones(len(mealy.letters)) if frequencies is None else frequencies
        self.frequencies = often / often.mean()
        self.wires = mealy.letters.astype(np.float32) * 2 - 1
        self.signs = np.where(mealy.outs < 0, 0, mealy.outs * 2.0 - 1).astype(np.float32)
        self.next = np.where(mealy.legal, mealy.next, 0)
        self.distance = mealy.distances()
        self._some_legal = mealy.legal.argmax(1)

    def draw(
        self, rng: np.random.Generator, words: int, ticks: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Letters and the machine's states before each of them, both int [words, ticks]."""
        m, n = self.mealy, len(self.wires)
        row = np.arange(words)
        palette = np.tile(np.arange(n), (words, 1))
        if n > PALETTE:
            palette = rng.integers(0, n, (words, PALETTE))
        frequency = (rng.gamma(1, 1, palette.shape) + 0.15) * self.frequencies[palette]
        drifts = rng.random(words) < DRIFTING
        goal = rng.integers(0, m.states, words)
        letters = np.zeros((words, ticks), np.int64)
        states = np.zeros((words, ticks), np.int64)
        q = np.zeros(words, np.int64)
        for t in range(ticks):
            legal = m.legal[q[:, None], palette]
            p = frequency * legal
            after = self.distance[self.next[q[:, None], palette], goal[:, None]]
            closer = (after < self.distance[q, goal][:, None]) & legal
            hurry = drifts & closer.any(1)
            p = np.where(hurry[:, None], p * (0.15 + 3 * closer), p)
            total = p.cumsum(1)
            drawn = (rng.random(words)[:, None] * total[:, -1:] >= total).sum(1)
            x = palette[row, np.minimum(drawn, palette.shape[1] - 1)]
            x = np.where(m.legal[q, x], x, self._some_legal[q])
            letters[:, t], states[:, t] = x, q
            q = self.next[q, x]
            goal = np.where(q == goal, rng.integers(0, m.states, words), goal)
        return letters, states

    def replay(self, letters: np.ndarray) -> np.ndarray:
        """The machine's states before each letter, int [words, ticks]."""
        states = np.zeros(letters.shape, np.int64)
        for t in range(1, letters.shape[1]):
            states[:, t] = self.next[states[:, t - 1], letters[:, t - 1]]
        return states

    def extend(self, words: list[np.ndarray], ticks: int, rng: np.random.Generator) -> np.ndarray:
        """Legal words [words, ticks] that begin with these, or with as much of them as fits."""
        out, q = np.zeros((len(words), ticks), np.int64), np.zeros(len(words), np.int64)
        given = np.array([len(word) for word in words])
        for i, word in enumerate(words):
            out[i, : len(word)] = word[:ticks]
        for t in range(ticks):
            chances = rng.random((len(words), len(self.wires))) ** (1 / self.frequencies)
            drawn = (chances * self.mealy.legal[q]).argmax(1)
            out[:, t] = np.where(t < given, out[:, t], drawn)
            q = self.next[q, out[:, t]]
        return out
