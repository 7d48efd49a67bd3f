"""Which values of a circuit are written inside an expression and which get a line and a name of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bonsaic.emit.names import Names
from bonsaic.ir.core import Module, Node, topological
from bonsaic.ir.values import BIT, contains

COLUMNS = 60  # an expression longer than this is cut


class Text(NamedTuple):
    """An expression, how tightly it binds (higher is tighter), and what its negation is where that is as short."""

    text: str
    binds: int
    inverse: tuple[str, int] | None = None

    def within(self, binds: int) -> str:
        """This expression as an operand of something that binds at `binds`."""
        return self.text if self.binds >= binds else f"({self.text})"

    def added(self, sum: int, weight: int, binds: int) -> str:
        """This expression as a term: a sum is only bracketed where it is subtracted or begins with a minus."""
        plain = weight > 0 and self.binds == sum and not self.text.startswith("-")
        return self.text if plain else self.within(binds)


ATOM = 9
MIRRORED = {"==": "==", "!=": "!=", "<": ">"}  # comparisons with their sides exchanged


def is_bit(n: Node) -> bool:
    return contains(BIT, n.type)


def summed(terms: list[tuple[bool, str]]) -> str:
    """Terms, each with whether it is subtracted, in one line; a leading minus reads worse than a trailing one."""
    (negative, first), *rest = sorted(terms, key=lambda term: term[0])
    return f"{'-' * negative}{first}" + "".join(f" {'-' if s else '+'} {t}" for s, t in rest)


@dataclass(frozen=True)
class Layout:
    """lines: (name, the value's node, its expression), defined before use. text: how to write each value.

    outs: the outputs that have no line, being a port, a register, a constant, or equal to another output.
    """

    lines: tuple[tuple[str, Node, Text], ...]
    text: dict[Node, Text]
    outs: tuple[tuple[str, Node], ...]


def layout(
    m: Module,
    names: Names,
    sources: dict[Node, str],
    outputs: dict[str, str],
    write: Callable[[Node, Sequence[Text]], Text],
    *,
    keep: bool,
    copies: Callable[[Node], bool] = lambda n: False,
) -> Layout:
    """Every value of a module as an expression over `sources` (ports, registers) and named values.

    A value gets a line when it is an output, is used twice or would make an expression too long; with `keep`, also when
    the module names it. An operation that `copies` its operands reads only names and constants. outputs: each output's
    name in the text.
    """
    roots = {
        v: outputs[k]
        for k, v in reversed(list(m.outs.items()))
        if v.op not in ("in", "reg", "const")
    }
    states = {m.next[r.name]: sources[r] for r in reversed(m.regs)}
    order = topological([*m.outs.values(), *m.next.values()])
    uses = Counter(a for n in order for a in n.args)
    uses.update([*m.next.values(), *m.outs.values()])
    text = {n: Text(name, ATOM) for n, name in sources.items()}
    lines: list[tuple[str, Node, Text]] = []

    def cut(n: Node) -> None:
        if n in roots:
            name = roots[n]
        elif n in m.names:
            name = names.take("value", m.names[n])
        else:
            name = names.derive(f"next_{states[n]}") if n in states else names.number()
        lines.append((name, n, text[n]))
        text[n] = Text(name, ATOM)

    for n in order:
        for a in n.args if copies(n) else ():
            if text[a].binds < ATOM:
                cut(a)
        while len((written := write(n, [text[a] for a in n.args])).text) > COLUMNS:
            longest = max(n.args, key=lambda a: len(text[a].text), default=None)
            if longest is None or text[longest].binds == ATOM:
                break
            cut(longest)
        text[n] = written
        short = n.op == "const" or (n.op == "not" and text[n.args[0]].binds == ATOM)
        if n in roots or (keep and n in m.names) or (uses[n] > 1 and not short):
            cut(n)
    rest = tuple((outputs[k], v) for k, v in m.outs.items() if roots.get(v) != outputs[k])
    return Layout(tuple(lines), text, rest)


def about(m: Module, title: str) -> str:
    """The sentence an emitted text opens with."""
    inputs, outputs = _count(len(m.inputs), "input"), _count(len(m.outs), "output")
    return f"{title}: {inputs}, {outputs}, {_count(len(m.regs), 'register')}."


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
