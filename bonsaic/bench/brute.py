"""The dumbest possible judge of two machines: every word, tick by tick, node by node in fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from bonsaic.ir.core import Module, Node
from bonsaic.ir.mealy import FREE, Mealy
from bonsaic.ir.ops import ameo
from bonsaic.ir.values import SIGN


class Found(NamedTuple):
    """The ticks of the shortest legal word on which outputs of the module are not the table's, None: there is none; and
    how close to 0 any value but 0 itself came, where it is decided what a sign or an output is, on the words before."""

    ticks: int | None
    margin: Fraction


def search(table: Mealy, m: Module, lean: Fraction = Fraction(0)) -> Found:
    """Every legal word, until one shows a difference or no new state is reached.

    lean: added to what is decided on, unless it is 0, as an arithmetic that is not exact may do.
    """
    decided = [*m.outs.values(), *(n.args[0] for n in m.order() if n.op == "sign")]
    margin = Fraction(1)
    level = [(0, dict(m.init))]
    seen = {(0, tuple(m.init.values()))}
    ticks = 0
    while level:
        ticks += 1
        following = []
        for q, state in level:
            for letter, wires in enumerate(table.letters.tolist()):
                after = int(table.next[q, letter])
                if after < 0:
                    continue
                env = _tick(m, state, dict(zip(table.inputs, wires, strict=True)), lean)
                said = zip(table.outputs, table.outs[q, letter].tolist(), strict=True)
                if any(w != FREE and w != _above(env[m.outs[y]], lean) for y, w in said):
                    return Found(ticks, margin)
                if m.level in ("net", "quant"):
                    margin = min(margin, *(abs(env[n]) or margin for n in decided))
                new = {k: env[n] for k, n in m.next.items()}
                key = (after, tuple(new.values()))
                if key not in seen:
                    seen.add(key)
                    following.append((after, new))
        level = following
    return Found(None, margin)


def _tick(
    m: Module, state: Mapping[str, Fraction], wires: Mapping[str, int], lean: Fraction
) -> dict[Node, Fraction]:
    env: dict[Node, Fraction] = {r: state[r.name] for r in m.regs}
    for n in m.inputs:
        wire = wires.get(n.name, 0)
        env[n] = Fraction(wire * 2 - 1 if n.type == SIGN else wire)
    for n in m.order():
        env[n] = meaning(n, [env[a] for a in n.args], lean)
    return env


def meaning(n: Node, xs: Sequence[Fraction], lean: Fraction = Fraction(0)) -> Fraction:
    """What a node of any level makes of its operands."""
    match n.op:
        case "const":
            return n.attr[0]
        case "affine":
            return sum((w * x for w, x in zip(n.attr[0], xs, strict=True)), n.attr[1])
        case "ameo":
            return ameo(xs[0], *n.attr)
        case "sign":
            return Fraction(1 if _above(xs[0], lean) else -1)
        case "mul":
            return xs[0] * xs[1]
        case "div":
            return Fraction(xs[0] // xs[1])
        case "mod":
            return xs[0] % xs[1]
        case "eq":
            return Fraction(xs[0] == xs[1])
        case "lt":
            return Fraction(xs[0] < xs[1])
        case "select":
            return xs[1] if xs[0] else xs[2]
        case "cast":
            return min(max(xs[0], n.attr[0]), n.attr[1])
        case "not":
            return 1 - xs[0]
        case "and":
            return xs[0] * xs[1]
        case "or":
            return max(xs)
        case "xor":
            return abs(xs[0] - xs[1])
    raise AssertionError(n.op)


def _above(value: Fraction, lean: Fraction) -> bool:
    return value != 0 and value + lean > 0
