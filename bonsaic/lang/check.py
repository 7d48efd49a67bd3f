"""Which files are programs: everything that can be seen to be wrong without running, all at once."""

from __future__ import annotations

from collections.abc import Iterable

from bonsaic.diag import Diagnostic, Mistake, Span, counted
from bonsaic.lang import syntax as s
from bonsaic.lang import types as t
from bonsaic.lang.extent import check_extent, measure_functions
from bonsaic.lang.infer import Inference
from bonsaic.lang.program import Function, Port, Program, State, Value
from bonsaic.lang.types import INTEGER, Array, Enum, Int, Scalar, Type

SHOWN = 100  # mistakes shown at most
LONGEST = 1024  # elements of an array
WIDEST = 64  # wires of a port
MOST_WIRES = 256  # of a program's inputs, and of its outputs
ENCODINGS = ("binary", "onehot")
ASSIGNABLE = ("output", "state", "variable")


def check(file: s.File) -> tuple[Program, ...]:
    """The programs of a file. Raises a `Mistake` with everything that is wrong, in the order of the text."""
    checker = _Checker()
    programs = checker.file(file)
    wrong = sorted(checker.mistakes, key=_place)
    if len(wrong) > SHOWN:
        more = f"there are {counted(len(wrong) - SHOWN, 'more mistake')}"
        wrong[SHOWN:] = [Diagnostic(file.span.source.path, more)]
    if wrong:
        raise Mistake(*wrong)
    measure_functions(checker.facts)
    for program in programs:
        check_extent(program)
    return tuple(programs)


def _place(d: Diagnostic) -> int:
    assert isinstance(d.where, Span)
    return d.where.start


