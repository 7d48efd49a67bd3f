"""How words are written: an item per tick, inputs in order, `0 1 1` or `3,1 0,2`; without inputs, a number of ticks."""

from __future__ import annotations

import difflib

import numpy as np

from bonsaic.diag import Source, Span, mistake
from bonsaic.lang.interp import Illegal, State, Violation, initial, tick
from bonsaic.lang.program import Port, Program, show_value
from bonsaic.lang.types import Enum, extent

Word = tuple[tuple[int, ...], ...]
LONGEST = 9_999_999  # ticks
SHOWN = 24  # ticks of a word in a sentence
TRIES = 1_000  # draws of a letter before a state is given up


def read_word(program: Program, text: str, path: str = "<word>") -> Word:
    """The word that a text says. Raises a `Mistake` with its place."""
    source = Source(path, text)
    items, at = [], 0
    for item in text.split():
        at = text.index(item, at)
        items.append((item, at))
        at += len(item)
    if not program.inputs:
        whole = Span(source, 0, len(text))
        if len(items) != 1 or not items[0][0].isdecimal() or len(items[0][0]) > len(str(LONGEST)):
            raise mistake(
                whole,
                f"`{program.name}` has no inputs, so a word is its number of ticks, such as 8",
            )
        return ((),) * int(items[0][0])
    return tuple(_letter(program, item, Span(source, at, at + len(item))) for item, at in items)


def _letter(program: Program, item: str, span: Span) -> tuple[int, ...]:
    parts = item.split(",")
    if len(parts) != len(program.inputs):
        names = ", ".join(p.name for p in program.inputs)
        raise mistake(
            span,
            f"a tick of `{program.name}` is {names}: {len(program.inputs)} values with commas, not {len(parts)}",
        )
    return tuple(_value(p, part, span) for p, part in zip(program.inputs, parts, strict=True))


def _value(port: Port, text: str, span: Span) -> int:
    low, high = extent(port.type)
    if isinstance(port.type, Enum):
        if text in port.type.members:
            return port.type.members.index(text)
        near = difflib.get_close_matches(text, port.type.members, 1)
        raise mistake(
            span,
            f"`{port.name}` is one of {', '.join(port.type.members)}, not `{text}`",
            help=f"did you mean `{near[0]}`?" if near else None,
        )
    digits = text.removeprefix("-")
    if (
        not (digits.isdecimal() and digits.isascii())
        or len(digits) > 12
        or not low <= int(text) <= high
    ):
        raise mistake(span, f"`{port.name}` is {port.type}, not `{text}`")
    return int(text)


def random_word(program: Program, ticks: int, rng: np.random.Generator) -> Word:
    """A word of legal letters, drawn by the ports' frequencies."""
    state, word = initial(program), []
    for _ in range(ticks):
        for _ in range(TRIES):
            letter = tuple(_draw(p, rng) for p in program.inputs)
            try:
                state, _ = tick(program, state, letter)
            except Illegal:
                continue
            except Violation as v:
                raise mistake(v.span, v.message) from None
            word.append(letter)
            break
        else:
            raise mistake(
                program.assumes[0].span,
                f"{TRIES:,} draws found no legal letter {show_word(program, tuple(word))}",
            )
    return tuple(word)


def _draw(port: Port, rng: np.random.Generator) -> int:
    if port.frequency is not None:
        return int(rng.random() < port.frequency)
    return int(rng.integers(port.values.start, port.values.stop))


def show_letter(program: Program, letter: tuple[int, ...]) -> str:
    return ",".join(show_value(p.type, v) for p, v in zip(program.inputs, letter, strict=True))


def show_word(program: Program, word: Word, when: str = "on") -> str:
    """In a sentence: "on the word `0 1 1`"."""
    if not word:
        return "at the start"
    if not program.inputs:
        return f"in tick {len(word):,}" if when == "on" else f"{when} {len(word):,} ticks"
    if len(word) <= SHOWN:
        return f"{when} the word `{' '.join(show_letter(program, x) for x in word)}`"
    ends = [
        " ".join(show_letter(program, x) for x in part)
        for part in (word[: SHOWN // 2], word[-SHOWN // 2 :])
    ]
    return f"{when} the word `{ends[0]} ... {ends[1]}` of {len(word):,} ticks"


def run_table(program: Program, word: Word) -> str:
    """What happens on a word: a line per tick with the inputs, the state before the tick, and the outputs.

    Raises a `Mistake` where an assumption forbids a letter or a value leaves its range.
    """
    rows = [
        [
            "tick",
            *(p.name for p in program.inputs),
            *(x.name for x in program.states),
            *(p.name for p in program.outputs),
        ]
    ]
    state: State = initial(program)
    for number, letter in enumerate(word):
        try:
            after, outputs = tick(program, state, letter)
        except Illegal:
            way = show_word(program, word[: number + 1])
            raise mistake(
                program.assumes[0].span, f"this forbids the letter of tick {number + 1}, {way}"
            ) from None
        except Violation as v:
            raise mistake(
                v.span, f"{v.message}; it happens {show_word(program, word[: number + 1])}"
            ) from None
        types = [x.type for x in (*program.inputs, *program.states, *program.outputs)]  # type: ignore[attr-defined]
        values = (*letter, *state, *outputs)
        cells = [show_value(x, v) for x, v in zip(types, values, strict=True)]
        rows.append([str(number + 1), *cells])
        state = after
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    marks = {0, len(program.inputs), len(program.inputs) + len(program.states)}
    return "".join(_line(row, widths, marks) for row in rows)


def _line(row: list[str], widths: list[int], marks: set[int]) -> str:
    cells = [
        f"{cell:>{width}}" + (" |" if i in marks else "")
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return " ".join(cells) + "\n"
