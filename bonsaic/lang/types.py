"""The types of the language and what follows from ranges alone: joins, interval arithmetic, which values fit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

LARGEST = 1_000_000_000  # no integer is further from 0


@dataclass(frozen=True)
class Bit:
    def __str__(self) -> str:
        return "bit"


@dataclass(frozen=True)
class Int:
    """Integers `low` to `high`; `literal` ones are written as numbers and are bits where a bit is wanted."""

    low: int
    high: int
    literal: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return f"int[{self.low}..{self.high}]"


@dataclass(frozen=True)
class Enum:
    """A member is its index in `members`."""

    name: str
    members: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Array:
    element: Bit | Int | Enum
    size: int

    def __str__(self) -> str:
        return f"{self.element}[{self.size}]"


@dataclass(frozen=True)
class Free:
    """The type of `dontcare`: fits every output."""

    def __str__(self) -> str:
        return "dontcare"


Scalar = Bit | Int | Enum
Type = Bit | Int | Enum | Array | Free
BIT = Bit()
INTEGER = Int(-LARGEST, LARGEST)


def extent(t: Type) -> tuple[int, int]:
    """The lowest and the highest value of a bit, integer or member (which count from 0)."""
    match t:
        case Bit():
            return 0, 1
        case Int(low, high):
            return low, high
        case Enum(_, members):
            return 0, len(members) - 1
    raise AssertionError(t)


def element(t: Type) -> Type:
    """Of an array its elements' type, else the type itself."""
    return t.element if isinstance(t, Array) else t


def size(t: Scalar) -> int:
    low, high = extent(t)
    return high - low + 1


def is_literal_bit(t: Type) -> bool:
    return isinstance(t, Int) and t.literal and t.low >= 0 and t.high <= 1


def join(a: Type, b: Type) -> Type | None:
    """The smallest type that holds the values of both; None if they are of different kinds."""
    match a, b:
        case Free(), _:
            return b
        case _, Free():
            return a
        case Int(), Int():
            return Int(min(a.low, b.low), max(a.high, b.high), a.literal and b.literal)
        case Array(), Array():
            element = join(a.element, b.element) if a.size == b.size else None
            return Array(element, a.size) if isinstance(element, Bit | Int | Enum) else None
    if (a == BIT and is_literal_bit(b)) or (b == BIT and is_literal_bit(a)):
        return BIT
    return a if a == b else None


def fits(value: Type, target: Type) -> bool | None:
    """Does every value of one type belong to the other? None: some do. False: none do, or the kinds differ."""
    match value, target:
        case Free(), _:
            return True
        case Int(), Int():
            if target.low <= value.low and value.high <= target.high:
                return True
            return None if value.low <= target.high and target.low <= value.high else False
        case Array(), Array():
            return fits(value.element, target.element) if value.size == target.size else False
    return value == target or (target == BIT and is_literal_bit(value))


def arithmetic(op: str, x: Int, y: Int) -> Int | None:
    """The range of `x op y`; None if there is no value at all, which only a division by zero can cause."""
    literal = x.literal and y.literal
    corners = itertools.product((x.low, x.high), (y.low, y.high))
    match op:
        case "+":
            return Int(x.low + y.low, x.high + y.high, literal)
        case "-":
            return Int(x.low - y.high, x.high - y.low, literal)
        case "*":
            products = [a * b for a, b in corners]
            return Int(min(products), max(products), literal)
    divisors = [d for d in (y.low, -1, 1, y.high) if d and y.low <= d <= y.high]
    if not divisors:
        return None
    quotients = [a // d for a in (x.low, x.high) for d in divisors]
    if op == "/":
        return Int(min(quotients), max(quotients), literal)
    assert op == "%", op
    if y.low == y.high and len(set(quotients)) == 1:
        return Int(x.low % y.low, x.high % y.low, literal)
    high = max(0, y.high - 1)
    if x.low >= 0 and y.low >= 0:
        high = min(high, x.high)
    return Int(min(0, y.low + 1), high, literal)


def article(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeio" else f"a {noun}"


def describe(t: Type) -> str:
    """A type in a sentence."""
    if isinstance(t, Free):
        return "dontcare"
    if isinstance(t, Array | Enum):
        return f"an {type(t).__name__.lower()} {t}"
    if t == INTEGER:
        return "an integer"
    return f"the number {t.low}" if isinstance(t, Int) and t.low == t.high else article(str(t))


def describe_value(t: Type) -> str:
    """Where a value lies, in a sentence."""
    if isinstance(t, Int):
        return str(t.low) if t.low == t.high else f"between {t.low} and {t.high}"
    return describe(t)


def conversion(found: Type, wanted: Type) -> str | None:
    """How a value of one type is made one of the other."""
    if isinstance(wanted, Int) and isinstance(found, Bit | Enum):
        return "`int(...)` makes an integer of it"
    if isinstance(wanted, Enum) and isinstance(found, Int):
        return f"name a member, such as `{wanted.members[0]}`"
    if wanted == BIT and isinstance(found, Int):
        return "a comparison makes a bit of it, such as `... == 1` or `... > 0`"
    return None
