"""How a table is written as a program: a match over its states, an if over the letters of each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bonsaic.ir.mealy import FREE, Mealy
from bonsaic.lang.cubes import cubes
from bonsaic.lang.parse import grammar


def transcribe(m: Mealy, states: Sequence[str], about: str) -> str:
    """The text of a program that does what a table without illegal letters does, from its reachable states."""
    assert m.legal.all()
    todo = [0]
    for state in todo:
        todo += [q for q in dict.fromkeys(m.next[state].tolist()) if q not in todo]
    names, name = _names(m, states), m.name + "_" * (m.name in _words())
    lines = [
        f"// {about}",
        f"enum State {{ {', '.join(names[k] for k in sorted(todo))} }}",
        f"program {name}({_ports(m.inputs)}) -> ({_ports(m.outputs)}) {{",
        f"  state at: State = {names[0]}",
        "  match at {",
    ]
    for k in sorted(todo):
        lines += [f"    {names[k]} {{", *_arm(m, k, names), "    }"]
    return "\n".join([*lines, "  }", "}", ""])


def _words() -> set[str]:
    return {t.pattern.value for t in grammar().terminals}


def _ports(wires: Sequence[str]) -> str:
    return ", ".join(f"{w}: bit" for w in wires)


def _names(m: Mealy, states: Sequence[str]) -> list[str]:
    """The states' own names where they can stand in a program, else S0, S1, ..."""
    taken = {*_words(), *m.inputs, *m.outputs, m.name, m.name + "_", "at", "State"}
    sound = all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", s) and s not in taken for s in states)
    distinct = len(set(states)) == m.states
    return list(states) if sound and distinct else [f"S{k}" for k in range(m.states)]


def _arm(m: Mealy, state: int, names: Sequence[str]) -> list[str]:
    """The statements of one state: the answer of most letters last, as the `else`."""
    groups: dict[tuple, list[str]] = {}
    for letter, bits in enumerate(m.letters):
        answer = (int(m.next[state, letter]), tuple(m.outs[state, letter].tolist()))
        groups.setdefault(answer, []).append("".join(map(str, bits)))
    ordered = sorted(groups.items(), key=lambda g: len(g[1]))
    if len(ordered) == 1:
        return [f"      {x}" for x in _answer(m, ordered[0][0], state, names)]
    lines, word = [], "      if"
    for answer, words in ordered[:-1]:
        condition = " or ".join(_product(m.inputs, c) for c in cubes(words))
        lines += [
            f"{word} {condition} {{",
            *(f"        {x}" for x in _answer(m, answer, state, names)),
        ]
        word = "      } else if"
    return [
        *lines,
        "      } else {",
        *(f"        {x}" for x in _answer(m, ordered[-1][0], state, names)),
        "      }",
    ]


def _product(wires: Sequence[str], cube: str) -> str:
    return " and ".join(
        w if c == "1" else f"not {w}" for w, c in zip(wires, cube, strict=True) if c != "-"
    )


def _answer(m: Mealy, answer: tuple, state: int, names: Sequence[str]) -> list[str]:
    target, bits = answer
    given = [
        f"{w} = {'dontcare' if b == FREE else b}" for w, b in zip(m.outputs, bits, strict=True)
    ]
    return given if target == state else [*given, f"at = {names[target]}"]
