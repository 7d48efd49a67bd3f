"""Which Boolean features of the letters sum to the biases that a neuron needs, and which gates make a feature."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow.shrink.decompose import Part, several

SUMMED = 3  # features looked for together
COMPARED = 24  # ways to sum, of which the one with the cheapest features is taken
SUMS = 300_000  # sums looked through


@dataclass(frozen=True, eq=False)
class Summed:
    """A bias, and features bool [letter] with what each adds to it where it is true."""

    bias: int
    terms: list[tuple[int, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Features:
    """Of the letters 0/1 [letter, input wire] of a machine."""

    letters: np.ndarray
    _reads: dict[bytes, int] = field(default_factory=dict)
    _parts: dict[bytes, list[Part] | None] = field(default_factory=dict)

    def reads(self, feature: np.ndarray) -> int:
        """How many wires a feature depends on; its opposite depends on as many."""
        key = (feature ^ feature[0]).tobytes()
        if key not in self._reads:
            self._reads[key] = len(needed(self.letters, feature))
        return self._reads[key]

    def parts(self, feature: np.ndarray) -> list[Part] | None:
        """Gates of which one fires where the feature is true, and none elsewhere; None where no few are found."""
        key = feature.tobytes()
        if key not in self._parts:
            goal, price = feature * 2 - 1, np.ones(self.letters.shape[1])
            self._parts[key] = several(self.letters.astype(np.int64), goal, price, exclusive=True)
        return self._parts[key]

    def summed(self, allowed: np.ndarray, first: int) -> Summed:
        """Few features by whose sum every letter has a bias it allows.

        allowed bool [letter, bias], the biases being the whole numbers from `first`.
        """
        rows, of_letter = np.unique(allowed, axis=0, return_inverse=True)
        of_letter = of_letter.reshape(-1)
        for count in range(SUMMED + 1):
            found = []
            for sums, steps in _ways(rows, count):
                chosen = _taken(rows, sums).argmax(1)  # the first set of features that will do
                tables = (chosen[of_letter, None] >> np.arange(count) & 1).astype(bool)
                terms = [(s, t) for s, t in zip(steps.tolist(), tables.T, strict=True)]
                found.append(Summed(first + int(sums[0]), terms))
            if found:
                return min(found, key=lambda s: sum(self.reads(t) for _, t in s.terms))
        return self._apart(allowed, first)

    def _apart(self, allowed: np.ndarray, first: int) -> Summed:
        """A feature for every bias but one, the one that would be hardest to tell."""
        places = np.zeros(len(allowed), int)
        left = np.ones(len(allowed), bool)
        while left.any():
            best = int(allowed[left].sum(0).argmax())
            places[left & allowed[:, best]] = best
            left &= ~allowed[:, best]
        every = np.unique(places)
        rest = max(every.tolist(), key=lambda p: self.reads(places == p))
        terms = [(p - rest, places == p) for p in every.tolist() if p != rest]
        return Summed(first + rest, terms)


def _ways(rows: np.ndarray, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sums [set of features], as places in a row, of which every row allows one; and the steps they are sums of."""
    biases = rows.shape[1]
    every = np.setdiff1d(np.arange(1 - biases, biases), [0])
    sums, steps = np.arange(biases)[:, None], np.zeros((biases, 0), int)
    for _ in range(count):
        if len(sums) * len(every) > SUMS:
            return []
        fresh = np.tile(every, len(sums))
        sums, steps = (np.repeat(a, len(every), 0) for a in (sums, steps))
        ordered = (steps < fresh[:, None]).all(1)
        sums, steps, fresh = sums[ordered], steps[ordered], fresh[ordered, None]
        sums, steps = np.concatenate([sums, sums + fresh], 1), np.concatenate([steps, fresh], 1)
    for row in rows:
        kept = _taken(row[None], sums)[0].any(1)
        sums, steps = sums[kept], steps[kept]
    least = np.argsort(np.abs(steps).sum(1), kind="stable")[:COMPARED]
    return [(sums[i], steps[i]) for i in least]


def _taken(rows: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """bool [row, ...]: does the row allow the bias at each of these places, which may lie outside?"""
    biases = rows.shape[1]
    return rows[:, np.clip(sums, 0, biases - 1)] & (sums >= 0) & (sums < biases)


def needed(seen: np.ndarray, true: np.ndarray, care: np.ndarray | None = None) -> list[int]:
    """Few columns of 0/1 [row, column] that tell where something is true, of the rows cared for; the last go first."""
    columns = list(range(seen.shape[1]))
    care = np.ones(len(seen), bool) if care is None else care
    for column in reversed(range(seen.shape[1])):
        fewer = [c for c in columns if c != column]
        key = seen[:, fewer].astype(np.int64) @ (1 << np.arange(len(fewer)))
        if not np.isin(key[true & care], key[~true & care]).any():
            columns = fewer
    return columns
