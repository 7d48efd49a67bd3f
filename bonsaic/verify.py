"""An independent checker of certificates: it shares no code with whatever found the proof, and has its own arithmetic.

The first box holds the initial state. From every box, under every legal letter, each output that matters is right and
the box named for that letter holds the next state: in fractions, widened by what float32 may round.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from bonsaic.diag import mistake

FORMAT = "bonsaic certificate 1"
UNIT = Fraction(1, 1 << 24)  # float32 rounds by at most this, relatively
TINY = Fraction(1, 1 << 125)  # and may flush to zero what is smaller
LINE = re.compile(r"  (\S+) = (\w+)(?:\{(.*)\})?(?: (.*))? : .*")
Ends = tuple[Fraction, Fraction]


class Refused(ValueError):
    """Why a certificate shows nothing."""


def check(path: str) -> str:
    """What a certificate proves, in one sentence; a `Mistake` where it does not."""
    try:
        return _check(Path(path).read_bytes())
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError) as e:
        why = f"this certificate proves nothing: {type(e).__name__}: {e}"
        raise mistake(path, why) from None


def _check(content: bytes) -> str:
    digest, _, body = content.partition(b"\n")
    demand(hashlib.sha256(body).hexdigest().encode() == digest, "it was altered or cut")
    c = json.loads(body)
    demand(c["format"] == FORMAT, f"its format is not {FORMAT}")
    for name, wanted in c["files"].items():
        same = hashlib.sha256(Path(name).read_bytes()).hexdigest() == wanted
        demand(same, f"{name} is not the file it was made for")
    rounding = Fraction(c["activation_rounding"])
    float32 = c["arithmetic"] == "float32"
    demand(rounding >= 64 * UNIT if float32 else rounding == 0, "its rounding is wrong")
    spec, machine = c["spec"], Machine(c["impl"], float32, rounding)
    demand(set(machine.outs) == set(spec["outputs"]), "the sides have different outputs")
    boxes = [(q, _ends(low, high), after) for q, low, high, after in c["boxes"]]
    demand(boxes[0][0] == 0, "its first box is not of the first state")
    demand(_inside([(v, v) for v in machine.init.values()], boxes[0][1]), "the start is outside")
    for q, ends, after in boxes:
        demand(all(low <= high for low, high in ends), "a box is empty")
        for i in [i for i, target in enumerate(spec["next"][q]) if target >= 0]:
            wires, target = map(int, spec["letters"][i]), spec["next"][q][i]
            env = machine.tick(ends, dict(zip(spec["inputs"], wires, strict=True)))
            for y, wanted in zip(spec["outputs"], spec["outs"][q][i], strict=True):
                demand(machine.gives(env, y, wanted), f"output {y} may be wrong")
            home, space, _ = boxes[after[i]]
            demand(home == target, "a box leads to a box of another state")
            demand(_inside([env[machine.next[r]] for r in machine.init], space), "a box leaks")
    return f"verified: {' and '.join(c['files'])} agree on every word ({len(boxes)} boxes, {c['arithmetic']})"


def demand(holds: bool, why: str) -> None:
    if not holds:
        raise Refused(why)


def _ends(*columns: str) -> list[Ends]:
    return list(zip(*(map(Fraction, text.split()) for text in columns), strict=True))


def _inside(inner: list[Ends], outer: list[Ends]) -> bool:
    return all(c <= a and b <= d for (a, b), (c, d) in zip(inner, outer, strict=True))


class Machine:
    """One tick of a module in canonical `.bir` text, evaluated over intervals."""

    def __init__(self, text: str, float32: bool, rounding: Fraction):
        self.float32, self.rounding = float32, rounding
        self.inputs: dict[str, bool] = {}  # whether the wire is -1/+1
        self.init, self.next, self.outs, self.care, self.legal = {}, {}, {}, {}, []
        self.nodes: list[tuple[str, str, list[Fraction], list[str]]] = []
        head, *lines, last = text.splitlines()
        demand(head.startswith("module ") and last == "}", "the implementation is no module")
        for line in lines:
            match line.split():
                case ["in", name, ":", *kind]:
                    self.inputs[name] = kind != ["bit"]
                case ["reg", name, ":", *_, "=", value]:
                    self.init[name] = self._number(value)
                case ["next", name, "=", value]:
                    self.next[name] = value
                case ["out", name, "=", value, *care]:
                    self.outs[name], self.care[name] = value, care[1:]
                case ["legal", "=", value]:
                    self.legal.append(value)
                case _:
                    self._node(line)

    def _node(self, line: str) -> None:
        if not (found := LINE.fullmatch(line)):
            raise Refused(f"cannot read `{line.strip()}`")
        name, op, attrs, words = found.groups()
        numbers = [Fraction(pair.split("=")[1]) for pair in attrs.split(", ")] if attrs else []
        words = words.split(", ") if words else []
        if op in ("affine", "const"):
            terms = [w.split("*") for w in words if "*" in w]
            numbers = [Fraction(w) for w, _ in terms]
            numbers.append(sum((self._number(w) for w in words if "*" not in w), Fraction(0)))
            words = [x for _, x in terms]
        self.nodes.append((name, op, numbers, words))

    def _number(self, text: str) -> Fraction:
        value = Fraction(text)
        whole = value.denominator & (value.denominator - 1) == 0
        demand(whole or not self.float32, f"float32 cannot hold {value}")
        return value

    def tick(self, state: list[Ends], wires: dict[str, int]) -> dict[str, Ends]:
        """Every value of the tick; an input that the specification lacks is any bit."""
        env = dict(zip(self.init, state, strict=True))
        for name, signed in self.inputs.items():
            bits = (wires.get(name, 0), wires.get(name, 1))
            low, high = (Fraction(b * 2 - 1 if signed else b) for b in bits)
            env[name] = (low, high)
        for name, op, numbers, words in self.nodes:
            xs = [env[w] for w in words]
            match op:
                case "affine" | "const":
                    env[name] = self._affine(numbers, xs)
                case "ameo":
                    env[name] = self._ameo(*xs[0], *numbers)
                case "sign":
                    low, high = (Fraction(1 if v > 0 else -1) for v in xs[0])
                    env[name] = (low, high)
                case _:
                    demand(all(low == high for low, high in xs), f"{op} reads an undecided value")
                    env[name] = (Fraction(EXACT[op](*(low for low, _ in xs), *numbers)),) * 2
        demand(all(env[x] == (1, 1) for x in self.legal), "a letter is refused")
        return env

    def gives(self, env: dict[str, Ends], y: str, wanted: str) -> bool:
        low, high = env[self.outs[y]]
        right = {"1": low > 0, "0": high <= 0, "-": True}[wanted]
        return right and (wanted == "-" or all(env[x] == (1, 1) for x in self.care[y]))

    def _affine(self, numbers: list[Fraction], xs: list[Ends]) -> Ends:
        *weights, bias = numbers
        low = high = bias
        size, count = abs(bias), len(weights) + 2
        for w, (a, b) in zip(weights, xs, strict=True):
            low, high = low + min(w * a, w * b), high + max(w * a, w * b)
            size += abs(w) * max(abs(a), abs(b))
        if not self.float32:
            return low, high
        dens = [w.denominator * a.denominator for w, (a, _) in zip(weights, xs, strict=True)]
        den = math.lcm(bias.denominator, *dens)
        whole = den & (den - 1) == 0 and den <= 1 << 100 and size * den <= 1 << 24
        if whole and all(a == b for a, b in xs):
            return low, high
        off = size * count * UNIT / (1 - count * UNIT) + count * TINY
        return low - off, high + off

    def _ameo(self, low: Fraction, high: Fraction, f: Fraction, leak: Fraction) -> Ends:
        demand(0 <= f <= 1 and 0 <= leak <= 1, "an activation is out of range")
        values = [_activation(v, f, leak) for v in (low, high)]
        values += [Fraction(-turn) for turn in (-1, 1) if low <= turn <= high]
        exact = low == high and low.denominator == 1 and abs(low) <= 3
        off = 0 if exact else self.rounding * (1 + max(abs(low), abs(high)))
        return min(values) - off, max(values) + off


def _activation(x: Fraction, f: Fraction, leak: Fraction) -> Fraction:
    """Odd; straight lines and fourth powers mixed f to 1 - f; zero at -2, 0 and 2; turning at -1 and 1 only."""
    a = abs(x)
    away = a - 1 if a <= 2 else a - 3
    bowl = f * abs(away) + (1 - f) * away**4 - 1
    y = bowl if a <= 2 else -bowl if a <= 3 else 1 + leak * away
    return y if x >= 0 else -y


EXACT: dict[str, Callable[..., Fraction | int | bool]] = {
    "not": lambda x: 1 - x,
    "and": lambda x, y: x * y,
    "or": lambda x, y: x + y - x * y,
    "xor": lambda x, y: x != y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x // y,
    "mod": lambda x, y: x % y,
    "eq": lambda x, y: x == y,
    "lt": lambda x, y: x < y,
    "select": lambda c, x, y: x if c else y,
    "cast": lambda x, low, high: min(max(x, low), high),
}
