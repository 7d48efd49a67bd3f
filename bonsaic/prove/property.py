"""The property check of emitted text: hypothesis draws legal words, a table says what is right."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from bonsaic import tools
from bonsaic.diag import counted, mistake
from bonsaic.emit.names import PYTHON, VERILOG, Names
from bonsaic.emit.testbench import FAILED, PASSED, testbench
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.prove.choices import Choices, draw, examine
from bonsaic.prove.verdict import Differs

Letter = tuple[int, ...]
Word = tuple[Letter, ...]
Rows = list[tuple[int | None, ...]]  # per tick the outputs, None for one that does not matter
ROOM = 1 << 20  # bytes that a simulation may take
SECONDS = 60  # a simulation that takes longer is stuck


@dataclass(frozen=True)
class Held:
    """No word showed a difference: how many were tried, and their ticks together."""

    words: int
    ticks: int

    def __str__(self) -> str:
        return f"held for {counted(self.words, 'word')}, {counted(self.ticks, 'tick')}"


@dataclass(frozen=True)
class Broken:
    """The text cannot be run, or not to the end: why, and after which word."""

    reason: str
    word: Word = ()

    def __str__(self) -> str:
        return f"broken: {self.reason}"


@dataclass(frozen=True)
class Skipped:
    """Not checked, and why."""

    reason: str

    def __str__(self) -> str:
        return f"skipped: {self.reason}"


Result = Held | Differs | Broken | Skipped


def check_python(
    source: str,
    name: str,
    table: Mealy,
    *,
    seed: int = 0,
    choices: Sequence[Choices] | None = None,
) -> Held | Differs | Broken:
    """Does the module with this source define a NAME(ticks), and a class beside it, that give the table's outputs?

    choices: what `prove.choices` draws for these numbers, where that is known.
    """
    try:
        function, machine = _load(source, Names(PYTHON).take("module", name))
        running = machine()
    except Exception as e:  # whatever the text does wrong is the answer
        return Broken(f"{type(e).__name__}: {e}")

    def respond(word: Word, wanted: Rows) -> list[tuple]:
        plain = [tuple(map(bool, letter)) for letter in word]
        fed = [letter[0] if len(letter) == 1 else letter for letter in plain]
        running.reset()
        stepped = [running.step(*letter) for letter in plain]
        outs = list(function(fed if table.inputs else len(word)))
        rows = [_row(out, len(table.outputs)) for out in outs]
        if stepped != outs:
            raise ValueError(f"step gives {stepped}, the generator {outs}")
        return rows

    search = Search(table, seed)
    return search.answer(search.drawn(choices), respond)


def check_verilog(
    source: str,
    name: str,
    table: Mealy,
    *,
    seed: int = 0,
    choices: Sequence[Choices] | None = None,
) -> Result:
    """Does the Verilog module NAME, simulated by iverilog, give the table's outputs? All words in one simulation.

    choices: as for `check_python`.
    """
    if not (shutil.which("iverilog") and shutil.which("vvp")):
        return Skipped("iverilog is not installed (apt-get install iverilog)")
    title = Names(VERILOG).take("module", name)
    search = Search(table, seed)
    drawn = search.drawn(choices)
    try:
        known = _simulate(source, title, table, drawn)
    except ValueError as e:
        return Broken(str(e))

    def respond(word: Word, wanted: Rows) -> Rows:
        if word not in known:
            known.update(_simulate(source, title, table, {word: wanted}))
        return known[word]

    return search.answer(drawn, respond)


@dataclass(frozen=True)
class Search:
    """Legal words of a table that hypothesis draws, and shrinks where one shows a difference."""

    table: Mealy
    seed: int

    def drawn(self, choices: Sequence[Choices] | None) -> dict[Word, Rows]:
        """Each word, and the outputs on it."""
        lists = draw(len(self.table.letters), self.seed) if choices is None else choices
        return dict(_legal(self.table, made) for made in lists)

    def answer(self, drawn: dict[Word, Rows], respond: Callable) -> Held | Differs | Broken:
        for word, wanted in drawn.items():
            if fault := _compare(self.table, word, wanted, respond):
                return self._shrunk(fault, respond)
        return Held(len(drawn), sum(map(len, drawn)))

    def _shrunk(self, fault: Differs | Broken, respond: Callable) -> Differs | Broken:
        """The smallest fault that hypothesis finds, or the one that is known."""
        found = [fault]

        def holds(choices: Choices) -> None:
            word, wanted = _legal(self.table, choices)
            fault = _compare(self.table, word, wanted, respond)
            if fault:
                found.append(fault)
                raise AssertionError(fault)

        with suppress(AssertionError):
            examine(holds, len(self.table.letters), self.seed)
        return found[-1]  # hypothesis ends with the smallest one


def _legal(table: Mealy, choices: list[int]) -> tuple[Word, Rows]:
    """A legal word and the outputs on it: each choice picks a letter, or the next one in order that may be read."""
    state, word, wanted = 0, [], []
    for choice in choices:
        legal = np.flatnonzero(table.next[state] != ILLEGAL)
        if not len(legal):
            break
        letter = legal[np.searchsorted(legal, choice % len(table.letters)) % len(legal)]
        word.append(tuple(table.letters[letter].tolist()))
        wanted.append(tuple(None if b == FREE else b for b in table.outs[state, letter].tolist()))
        state = table.next[state, letter]
    return tuple(word), wanted


def _compare(table: Mealy, word: Word, wanted: Rows, respond: Callable) -> Differs | Broken | None:
    try:
        rows = respond(word, wanted)
    except Exception as e:  # whatever the text does wrong is the answer
        return Broken(f"{type(e).__name__}: {e}", word)
    for t, (right, row) in enumerate(zip(wanted, rows, strict=True)):
        if any(w is not None and w != g for w, g in zip(right, row, strict=True)):
            outs = tuple(int(g or 0) for g in row)
            return Differs(table.inputs, table.outputs, word[: t + 1], right, outs, shortest=False)
    return None


def _load(source: str, name: str) -> tuple[Callable, type]:
    """The generator and the one class that a source defines."""
    module = ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), vars(module))
    classes = [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == name]
    (machine,) = classes
    return getattr(module, name), machine


def _row(out: object, width: int) -> tuple[bool, ...]:
    """One tick's outputs, which must be a bool, or a tuple of them where there are several."""
    row = out if width > 1 else (out,)
    if not isinstance(row, tuple) or len(row) != width or any(type(b) is not bool for b in row):
        raise TypeError(f"a tick gives {out!r}, not {width} bool")
    return row


