"""The KISS2 format: machines of other tools as tables, and tables as KISS2 texts.

`.i .o .p .s .r`, wires' names as `.ilb` and `.ob`, then rows `input state next output`. `-` is a don't-care, `*` any
state. What no row specifies, and a next state `-` or `*`, leads to a state of its own in which no output matters and
which is never left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from bonsaic.diag import Diagnostic, Mistake, Source, Span, mistake
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.lang.cubes import answers, cubes
from bonsaic.lang.parse import reserved

MOST_INPUTS = 12
MOST_OUTPUTS = 64
MOST_ROWS = 5_000
SHOWN = 20  # mistakes shown at most
ANY = ("-", "*")
SILENT = (".start_kiss", ".end_kiss", ".latch_order", ".code")
NAMES = {".ilb": ("input", "x"), ".ob": ("output", "y")}  # and what wires without names are called


@dataclass(frozen=True)
class Row:
    """One line: input cube, state, next state, outputs."""

    span: Span
    cube: str
    state: str
    next: str
    outputs: str


@dataclass(frozen=True, eq=False)
class Machine:
    """A table and the names of its states."""

    table: Mealy
    states: tuple[str, ...]


@dataclass
class _Text:
    """What the lines say, each sound by itself."""

    source: Source
    declared: dict[str, tuple[Span, str]] = field(default_factory=dict)
    named: dict[str, tuple[Span, list[str]]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    wrong: list[Diagnostic] = field(default_factory=list)

    def complain(self, where: Span | str, message: str, first: Span | None = None) -> None:
        notes = [(first, "this says otherwise")] if first else []
        self.wrong.append(Diagnostic(where, message, notes))

    def stop_if_wrong(self) -> None:
        if self.wrong:
            raise Mistake(*self.wrong[:SHOWN])


def read_kiss2(text: str, path: str = "<text>", name: str = "machine") -> Machine:
    """The machine of a KISS2 text, its reset state first. Raises a `Mistake` with everything wrong."""
    t = _Text(Source(path, text))
    for span, words in _lines(t.source):
        if words[0] in (".e", ".end"):
            break
        _line(t, span, words)
    t.stop_if_wrong()
    for key in (".i", ".o"):
        if key not in t.declared:
            raise mistake(path, f"this is no KISS2 file: it says no `{key}`")
    inputs, outputs = int(t.declared[".i"][1]), int(t.declared[".o"][1])
    for found, least, most, what in (
        (inputs, 0, MOST_INPUTS, "inputs"),
        (outputs, 1, MOST_OUTPUTS, "outputs"),
        (len(t.rows), 1, MOST_ROWS, "rows"),
    ):
        if not least <= found <= most:
            raise mistake(path, f"a machine has {least} to {most:,} {what}, and this one {found:,}")
    states = _states(t, inputs, outputs)
    x, y = _wires(t, ".ilb", inputs), _wires(t, ".ob", outputs)
    for wire in sorted({*x} & {*y}):
        t.complain(t.named[".ob"][0], f"`{wire}` is both an input and an output")
    t.stop_if_wrong()
    table = _table(t, name, states, x, y)
    t.stop_if_wrong()
    return Machine(table, (*states, "unspecified")[: table.states])


def _lines(source: Source) -> Iterator[tuple[Span, list[str]]]:
    bare = re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0]), source.text)
    for line in re.finditer(r"\S(?:[^\n]*\S)?", bare):
        yield Span(source, *line.span()), line[0].split()


def _line(t: _Text, span: Span, words: list[str]) -> None:
    key = words[0]
    if key in SILENT:
        return
    if not key.startswith("."):
        if len(words) == 4:
            t.rows.append(Row(span, *words))
        elif len(words) == 3 and t.declared.get(".i", (span, ""))[1] == "0":
            t.rows.append(Row(span, "", *words))
        else:
            row = "a row is input, state, next state and output"
            t.complain(span, f"{row}, but this has {len(words)} parts")
    elif key in t.named:
        t.complain(span, f"`{key}` is said twice", t.named[key][0])
    elif key in NAMES:
        t.named[key] = span, words[1:]
    elif key not in (".i", ".o", ".p", ".s", ".r") or len(words) != 2:
        t.complain(span, "expected .i, .o, .p, .s or .r with a value, or .e")
    elif key != ".r" and not re.fullmatch("[0-9]{1,7}", words[1]):
        t.complain(span, f"`{key}` takes a number, not `{words[1]}`")
    elif key in t.declared:
        t.complain(span, f"`{key}` is said twice", t.declared[key][0])
    else:
        t.declared[key] = span, words[1]


def _states(t: _Text, inputs: int, outputs: int) -> list[str]:
    """The states, the reset state first; complains about rows of the wrong width and about states that have no row."""
    for row in t.rows:
        for what, text, width in (("input", row.cube, inputs), ("output", row.outputs, outputs)):
            if len(text) != width or set(text) - set("01-"):
                t.complain(row.span, f"the {what} `{text}` is not {width} of 0, 1 and -")
    states = list(dict.fromkeys(r.state for r in t.rows if r.state not in ANY))
    if not states:
        t.complain(t.source.path, "no row names a state")
        return []
    named = [(r.span, r.next) for r in t.rows if r.next not in ANY]
    start = t.declared.get(".r", (t.rows[0].span, states[0]))
    reported: set[str] = set()
    for span, name in [start, *named]:
        if name not in states and name not in reported:
            reported.add(name)
            t.complain(span, f"the state `{name}` is never defined: no row starts in it")
    for key, count, what in ((".p", len(t.rows), "rows"), (".s", len(states), "states")):
        if key in t.declared and not t.wrong:
            place, said = t.declared[key]
            if int(said) != count:
                t.complain(place, f"`{key}` says {said} {what}, but there are {count:,}")
    return sorted(states, key=lambda s: s != start[1])


def default_names(kind: str, count: int) -> tuple[str, ...]:
    """What wires are called that a file does not name: `x`, or `x0`, `x1`, ..."""
    letter = NAMES[kind][1]
    return (letter,) if count == 1 else tuple(f"{letter}{k}" for k in range(count))


def _wires(t: _Text, kind: str, count: int) -> tuple[str, ...]:
    """The wires' names, as a program can have them; complains where there are too many, too few or equal ones."""
    if kind not in t.named:
        return default_names(kind, count)
    span, said = t.named[kind]
    if len(said) != count:
        wires = f"{NAMES[kind][0]}{'' if count == 1 else 's'}"
        t.complain(span, f"`{kind}` names {len(said)} wires, but there are {count} {wires}")
    names = [re.sub(r"\W", "_", re.sub(r"\[(\d+)\]$", r"_\1", x), flags=re.ASCII) for x in said]
    names = [f"{NAMES[kind][1]}_{x}" if x[0].isdigit() else x for x in names]
    names = [x + "_" * (x in reserved()) for x in names]
    for k, x in enumerate(names):
        if x in names[:k]:
            t.complain(span, f"`{kind}` names two wires `{x}`")
    return tuple(names)


