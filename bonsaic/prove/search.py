"""The hunt for a word on which a network with real states errs: all short ones, then long ones with small margins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice, product

import numpy as np

from bonsaic.ir.mealy import FREE, Mealy
from bonsaic.prove.tick import Tick

WORDS = 1 << 14  # how many words of one length are tried before the hunt goes on at random
CROWD = 1024  # words extended side by side
STEADY = 256  # of them, those that repeat the shortest motifs and are never dropped: a drift may show late
GENERATION = 32  # ticks after which the words with the widest margins are dropped
PERIOD = 12  # the longest motif that a word may repeat
VERY_LONG = 1 << 12  # ticks beyond which no run is tried
LONG = 256  # ticks up to which a word that errs is shortened by every run of letters


@dataclass(frozen=True)
class Found:
    """A word of letter numbers on whose last tick the network errs in float32; `shortest` where no shorter one does."""

    word: list[int]
    shortest: bool


@dataclass(frozen=True, eq=False)
class Reached:
    """States that words lead to: the specification's [place], the network's float32 values [place, register]."""

    state: np.ndarray
    values: np.ndarray


def explore(
    spec: Mealy, tick: Tick, feed: np.ndarray, level: float = 0, *, most: int = WORDS
) -> Found | Reached:
    """Words in the order of their length until one errs, with what they reach while none does.

    A word is continued where it reaches what no word before it did: other values, with a `level` values that round
    down to other multiples of it. No longer ones are tried once a length has more than `most` words.
    """
    q, s = np.zeros(1, np.int64), tick.initial[None].astype(np.float32)
    trail: list[tuple[np.ndarray, np.ndarray]] = []
    seen: set[bytes] = set()
    reached = [(q[:0], s[:0])]
    while 0 < len(q) * len(spec.letters) <= most and len(seen) <= most:
        row, letter = np.nonzero(spec.legal[q])
        after, values = tick.run(s[row], feed[letter])
        trail.append((row, letter))
        wrong = np.flatnonzero(_errs(spec, q[row], letter, values))
        if len(wrong):
            word, at = [], int(wrong[0])
            for rows, letters in reversed(trail):
                word.append(int(letters[at]))
                at = int(rows[at])
            return Found(word[::-1], not level)
        q, s = spec.next[q[row], letter].astype(np.int64), after
        reached.append((q, s))
        cells = np.floor(s / level) + 0.0 if level else s.view(np.uint32)
        keys, first = np.unique(np.column_stack([q, cells]), axis=0, return_index=True)
        keep = []
        for key, i in zip(keys, first.tolist(), strict=True):
            if (code := key.tobytes()) not in seen:
                seen.add(code)
                keep.append(i)
        keep.sort()
        trail[-1] = (row[keep], letter[keep])
        q, s = q[keep], s[keep]
    states, outcomes = zip(*reached, strict=True)
    return Reached(np.concatenate(states), np.concatenate(outcomes))


def long_words(
    spec: Mealy, tick: Tick, feed: np.ndarray, rng: np.random.Generator, *, ticks: int
) -> Found | None:
    """An error on words of up to `ticks` letters: each follows its own taste in letters, runs or a repeated motif.

    Every `GENERATION` ticks the half with the smallest recent margins is continued twice; but the shortest motifs are
    repeated to the end.
    """
    n, k = CROWD, len(spec.letters)
    q, s = np.zeros(n, np.int64), np.repeat(tick.initial[None].astype(np.float32), n, axis=0)
    taste = rng.normal(0, rng.choice([0, 1, 3], n)[:, None], (n, k))
    stay = rng.choice([0, 0.5, 0.9], n)
    motif = rng.integers(0, k, (n, PERIOD))
    period = rng.integers(1, PERIOD + 1, n)
    repeats = rng.random(n) < 0.3
    steady = _motifs(k)
    for i, word in enumerate(steady):
        motif[i, : len(word)], period[i], repeats[i] = word, len(word), True
    rest = np.arange(len(steady), n)
    words = np.zeros((n, ticks), np.int16)
    margin = np.full(n, np.inf)
    for t in range(ticks):
        legal = spec.legal[q]
        drawn = np.where(legal, taste + rng.gumbel(size=(n, k)), -np.inf).argmax(axis=1)
        last = words[:, t - 1].astype(np.int64)
        again = np.where(repeats, motif[np.arange(n), t % period], last)
        wish = repeats | ((rng.random(n) < stay) & (t > 0))
        letter = np.where(wish & legal[np.arange(n), again], again, drawn)
        if not legal.any(axis=1).all():
            return None
        s, values = tick.run(s, feed[letter])
        words[:, t] = letter
        wrong = np.flatnonzero(_errs(spec, q, letter, values))
        if len(wrong):
            return Found(words[wrong[0], : t + 1].tolist(), False)
        cared = np.where(spec.outs[q, letter] != FREE, np.abs(values), np.inf)
        margin = np.minimum(margin, cared.min(axis=1, initial=np.inf))
        q = spec.next[q, letter].astype(np.int64)
        if t % GENERATION == GENERATION - 1:
            best = rest[np.argsort(margin[rest], kind="stable")[: len(rest) // 2]]
            more = rest[: len(rest) - len(best)]
            keep = np.concatenate([np.arange(len(steady)), np.resize(best, len(more)), best])
            q, s, words = q[keep], s[keep], words[keep]
            taste, stay, motif = taste[keep], stay[keep], motif[keep]
            period, repeats = period[keep], repeats[keep]
            taste[-len(best) :] += rng.normal(0, 0.3, (len(best), k))
            flip = (rng.random(n) < 0.05) & (np.arange(n) >= len(steady))
            repeats ^= flip
            motif[flip] = rng.integers(0, k, (int(flip.sum()), PERIOD))
            margin = np.full(n, np.inf)
    return None


def repeated_words(spec: Mealy, tick: Tick, feed: np.ndarray, *, ticks: int) -> Found | None:
    """An error on a repeated short motif within so many ticks: a drift may take thousands to show.

    The first legal letter stands for an illegal one. Words whose states come round again are let go.
    """
    motifs = _motifs(len(spec.letters))
    size = np.array([len(m) for m in motifs])
    motif = np.array([[*m, *[0] * (PERIOD - len(m))] for m in motifs])
    words = np.zeros((ticks, len(motifs)), np.int16)
    row, since = np.arange(len(motifs)), 0
    q, s = 0 * row, np.repeat(tick.initial[None].astype(np.float32), len(motifs), axis=0)
    old_q, old_s = q, s
    for t in range(ticks):
        if t & (t - 1) == 0:
            since, old_q, old_s = t, q, s
        wish, legal = motif[row, t % size[row]], spec.legal[q]
        letter = np.where(legal[np.arange(len(q)), wish], wish, legal.argmax(axis=1))
        onward = legal.any(axis=1)
        s, values = tick.run(s, feed[letter])
        words[t, row] = letter
        wrong = np.flatnonzero(_errs(spec, q, letter, values) & onward)
        if len(wrong):
            return Found(words[: t + 1, row[wrong[0]]].tolist(), False)
        q = spec.next[q, letter].astype(np.int64)
        again = (t + 1 - since) % size[row] == 0
        onward &= ~(again & (q == old_q) & (s == old_s).all(axis=1))
        if not onward.all():
            row, q, s, old_q, old_s = (a[onward] for a in (row, q, s, old_q, old_s))
    return None


def _motifs(k: int) -> list[tuple[int, ...]]:
    """The shortest words of `k` letters that are no repetitions of shorter ones."""
    words = chain.from_iterable(product(range(k), repeat=size) for size in range(1, PERIOD + 1))
    return list(islice((w for w in words if _is_primitive(w)), STEADY))


def _is_primitive(word: tuple[int, ...]) -> bool:
    return all(word != word[d:] + word[:d] for d in range(1, len(word)))


def shorten(spec: Mealy, tick: Tick, feed: np.ndarray, found: Found) -> Found:
    """The same error or another, on a word from which no single run of letters can be left out any more.

    Of a long word only long runs are tried, of a very long one none.
    """
    word, size = found.word, len(found.word) // 2 * (len(found.word) <= VERY_LONG)
    while size >= max(1, len(word) // LONG) and not found.shortest:
        starts = np.arange(0, len(word) - size + 1, max(1, size // 4))
        starts = starts[:: max(1, len(starts) * len(word) // (1 << 19))]
        kept = np.array([[*word[:i], *word[i + size :]] for i in starts.tolist()], np.int64)
        at = first_error(spec, tick, feed, kept)
        if (at >= 0).any():
            row = int(np.argmin(np.where(at >= 0, at, len(word))))
            word = kept[row, : at[row] + 1].tolist()
            size = min(size, len(word) // 2)
        else:
            size //= 2
    return Found(word, found.shortest)


def first_error(spec: Mealy, tick: Tick, feed: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Per word [batch, time] the tick of the first error, -1 where there is none before an illegal letter."""
    n = len(words)
    q, s = np.zeros(n, np.int64), np.repeat(tick.initial[None].astype(np.float32), n, axis=0)
    at, alive = np.full(n, -1), np.ones(n, bool)
    for t in range(words.shape[1]):
        letter = words[:, t]
        alive &= spec.legal[q, letter]
        s, values = tick.run(s, feed[letter])
        wrong = _errs(spec, q, letter, values) & alive
        at[wrong] = t
        alive &= ~wrong
        q = np.maximum(spec.next[q, letter], 0).astype(np.int64)
    return at


def _errs(spec: Mealy, q: np.ndarray, letter: np.ndarray, values: np.ndarray) -> np.ndarray:
    said = spec.outs[q, letter]
    return ((said != FREE) & ((values > 0) != (said == 1))).any(axis=1)
