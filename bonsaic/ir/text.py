"""The textual form of modules, `.bir`: printed canonically, parsed and checked line by line."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from importlib.resources import files

import numpy as np
from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from bonsaic.diag import Mistake, Source, Span, mistake
from bonsaic.ir.core import Module, Node
from bonsaic.ir.ops import OPS
from bonsaic.ir.reader import Reader

NAME = re.compile(r"[%A-Za-z_][\w.\[\]]*")
BEGIN = ("in", "reg", "next", "out", "legal")  # words that begin a line, and so name no value
LARGEST = 10_000_000  # characters


def show(m: Module) -> str:
    """The canonical text of a module; `parse(show(m)) == m`."""
    names = _names(m)
    number: Callable[[Fraction], str] = _float32 if m.level == "net" else str
    lines = [f"module {_name(m.name)} : {m.level} {{"]
    lines += [f"  in {names[n]} : {n.type}" for n in m.inputs]
    lines += [f"  reg {names[n]} : {n.type} = {number(m.init[n.name])}" for n in m.regs]
    lines += [f"  {names[n]} = {_right(n, names, number)} : {n.type}" for n in m.order()]
    lines += [f"  next {_name(k)} = {names[v]}" for k, v in m.next.items()]
    for k, v in m.outs.items():
        lines.append(
            f"  out {_name(k)} = {names[v]}" + (f" care {names[m.care[k]]}" if k in m.care else "")
        )
    if m.legal is not None:
        lines.append(f"  legal = {names[m.legal]}")
    return "\n".join([*lines, "}"]) + "\n"


def parse(text: str, path: str = "<text>") -> Module:
    """The module a `.bir` text describes; anything wrong in it is a `Mistake`."""
    source = Source(path, text)
    if len(text) > LARGEST:
        raise mistake(path, f"the file has {len(text)} characters, but {LARGEST} is the most read")
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as e:
        raise _syntax(source, e) from None
    return Reader(source).module(tree)


def _names(m: Module) -> dict[Node, str]:
    """Every node's name in the text: ports and registers keep theirs, hints where they are free, else numbers."""
    names = {n: _name(n.name) for n in (*m.inputs, *m.regs)}
    used = set(names.values())
    fresh: Iterator[str] = (f"%{i}" for i in itertools.count())
    for n in m.order():
        hint = m.names.get(n, "")
        name = (
            hint
            if NAME.fullmatch(hint) and hint not in used and hint not in BEGIN
            else next(s for s in fresh if s not in used)
        )
        used.add(name)
        names[n] = name
    return names


def _name(name: str) -> str:
    """As the text writes it: in quotes where it is no plain name."""
    return name if NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _unquoted(t: Token) -> Token:
    return t.update(value=json.loads(t, strict=False)) if t.startswith('"') else t


def _right(n: Node, names: dict[Node, str], number: Callable[[Fraction], str]) -> str:
    words = [names[a] for a in n.args]
    attrs = ""
    if n.op == "affine":
        weights, bias = n.attr
        words = [f"{number(w)}*{x}" for w, x in zip(weights, words, strict=True)]
        words += [number(bias)] if bias or not words else []
    elif n.op == "const":
        words = [number(n.attr[0])]
    elif n.attr:
        pairs = zip(OPS[n.op].attrs, n.attr, strict=True)
        attrs = "{" + ", ".join(f"{k}={number(v)}" for k, v in pairs) + "}"
    return f"{n.op}{attrs} {', '.join(words)}".rstrip()


def _float32(value: Fraction) -> str:
    """The shortest decimal that reads back as this float32; a number that is none keeps its fraction."""
    short = np.float32(float(value))
    return str(short) if Fraction(float(short)) == value else str(value)


@cache
def _grammar() -> Lark:
    text = files("bonsaic.ir").joinpath("bir.lark").read_text("utf-8")
    callbacks = {"NAME": _unquoted}
    return Lark(text, parser="lalr", propagate_positions=True, lexer_callbacks=callbacks)


_SHOWN = {"NAME": "a name", "NUM": "a number", "$END": "the end of the file"}


def _syntax(source: Source, e: UnexpectedInput) -> Mistake:
    place = e.pos_in_stream
    at = len(source.text) if place is None or place < 0 else place
    if isinstance(e, UnexpectedToken):
        terminals, found = sorted(e.accepts or e.expected), str(e.token) or "the end of the file"
        end = at + max(1, len(str(e.token)))
    else:
        assert isinstance(e, UnexpectedCharacters)
        terminals, found = sorted(e.allowed or ()), repr(source.text[at : at + 1])
        end = at + 1
    known = {t.name: t.pattern.value for t in _grammar().terminals}
    wanted = [
        _SHOWN.get(t) or f"`{known.get(t, t)}`" for t in terminals if t not in ("WS", "COMMENT")
    ]
    return mistake(Span(source, at, end), f"found {found}, expected {' or '.join(wanted)}")