def _table(t: _Text, name: str, states: list[str], x: Sequence[str], y: Sequence[str]) -> Mealy:
    """The table, letters in counting order with the first input wire as the highest bit."""
    inputs, outputs = len(x), len(y)
    letters = (np.arange(1 << inputs)[:, None] >> np.arange(inputs)[::-1] & 1).astype(np.uint8)
    number = {s: k for k, s in enumerate(states)}
    after = np.full((len(states) + 1, len(letters)), ILLEGAL, np.int32)
    outs = np.full((len(states) + 1, len(letters), outputs), FREE, np.int8)
    by: dict[tuple[int, int], Row] = {}
    for row in t.rows:
        fixed = [k for k, c in enumerate(row.cube) if c != "-"]
        wanted = np.array([int(row.cube[k]) for k in fixed], np.uint8)
        hit = np.flatnonzero((letters[:, fixed] == wanted).all(1))
        answer = np.array([FREE if c == "-" else int(c) for c in row.outputs], np.int8)
        for s in range(len(states)) if row.state in ANY else [number[row.state]]:
            known, target = after[s, hit], number.get(row.next, ILLEGAL)
            clash = (known != ILLEGAL) & (target != ILLEGAL) & (known != target)
            clash |= ((outs[s, hit] != FREE) & (answer != FREE) & (outs[s, hit] != answer)).any(1)
            if clash.any():
                first = by.get((s, int(hit[clash][0])))
                message = f"two rows of the state `{states[s]}` contradict each other"
                t.complain(row.span, message, first.span if first else None)
                continue
            if target != ILLEGAL:
                after[s, hit] = target
            outs[s, hit] = np.where(answer == FREE, outs[s, hit], answer)
            by |= {(s, int(letter)): row for letter in hit if (s, int(letter)) not in by}
    after[after == ILLEGAL] = len(states)
    keep = len(states) + bool((after[:-1] == len(states)).any())
    return Mealy(name, tuple(x), tuple(y), letters, after[:keep], outs[:keep])


def to_kiss2(machine: Mealy) -> str:
    """A KISS2 text of the table: letters with the same answer merged into cubes, illegal letters left out."""
    rows = [
        f"{cube} s{state} s{target} {outputs}\n"
        for state in range(machine.states)
        for (target, outputs), words in answers(machine, state).items()
        for cube in cubes(words)
    ]
    head = [f".i {len(machine.inputs)}", f".o {len(machine.outputs)}"]
    for kind, wires in ((".ilb", machine.inputs), (".ob", machine.outputs)):
        head += [" ".join([kind, *wires])] if wires else []
    head += [f".p {len(rows)}", f".s {machine.states}", ".r s0", ""]
    return "\n".join(head) + "".join(rows) + ".e\n"
