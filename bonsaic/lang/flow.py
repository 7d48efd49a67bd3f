"""Which statements are sound: what they name and store, and which outputs they give a value to on every path."""

from __future__ import annotations

from collections.abc import Iterable

from bonsaic.lang import syntax as s
from bonsaic.lang import types as t
from bonsaic.lang.infer import Inference
from bonsaic.lang.types import INTEGER, Array, Enum, Int, Scalar, Type

LONGEST = 1024  # elements of an array
ASSIGNABLE = ("output", "state", "variable")


class Flow(Inference):
    """Types as written, and statements; a statement's result is the outputs it gives a value to on every path."""

    def __init__(self) -> None:
        super().__init__()
        self.enums: dict[str, Enum] = {}

    def type(self, d: s.TypeText) -> Type | None:
        """The type a text means; None where it has been complained about."""
        match d.kind:
            case "bit":
                return t.BIT
            case "int":
                what, empty = "the end of a range", "this range is empty"
                ends = self.constant_range(d.args, INTEGER, what, d.span, empty)
                return Int(*ends) if ends else None
            case "enum":
                if d.name not in self.enums:
                    found = self.lookup(d.name, d.span, lambda x: x.kind == "enum")
                    if found:
                        self.error(d.span, f"`{d.name}` is {t.article(found.kind)}, not a type")
                return self.enums.get(d.name)
        assert d.element is not None
        element = self.type(d.element)
        length = self.constant_value(d.args[0], Int(1, LONGEST), "the size of an array")
        if isinstance(element, Array):
            hint = "use one array, and index it with `row * width + column`"
            message = "an array holds bits, integers or members, not arrays"
            self.error(d.span, message, help=hint)
        known = isinstance(element, Scalar) and isinstance(length, int)
        return Array(element, length) if known else None  # type: ignore[arg-type]

    def statements(self, statements: Iterable[s.Statement]) -> set[str]:
        return {name for x in statements for name in self._statement(x)}

    def _block(self, body: s.Body | None) -> set[str]:
        assert body is None or isinstance(body, s.Block)
        with self.inner():
            return self.statements(body.statements if body else ())

    def _statement(self, x: s.Statement) -> set[str]:
        match x:
            case s.Assign():
                return self._assign(x)
            case s.Let():
                type = self.type(x.type) if x.type else self.infer(x.value)
                if x.type and type is not None:
                    self.expect(x.value, type, f"`{x.name.text}`")
                if type is not None:
                    self.facts.types[x] = type
                self.define(x.name, "variable", type)
                return set()
            case s.For():
                ends, what = (x.low, x.high), "the end of a range"
                bounds = self.constant_range(ends, INTEGER, what, x.span, "this loop never runs")
                if bounds:
                    self.facts.bounds[x] = bounds
                with self.inner():
                    self.define(x.name, "loop variable", Int(*bounds) if bounds else None)
                    return self._block(x.body)
            case s.If() | s.Match():
                return set.intersection(*map(self._block, self.bodies(x)))

    def _assign(self, x: s.Assign) -> set[str]:
        name, where = (
            x.target.text if isinstance(x.target, s.Name) else x.target.array.text,
            x.target.span,
        )
        symbol = self.lookup(name, where, lambda y: y.kind in ASSIGNABLE)
        if symbol is None or symbol.kind not in ASSIGNABLE:
            if symbol:
                note = (symbol.span, f"`{name}` is defined here")
                message = f"`{name}` is {t.article(symbol.kind)}, which cannot be assigned"
                self.error(where, message, note=note)
            self.infer(x.value)
            return set()
        output = symbol.kind == "output"
        type = self.infer(x.target) if isinstance(x.target, s.Index) else symbol.type
        if type is None:
            self.infer(x.value, free=True)
        else:
            self.facts.types[x] = type
            self.expect(x.value, type, f"`{name}`", free=output)
        return {name} if output else set()

    def ungiven(self, port: s.PortText, body: s.Block) -> None:
        """Complain about an output that some path leaves without a value."""
        name = port.name.text
        assigned = [x for x in s.walk(body) if isinstance(x, s.Assign)]
        some = [x for x in assigned if isinstance(x.target, s.Name) and x.target.text == name]
        if not some:
            self.error(port.span, f"`{name}` is never given a value")
            return
        note = (some[-1].span, "this gives it a value on some paths only")
        hint = f"start with a default: `{name} = 0`, or `{name} = dontcare`"
        self.error(port.span, f"`{name}` is not given a value on every path", note=note, help=hint)
