"""A circuit, or a program's own tick, as Python that a person would have written: one loop over the ticks."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from fractions import Fraction
from functools import partial

from bonsaic.emit.layout import ATOM, MIRRORED, Layout, Text, about, is_bit, layout, summed
from bonsaic.emit.names import PYTHON, Names
from bonsaic.ir.core import Module, Node
from bonsaic.ir.values import Real, high, low

IF, OR, AND, NOT, COMPARE, ADD, MUL, UNARY = range(8)
WIDTH = 88


def python(m: Module, idle: Collection[Node] = (), codings: Sequence[str] = ()) -> str:
    """The source of a module that defines NAME(ticks) and a class that runs it tick by tick.

    A tick is a bool, a tuple where the module has several inputs; where it has none, `ticks` is how many to run.
    Which letters are legal is not asked. idle: casts that change nothing on a legal word, which are not written.
    codings: what is said of how ports are coded.
    """
    assert m.level in ("gate", "fin"), m.level
    names = Names(PYTHON)
    function = names.take("module", m.name)
    machine = names.take("class", "".join(w[:1].upper() + w[1:] for w in re.split("_+", function)))
    names.notes = [note for note in names.notes if not note.startswith("class")]
    sources = {n: names.take("input", n.name) for n in m.inputs}
    outputs = {k: names.take("output", k) for k in m.outs}
    sources |= {n: names.take("register", n.name) for n in m.regs}
    plan = layout(m, names, sources, outputs, partial(_write, idle), keep=False)
    inputs = [sources[n] for n in m.inputs]
    return "\n".join(
        [
            *_heading([about(m, function), *codings]),
            "",
            *(f"# {note}" for note in names.notes),
            *([""] if names.notes else []),
            *imports(m),
            "",
            "",
            *_function(m, function, inputs, sources, list(outputs.values()), plan),
            "",
            "",
            *class_of(m, machine, function, inputs),
            "",
        ]
    )


def _heading(lines: list[str]) -> list[str]:
    first, *rest = lines
    return [f'"""{first}', "", *rest, '"""'] if rest else [f'"""{first}"""']


def imports(m: Module) -> list[str]:
    """What the text imports."""
    used = ["Iterable", "Iterator"] if m.inputs else ["Iterator"]
    return ["import sys"] * (not m.inputs) + [f"from collections.abc import {', '.join(used)}"]


def _row(count: int) -> str:
    return "bool" if count == 1 else f"tuple[{', '.join(['bool'] * count)}]"


def _function(
    m: Module,
    function: str,
    inputs: list[str],
    sources: dict[Node, str],
    outputs: list[str],
    plan: Layout,
) -> list[str]:
    ticks = f"Iterable[{_row(len(inputs))}]" if inputs else "int"
    body = [f"{name} = {text.text}" for name, _, text in plan.lines]
    body += [f"{name} = {plan.text[n].text}" for name, n in plan.outs]
    changing = [
        (sources[r], _value(m.next[r.name], plan.text[m.next[r.name]], r))
        for r in m.regs
        if m.next[r.name] is not r
    ]
    return [
        f"def {function}(ticks: {ticks}) -> Iterator[{_row(len(outputs))}]:",
        f'    """{_contract(inputs, outputs)}"""',
        *_indent(1, _starts([(sources[r], _literal(m.init[r.name], r)) for r in m.regs])),
        f"    for {', '.join(inputs)} in ticks:" if inputs else "    for _ in range(ticks):",
        *_indent(2, body),
        *_indent(2, _assign(changing)),
        f"        yield {', '.join(outputs)}",
    ]


def _contract(inputs: list[str], outputs: list[str]) -> str:
    gives = f"give {', '.join(outputs)}"
    if not inputs:
        return f"Run that many ticks; on each, {gives}."
    return f"On each tick, read {', '.join(inputs)} and {gives}."


def class_of(m: Module, machine: str, function: str, inputs: list[str]) -> list[str]:
    """The same machine one tick at a time, by feeding the generator: the logic is written once."""
    arguments = "".join(f", {name}: bool" for name in inputs)
    letter = inputs[0] if len(inputs) == 1 else f"({', '.join(inputs)})"
    feed = ["self._read: list = []"] if inputs else []
    ticks = "iter(self._read.pop, None)" if inputs else "sys.maxsize"
    return [
        f"class {machine}:",
        f'    """{function}, one tick at a time."""',
        "",
        "    def __init__(self) -> None:",
        "        self.reset()",
        "",
        "    def reset(self) -> None:",
        '        """Back to before the first tick."""',
        *_indent(2, feed),
        f"        self._run = {function}({ticks})",
        "",
        f"    def step(self{arguments}) -> {_row(len(m.outs))}:",
        '        """One tick."""',
        *_indent(2, [f"self._read.append({letter})"] if inputs else []),
        "        return next(self._run)",
    ]


def _starts(pairs: list[tuple[str, str]]) -> list[str]:
    """As many to a line as fit."""
    lines: list[list[tuple[str, str]]] = []
    for pair in pairs:
        if not lines or len(_assign([*lines[-1], pair])) > 1:
            lines.append([])
        lines[-1].append(pair)
    return [text for line in lines for text in _assign(line)]


def _assign(pairs: list[tuple[str, str]]) -> list[str]:
    """All at once, as the states of a machine change."""
    if not pairs:
        return []
    left, right = ", ".join(p for p, _ in pairs), ", ".join(q for _, q in pairs)
    if len(left) + len(right) + 3 <= WIDTH - 8:
        return [f"{left} = {right}"]
    if len(left) > WIDTH - 12:
        left = "(\n            " + ",\n            ".join(p for p, _ in pairs) + ",\n        )"
    return [f"{left} = (", *_indent(1, [f"{q}," for _, q in pairs]), ")"]


def _indent(depth: int, lines: Sequence[str]) -> list[str]:
    return ["    " * depth + line for line in lines]


def _literal(value: Fraction, holder: Node) -> str:
    """A number as its holder keeps it: a bit is a bool."""
    return str(bool(value)) if is_bit(holder) else str(value)


def _value(n: Node, text: Text, holder: Node) -> str:
    return _literal(n.attr[0], holder) if n.op == "const" else text.text


def _write(idle: Collection[Node], n: Node, args: Sequence[Text]) -> Text:
    match n.op:
        case "const":
            return Text(_literal(n.attr[0], n), ATOM)
        case "not":
            (x,) = args
            if x.inverse:
                return Text(*x.inverse, (x.text, x.binds))
            return Text(f"not {x.within(NOT + 1)}", NOT, (x.text, x.binds))
        case "and" | "or":
            own = AND if n.op == "and" else OR
            bare = (own, NOT, COMPARE, ATOM)
            parts = [x.text if x.binds in bare else f"({x.text})" for x in args]
            return Text(f" {n.op} ".join(parts), own)
        case "xor":
            # A negated operand turns != into ==, so that no operand begins with `not`.
            odd = sum(x.binds == NOT for x in args) % 2
            left, right = (Text(*x.inverse) if x.binds == NOT and x.inverse else x for x in args)
            return _compare(left, "==" if odd else "!=", right)
        case "select":
            left, right = (
                Text(_value(a, x, n), x.binds) for a, x in zip(n.args[1:], args[1:], strict=True)
            )
            return Text(f"{left.within(OR)} if {args[0].within(OR)} else {right.within(IF)}", IF)
    numbers = [
        Text(str(a.attr[0]), ATOM if a.attr[0] >= 0 else UNARY) if a.op == "const" else x
        for a, x in zip(n.args, args, strict=True)
    ]
    if n.op in ("eq", "lt"):
        return _compare(numbers[0], "==" if n.op == "eq" else "<", numbers[1])
    result = numbers[0] if n in idle else _arithmetic(n, numbers)
    return _compare(result, "==", Text("1", ATOM)) if is_bit(n) else result


OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">": "<="}


def _compare(left: Text, sign: str, right: Text) -> Text:
    if left.text.isdigit():  # a number stands on the right
        left, sign, right = right, MIRRORED[sign], left
    x, y = left.within(COMPARE + 1), right.within(COMPARE + 1)
    return Text(f"{x} {sign} {y}", COMPARE, (f"{x} {OPPOSITE[sign]} {y}", COMPARE))


def _arithmetic(n: Node, args: Sequence[Text]) -> Text:
    match n.op:
        case "affine":
            return _sum(n, args)
        case "mul" | "div" | "mod":
            sign = {"mul": "*", "div": "//", "mod": "%"}[n.op]
            return Text(f"{args[0].within(UNARY)} {sign} {args[1].within(UNARY)}", MUL)
        case "cast":
            lo, hi = n.attr
            (x,), t = args, n.args[0].type
            assert not isinstance(t, Real)
            if low(t) < lo:
                x = Text(f"max({x.text}, {lo})", ATOM)
            return Text(f"min({x.text}, {hi})", ATOM) if high(t) > hi else x
    raise AssertionError(n)


def _sum(n: Node, args: Sequence[Text]) -> Text:
    weights, bias = n.attr
    pairs = [(w, x) for w, x in zip(weights, args, strict=True) if w]
    # -a // b is (-a) // b
    tight = UNARY if bias <= 0 and all(w < 0 for w, _ in pairs) else MUL
    terms = [
        (w < 0, x.added(ADD, w, tight) if abs(w) == 1 else f"{abs(w)} * {x.within(UNARY)}")
        for w, x in pairs
    ]
    terms += [(bias < 0, str(abs(bias)))] if bias or not terms else []
    return Text(summed(terms), ADD if len(terms) > 1 else MUL)
