"""How a table is written as a program: a match over its states, an if over the letters of each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bonsaic.ir.core import unused
from bonsaic.ir.mealy import Mealy
from bonsaic.lang.cubes import Answer, answers, cubes
from bonsaic.lang.parse import reserved


def transcribe(m: Mealy, states: Sequence[str], about: str) -> str:
    """The text of a program that does what a table without illegal letters does, from its reachable states."""
    assert m.legal.all()
    todo = [0]
    for state in todo:
        todo += [q for q in dict.fromkeys(m.next[state].tolist()) if q not in todo]
    taken = {*reserved(), *m.inputs, *m.outputs}
    name, kind, at = (unused(x, taken) for x in (m.name, "State", "at"))
    names = _names(states, taken)
    lines = [
        f"// {about}",
        f"enum {kind} {{ {', '.join(names[k] for k in sorted(todo))} }}",
        f"program {name}({_ports(m.inputs)}) -> ({_ports(m.outputs)}) {{",
        f"  state {at}: {kind} = {names[0]}",
        f"  match {at} {{",
    ]
    for k in sorted(todo):
        lines += [f"    {names[k]} {{", *_arm(m, k, names, at), "    }"]
    return "\n".join([*lines, "  }", "}", ""])


def _ports(wires: Sequence[str]) -> str:
    return ", ".join(f"{w}: bit" for w in wires)


def _names(states: Sequence[str], taken: set[str]) -> Sequence[str]:
    """The states' own names where they can stand in a program, else S0, S1, ..."""
    sound = all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", x) and x not in taken for x in states)
    distinct = len(set(states)) == len(states)
    return states if sound and distinct else [unused(f"S{k}", taken) for k in range(len(states))]


def _arm(m: Mealy, state: int, names: Sequence[str], at: str) -> list[str]:
    """The statements of one state: the answer of most letters last, as the `else`."""
    *rest, (most, _) = sorted(answers(m, state).items(), key=lambda g: len(g[1]))
    if not rest:
        return [f"      {x}" for x in _statements(m, most, state, names, at)]
    lines, word = [], "if"
    for answer, letters in rest:
        condition = " or ".join(_product(m.inputs, c) for c in cubes(letters))
        inner = [f"        {x}" for x in _statements(m, answer, state, names, at)]
        lines += [f"      {word} {condition} {{", *inner]
        word = "} else if"
    inner = [f"        {x}" for x in _statements(m, most, state, names, at)]
    return [*lines, "      } else {", *inner, "      }"]


def _product(wires: Sequence[str], cube: str) -> str:
    pairs = zip(wires, cube, strict=True)
    return " and ".join(w if c == "1" else f"not {w}" for w, c in pairs if c != "-")


def _statements(m: Mealy, answer: Answer, state: int, names: Sequence[str], at: str) -> list[str]:
    target, outputs = answer
    pairs = zip(m.outputs, outputs, strict=True)
    given = [f"{w} = {'dontcare' if b == '-' else b}" for w, b in pairs]
    return given if target == state else [*given, f"{at} = {names[target]}"]