def _simulate(source: str, title: str, table: Mealy, wanted: dict[Word, Rows]) -> dict[Word, Rows]:
    """What the circuit gives on each word: as wanted, but for the first tick that it fails. Raises ValueError.

    Each runs twice, from the initial values and from a reset.
    """
    order = list(wanted)
    letters = [np.array(w, np.uint8).reshape(len(w), len(table.inputs)) for w in order]
    right = [np.array([[b == 1 for b in row] for row in wanted[w]]) for w in order]
    care = [np.array([[b is not None for b in row] for row in wanted[w]]) for w in order]
    given = dict(wanted)
    for line in _run(source, testbench(title, letters, right, care), title):
        match = re.fullmatch(rf"{FAILED} (\d+) (\d+) ([01xz]+) [01]+", line)
        if not match:
            raise ValueError(f"the simulation prints {line!r}")
        word, t = order[int(match[1])], int(match[2])
        if set(match[3]) & set("xz"):
            raise ValueError(f"an output is undefined after {word[: t + 1]}")
        if given[word] is wanted[word]:
            given[word] = list(wanted[word])
            given[word][t] = tuple(int(b) for b in reversed(match[3]))
    return given


def _run(source: str, bench: str, title: str) -> list[str]:
    """The FAIL lines of a simulation. Raises ValueError where it cannot run, or ends without a result."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{title}.v", Path(folder) / f"{title}_tb.v"]
        for path, text in zip(paths, (source, bench), strict=True):
            path.write_text(text, "utf-8")
        program = str(Path(folder) / "simulation")
        _output(["iverilog", "-g2001", "-o", program, *map(str, paths)], folder)
        lines = _output(["vvp", "-n", program], folder).splitlines()
    if not lines:
        raise ValueError("the simulation ends without a result")
    return [] if lines == [PASSED] else lines


def _output(command: list[str], folder: str) -> str:
    """What a simulator prints. Raises ValueError where it fails, naming files as they lie in the folder.

    Raises a `Mistake` where it fails on a full disk.
    """
    ended = tools.run(command, folder=folder, seconds=SECONDS)
    if ended is None:
        raise ValueError(f"{command[0]} takes longer than {SECONDS} s")
    if ended.status:
        if shutil.disk_usage(folder).free < ROOM:
            raise mistake(tempfile.gettempdir(), f"there is no room to run {command[0]}")
        said = ended.printed().replace(f"{folder}/", "").strip()
        raise ValueError(f"{command[0]}: {said.splitlines()[0] if said else 'fails'}")
    return ended.printed()
