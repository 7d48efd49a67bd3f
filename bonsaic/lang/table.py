"""What every reachable state of a program does: its table, and the mistakes that only running it can show."""

from __future__ import annotations

import itertools
import math
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bonsaic.diag import Diagnostic, Mistake, Span
from bonsaic.ir.mealy import FREE, ILLEGAL, LISTED, Mealy
from bonsaic.lang import syntax as s
from bonsaic.lang.extent import tick_parts
from bonsaic.lang.interp import Illegal, State, Violation, compile_tick, initial
from bonsaic.lang.program import Port, Program, encode, show_value
from bonsaic.lang.words import Word, show_word

PAIRS = 2_000_000  # pairs of state and letter that a check walks at most
WORK = 32_000_000  # parts of the program that a check evaluates at most
SHOWN = 20  # mistakes shown at most

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Walked:
    """The table of a program; else the sentence that says why it was not walked to the end, if it had to be."""

    table: Mealy | None
    limit: str | None


def tabulate(program: Program, cap: int = LISTED) -> Mealy | None:
    """The machine of all reachable states, the first being 0; None above `cap` pairs of state and letter.

    Raises a `Mistake` where a reachable value leaves its range.
    """
    return _Walk(program, cap).run(None).table


def check_all(program: Program, progress: Progress | None = None) -> Walked:
    """Walk the reachable states for what the text alone cannot show; `progress` is told the number of states.

    Raises a `Mistake` with the values that leave their range, each with a shortest word that leads there, the states
    without a legal letter, and the statements that never run. A program that cannot have any of these is not walked.
    """
    branching = [x for x in s.walk(program.body) if isinstance(x, s.If | s.Match)]
    bodies = {b for x in branching for b in x.bodies if b and not _idle(b)}
    if not program.unsure and not program.assumes and not branching:
        return Walked(None, None)
    walk = _Walk(program, min(PAIRS, WORK // tick_parts(program)))
    walked = walk.run(progress)
    if walked.table is not None:
        dead = list(_dead(program.body, bodies - walk.ran))
        if dead:
            raise Mistake(*dead[:SHOWN])
    elif program.unsure:
        message = f"this may leave its range, and {walked.limit}, too many to look at each"
        hint = "write the bound down, for instance with `%` or `if`"
        raise Mistake(Diagnostic(program.unsure[0], message, help=hint))
    return walked


def letters(program: Program) -> Iterator[tuple[int, ...]]:
    """Every combination of the inputs' values, legal or not, the last input changing fastest."""
    return itertools.product(*(p.values for p in program.inputs))


class _Walk:
    """Breadth first, so that the first word to reach a state is a shortest one."""

    def __init__(self, program: Program, cap: int):
        self.program, self.cap = program, cap
        self.ran: set[s.Body] = set()
        self.parents: list[tuple[int, int]] = [(0, 0)]  # state, letter
        self.values: list[tuple[int, ...]] = []
        self.mistakes: dict[Span, Diagnostic] = {}

    def run(self, progress: Progress | None) -> Walked:
        p = self.program
        count = math.prod(len(x.values) for x in p.inputs)
        if count > self.cap:
            return Walked(None, f"`{p.name}` has {count:,} input letters")
        self.values = list(letters(p))
        step = compile_tick(p, self.ran)
        number: dict[State, int] = {initial(p): 0}
        answers: dict[tuple, int] = {(None,) * len(p.outputs): 0}
        after, outs = array("i"), array("i")
        shown = time.monotonic()
        todo = [initial(p)]
        for here, state in enumerate(todo):
            if progress and time.monotonic() - shown > 0.1:
                shown = time.monotonic()
                progress(here)
            stuck = True
            for k, letter in enumerate(self.values):
                target = answer = ILLEGAL
                try:
                    q, y = step(state, letter)
                except Illegal:
                    answer = 0
                except Violation as v:
                    self._violation(v, here, k)
                    stuck, answer = False, 0
                else:
                    stuck = False
                    target = number.get(q, ILLEGAL)
                    if target == ILLEGAL:
                        target = number[q] = len(todo)
                        todo.append(q)
                        self.parents.append((here, k))
                    answer = answers.setdefault(y, len(answers))
                after.append(target)
                outs.append(answer)
            if stuck:
                self._stuck(here, state)
            if len(todo) * count > self.cap:
                break
        if self.mistakes:
            found = sorted(self.mistakes.values(), key=lambda d: d.where.start)  # type: ignore[union-attr]  # each has a place
            raise Mistake(*found[:SHOWN])
        if len(todo) * count > self.cap:
            most = self.cap // count
            return Walked(None, f"`{p.name}` has more than {most:,} reachable states")
        codes = np.array([_wires(p.outputs, y) for y in answers], np.int8)
        ports = [[encode(x, v) for v in x.values] for x in p.inputs]
        wires = np.array([sum(x, ()) for x in itertools.product(*ports)], np.uint8)
        targets = np.array(after, np.int32).reshape(-1, count)
        answered = codes[np.array(outs, np.int32).reshape(-1, count)]
        return Walked(Mealy(p.name, p.input_wires, p.output_wires, wires, targets, answered), None)

    def _word(self, state: int) -> Word:
        """A shortest word from the start to a state."""
        word = []
        while state:
            state, letter = self.parents[state]
            word.append(self.values[letter])
        return tuple(reversed(word))

    def _violation(self, v: Violation, state: int, letter: int) -> None:
        if v.span not in self.mistakes:
            way = show_word(self.program, (*self._word(state), self.values[letter]))
            self.mistakes[v.span] = Diagnostic(v.span, f"{v.message}; it happens {way}")

    def _stuck(self, number: int, state: State) -> None:
        p, where = self.program, self.program.assumes[0].span
        if where not in self.mistakes:
            pairs = zip(p.states, state, strict=True)
            held = ", ".join(f"{x.name} = {show_value(x.type, v)}" for x, v in pairs)
            way = show_word(p, self._word(number), "after") + (f", where {held}" if held else "")
            self.mistakes[where] = Diagnostic(where, f"this leaves no legal input {way}")


def _wires(ports: tuple[Port, ...], values: tuple[int | None, ...]) -> list[int]:
    """The wires of some ports; FREE throughout for a value that does not matter."""
    pairs = zip(ports, values, strict=True)
    codes = [(FREE,) * len(p.wires) if v is None else encode(p, v) for p, v in pairs]
    return [b for code in codes for b in code]


def _idle(body: s.Body) -> bool:
    """Need it not run? `_ {}` and `_ { dontcare }` often only complete a `match`."""
    return isinstance(body, s.Dontcare) or (isinstance(body, s.Block) and not body.statements)


def _dead(x: s.Part, dead: set[s.Body]) -> Iterator[Diagnostic]:
    """The outermost of some bodies."""
    if x in dead:
        first = x.statements[0] if isinstance(x, s.Block) else x
        help = "every state that words reach was looked at: leave this branch out"
        yield Diagnostic(first.span, "this never runs: no legal word leads here", help=help)
        return
    for y in s.children(x):
        yield from _dead(y, dead)
