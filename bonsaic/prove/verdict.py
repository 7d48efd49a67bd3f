"""The three answers: proved, differs with a word that shows it, unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONG = 64  # letters of a word beyond which its middle is left out


@dataclass(frozen=True)
class Proved:
    """Same outputs on every legal word of every length.

    states: reachable product states, or parts of an invariant (see `what`); transitions: state-letter pairs checked;
    arithmetic: `float32` where the proof covers exact reals and float32 in any order of summation, else `exact reals`;
    method: how it was shown, where not by visiting what `what` counts.
    """

    states: int
    transitions: int
    arithmetic: str = "float32"
    what: str = "product states"
    method: str | None = None

    def __str__(self) -> str:
        states = _count(self.states, self.what)
        if self.method:
            return f"proved by {self.method} ({states}, {self.arithmetic})"
        return f"proved ({states}, {_count(self.transitions, 'transitions')}, {self.arithmetic})"


@dataclass(frozen=True)
class Differs:
    """A word on whose last tick the two machines disagree, and what each says there.

    word: per tick the 0/1 wires, in the specification's port order. shortest: whether no shorter word exists.
    wanted: None where an output does not matter. found: None where the second machine refuses the letter, and for an
    output that it leaves open. arithmetic: in which the word was run.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    word: tuple[tuple[int, ...], ...]
    wanted: tuple[int | None, ...]
    found: tuple[int | None, ...] | None
    shortest: bool = True
    arithmetic: str = "exact reals"

    def __str__(self) -> str:
        got = "refuses the last letter" if self.found is None else f"gives {_bits(self.found)}"
        kind = "shortest" if self.shortest else "confirmed"
        return (
            f"differs on the {kind} word {spell(self.word)}: "
            f"wanted {_bits(self.wanted)}, the second {got}"
        )


@dataclass(frozen=True)
class Unknown:
    """No answer: why, and how many product states were covered; capped: it is too large, as far as is known."""

    reason: str
    states: int = 0
    capped: bool = False

    def __str__(self) -> str:
        return f"unknown: {self.reason} ({self.states} product states covered)"


Verdict = Proved | Differs | Unknown


def name(v: Verdict) -> str:
    """`proved`, `differs` or `unknown`."""
    return type(v).__name__.lower()


def weaker(a: Verdict, b: Verdict) -> Verdict:
    """The one that says less: differs before unknown before proved."""
    rank = (Differs, Unknown, Proved)
    return min(a, b, key=lambda v: rank.index(type(v)))


def spell(word: Sequence[Sequence[int]]) -> str:
    """A word in one line: letters apart, wires by commas, the middle of a long one left out."""
    letters = [",".join(map(str, letter)) or "-" for letter in word]
    if len(letters) <= LONG:
        return " ".join(letters)
    return f"{' '.join(letters[:8])} ... {' '.join(letters[-8:])} ({len(letters)} ticks)"


def _bits(values: tuple[int | None, ...]) -> str:
    return ",".join("-" if v is None else str(v) for v in values)


def _count(number: int, plural: str) -> str:
    """`1 box`, `2 register classes`, `1 product state`."""
    singular = plural.removesuffix("es" if plural.endswith(("xes", "sses")) else "s")
    return f"{number} {singular if number == 1 else plural}"
