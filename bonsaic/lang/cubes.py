"""Sets of input words as disjoint cubes: words of 0, 1 and `-` for either."""

from __future__ import annotations

from collections.abc import Iterable


def cubes(words: Iterable[str]) -> list[str]:
    """Disjoint cubes that together hold exactly these words of 0 and 1, merged one place after the other."""
    left = list(words)
    for k in range(len(left[0]) if left else 0):
        known = set(left)
        merged = []
        for w in left:
            if w not in known:
                continue
            other = w[:k] + ("1" if w[k] == "0" else "0") + w[k + 1 :]
            if w[k] != "-" and other in known:
                known -= {w, other}
                merged.append(w[:k] + "-" + w[k + 1 :])
            else:
                known.discard(w)
                merged.append(w)
        left = merged
    return left
