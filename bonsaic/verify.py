"""An independent checker of certificates: it shares no code with whatever found the proof, and has its own arithmetic.

The first box holds the initial state. From every box, on every legal word until it is in a box again, each output that
matters is right. Between boxes registers may be followed together, as sums of the same unknowns.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from bonsaic.diag import Mistake, mistake
from bonsaic.ir.text import parse
from bonsaic.ir.values import SIGN

BAD = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, Mistake)
# Low, high, rest, parts: from low to high, and at most `rest` off parts[0] + unknowns (from -1 to 1) * parts[1:].
Form = tuple[int, int, int, list[int]]


def check(path: str) -> str:
    """What a certificate proves, in one sentence; a `Mistake` where it does not."""
    try:
        digest, _, body = Path(path).read_bytes().partition(b"\n")
        demand(hashlib.sha256(body).hexdigest().encode() == digest, "it was altered or cut")
        c = json.loads(body)
        demand(c["format"] == "bonsaic certificate 2", "its format is not known here")
        for name, wanted in c["files"].items():
            same = hashlib.sha256(Path(name).read_bytes()).hexdigest() == wanted
            demand(same, f"{name} is not the file it was made for")
        from bonsaic.verify_bits import check_bits  # which takes its arithmetic from here

        of = Checker(c).check() if "boxes" in c else check_bits(c)
    except BAD as e:
        raise mistake(path, f"this certificate proves nothing: {type(e).__name__}: {e}") from None
    return f"verified: {' and '.join(c['files'])} agree on every word ({of}, {c['arithmetic']})"


def demand(holds: bool, why: str) -> None:
    if not holds:
        raise ValueError(why)


def inside(state: Sequence, ends: Sequence[Sequence[int]]) -> bool:
    return all(e[0] <= x[0] <= x[1] <= e[1] for x, e in zip(state, ends, strict=True))


class Checker:
    """Both sides; numbers are whole multiples of 1/unit, rounded outwards, and widened by what float32 may round."""

    def __init__(self, c: Any):
        self.spec, self.m, self.unit = c["spec"], parse(c["impl"]), c["unit"]
        demand(set(self.m.outs) == set(self.spec["outputs"]), "the sides have different outputs")
        demand(type(self.unit) is int and self.unit > 0, "its unit is wrong")
        self.float32 = {"float32": True, "exact reals": False}[c["arithmetic"]]
        self.rounding = Fraction(c["activation_rounding"])
        demand(self.rounding >= Fraction(64 * self.float32, 1 << 24), "its rounding is wrong")
        self.order, self.together = self.m.order(), c["together"] is True
        self.boxes = [
            (q, ends and [[*map(self.number, map(Fraction, pair))] for pair in ends], after)
            for q, ends, after in c["boxes"]
        ]

    def number(self, v: Fraction) -> int:
        fits = not self.float32 or struct.unpack("f", struct.pack("f", v))[0] == v
        demand(fits and (v * self.unit).denominator == 1, f"float32 or the unit cannot hold {v}")
        return int(v * self.unit)

    def check(self) -> str:
        start = [(v, v) for v in map(self.number, self.m.init.values())]
        demand(self.boxes[0][0] == 0 and inside(start, self.boxes[0][1]), "the start is outside")
        for q, ends, after in self.boxes:
            if ends is not None:
                demand(inside(ends, ends), "a box is empty")
                self.follow(q, after, [(a, b, (b - a + 1) // 2, [(a + b) // 2]) for a, b in ends])
        return f"{len(self.boxes)} box{'es' * (len(self.boxes) != 1)}"

    def follow(self, q: int, after: list[int], state: list[Form]) -> None:
        """Every legal letter from a box or from what is on the way, on until it is in a box."""
        followed: dict[int, list] = {}  # by place, to which several letters may lead alike
        for i in (i for i, target in enumerate(self.spec["next"][q]) if target >= 0):
            wires = dict(zip(self.spec["inputs"], self.spec["letters"][i], strict=True))
            env = self.tick(state, wires)
            for y, wanted in zip(self.spec["outputs"], self.spec["outs"][q][i], strict=True):
                low, high, *_ = env[self.m.outs[y]]
                cared = y not in self.m.care or env[self.m.care[y]][0] > 0
                right = {"1": cared and low > 0, "0": cared and high <= 0, "-": True}[wanted]
                demand(right, f"output {y} may be wrong")
            new = [env[n] for n in self.m.next.values()]
            home, ends, onward = self.boxes[after[i]]
            demand(home == self.spec["next"][q][i], "a box leads to a box of another state")
            demand(ends is None or inside(new, ends), "a box leaks")
            if ends is None and followed.get(after[i]) != new:
                self.follow(home, onward, new)
                followed[after[i]] = new

    def tick(self, state: list[Form], wires: dict[str, str]) -> dict:
        """Every value; an input that the specification lacks is any bit, a register's rest an unknown of its own."""
        own = range(len(state) * self.together)
        parts = [[*x[3], *(x[2] * (i == k) for k in own)] for i, x in enumerate(state)]
        state = [(*x[:2], x[2] * (not own), p) for x, p in zip(state, parts, strict=True)]
        env: dict = dict(zip(self.m.regs, state, strict=True))
        self.unknowns = len(parts[0]) - 1 if state else 0
        for n in self.m.inputs:
            bits = [2 * int(b) - 1 if n.type == SIGN else int(b) for b in wires.get(n.name, "01")]
            env[n] = self.between(bits[0] * self.unit, bits[-1] * self.unit)
        for n in self.order:
            xs = [env[a] for a in n.args]
            match n.op:
                case "affine":
                    env[n] = self.affine(xs, *n.attr)
                case "ameo":
                    env[n] = self.ameo(xs[0], *map(self.number, n.attr))
                case "sign":
                    env[n] = self.between(*(self.unit if v > 0 else -self.unit for v in xs[0][:2]))
                case _:
                    demand(all(x[0] == x[1] for x in xs), f"{n.op} reads an undecided value")
                    numbers = (*(x[0] for x in xs), *map(self.number, n.attr))
                    env[n] = self.between(*(EXACT[n.op](self.unit, *numbers),) * 2)
        demand(self.m.legal is None or env[self.m.legal][0] > 0, "a letter is refused")
        return env

    def between(self, low: int, high: int) -> Form:
        return low, high, (high - low + 1) // 2, [(low + high) // 2, *([0] * self.unknowns)]

    def form(self, low: int, high: int, rest: int, parts: list[int]) -> Form:
        spread = rest + sum(map(abs, parts[1:]))
        return max(low, parts[0] - spread), min(high, parts[0] + spread), rest, parts

    def affine(self, xs: list[Any], weights: Sequence[Fraction], bias: Fraction) -> Form:
        u, count = self.unit, len(xs) + 2
        den = math.lcm(*(v.denominator for v in (bias * u, *weights)))
        first = int(bias * u * den)
        terms = [(int(w * den), x) for w, x in zip(weights, xs, strict=True)]
        low, high = (first + sum(w * x[i ^ (w < 0)] for w, x in terms) for i in (0, 1))
        parts = [sum(w * x[3][i] for w, x in terms) // den for i in range(self.unknowns + 1)]
        parts[0] += first // den
        rest = sum(abs(w) * x[2] for w, x in terms) // den + self.unknowns + 3
        size = abs(first) + sum(abs(w) * max(-x[0], x[1]) for w, x in terms)
        demand(not self.float32 or size <= den * u << 30, "a sum may be too large for float32")
        step = math.gcd(den * u, first, *(w * math.gcd(x[0], u) for w, x in terms))
        grid = den * u // step  # few multiples of a power of two are not rounded
        whole = grid & (grid - 1) == 0 and grid <= 1 << 100 and size <= step << 24
        off = size * count // (den * ((1 << 24) - count)) + count * ((u >> 125) + 1) + 1
        off *= self.float32 and not (whole and all(x[0] == x[1] for x in xs))
        return self.form(low // den - off, -(-high // den) + off, rest + off, parts)

    def ameo(self, x: Form, f: int, leak: int) -> Form:
        """Between its ends and turns; where it does not turn, also on a mean slope."""
        u, (low, high, rest, parts) = self.unit, x
        a, b, middle = (_curve(u, f, leak, v) for v in (low, high, (low + high) // 2))
        turns = [-t for t in (-u, u) if low <= t <= high]
        exact = low == high and low % u == 0 and abs(low) <= 3 * u
        off = 0 if exact else math.ceil(self.rounding * (u + max(-low, high)))
        least, most = min(a[0], b[0], *turns) - off, max(a[1], b[1], *turns) + off
        kinks = {0: [3 * f - 4 * u], 1: [-f, f], 2: [4 * u - 3 * f], 3: [f, leak]}
        slopes = [s for k in range(-3, 4) if low <= k * u <= high for s in kinks[abs(k)]]
        flat, steep = min(a[2], b[2], *slopes) - 1, max(a[2], b[2], *slopes) + 1
        if flat < 0 < steep or not self.unknowns:
            return self.between(least, most)
        mean = (flat + steep) // 2
        parts = [mean * p // u for p in parts]
        parts[0] += middle[0] - mean * ((low + high) // 2) // u
        far = (steep - flat + 1) * (high - low + 1) // (4 * u)
        rest = abs(mean) * rest // u + far + off + self.unknowns + 6
        return self.form(least, most, rest, parts)


def _curve(u: int, f: int, leak: int, x: int) -> tuple[int, int, int]:
    """The activation at x, rounded down and up, and its slope but for less than a unit."""
    a, sign = abs(x), 1 if x >= 0 else -1
    d = a - u if a <= 2 * u else a - 3 * u
    y, slope = f * abs(d) * u**3 + (u - f) * d**4 - u**5, 4 * (u - f) * d**3 // u**3
    slope += f if d > 0 else -f
    y, slope = (-y, -slope) if a > 2 * u else (y, slope)
    if a > 3 * u:
        y, slope = u**5 + leak * d * u**3, leak
    return sign * y // u**4, -(-sign * y // u**4), slope


EXACT: dict[str, Callable[..., int]] = {
    "const": lambda u, v: v,
    "not": lambda u, x: u - x,
    "and": lambda u, x, y: min(x, y),
    "or": lambda u, x, y: max(x, y),
    "xor": lambda u, x, y: abs(x - y),
    "mul": lambda u, x, y: x * y // u,
    "div": lambda u, x, y: x // y * u,
    "mod": lambda u, x, y: x % y,
    "eq": lambda u, x, y: u * (x == y),
    "lt": lambda u, x, y: u * (x < y),
    "select": lambda u, c, x, y: x if c else y,
    "cast": lambda u, x, low, high: min(max(x, low), high),
}
