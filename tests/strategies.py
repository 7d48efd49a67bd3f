"""Random well-typed programs: every one is accepted by the checker and stays within its ranges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

MEMBERS = ("RED", "GREEN", "BLUE")


@dataclass
class Names:
    """What can be read at one place: names by type, a type being "bit", "Hue" or the ends of a range."""

    read: list[tuple[str, object]] = field(default_factory=list)
    tables: list[tuple[str, object, int]] = field(default_factory=list)  # constants
    arrays: list[tuple[str, object, int]] = field(default_factory=list)  # states
    functions: list[tuple[str, object, object]] = field(default_factory=list)
    write: list[tuple[str, object]] = field(default_factory=list)
    outputs: list[tuple[str, object]] = field(default_factory=list)
    fresh: int = 0

    def inner(self) -> Names:
        return replace(self, read=list(self.read), write=list(self.write))

    def indexed(self, bits: bool) -> list[tuple[str, int]]:
        """Arrays of bits, or of integers, and their sizes."""
        held = [*self.tables, *self.arrays]
        return [(n, k) for n, t, k in held if (t == "bit" if bits else isinstance(t, tuple))]


def show(type: object) -> str:
    return type if isinstance(type, str) else f"int[{type[0]}..{type[1]}]"  # type: ignore[index]  # else a range's two ends


def scalars() -> st.SearchStrategy:
    ranges = st.tuples(st.integers(-3, 3), st.integers(1, 4)).map(lambda t: (t[0], t[0] + t[1]))
    return st.one_of(st.just("bit"), st.just("Hue"), ranges)


@st.composite
def bits(draw: st.DrawFn, names: Names, depth: int) -> str:
    known = [n for n, t in names.read if t == "bit"]
    kind = draw(st.integers(0, 9)) if depth else draw(st.integers(0, 1))
    if kind == 0 or (kind == 1 and not known):
        return draw(st.sampled_from("01"))
    if kind == 1:
        return draw(st.sampled_from(known))
    if kind == 2:
        return f"(not {draw(bits(names, depth - 1))})"
    if kind == 3:
        op = draw(st.sampled_from(("and", "or", "xor", "==", "!=")))
        return f"({draw(bits(names, depth - 1))} {op} {draw(bits(names, depth - 1))})"
    if kind in (4, 5):
        op = draw(st.sampled_from(("==", "!=", "<", "<=", ">", ">=")))
        return f"({draw(numbers(names, depth - 1))} {op} {draw(numbers(names, depth - 1))})"
    if kind == 6:
        op = draw(st.sampled_from(("==", "!=", "<", ">=")))
        return f"({draw(hues(names, depth - 1))} {op} {draw(hues(names, depth - 1))})"
    if kind == 7 and (held := names.indexed(bits=True)):
        array, size = draw(st.sampled_from(held))
        return f"{array}[{draw(numbers(names, depth - 1))} % {size}]"
    if kind == 8 and (able := [f for f in names.functions if f[2] == "bit"]):
        return draw(calls(names, depth, able))
    return draw(choices(names, depth, bits))


@st.composite
def numbers(draw: st.DrawFn, names: Names, depth: int) -> str:
    """An integer; its range is small whatever it is made of."""
    known = [n for n, t in names.read if isinstance(t, tuple)]
    kind = draw(st.integers(0, 8)) if depth else draw(st.integers(0, 1))
    if kind == 0 or (kind == 1 and not known):
        return str(draw(st.integers(0, 5)))
    if kind == 1:
        return draw(st.sampled_from(known))
    if kind == 2:
        op = draw(st.sampled_from("+-*"))
        return f"(({draw(numbers(names, depth - 1))} {op} {draw(numbers(names, depth - 1))}) % 7)"
    if kind == 3:
        op, by = draw(st.sampled_from("/%")), draw(st.sampled_from(("2", "3", "(-2)", "(-3)")))
        return f"({draw(numbers(names, depth - 1))} {op} {by})"
    if kind == 4:
        inner = draw(st.one_of(bits(names, depth - 1), hues(names, depth - 1)))
        return f"int({inner})" if inner not in ("0", "1") else inner
    if kind == 5:
        return f"(-{draw(numbers(names, depth - 1))})"
    if kind == 6 and (held := names.indexed(bits=False)):
        array, size = draw(st.sampled_from(held))
        return f"{array}[{draw(numbers(names, depth - 1))} % {size}]"
    if kind == 7 and (able := [f for f in names.functions if isinstance(f[2], tuple)]):
        return draw(calls(names, depth, able))
    return draw(choices(names, depth, numbers))


@st.composite
def hues(draw: st.DrawFn, names: Names, depth: int) -> str:
    known = [n for n, t in names.read if t == "Hue"]
    kind = draw(st.integers(0, 4)) if depth else draw(st.integers(0, 1))
    if kind == 0 or (kind == 1 and not known):
        return draw(st.sampled_from(MEMBERS))
    if kind == 1:
        return draw(st.sampled_from(known))
    if kind == 2:
        op = draw(st.sampled_from("+-"))
        return f"({draw(hues(names, depth - 1))} {op} {draw(numbers(names, depth - 1))})"
    if kind == 3 and (able := [f for f in names.functions if f[2] == "Hue"]):
        return draw(calls(names, depth, able))
    return draw(choices(names, depth, hues))


@st.composite
def calls(draw: st.DrawFn, names: Names, depth: int, able: list) -> str:
    """A call of one of these functions."""
    name, type, _ = draw(st.sampled_from(able))
    return f"{name}({draw(fitting(names, type, depth - 1))}, {draw(bits(names, depth - 1))})"


@st.composite
def choices(draw: st.DrawFn, names: Names, depth: int, of: object) -> str:
    """A conditional expression or a match over some kind of value."""
    values = [draw(of(names, depth - 1)) for _ in range(2)]  # type: ignore[operator]  # one of the strategies here
    if draw(st.booleans()):
        return f"if {draw(bits(names, depth - 1))} {{ {values[0]} }} else {{ {values[1]} }}"
    member = draw(st.sampled_from(MEMBERS))
    return (
        f"match {draw(hues(names, depth - 1))} {{ {member} {{ {values[0]} }} _ {{ {values[1]} }} }}"
    )


@st.composite
def fitting(draw: st.DrawFn, names: Names, type: object, depth: int = 2) -> str:
    """A value of exactly this type."""
    if type == "bit":
        return draw(bits(names, depth))
    if type == "Hue":
        return draw(hues(names, depth))
    low, high = type  # type: ignore[misc]  # a range's two ends
    return f"{draw(numbers(names, depth))} % {high - low + 1} + {low}".replace("+ -", "- ")


@st.composite
def statements(draw: st.DrawFn, names: Names, depth: int, indent: str) -> list[str]:
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(statement(names, depth, indent))
    return lines


@st.composite
def statement(draw: st.DrawFn, names: Names, depth: int, indent: str) -> list[str]:
    kind = draw(st.integers(0, 6 if depth else 3))
    if kind == 0:
        type = draw(scalars())
        value = draw(fitting(names, type))
        name = f"v{names.fresh}_{len(indent)}_{len(names.read)}"
        names.fresh += 1
        names.read.append((name, type))
        names.write.append((name, type))
        return [f"{indent}let {name}: {show(type)} = {value}"]
    if kind == 1 and names.arrays:
        array, type, size = draw(st.sampled_from(names.arrays))
        index = draw(numbers(names, 1))
        return [f"{indent}{array}[{index} % {size}] = {draw(fitting(names, type))}"]
    if kind == 2:
        name, type = draw(st.sampled_from(names.outputs))
        free = draw(st.booleans())
        if free:
            return [
                f"{indent}{name} = if {draw(bits(names, 1))} {{ dontcare }} else {{ {draw(fitting(names, type))} }}"
            ]
        return [f"{indent}{name} = {draw(fitting(names, type))}"]
    if kind in (4, 5):
        lines = [f"{indent}if {draw(bits(names, 2))} {{"]
        lines += draw(statements(names.inner(), depth - 1, indent + "  "))
        if draw(st.booleans()):
            lines.append(f"{indent}}} else {{")
            lines += draw(statements(names.inner(), depth - 1, indent + "  "))
        return [*lines, f"{indent}}}"]
    if kind == 6:
        inner = names.inner()
        name = f"i{len(indent)}_{len(names.read)}"
        inner.read.append((name, (0, 2)))
        body = draw(statements(inner, depth - 1, indent + "  "))
        return [f"{indent}for {name} in 0..{draw(st.integers(0, 2))} {{", *body, f"{indent}}}"]
    name, type = draw(st.sampled_from(names.write or names.outputs))
    return [f"{indent}{name} = {draw(fitting(names, type))}"]


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a program `p` with an enum, a constant, functions, inputs, outputs, states and statements."""
    names = Names()
    table = draw(st.lists(st.integers(0, 2), min_size=1, max_size=3))
    names.tables.append(("K", (0, 2), len(table)))
    head = [f"enum Hue {{ {', '.join(MEMBERS)} }}", f"const K = {table}"]
    for k in range(draw(st.integers(0, 2))):
        type, result = draw(scalars()), draw(scalars())
        inside = replace(names, read=[("a0", type), ("a1", "bit")])
        body = draw(fitting(inside, result))
        head.append(f"fn f{k}(a0: {show(type)}, a1: bit) -> {show(result)} {{ {body} }}")
        names.functions.append((f"f{k}", type, result))
    ports: list[list[str]] = []
    for letter, least in (("x", 0), ("y", 1)):
        group = []
        for k in range(draw(st.integers(least, 2))):
            type = draw(scalars())
            onehot = " as onehot" if draw(st.integers(0, 3)) == 0 else ""
            group.append(f"{letter}{k}: {show(type)}{onehot}")
            (names.read if letter == "x" else names.outputs).append((f"{letter}{k}", type))
        ports.append(group)
    lines = []
    for k in range(draw(st.integers(0, 2))):
        type = draw(scalars())
        lines.append(f"  state s{k}: {show(type)} = {draw(_initial(type))}")
        names.read.append((f"s{k}", type))
        names.write.append((f"s{k}", type))
    if draw(st.booleans()):
        type, size = draw(scalars()), draw(st.integers(1, 3))
        first = ", ".join(draw(_initial(type)) for _ in range(size))
        lines.append(f"  state a: {show(type)}[{size}] = [{first}]")
        names.arrays.append(("a", type, size))
    if draw(st.integers(0, 3)) == 0:
        lines.append(f"  assume {draw(bits(names, 1))}")
    for name, type in names.outputs:
        lines.append(f"  {name} = {draw(_initial(type))}")
    lines += draw(statements(names, 2, "  "))
    head.append(f"program p({', '.join(ports[0])}) -> ({', '.join(ports[1])}) {{")
    return "\n".join([*head, *lines, "}", ""])


def _initial(type: object) -> st.SearchStrategy[str]:
    if type == "bit":
        return st.sampled_from("01")
    return st.sampled_from(MEMBERS) if type == "Hue" else st.integers(*type).map(str)  # type: ignore[misc]  # as above
