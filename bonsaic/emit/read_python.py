"""The Python that `emit.python` writes for circuits, read back, so that it can be proved and not only run."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from fractions import Fraction

from bonsaic.diag import Mistake, Source, Span, counted, mistake
from bonsaic.emit.names import originals
from bonsaic.emit.netlist import read_size
from bonsaic.emit.python import class_of, imports
from bonsaic.ir.core import Module, Node, node, port, register
from bonsaic.ir.verify import verify

HELP = "only Python that bonsaic emits for a circuit is read"


def read_python(text: str, path: str = "<text>") -> Module:
    """The circuit of an emitted module: its loop is run once on symbols; anything else in the file is a `Mistake`."""
    source = read_size(text, path)
    try:
        tree = ast.parse(text)
        return _Reader(source).read(tree)
    except (SyntaxError, ValueError) as e:
        raise mistake(path, f"this is not Python: {e}") from None
    except (RecursionError, MemoryError):
        raise mistake(path, "its expressions are nested too deeply", help=HELP) from None


class _Reader:
    def __init__(self, source: Source):
        self.source = source
        self.lines = source.text.splitlines(keepends=True)
        self.first = originals(source.text)
        self.env: dict[str, Node] = {}

    def fail(self, t: ast.AST, message: str) -> Mistake:
        """A mistake at a part of the tree, whose columns count bytes."""
        line, column = getattr(t, "lineno", 1), getattr(t, "col_offset", 0)
        end = getattr(t, "end_col_offset", None) if getattr(t, "end_lineno", 0) == line else None
        start = sum(map(len, self.lines[: line - 1]))
        row = self.lines[line - 1].encode() if self.lines else b""
        left = len(row[:column].decode())
        width = len(row[column:end].decode().rstrip("\n"))
        span = Span(self.source, start + left, start + left + max(1, width))
        return mistake(span, message, help=HELP)

    def named(self, kind: str, here: str) -> str:
        return self.first.get((kind, here), here)

    def read(self, tree: ast.Module) -> Module:
        functions = [p for p in tree.body if isinstance(p, ast.FunctionDef)]
        classes = [p for p in tree.body if isinstance(p, ast.ClassDef)]
        if len(functions) != 1 or len(classes) != 1:
            raise mistake(
                self.source.path, "the file has not one function and one class", help=HELP
            )
        m, inputs = self.function(functions[0])
        around = [*imports(m), *class_of(m, classes[0].name, functions[0].name, inputs)]
        wanted = ast.parse("\n".join(around)).body
        rest = [p for p in tree.body if p is not functions[0] and not _is_text(p)]
        for part, right in zip(rest, wanted, strict=False):
            if ast.dump(part) != ast.dump(right):
                raise self.fail(part, "this is not what bonsaic writes around the function")
        if len(rest) != len(wanted):
            raise mistake(self.source.path, "this is not all that bonsaic writes", help=HELP)
        return m

    def function(self, f: ast.FunctionDef) -> tuple[Module, list[str]]:
        """The machine, and the names of its inputs in the text."""
        named = [a for a in ast.walk(f.args) if isinstance(a, ast.arg)]
        if [a.arg for a in named] != ["ticks"] or f.args.vararg or f.args.kwarg or f.args.defaults:
            raise self.fail(f, "the function takes `ticks` and nothing else")
        if f.decorator_list:
            raise self.fail(f, "the function is decorated")
        *head, loop = f.body
        if not isinstance(loop, ast.For) or loop.orelse:
            raise self.fail(loop, "the function does not end with a loop over the ticks")
        regs, init = self.starts([s for s in head if not _is_text(s)])
        inputs = self.letters(loop)
        for name in inputs:
            self.define(loop.target, name, port(self.named("input", name)))
        for name, r in regs.items():
            self.define(loop, name, r)
        outs: dict[str, Node] | None = None
        for s in loop.body:
            if outs is not None:
                raise self.fail(s, "something follows the `yield`")
            if isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield):
                outs = self.outputs(s.value)
            else:
                self.assign(s)
        if outs is None:
            raise self.fail(loop, "the loop yields nothing")
        after = {r.name: self.env[name] for name, r in regs.items()}
        ports = tuple(port(self.named("input", name)) for name in inputs)
        title = self.named("module", f.name)
        m = Module(title, "gate", ports, tuple(regs.values()), init, after, outs)
        return verify(m), inputs

    def define(self, t: ast.AST, name: str, n: Node) -> None:
        if name in self.env:
            raise self.fail(t, f"`{name}` is both a register and an input, or given twice")
        self.env[name] = n

    def starts(self, head: Sequence[ast.stmt]) -> tuple[dict[str, Node], dict[str, Fraction]]:
        regs: dict[str, Node] = {}
        init: dict[str, Fraction] = {}
        for s in head:
            for name, value in self.pairs(s):
                start = self.expression(value)
                if start.op != "const" or name in regs:
                    raise self.fail(s, "before the loop each register gets True or False, once")
                regs[name] = register(self.named("register", name))
                init[regs[name].name] = start.attr[0]
        return regs, init

    def letters(self, loop: ast.For) -> list[str]:
        if ast.unparse(loop.iter) == "range(ticks)" and ast.unparse(loop.target) == "_":
            return []
        if ast.unparse(loop.iter) != "ticks":
            raise self.fail(loop.iter, "the loop is not over the ticks")
        return self.targets(loop.target)

    def outputs(self, given: ast.Yield) -> dict[str, Node]:
        if given.value is None:
            raise self.fail(given, "it yields nothing")
        names = self.targets(given.value)
        if len(set(names)) != len(names):
            raise self.fail(given, "an output is given twice")
        return {self.named("output", name): self.look(given, name) for name in names}

    def targets(self, t: ast.expr) -> list[str]:
        """`x` or `x, y` as names; a tuple of one would be another type."""
        parts = t.elts if isinstance(t, ast.Tuple) and len(t.elts) > 1 else [t]
        for p in parts:
            if not isinstance(p, ast.Name) or p.id in ("ticks", "_"):
                raise self.fail(t, "names are expected here")
        return [p.id for p in parts if isinstance(p, ast.Name)]

    def pairs(self, s: ast.stmt) -> list[tuple[str, ast.expr]]:
        """The names an assignment defines, with their expressions."""
        if not isinstance(s, ast.Assign) or len(s.targets) != 1:
            raise self.fail(s, "an assignment is expected here")
        names = self.targets(s.targets[0])
        values = s.value.elts if len(names) > 1 and isinstance(s.value, ast.Tuple) else [s.value]
        if len(values) != len(names):
            raise self.fail(
                s, f"{counted(len(names), 'name')}, but {counted(len(values), 'value')}"
            )
        if len(set(names)) != len(names):
            raise self.fail(s, "a name is given two values at once")
        return list(zip(names, values, strict=True))

    def assign(self, s: ast.stmt) -> None:
        self.env |= {name: self.expression(value) for name, value in self.pairs(s)}

    def look(self, t: ast.AST, name: str) -> Node:
        if name not in self.env:
            raise self.fail(t, f"`{name}` is not defined")
        return self.env[name]

    def expression(self, e: ast.expr) -> Node:
        match e:
            case ast.Name(id=name):
                return self.look(e, name)
            case ast.Constant(value=bool() as value):
                return node("const", attr=(Fraction(value),))
            case ast.UnaryOp(op=ast.Not(), operand=x):
                return node("not", self.expression(x))
            case ast.BoolOp(op=op, values=[first, *rest]):
                result = self.expression(first)
                for x in rest:
                    name = "and" if isinstance(op, ast.And) else "or"
                    result = node(name, result, self.expression(x))
                return result
            case ast.Compare(left=x, ops=[ast.Eq() | ast.NotEq() as op], comparators=[y]):
                differ = node("xor", self.expression(x), self.expression(y))
                return differ if isinstance(op, ast.NotEq) else node("not", differ)
        raise self.fail(e, "this expression is not one that bonsaic writes")


def _is_text(s: ast.stmt) -> bool:
    return isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)
