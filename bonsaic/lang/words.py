"""How words are written: an item per tick, inputs in order, `0 1 1` or `3,1 0,2`; without inputs, a number of ticks."""

from __future__ import annotations

import difflib
import re

from bonsaic.diag import Source, Span, mistake
from bonsaic.lang.interp import Illegal, Violation, initial, tick
from bonsaic.lang.program import Port, Program, State, show_value
from bonsaic.lang.types import Enum

Word = tuple[tuple[int, ...], ...]
SHOWN = 24  # ticks of a word in a sentence


def read_word(program: Program, text: str, path: str = "<word>") -> Word:
    """The word that a text says. Raises a `Mistake` with its place."""
    source = Source(path, text)
    items = [(x.group(), Span(source, *x.span())) for x in re.finditer(r"\S+", text)]
    if program.inputs:
        return tuple(_letter(program, item, span) for item, span in items)
    if not re.fullmatch(r"\s*[0-9]{1,7}\s*", text):
        raise mistake(
            Span(source, 0, len(text)),
            f"`{program.name}` has no inputs, so a word is its number of ticks, such as 8",
        )
    return ((),) * int(text)


def _letter(program: Program, item: str, span: Span) -> tuple[int, ...]:
    parts, ports = item.split(","), program.inputs
    if len(parts) != len(ports):
        names = ",".join(p.name for p in ports)
        wanted = "one value" if len(ports) == 1 else f"{len(ports)} values with commas, {names}"
        raise mistake(span, f"a tick of `{program.name}` is {wanted}, not `{item}`")
    return tuple(_value(p, part, span) for p, part in zip(ports, parts, strict=True))


def _value(port: Port, text: str, span: Span) -> int:
    if not isinstance(port.type, Enum):
        if re.fullmatch("-?[0-9]{1,12}", text) and int(text) in port.values:
            return int(text)
        raise mistake(span, f"the input `{port.name}` is {port.type}, not `{text}`")
    members = port.type.members
    if text in members:
        return members.index(text)
    near = difflib.get_close_matches(text, members, 1)
    hint = f"did you mean `{near[0]}`?" if near else None
    raise mistake(span, f"`{port.name}` is one of {', '.join(members)}, not `{text}`", help=hint)


def show_word(program: Program, word: Word, when: str = "on") -> str:
    """In a sentence: "on the word `0 1 1`"."""
    if not word:
        return "at the start"
    if not program.inputs:
        return f"in tick {len(word):,}" if when == "on" else f"{when} {len(word):,} ticks"
    if len(word) <= SHOWN:
        return f"{when} the word `{_letters(program, word)}`"
    first, last = word[: SHOWN // 2], word[-SHOWN // 2 :]
    ends = f"{_letters(program, first)} ... {_letters(program, last)}"
    return f"{when} the word `{ends}` of {len(word):,} ticks"


def _letters(program: Program, word: Word) -> str:
    pairs = [zip(program.inputs, letter, strict=True) for letter in word]
    return " ".join(",".join(show_value(p.type, v) for p, v in letter) for letter in pairs)


def run_table(program: Program, word: Word) -> str:
    """What happens on a word: a line per tick with the inputs, the state before the tick, and the outputs.

    Raises a `Mistake` where an assumption forbids a letter or a value leaves its range.
    """
    columns: list[Port | State] = [*program.inputs, *program.states, *program.outputs]
    rows = [["tick", *(x.name for x in columns)]]
    state = initial(program)
    for number, letter in enumerate(word, 1):
        try:
            after, outputs = tick(program, state, letter)
        except (Illegal, Violation) as e:
            way = show_word(program, word[:number])
            if isinstance(e, Violation):
                raise mistake(e.span, f"{e.message}; it happens {way}") from None
            where = program.assumes[0].span
            raise mistake(where, f"this forbids the letter of tick {number}, {way}") from None
        values = (*letter, *state, *outputs)
        cells = [show_value(x.type, v) for x, v in zip(columns, values, strict=True)]
        rows.append([str(number), *cells])
        state = after
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    marks = {0, len(program.inputs), len(program.inputs) + len(program.states)}
    return "".join(_line(row, widths, marks) for row in rows)


def _line(row: list[str], widths: list[int], marks: set[int]) -> str:
    cells = [f"{x:>{width}}" for x, width in zip(row, widths, strict=True)]
    return " ".join(x + " |" if i in marks else x for i, x in enumerate(cells)) + "\n"
