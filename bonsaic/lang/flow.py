"""Which statements are sound: what they name and store, and which outputs they give a value to on every path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bonsaic.lang import syntax as s
from bonsaic.lang import types as t
from bonsaic.lang.cases import check_cases
from bonsaic.lang.infer import Inference
from bonsaic.lang.scope import Scope
from bonsaic.lang.types import Array, Bit, Enum, Int, Type

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
                whole = Int(-t.LARGEST, t.LARGEST)
                low, high = (self.constant_value(x, whole, "the end of a range") for x in d.args)
                if not isinstance(low, int) or not isinstance(high, int):
                    return None
                if low > high:
                    self.error(d.span, f"this range is empty: {low} is above {high}")
                    return None
                return Int(low, high)
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
            self.error(
                d.span,
                "an array holds bits, integers or members, not arrays",
                help="use one array, and index it with `row * width + column`",
            )
            return None
        if not isinstance(element, Bit | Int | Enum) or not isinstance(length, int):
            return None
        return Array(element, length)

    def statements(self, statements: Iterable[s.Statement]) -> set[str]:
        given: set[str] = set()
        for x in statements:
            given |= self._statement(x)
        return given

    def _block(self, body: s.Body | None) -> set[str]:
        if body is None:
            return set()
        assert isinstance(body, s.Block)
        self.scope = Scope(self.scope)
        given = self.statements(body.statements)
        assert self.scope.outer
        self.scope = self.scope.outer
        return given

    def _statement(self, x: s.Statement) -> set[str]:
        match x:
            case s.Assign():
                return self._assign(x)
            case s.Let():
                return self._let(x)
            case s.For():
                return self._for(x)
            case s.If(_, branches, otherwise):
                given = []
                for condition, body in branches:
                    self.expect(condition, t.BIT, "a condition")
                    given.append(self._block(body))
                return set.intersection(*given, self._block(otherwise))
            case s.Match(_, subject, arms):
                check_cases(self, subject, arms)
                return set.intersection(*[self._block(a.body) for a in arms])

    def _assign(self, x: s.Assign) -> set[str]:
        name = x.target.text if isinstance(x.target, s.Name) else x.target.array.text
        symbol = self.lookup(name, x.target.span, lambda y: y.kind in ASSIGNABLE)
        if symbol is None or symbol.kind not in ASSIGNABLE:
            if symbol:
                note = (symbol.span, f"`{name}` is defined here")
                self.error(
                    x.target.span,
                    f"`{name}` is {t.article(symbol.kind)}, which cannot be assigned",
                    notes=[note],
                )
            self.infer(x.value)
            return set()
        type = self.element(x.target) if isinstance(x.target, s.Index) else symbol.type
        if type is None:
            self.infer(x.value, free=True)
        else:
            self.facts.types[x] = type
            self.expect(x.value, type, f"`{name}`", free=symbol.kind == "output")
        return {name} if symbol.kind == "output" else set()

    def _let(self, x: s.Let) -> set[str]:
        type = self.type(x.type) if x.type else self.infer(x.value)
        if x.type and type is not None:
            self.expect(x.value, type, f"`{x.name.text}`")
        if type is not None:
            self.facts.types[x] = type
        self.define(x.name, "variable", type)
        return set()

    def _for(self, x: s.For) -> set[str]:
        whole = Int(-t.LARGEST, t.LARGEST)
        low, high = (self.constant_value(e, whole, "the end of a range") for e in (x.low, x.high))
        known = isinstance(low, int) and isinstance(high, int)
        if known and low > high:  # type: ignore[operator]
            self.error(x.span, f"this loop never runs: {low} is above {high}")
            known = False
        if known:
            self.facts.bounds[x] = (low, high)  # type: ignore[assignment]
        self.scope = Scope(self.scope)
        self.define(x.name, "loop variable", Int(low, high) if known else None)  # type: ignore[arg-type]
        given = self._block(x.body)
        assert self.scope.outer
        self.scope = self.scope.outer
        return given

    def ungiven(self, port: s.PortText, body: s.Block) -> None:
        """Complain about an output that some path leaves without a value."""
        name = port.name.text
        some = [
            x for x in _assignments(body) if isinstance(x.target, s.Name) and x.target.text == name
        ]
        if some:
            note = (some[-1].span, "this gives it a value on some paths only")
            self.error(
                port.span,
                f"`{name}` is not given a value on every path",
                notes=[note],
                help=f"start with a default: `{name} = 0`, or `{name} = dontcare`",
            )
        else:
            self.error(port.span, f"`{name}` is never given a value")


def _assignments(body: s.Body | None) -> Iterator[s.Assign]:
    for x in body.statements if isinstance(body, s.Block) else ():
        match x:
            case s.Assign():
                yield x
            case s.For():
                yield from _assignments(x.body)
            case s.If(_, branches, otherwise):
                for part in (*(b for _, b in branches), otherwise):
                    yield from _assignments(part)
            case s.Match(_, _, arms):
                for arm in arms:
                    yield from _assignments(arm.body)
