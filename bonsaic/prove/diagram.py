"""Functions of bits as decision diagrams: two functions are equal where their numbers are."""

from __future__ import annotations

from collections.abc import Callable, Hashable

LEAF = 1 << 60  # the place of a value in the order of bits: below every bit


class TooLarge(Exception):
    """The diagrams took more work than they were allowed."""


class Diagrams:
    """A diagram is a number: of a value, or of a bit with the diagrams for 0 and 1 below it.

    effort: how many pairs of diagrams may be joined in all before `TooLarge` is raised.
    """

    def __init__(self, effort: int):
        self.effort = effort
        self.rows: list[tuple[int, int, int]] = []  # the bit, where it is 0, where it is 1
        self.values: dict[int, Hashable] = {}
        self._number: dict[tuple, int] = {}
        self._known: dict[tuple, int] = {}

    def value(self, value: Hashable) -> int:
        """The function that is this value everywhere."""
        number = self._numbered(("value", value), (LEAF, -1, -1))
        self.values[number] = value
        return number

    def bit(self, place: int) -> int:
        """The function that is this bit, as 0 or 1; a smaller place is decided earlier."""
        return self._choice(place, self.value(0), self.value(1))

    def apply(self, name: Hashable, f: Callable, *xs: int) -> int:
        """f of the values of `xs`, bit by bit. The name stands for f: one name, one function."""
        rows = self.rows
        if (found := self._known.get((name, *xs))) is not None:
            return found
        if not self.effort:
            raise TooLarge
        self.effort -= 1
        place = min(rows[x][0] for x in xs)
        if place == LEAF:
            made = self.value(f(*(self.values[x] for x in xs)))
        else:
            low, high = ([rows[x][way] if rows[x][0] == place else x for x in xs] for way in (1, 2))
            zero = self.apply(name, f, *low)
            one = self.apply(name, f, *high)
            made = self._choice(place, zero, one)
        self._known[(name, *xs)] = made
        return made

    def _choice(self, place: int, low: int, high: int) -> int:
        return low if low == high else self._numbered((place, low, high), (place, low, high))

    def _numbered(self, key: tuple, row: tuple[int, int, int]) -> int:
        number = self._number.setdefault(key, len(self.rows))
        if number == len(self.rows):
            self.rows.append(row)
        return number
