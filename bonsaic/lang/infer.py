"""Which type every expression has, and what is wrong with those that have none."""

from __future__ import annotations

from collections.abc import Sequence

from bonsaic.diag import Span, counted
from bonsaic.lang import syntax as s
from bonsaic.lang import types as t
from bonsaic.lang.interp import Violation, evaluate
from bonsaic.lang.program import Facts, Value
from bonsaic.lang.scope import Names
from bonsaic.lang.types import BIT, INTEGER, Array, Enum, Free, Int, Scalar, Type

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


class Inference(Names):
    """Types of expressions, with the mistakes met on the way; a type of None has been complained about."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = Facts()
        self.unsure: list[Span] = []  # what may leave its range as far as the text shows
        self.constant = False  # only constants may be named

    def infer(self, e: s.Expr, *, free: bool = False) -> Type | None:
        """The type of an expression; `free`: it may be `dontcare`."""
        found = self._infer(e, free)
        if isinstance(found, Int) and t.fits(found, INTEGER) is not True:
            bound = found.low if -found.low > found.high else found.high
            number = isinstance(e, s.Number)
            what = "this number is too large" if number else f"this may reach {bound:,}"
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
        fits = t.fits(found, wanted)
        is_, hint = f"{what} is {t.describe(wanted)}", None
        if t.join(found, wanted) is None:
            hint = t.conversion(found, wanted)
            self.error(e.span, f"{is_}, but this is {t.describe(found)}", help=hint)
        elif fits is None:
            self.unsure.append(e.span)
        elif not fits:
            self.error(e.span, f"{is_}, but this value is {t.describe_value(found)}")

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
        if isinstance(wanted, Int | Array):
            low, high = t.extent(t.element(wanted))
            for x in value if isinstance(value, tuple) else (value,):
                if not low <= x <= high:
                    is_ = "has the element" if isinstance(wanted, Array) else "value is"
                    self.error(e.span, f"{what} is {t.describe(wanted)}, but this {is_} {x}")
                    return None
        return value

    def constant_range(
        self, ends: Sequence[s.Expr], wanted: Type, what: str, where: Span, empty: str
    ) -> tuple[int, int] | None:
        """The values of one or two constant expressions, the first not above the last."""
        values = [self.constant_value(x, wanted, what) for x in ends]
        low, high = values[0], values[-1]
        if not isinstance(low, int) or not isinstance(high, int):
            return None
        if low > high:
            self.error(where, f"{empty}: {low} is above {high}")
            return None
        return low, high

    def _infer(self, e: s.Expr, free: bool) -> Type | None:
        match e:
            case s.Number(_, value):
                return Int(value, value, literal=True)
            case s.Name():
                return self._name(e)
            case s.Index():
                return self._element(e)
            case s.Call():
                return self._call(e)
            case s.Op():
                return self._operation(e)
            case s.List(span, items):
                element = self._join(items, False)
                if isinstance(element, Array):
                    self.error(span, "a list of lists; arrays hold bits, integers or members")
                return Array(element, len(items)) if isinstance(element, Scalar) else None
            case s.Dontcare(span):
                if not free:
                    self.error(span, "`dontcare` can only be the value of an output")
                return Free() if free else None
            case s.If() | s.Match():
                return self._join(self.bodies(e), free)

    def bodies(self, x: s.If | s.Match) -> list[s.Body | None]:
        """The bodies of an `if` or `match`, whose conditions or patterns are checked."""
        if isinstance(x, s.Match):
            self._cases(x)
        else:
            for condition, _ in x.branches:
                self.expect(condition, BIT, "a condition")
        return x.bodies

    def _cases(self, x: s.Match) -> None:
        """Record the values each arm matches; complain about arms that match none and values that no arm matches."""
        found = self.infer(x.subject)
        if not isinstance(found, Scalar):
            if found is not None:
                takes = "`match` takes a bit, an integer or a member"
                self.error(x.subject.span, f"{takes}, not {t.describe(found)}")
            return
        low, high = whole = t.extent(found)
        left, sound = [whole], True
        for arm in x.arms:
            taken: list[tuple[int, int]] = []
            for p in arm.patterns:
                case = whole if p.low is None else self._pattern(p, found)
                if case is None:
                    sound = False
                    continue
                rest = _without(left, case)
                if rest == left:
                    known = case[1] < low or high < case[0]
                    value = f"the value is {t.describe_value(found)}"
                    reason = value if known else "the patterns above take all its values"
                    self.error(p.span, f"this is never matched: {reason}")
                left = rest
                taken.append(case)
            self.facts.cases[arm] = tuple(taken)
        if left and sound:
            first = left[0][0]
            shown = found.members[first] if isinstance(found, Enum) else str(first)
            hint = f"add `{shown} {{ ... }}` or `_ {{ ... }}`"
            self.error(x.subject.span, f"no pattern matches {shown}", help=hint)

    def _pattern(self, p: s.Pattern, subject: Scalar) -> tuple[int, int] | None:
        assert p.low is not None
        wanted = INTEGER if isinstance(subject, Int) else subject
        ends = [p.low, p.high] if p.high else [p.low]
        return self.constant_range(ends, wanted, "what is matched", p.span, "this range is empty")

    def _name(self, e: s.Name) -> Type | None:
        symbol = self.lookup(e.text, e.span, lambda x: x.type is not None)
        if symbol is None:
            return None
        if symbol.kind in ("function", "enum", "program"):
            self.error(e.span, f"`{e.text}` is {t.article(symbol.kind)}, not a value")
            return None
        if symbol.kind == "output":
            hint = "give the value a name with `let`, then use that name"
            self.error(e.span, f"`{e.text}` is an output, which cannot be read", help=hint)
            return None
        if self.constant and symbol.kind not in ("constant", "member"):
            message = f"a constant is needed here, but `{e.text}` is {t.article(symbol.kind)}"
            self.error(e.span, message, note=(symbol.span, f"`{e.text}` is defined here"))
            return None
        return symbol.type

    def _element(self, e: s.Index) -> Type | None:
        array, index = self.infer(e.array), self.infer(e.index)
        name, where = e.array.text, e.index.span
        if array is None:
            return None
        if not isinstance(array, Array):
            self.error(e.array.span, f"`{name}` is {t.describe(array)}, which has no elements")
            return None
        if isinstance(index, Scalar):
            fits = t.fits(Int(*t.extent(index)), Int(0, array.size - 1))
            if fits is None:
                self.unsure.append(where)
            elif not fits:
                value = f"this index is {t.describe_value(index)}"
                self.error(where, f"`{name}` has elements 0 to {array.size - 1}, but {value}")
        elif index is not None:
            takes = "an index is a bit, an integer or a member"
            self.error(where, f"{takes}, but this is {t.describe(index)}")
        return array.element

    def _call(self, e: s.Call) -> Type | None:
        name = e.function.text
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
            wanted = counted(len(function.params), "argument")
            note = (symbol.span, f"`{name}` is defined here")
            self.error(e.span, f"`{name}` takes {wanted}, not {len(e.args)}", note=note)
            return function.result
        for arg, (param, type) in zip(e.args, function.params, strict=True):
            self.expect(arg, type, f"`{param}`")
        return function.result

    def _operation(self, e: s.Op) -> Type | None:
        op, args = e.op, e.args
        if op in ("and", "or", "xor", "not"):
            sides = ("the operand",) if op == "not" else ("the left side", "the right side")
            for side, x in zip(sides, args, strict=True):
                self.expect(x, BIT, f"{side} of `{op}`")
            return BIT
        types = [self.infer(x) for x in args]
        if op in COMPARISONS:
            self._compare(e, *types)
            return BIT
        first = types[0]
        if op == "int":
            if first is not None and not isinstance(first, Scalar):
                takes = "`int` takes a bit or a member"
                self.error(args[0].span, f"{takes}, but this is {t.describe(first)}")
            return Int(*t.extent(first)) if isinstance(first, Scalar) else None
        if isinstance(first, Enum) and op in "+-" and len(args) == 2:
            self._integer(args[1], types[1], f"stepping through `{first}` with `{op}`")
            return first
        whole = [self._integer(x, type, f"`{op}`") for x, type in zip(args, types, strict=True)]
        left, right = whole[0], whole[-1]
        if left is None or right is None:
            return None
        if len(args) == 1:
            return Int(-left.high, -left.low, left.literal)
        found = t.arithmetic(op, left, right)
        if found is None:
            self.error(args[1].span, "this divides by zero")
        elif op in "/%" and right.low <= 0 <= right.high:
            self.unsure.append(args[1].span)
        return found

    def _compare(self, e: s.Op, first: Type | None, second: Type | None) -> None:
        if first is None or second is None:
            return
        joined = t.join(first, second)
        if joined is None or isinstance(joined, Array):
            hint = None if joined else "`int(...)` makes an integer of a bit or a member"
            kinds = f"{t.describe(first)} with {t.describe(second)}"
            self.error(e.span, f"`{e.op}` compares {kinds}", help=hint)

    def _integer(self, e: s.Expr, found: Type | None, op: str) -> Int | None:
        if found is None or isinstance(found, Int):
            return found
        hint = t.conversion(found, Int(0, 1))
        self.error(e.span, f"{op} takes integers, but this is {t.describe(found)}", help=hint)
        return None

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
                assert total is not None and parts[0] is not None
                message = f"this is {t.describe(found)}, but {t.describe(total)} stands beside it"
                note, hint = (parts[0].span, "here"), t.conversion(found, total)
                self.error(part.span, message, note=note, help=hint)
                return None
            total = joined
        return total if complete else None


def _without(left: list[tuple[int, int]], case: tuple[int, int]) -> list[tuple[int, int]]:
    """What is left of some intervals without another."""
    low, high = case
    parts = [x for a, b in left for x in ((a, min(b, low - 1)), (max(a, high + 1), b))]
    return sorted({(a, b) for a, b in parts if a <= b})
