"""The Verilog that `emit.verilog` writes for circuits, read back, so that it can be proved and not only simulated."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from bonsaic.diag import Source, Span, mistake
from bonsaic.emit.netlist import Definition, Netlist, read_size
from bonsaic.ir.core import Module, Node, node


def read_verilog(text: str, path: str = "<text>") -> Module:
    """The module of a file, without its clk and rst; any other Verilog is a `Mistake`."""
    source = read_size(text, path)
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as e:
        raise _syntax(source, e) from None
    return _Reader(source).read(tree)


@cache
def _grammar() -> Lark:
    text = files("bonsaic.emit").joinpath("verilog.lark").read_text("utf-8")
    return Lark(text, parser="lalr", propagate_positions=True)


def _syntax(source: Source, e: UnexpectedInput) -> Exception:
    at = e.pos_in_stream if e.pos_in_stream is not None and e.pos_in_stream >= 0 else None
    start = len(source.text) if at is None else at
    found = str(e.token) if isinstance(e, UnexpectedToken) else source.text[start : start + 1]
    span = Span(source, start, start + max(1, len(found)))
    what = f"`{found}`" if found else "the end of the file"
    return mistake(
        span,
        f"{what} is not what bonsaic writes here",
        help="only Verilog that bonsaic emits for a circuit is read; convert other Verilog to BLIF",
    )


class _Reader:
    def __init__(self, source: Source):
        self.net = Netlist(source)
        self.wires: dict[str, Token] = {}
        self.initial: dict[str, int] = {}

    def span(self, t: Token) -> Span:
        assert t.start_pos is not None and t.end_pos is not None
        return Span(self.net.source, t.start_pos, t.end_pos)

    def read(self, tree: Tree) -> Module:
        net = self.net
        name, *rest = _parts(tree)
        net.name = str(name)
        ports = [t for t in rest if isinstance(t, Tree) and t.data == "port"]
        items = [t for t in rest if isinstance(t, Tree) and t.data != "port"]
        for direction, port in (_parts(t) for t in ports):
            (self._output if direction == "output" else self._input)(port)
        clock = [net.inputs.pop(x, None) for x in ("clk", "rst")]
        if None in clock:
            raise mistake(self.span(name), "the module has no inputs `clk` and `rst`")
        for item in items:
            self._declare(item)
        for item in items:
            self._behave(item)
        for port, (span, _) in net.outputs.items():
            if port not in net.definitions:
                raise mistake(span, f"nothing drives output `{port}`")
        for r, (span, _) in net.registers.items():
            net.registers[r] = (span, self.initial.get(r))
        return net.module()

    def _input(self, t: Token) -> None:
        self._new(t)
        self.net.inputs[str(t)] = self.span(t)

    def _output(self, t: Token) -> None:
        self._new(t)
        self.net.outputs[str(t)] = (self.span(t), str(t))

    def _new(self, t: Token) -> None:
        if t in self.wires:
            notes = [(self.span(self.wires[t]), "first declared here")]
            raise mistake(self.span(t), f"`{t}` is declared twice", notes=notes)
        self.wires[str(t)] = t

    def _declare(self, item: Tree) -> None:
        if item.data in ("reg", "wire", "unused"):
            (name, *_) = _parts(item)
            assert isinstance(name, Token)
            self._new(name)
            if item.data == "reg":
                self.net.registers[str(name)] = (self.span(name), None)

    def _behave(self, item: Tree) -> None:
        net = self.net
        match item.data:
            case "assign":
                name, expr = _parts(item)
                if name not in self.wires or name in net.inputs or name in ("clk", "rst"):
                    raise mistake(self.span(name), f"`{name}` is no wire or output")
                net.define(str(name), self._definition(name, expr))
            case "initial":
                for name, bit in zip(_parts(item)[::2], _parts(item)[1::2], strict=True):
                    self._register(name)
                    if name in self.initial:
                        raise mistake(self.span(name), f"`{name}` has two initial values")
                    self.initial[str(name)] = int(bit[-1])
            case "always":
                self._always(item)

    def _always(self, item: Tree) -> None:
        clk, rst, reset, run = _parts(item)
        for token, wanted in ((clk, "clk"), (rst, "rst")):
            if token != wanted:
                raise mistake(self.span(token), f"found `{token}`, expected `{wanted}`")
        started = set()
        for name, value in zip(_parts(reset)[::2], _parts(reset)[1::2], strict=True):
            self._register(name)
            if value.data != "bit" or int(value.children[0][-1]) != self.initial.get(name):
                raise mistake(self.span(name), f"the reset of `{name}` is not its initial value")
            started.add(str(name))
        for name, expr in zip(_parts(run)[::2], _parts(run)[1::2], strict=True):
            self._register(name)
            if name in self.net.nexts:
                raise mistake(self.span(name), f"`{name}` has two next values")
            self.net.nexts[str(name)] = (self.span(name), f"next of {name}")
            self.net.define(f"next of {name}", self._definition(name, expr))
        for r, (span, _) in self.net.registers.items():
            if r not in started:
                raise mistake(span, f"register `{r}` is not reset")

    def _register(self, t: Token) -> None:
        if t not in self.net.registers:
            raise mistake(self.span(t), f"`{t}` is no register")

    def _definition(self, name: Token, expr: Tree) -> Definition:
        signals = list(dict.fromkeys(str(_parts(t)[0]) for t in expr.find_data("name")))

        def build(nodes: list[Node]) -> Node:
            return _evaluate(expr, dict(zip(signals, nodes, strict=True)))

        return Definition(self.span(name), signals, build)


def _parts(t: Tree) -> list[Any]:
    """The tokens and trees a rule holds; which, the grammar says."""
    return t.children


def _evaluate(expr: Tree, env: dict[str, Node]) -> Node:
    """The node of an expression; subtrees come operands first."""
    done: dict[int, Node] = {}
    for t in expr.iter_subtrees():
        match t.data:
            case "name":
                done[id(t)] = env[str(_parts(t)[0])]
            case "bit":
                done[id(t)] = node("const", attr=(Fraction(int(_parts(t)[0][-1])),))
            case _:
                op = t.data.removesuffix("_")
                done[id(t)] = node(op, *(done[id(c)] for c in _parts(t) if isinstance(c, Tree)))
    return done[id(expr)]