class _Checker(Inference):
    """Declarations, types as written, and statements; expressions are its ancestor's part."""

    def __init__(self) -> None:
        super().__init__()
        self.enums: dict[str, Enum] = {}

    def file(self, file: s.File) -> list[Program]:
        for d in file.declarations:
            if isinstance(d, s.EnumText):
                self._enum(d)
        for d in file.declarations:
            if isinstance(d, s.Const):
                self._const(d)
        functions = [d for d in file.declarations if isinstance(d, s.Fn)]
        programs = [d for d in file.declarations if isinstance(d, s.ProgramText)]
        for f in functions:
            self._signature(f)
        for f in functions:
            self._function(f)
        for p in programs:
            self.define(p.name, "program", None)
        return [self._program(p) for p in programs]

    # --- declarations

    def _enum(self, d: s.EnumText) -> None:
        type = Enum(d.name.text, tuple(m.text for m in d.members))
        self.define(d.name, "enum", None)
        self.enums[d.name.text] = type
        for index, member in enumerate(d.members):
            self.define(member, "member", type)
            self.facts.consts[member.text] = index

    def _const(self, d: s.Const) -> None:
        value = self.constant_value(d.value, None, "")
        if value is None:
            self.define(d.name, "constant", None)
            return
        type = self.facts.types[d.value]
        if isinstance(type, Int) and isinstance(value, int):
            type = Int(value, value, type.literal)
        self.define(d.name, "constant", type)
        self.facts.consts[d.name.text] = value

    def _signature(self, d: s.Fn) -> None:
        params = [(p.name.text, self._type(p.type)) for p in d.params]
        result = self._type(d.result)
        self.define(d.name, "function", result)
        known = tuple((name, type) for name, type in params if type is not None)
        if result is not None and len(known) == len(params):
            self.facts.functions.setdefault(d.name.text, Function(known, result, d.body))

    def _function(self, d: s.Fn) -> None:
        function = self.facts.functions.get(d.name.text)
        params = dict(function.params) if function else {}
        with self.inner():
            for p in d.params:
                self.define(p.name, "parameter", params.get(p.name.text))
            symbol = self.scope[d.name.text]
            if symbol.type:
                self.expect(d.body, symbol.type, f"the result of `{d.name.text}`")

    def _type(self, d: s.TypeText) -> Type | None:
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
        element = self._type(d.element)
        length = self.constant_value(d.args[0], Int(1, LONGEST), "the size of an array")
        if isinstance(element, Array):
            hint = "use one array, and index it with `row * width + column`"
            message = "an array holds bits, integers or members, not arrays"
            self.error(d.span, message, help=hint)
        if isinstance(element, Scalar) and isinstance(length, int):
            return Array(element, length)
        return None

    # --- programs

    def _program(self, d: s.ProgramText) -> Program:
        shared = self.unsure  # of functions, which all programs share
        self.unsure = list(shared)
        with self.inner():
            inputs = [self._port(p, "input") for p in d.inputs]
            outputs = [self._port(p, "output") for p in d.outputs]
            states = [self._state(x) for x in d.states]
            self._wires([*d.inputs, *d.outputs], [*inputs, *outputs])
            for what, ports in (("inputs", inputs), ("outputs", outputs)):
                count = sum(len(p.wires) for p in ports if p)
                if count > MOST_WIRES:
                    allowed = f"and at most {MOST_WIRES} are allowed"
                    self.error(d.name.span, f"the {what} take {count:,} wires, {allowed}")
            for e in d.assumes:
                self.expect(e, t.BIT, "an assumption")
            given = self._statements(d.body.statements)
            for p in d.outputs:
                if p.name.text not in given:
                    self._ungiven(p, d.body)
        unsure, self.unsure = tuple(self.unsure), shared
        ins, outs = tuple(filter(None, inputs)), tuple(filter(None, outputs))
        known = tuple(filter(None, states))
        name, about, place = d.name.text, _about(d.span), d.name.span
        return Program(name, about, ins, outs, known, d.assumes, d.body, self.facts, unsure, place)

    def _port(self, d: s.PortText, kind: str) -> Port | None:
        type = self._type(d.type)
        self.define(d.name, kind, type)
        encoding, frequency = "binary", None
        for i, option in enumerate(d.options):
            if option.kind in [o.kind for o in d.options[:i]]:
                self.error(option.span, f"`{option.kind}` is said twice")
            elif option.kind == "as":
                encoding = option.text
                if encoding not in ENCODINGS:
                    self.error(option.span, f"a port is encoded binary or onehot, not `{encoding}`")
                    return None
            else:
                frequency = float(option.text)
                if kind == "output" or (type is not None and type != t.BIT):
                    self.error(option.span, "only an input that is a bit has a frequency")
                elif not 0 < frequency < 1:
                    message = f"a frequency lies between 0 and 1, but this is {option.text}"
                    self.error(option.span, message)
        if type is None:
            return None
        if not isinstance(type, Scalar):
            message = f"a port is a bit, an integer or an enum, not {t.describe(type)}"
            self.error(d.type.span, message, help="write a port for each element")
            return None
        if t.size(type) == 1:
            self.error(d.type.span, "a port takes at least two values, this one a single one")
            return None
        if encoding == "onehot" and t.size(type) > WIDEST:
            wires = f"this port takes {t.size(type):,} wires; a port has at most {WIDEST}"
            self.error(d.span, f"one-hot, {wires}")
            return None
        return Port(d.name.text, type, encoding, frequency)

    def _wires(self, texts: list[s.PortText], ports: list[Port | None]) -> None:
        """No two wires may share a name."""
        owners: dict[str, s.PortText] = {}
        for text, port in zip(texts, ports, strict=True):
            for wire in port.wires if port else ():
                first = owners.setdefault(wire, text)
                if first is not text and first.name.text != text.name.text:
                    note, hint = (first.span, "so has this port"), "rename one of the ports"
                    message = f"the port `{text.name.text}` has a wire `{wire}`"
                    self.error(text.span, message, note=note, help=hint)
                    break

    def _state(self, d: s.StateText) -> State | None:
        type = self._type(d.type)
        init = None if type is None else self._init(d.init, type, f"`{d.name.text}`")
        self.define(d.name, "state", type)
        return None if type is None or init is None else State(d.name.text, type, init)

    def _init(self, e: s.Expr, type: Type, what: str) -> Value | None:
        symbol = self.scope.get(e.text) if isinstance(e, s.Name) else None
        whole = isinstance(e, s.List) or (symbol and isinstance(symbol.type, Array))
        if not isinstance(type, Array) or whole:
            return self.constant_value(e, type, what)
        value = self.constant_value(e, type.element, f"an element of {what}")
        return (value,) * type.size if isinstance(value, int) else None

    # --- statements: each says which outputs it gives a value to on every path

    def _statements(self, statements: Iterable[s.Statement]) -> set[str]:
        return {name for x in statements for name in self._statement(x)}

    def _block(self, body: s.Body | None) -> set[str]:
        assert body is None or isinstance(body, s.Block)
        with self.inner():
            return self._statements(body.statements if body else ())

    def _statement(self, x: s.Statement) -> set[str]:
        match x:
            case s.Assign():
                return self._assign(x)
            case s.Let():
                type = self._type(x.type) if x.type else self.infer(x.value)
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
        named = x.target if isinstance(x.target, s.Name) else x.target.array
        name, where = named.text, x.target.span
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

    def _ungiven(self, port: s.PortText, body: s.Block) -> None:
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


def _about(span: Span) -> str:
    """The comment line above a program, else the file's first, without its slashes."""
    lines = span.source.text[: span.start].strip().split("\n")
    comments = [x.strip() for x in (lines[-1], lines[0]) if x.strip().startswith("//")]
    return comments[0].lstrip("/").strip() if comments else ""
