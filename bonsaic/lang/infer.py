"""Which type every expression has, and what is wrong with those that have none."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from bonsaic.diag import Diagnostic, Span
from bonsaic.lang import syntax as s
from bonsaic.lang import types as t
from bonsaic.lang.cases import check_cases
from bonsaic.lang.interp import Violation, evaluate
from bonsaic.lang.program import Facts, Value
from bonsaic.lang.scope import Scope, Symbol
from bonsaic.lang.types import BIT, Array, Bit, Enum, Free, Int, Type

SCALAR = Bit | Int | Enum


class Inference:
    """Types of expressions in a scope, with the mistakes met on the way; a type of None has been complained about."""

    def __init__(self) -> None:
        self.mistakes: list[Diagnostic] = []
        self.facts = Facts()
        self.scope = Scope()
        self.constant = False  # only constants may be named

    def error(
        self,
        where: Span,
        message: str,
        *,
        notes: Sequence[tuple[Span, str]] = (),
        help: str | None = None,
    ) -> None:
        self.mistakes.append(Diagnostic(where, message, notes, help))

    def define(self, name: s.Ident, kind: str, type: Type | None) -> None:
        found = self.scope.find(name.text)
        if found:
            note = (found.span, f"{found.kind} `{name.text}` is first defined here")
            self.error(name.span, f"`{name.text}` is already defined", notes=[note])
        else:
            self.scope.names[name.text] = Symbol(kind, type, name.span)

    def lookup(self, name: str, span: Span, wanted: Callable[[Symbol], bool]) -> Symbol | None:
        """The symbol of a name; if there is none, the nearest name that would do is suggested."""
        found = self.scope.find(name)
        if found is None:
            able = [n for n in self.scope.visible() if wanted(self.scope.find(n))]  # type: ignore[arg-type]
            near = difflib.get_close_matches(name, able, 1)
            habit = {"true": "1", "True": "1", "false": "0", "False": "0"}.get(name)
            hint = f"write `{habit}`" if habit else f"did you mean `{near[0]}`?" if near else None
            self.error(span, f"`{name}` is not defined", help=hint)
        return found

    def infer(self, e: s.Expr, *, free: bool = False) -> Type | None:
        """The type of an expression; `free`: it may be `dontcare`."""
        found = self._infer(e, free)
        if isinstance(found, Int) and max(-found.low, found.high) > t.LARGEST:
            bound = found.low if -found.low > found.high else found.high
            what = (
                "this number is too large"
                if isinstance(e, s.Number)
                else f"this may reach {bound:,}"
            )
            self.error(e.span, f"{what}; integers stay within +-{t.LARGEST:,}")
            found = None
        if found is not None:
            self.facts.types[e] = found
        return found

    def expect(self, e: s.Expr, wanted: Type, what: str, *, free: bool = False) -> None:
        """Complain unless the expression may have a value of the wanted type."""
        found = self.infer(e, free=free)
        if found is None:
            return
        if not t.same_kind(found, wanted):
            self.error(
                e.span,
                f"{what} is {t.describe(wanted)}, but this is {t.describe(found)}",
                help=t.conversion(found, wanted),
            )
            return
        fits = t.fits(found, wanted)
        if fits is None:
            self.facts.unsure.append(e.span)
        elif not fits:
            self.error(
                e.span,
                f"{what} is {t.describe(wanted)}, but this value is {t.describe_value(found)}",
            )

    def constant_value(self, e: s.Expr, wanted: Type | None, what: str) -> Value | None:
        """The value of an expression that may only name constants; None where it has been complained about."""
        before, self.constant = self.constant, True
        known = len(self.mistakes)
        self.infer(e) if wanted is None else self.expect(e, wanted, what)
        self.constant = before
        if len(self.mistakes) > known:
            return None
        try:
            value = evaluate(e, self.facts)
        except Violation as v:
            self.error(v.span, v.message)
            return None
        outside = isinstance(wanted, Int) and not wanted.low <= value <= wanted.high  # type: ignore[operator]
        if wanted is not None and outside:
            self.error(e.span, f"{what} is {t.describe(wanted)}, but this value is {value}")
            return None
        return value

    def _infer(self, e: s.Expr, free: bool) -> Type | None:
        match e:
            case s.Number(_, value):
                return Int(value, value, literal=True)
            case s.Name(span, text):
                return self._name(text, span)
            case s.Index():
                return self.element(e)
            case s.Call():
                return self._call(e)
            case s.Unary(_, "not", x):
                self.expect(x, BIT, "the operand of `not`")
                return BIT
            case s.Unary(_, _, x):
                found = self._integer(x, self.infer(x), "`-`")
                return found and Int(-found.high, -found.low, found.literal)
            case s.Binary():
                return self._binary(e)
            case s.List(span, items):
                return self._list(span, items)
            case s.Dontcare(span):
                if not free:
                    self.error(span, "`dontcare` can only be the value of an output")
                    return None
                return Free()
            case s.If(_, branches, otherwise):
                for condition, _ in branches:
                    self.expect(condition, BIT, "a condition")
                return self._join([body for _, body in branches] + [otherwise], free)
            case s.Match(_, subject, arms):
                check_cases(self, subject, arms)
                return self._join([arm.body for arm in arms], free)

    def _name(self, name: str, span: Span) -> Type | None:
        symbol = self.lookup(name, span, lambda x: x.type is not None)
        if symbol is None:
            return None
        if symbol.kind in ("function", "enum", "program"):
            self.error(span, f"`{name}` is {t.article(symbol.kind)}, not a value")
            return None
        if symbol.kind == "output":
            self.error(
                span,
                f"`{name}` is an output, which cannot be read",
                help="give the value a name with `let`, then use that name",
            )
            return None
        if self.constant and symbol.kind not in ("constant", "member"):
            note = (symbol.span, f"`{name}` is defined here")
            self.error(
                span,
                f"a constant is needed here, but `{name}` is {t.article(symbol.kind)}",
                notes=[note],
            )
            return None
        return symbol.type

    def element(self, e: s.Index) -> Type | None:
        """The element type of an indexed array."""
        array = self._name(e.array.text, e.array.span)
        index = self.infer(e.index)
        if array is None:
            return None
        if not isinstance(array, Array):
            self.error(
                e.array.span, f"`{e.array.text}` is {t.describe(array)}, which has no elements"
            )
            return None
        if isinstance(index, SCALAR):
            low, high = t.extent(index)
            if high < 0 or low >= array.size:
                self.error(
                    e.index.span,
                    f"`{e.array.text}` has elements 0 to {array.size - 1}, but this index is {t.describe_value(index)}",
                )
            elif low < 0 or high >= array.size:
                self.facts.unsure.append(e.index.span)
        elif index is not None:
            self.error(
                e.index.span,
                f"an index is a bit, an integer or a member, but this is {t.describe(index)}",
            )
        return array.element

    def _call(self, e: s.Call) -> Type | None:
        name = e.function.text
        if name == "int":
            found = self.infer(e.args[0])
            if isinstance(found, SCALAR):
                return Int(*t.extent(found))
            if found is not None:
                self.error(
                    e.args[0].span,
                    f"`int` takes a bit or a member, but this is {t.describe(found)}",
                )
            return None
        if self.constant:
            self.error(e.span, "a constant is needed here, and a function's value is none")
            return None
        symbol = self.lookup(name, e.function.span, lambda x: x.kind == "function")
        if symbol is None:
            return None
        if symbol.kind != "function":
            self.error(e.function.span, f"`{name}` is {t.article(symbol.kind)}, not a function")
            return None
        function = self.facts.functions.get(name)
        if function is None:
            return symbol.type
        if len(e.args) != len(function.params):
            wanted = t.count(len(function.params), "argument")
            note = (symbol.span, f"`{name}` is defined here")
            self.error(e.span, f"`{name}` takes {wanted}, not {len(e.args)}", notes=[note])
            return function.result
        for arg, (param, type) in zip(e.args, function.params, strict=True):
            self.expect(arg, type, f"`{param}`")
        return function.result

    def _integer(self, e: s.Expr, found: Type | None, op: str) -> Int | None:
        if found is None or isinstance(found, Int):
            return found
        message = f"{op} takes integers, but this is {t.describe(found)}"
        self.error(e.span, message, help=t.conversion(found, Int(0, 1)))
        return None

    def _binary(self, e: s.Binary) -> Type | None:
        if e.op in ("and", "or", "xor"):
            self.expect(e.left, BIT, f"the left side of `{e.op}`")
            self.expect(e.right, BIT, f"the right side of `{e.op}`")
            return BIT
        first, second = self.infer(e.left), self.infer(e.right)
        if e.op in ("==", "!=", "<", "<=", ">", ">="):
            joined = t.join(first, second) if first is not None and second is not None else BIT
            if joined is None or isinstance(joined, Array):
                assert first is not None and second is not None
                message = f"`{e.op}` compares {t.describe(first)} with {t.describe(second)}"
                hint = None if joined else "`int(...)` makes an integer of a bit or a member"
                self.error(e.span, message, help=hint)
            return BIT
        if isinstance(first, Enum) and e.op in "+-":
            self._integer(e.right, second, f"stepping through `{first}` with `{e.op}`")
            return first
        left = self._integer(e.left, first, f"`{e.op}`")
        right = self._integer(e.right, second, f"`{e.op}`")
        if left is None or right is None:
            return None
        found = t.arithmetic(e.op, left, right)
        if found is None:
            self.error(e.right.span, "this divides by zero")
        elif e.op in "/%" and right.low <= 0 <= right.high:
            self.facts.unsure.append(e.right.span)
        return found

    def _list(self, span: Span, items: Sequence[s.Expr]) -> Type | None:
        element = self._join(items, False)
        if isinstance(element, Array):
            self.error(span, "a list of lists; arrays hold bits, integers or members")
            return None
        return Array(element, len(items)) if isinstance(element, SCALAR) else None

    def _join(self, parts: Sequence[s.Body | None], free: bool) -> Type | None:
        """The common type of alternatives."""
        total: Type | None = None
        complete = True
        for part in parts:
            assert part is not None and not isinstance(part, s.Block)
            found = self.infer(part, free=free)
            if found is None:
                complete = False
                continue
            joined = found if total is None else t.join(total, found)
            if joined is None:
                assert total is not None
                first = parts[0]
                assert first is not None
                self.error(
                    part.span,
                    f"this is {t.describe(found)}, but {t.describe(total)} stands beside it",
                    notes=[(first.span, "here")],
                    help=t.conversion(found, total),
                )
                return None
            total = joined
        return total if complete else None
