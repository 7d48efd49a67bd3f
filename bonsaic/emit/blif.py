"""A circuit as BLIF, one `.names` per gate."""

from __future__ import annotations

from bonsaic.emit.layout import about
from bonsaic.emit.names import Names
from bonsaic.ir.core import Module, Node, topological

COVERS = {"not": ["0 1"], "and": ["11 1"], "or": ["1- 1", "-1 1"], "xor": ["10 1", "01 1"]}


def blif(m: Module) -> str:
    """The text; a signal keeps the name that the module gives it."""
    assert m.level == "gate", m.level
    names = Names(frozenset())
    title = names.take("module", m.name)
    text = {n: names.take("input", n.name) for n in m.inputs}
    outputs = {k: names.take("output", k) for k in m.outs}
    text |= {n: names.take("register", n.name) for n in m.regs}
    inputs, regs = [text[n] for n in m.inputs], [text[n] for n in m.regs]
    own = {v: outputs[k] for k, v in reversed(list(m.outs.items())) if v not in text}
    body = []
    for n in topological([*m.outs.values(), *m.next.values()]):
        hint = m.names.get(n)
        text[n] = own.get(n) or (names.take("value", hint) if hint else names.number())
        body += _gate(n, [text[a] for a in n.args], text[n])
    for k, n in m.outs.items():
        if text[n] != outputs[k]:
            body += [f".names {text[n]} {outputs[k]}", "1 1"]
    return "\n".join(
        [
            f"# {about(m, title)}",
            *(f"# {note}" for note in names.notes),
            f".model {title}",
            " ".join([".inputs", *inputs]),
            " ".join([".outputs", *outputs.values()]),
            *(
                f".latch {text[m.next[n.name]]} {r} {int(m.init[n.name])}"
                for n, r in zip(m.regs, regs, strict=True)
            ),
            *body,
            ".end",
            "",
        ]
    )


def _gate(n: Node, operands: list[str], name: str) -> list[str]:
    cover = ["1"] * int(n.attr[0]) if n.op == "const" else COVERS[n.op]
    return [" ".join([".names", *operands, name]), *cover]
