"""What a machine answers in a state and to which letters, and how letters become fewer words of 0, 1 and `-`."""

from __future__ import annotations

from collections.abc import Iterable

from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy

Answer = tuple[int, str]  # the next state, and the outputs in 0, 1 and `-`


def answers(m: Mealy, state: int) -> dict[Answer, list[str]]:
    """The legal letters of a state, as words of 0 and 1, by what is answered to them."""
    groups: dict[Answer, list[str]] = {}
    for letter, bits in enumerate(m.letters):
        target = int(m.next[state, letter])
        if target != ILLEGAL:
            outputs = "".join("-" if b == FREE else str(b) for b in m.outs[state, letter])
            groups.setdefault((target, outputs), []).append("".join(map(str, bits)))
    return groups


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
            pair = w[k] != "-" and other in known
            known -= {w, other} if pair else {w}
            merged.append(w[:k] + "-" + w[k + 1 :] if pair else w)
        left = merged
    return left
