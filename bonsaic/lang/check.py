"""Which files are programs: everything that can be seen to be wrong without running, all at once."""

from __future__ import annotations

from bonsaic.diag import Diagnostic, Mistake, Span
from bonsaic.lang import syntax as s
from bonsaic.lang import types as t
from bonsaic.lang.extent import check_extent
from bonsaic.lang.flow import Flow
from bonsaic.lang.program import Function, Port, Program, State, Value
from bonsaic.lang.scope import Scope
from bonsaic.lang.types import Array, Bit, Enum, Int, Type

WIDEST = 64  # wires of a port
MOST_WIRES = 256  # of a program's inputs, and of its outputs
ENCODINGS = ("binary", "onehot")


def check(file: s.File) -> tuple[Program, ...]:
    """The programs of a file. Raises a `Mistake` with everything that is wrong, in the order of the text."""
    checker = _Checker()
    programs = checker.file(file)
    if checker.mistakes:
        raise Mistake(*sorted(checker.mistakes, key=_place))
    return tuple(programs)


def _place(d: Diagnostic) -> int:
    return d.where.start if isinstance(d.where, Span) else 0


class _Checker(Flow):
    """Declarations, in a pass over the file; statements and expressions are its ancestors' part."""

    def file(self, file: s.File) -> list[Program]:
        for d in file.declarations:
            if isinstance(d, s.EnumText):
                self._enum(d)
        for d in file.declarations:
            if isinstance(d, s.Const):
                self._const(d)
        functions = [d for d in file.declarations if isinstance(d, s.Fn)]
        for d in functions:
            self._signature(d)
        for d in functions:
            self._function(d)
        for p in file.programs:
            self.define(p.name, "program", None)
        programs = [self._program(p) for p in file.programs]
        if not self.mistakes:
            self.mistakes += check_extent(file, self.facts)
        return programs

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
        self.define(d.name, "constant", None if value is None else self._type_of(d.value, value))
        if value is not None:
            self.facts.consts[d.name.text] = value

    def _type_of(self, e: s.Expr, value: Value) -> Type:
        found = self.facts.types[e]
        if isinstance(found, Int) and isinstance(value, int):
            return Int(value, value, found.literal)
        return found

    def _signature(self, d: s.Fn) -> None:
        params = [(p.name.text, self.type(p.type)) for p in d.params]
        result = self.type(d.result)
        self.define(d.name, "function", result)
        if result is not None and all(type is not None for _, type in params):
            known = tuple((n, type) for n, type in params if type is not None)
            self.facts.functions.setdefault(d.name.text, Function(known, result, d.body))

    def _function(self, d: s.Fn) -> None:
        self.scope = Scope(self.scope)
        for p in d.params:
            found = (
                dict(self.facts.functions[d.name.text].params)
                if d.name.text in self.facts.functions
                else {}
            )
            self.define(p.name, "parameter", found.get(p.name.text))
        result = self.scope.find(d.name.text)
        if result and result.type:
            self.expect(d.body, result.type, f"the result of `{d.name.text}`")
        assert self.scope.outer
        self.scope = self.scope.outer

    # --- programs

    def _program(self, d: s.ProgramText) -> Program:
        self.scope = Scope(self.scope)
        inputs = [self._port(p, "input") for p in d.inputs]
        outputs = [self._port(p, "output") for p in d.outputs]
        self.facts.bodies.append(d.body.span)
        states = [self._state(x) for x in d.states]
        self._wires([*d.inputs, *d.outputs], [*inputs, *outputs])
        for what, ports in (("inputs", inputs), ("outputs", outputs)):
            count = sum(len(p.wires) for p in ports if p)
            if count > MOST_WIRES:
                self.error(
                    d.name.span,
                    f"the {what} take {count:,} wires, and at most {MOST_WIRES} are allowed",
                )
        for e in d.assumes:
            self.expect(e, t.BIT, "an assumption")
        given = self.statements(d.body.statements)
        for p in d.outputs:
            if p.name.text not in given:
                self.ungiven(p, d.body)
        assert self.scope.outer
        self.scope = self.scope.outer
        return Program(
            d.name.text,
            _about(d.span),
            tuple(p for p in inputs if p),
            tuple(p for p in outputs if p),
            tuple(x for x in states if x),
            d.assumes,
            d.body,
            self.facts,
            d.name.span,
        )

    def _port(self, d: s.PortText, kind: str) -> Port | None:
        type = self.type(d.type)
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
                    self.error(
                        option.span, f"a frequency lies between 0 and 1, but this is {option.text}"
                    )
        if type is None:
            return None
        if isinstance(type, Array):
            self.error(
                d.type.span,
                f"a port is a bit, an integer or an enum, not {t.describe(type)}",
                help="write a port for each element",
            )
            return None
        assert isinstance(type, Bit | Int | Enum)
        if t.size(type) == 1:
            self.error(d.type.span, "a port takes at least two values, this one a single one")
            return None
        if encoding == "onehot" and t.size(type) > WIDEST:
            self.error(
                d.span,
                f"one-hot, this port takes {t.size(type):,} wires; a port has at most {WIDEST}",
            )
            return None
        return Port(d.name.text, type, encoding, frequency, d.span)

    def _wires(self, texts: list[s.PortText], ports: list[Port | None]) -> None:
        """No two wires may share a name."""
        owners: dict[str, s.PortText] = {}
        for text, port in zip(texts, ports, strict=True):
            for wire in port.wires if port else ():
                first = owners.setdefault(wire, text)
                if first is not text and first.name.text != text.name.text:
                    note = (first.span, "so has this port")
                    self.error(
                        text.span,
                        f"the port `{text.name.text}` has a wire `{wire}`",
                        notes=[note],
                        help="rename one of the ports",
                    )
                    break

    def _state(self, d: s.StateText) -> State | None:
        type = self.type(d.type)
        init = None
        if type is not None:
            init = self._init(d.init, type, f"`{d.name.text}`")
        self.define(d.name, "state", type)
        return None if type is None or init is None else State(d.name.text, type, init)

    def _init(self, e: s.Expr, type: Type, what: str) -> Value | None:
        if isinstance(type, Array) and not isinstance(e, s.List):
            known = e.text if isinstance(e, s.Name) else None
            symbol = self.scope.find(known) if known else None
            if not (symbol and isinstance(symbol.type, Array)):
                value = self.constant_value(e, type.element, f"an element of {what}")
                return None if not isinstance(value, int) else (value,) * type.size
        value = self.constant_value(e, type, what)
        for x in value if isinstance(value, tuple) else ():
            low, high = t.extent(type.element)  # type: ignore[union-attr]
            if not low <= x <= high:
                self.error(e.span, f"{what} is {t.describe(type)}, but this has the element {x}")
                return None
        return value


def _about(span: Span) -> str:
    """The comment line above a program, else the file's first, without its slashes."""
    before = span.source.text[: span.start].strip()
    above = before.rsplit("\n", 1)[-1].strip()
    if not above.startswith("//"):
        above = before.split("\n", 1)[0].strip()
    return above.lstrip("/").strip() if above.startswith("//") else ""
