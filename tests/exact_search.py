"""How `exact4.txt` is made: the fewest two-input gates for every class of four-input functions, by exhaustive search.

Run as `python tests/exact_search.py > bonsaic/passes/exact4.txt`; it takes ten seconds. Functions are
16-bit truth tables, kept up to complement with bit 0 clear ("normal"), so that the five gates and, but-not (both ways),
or, xor are all there are. A chain is the set of its gates' functions; chains are kept up to the order of the inputs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from bonsaic.passes.exact import INPUTS, KINDS, transforms

CHUNK = 20_000  # chains extended at once
LONGEST = 6  # gates of the chains listed; the few functions that need 7 are two chains joined


def main() -> None:
    """Print one line per class under permuted and negated inputs and output: a member and its shortest chain."""
    chains = shortest()
    classes = transforms(np.arange(1 << 16, dtype=np.uint32))
    done = np.zeros(1 << 16, bool)
    for f in sorted(chains, key=lambda f: (len(chains[f]), f)):
        if not done[f]:
            done[classes[:, f]] = True
            print(f"{f:04x}", *steps(f, chains[f]))
    assert done.all()


def shortest() -> dict[int, tuple[int, ...]]:
    """Every normal function with the gates of a shortest chain."""
    found: dict[int, tuple[int, ...]] = {0: (), **{int(x): () for x in INPUTS}}
    level = np.empty((1, 0), np.uint16)
    orders = transforms(np.arange(1 << 16, dtype=np.uint32))[::32]
    for length in range(1, LONGEST + 1):
        new: dict[int, tuple[int, ...]] = {}
        for chains, functions in parts(level):
            values, first = np.unique(functions, return_index=True)
            for f, at in zip(values.tolist(), first.tolist(), strict=True):
                if f not in found and f not in new:
                    new[f] = (*chains[at // functions.shape[1]].tolist(), f)
        for f, chain in new.items():
            for order in orders:
                found.setdefault(int(order[f]), tuple(order[list(chain)].tolist()))
        if length < LONGEST:
            level = longer(level, orders)
    return join(found)


def parts(chains: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Chains, some at a time, and uint16 [chain, pair and gate]: every function one gate away from each."""
    for at in range(0, len(chains), CHUNK):
        some = chains[at : at + CHUNK]
        signals = np.concatenate([np.broadcast_to(INPUTS, (len(some), 4)), some], axis=1)
        pairs = list(itertools.combinations(range(signals.shape[1]), 2))
        functions = [
            kind(signals[:, i], signals[:, j]) for i, j in pairs for kind in KINDS.values()
        ]
        yield some, np.stack(functions, axis=1)


def longer(level: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Every chain with one gate more; each once up to the order of the inputs while four functions fit one integer."""
    grown = []
    for chains, functions in parts(level):
        rows, columns = np.nonzero(functions)
        sets = np.concatenate([chains[rows], functions[rows, columns][:, None]], axis=1)
        sets = np.sort(sets[~np.isin(sets[:, -1], INPUTS)], axis=1)
        sets = sets[(sets[:, 1:] != sets[:, :-1]).all(axis=1)]
        if sets.shape[1] <= 4:
            codes = np.min([code(np.sort(order[sets], axis=1)) for order in orders], axis=0)
            sets = decode(np.unique(codes), sets.shape[1])
        grown.append(sets)
    level = np.concatenate(grown)
    return decode(np.unique(code(level)), level.shape[1]) if level.shape[1] <= 4 else level


def code(sets: np.ndarray) -> np.ndarray:
    places = np.uint64(16) * np.arange(sets.shape[1], dtype=np.uint64)
    return (sets.astype(np.uint64) << places).sum(axis=1, dtype=np.uint64)


def decode(codes: np.ndarray, count: int) -> np.ndarray:
    return np.stack([(codes >> np.uint64(16 * i)).astype(np.uint16) for i in range(count)], axis=1)


def join(found: dict[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    """The functions not yet found, each as one gate over two that were, the fewest gates first."""
    found = dict(found)
    missing = set(range(0, 1 << 16, 2)) - set(found)
    bysize = [
        np.array([f for f in found if len(found[f]) == k], np.uint16) for k in range(LONGEST + 1)
    ]
    for a in range(LONGEST // 2 + 1):
        for f in bysize[a]:
            others = bysize[LONGEST - a]
            for kind in KINDS.values():
                made = kind(f, others)
                for at in np.flatnonzero(np.isin(made, list(missing))).tolist():
                    t = int(made[at])
                    if t in missing:
                        missing.remove(t)
                        found[t] = (*found[int(f)], *found[int(others[at])], t)
    assert not missing, missing
    return found


def steps(f: int, chain: tuple[int, ...]) -> list[str]:
    """The gates in an order in which each reads earlier ones: two signals a, b, c, d (inputs), e, ... and the gate."""
    names = {int(x): name for x, name in zip(INPUTS, "abcd", strict=True)}
    out = []
    todo = list(dict.fromkeys(chain))
    while todo:
        for x, y in itertools.combinations(list(names), 2):
            for kind, op in KINDS.items():
                made = int(op(np.uint16(x), np.uint16(y)))
                if made in todo:
                    out.append(names[x] + kind + names[y])
                    names[made] = "abcdefghijk"[len(names)]
                    todo.remove(made)
    assert not chain or names[f] == max(names.values()), f
    return out


if __name__ == "__main__":
    main()
