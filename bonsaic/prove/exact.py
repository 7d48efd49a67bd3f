"""A network with real states in exact arithmetic: its finitely many states where they are, one word where not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from bonsaic.ir.core import Module, Node
from bonsaic.ir.mealy import FREE, Mealy
from bonsaic.ir.ops import ameo
from bonsaic.ir.values import SIGN
from bonsaic.prove.verdict import Differs, Proved

STATES = 2000  # product states after which the exact states count as too many
BITS = 64  # of a denominator, likewise
PRECISION = 512  # bits behind the point that a long word is followed with

Ends = tuple[Fraction, Fraction]


class Point(NamedTuple):
    """A reachable pair of states, and per letter the number of the pair that follows, -1 where it is illegal."""

    q: int
    state: tuple[Fraction, ...]
    after: list[int]


def walk_exactly(
    spec: Mealy, m: Module, feed: Sequence[Sequence[int]]
) -> tuple[Proved | Differs | None, list[Point]]:
    """The walk over the states themselves, exact rationals, and what it saw; None: they are too many or too fine."""
    start = (0, tuple(m.init[r.name] for r in m.regs))
    number, queue = {start: 0}, [start]
    parents: list[tuple[int, int]] = [(-1, -1)]
    points: list[Point] = []
    transitions, rounds = 0, False
    for at, (q, state) in enumerate(queue):
        points.append(Point(q, state, [-1] * len(feed)))
        for letter, after in enumerate(spec.next[q].tolist()):
            if after < 0:
                continue
            transitions += 1
            env = _sources(m, [(v, v) for v in state], feed[letter])
            rounds |= _evaluate(m, env)
            outs = [int(env[n][0] > 0) for n in m.outs.values()]
            wanted = [None if v == FREE else v for v in spec.outs[q, letter].tolist()]
            if any(w is not None and w != v for w, v in zip(wanted, outs, strict=True)):
                word = [letter]
                while at:
                    at, before = parents[at]
                    word.append(before)
                ticks = tuple(tuple(spec.letters[i].tolist()) for i in reversed(word))
                names = (spec.inputs, spec.outputs)
                return Differs(*names, ticks, tuple(wanted), tuple(outs)), points
            new = (after, tuple(env[n][0] for n in m.next.values()))
            if new not in number:
                if len(queue) >= STATES or any(v.denominator >> BITS for v in new[1]):
                    return None, points
                number[new] = len(queue)
                parents.append((at, letter))
                queue.append(new)
            points[at].after[letter] = number[new]
    arithmetic = "exact reals" if rounds else "float32"
    return Proved(len(queue), transitions, arithmetic), points


def follow(m: Module, letters: Sequence[Sequence[int]]) -> list[int | None]:
    """The outputs on the last tick of a word in exact arithmetic; None where the precision does not decide."""
    ends = [(m.init[r.name],) * 2 for r in m.regs]
    env: dict[Node, Ends] = {}
    for letter in letters:
        env = _sources(m, ends, letter)
        _evaluate(m, env)
        ends = [_outwards(env[n]) for n in m.next.values()]
    return [1 if env[n][0] > 0 else 0 if env[n][1] <= 0 else None for n in m.outs.values()]


def _outwards(ends: Ends) -> Ends:
    low, high = (v * (1 << PRECISION) for v in ends)
    return Fraction(low // 1, 1 << PRECISION), Fraction(-(-high // 1), 1 << PRECISION)


def _sources(m: Module, states: Sequence[Ends], letter: Sequence[int]) -> dict[Node, Ends]:
    env = {n: ends for n, ends in zip(m.regs, states, strict=True)}
    for n, wire in zip(m.inputs, letter, strict=True):
        value = Fraction(int(wire) * 2 - 1 if n.type == SIGN else int(wire))
        env[n] = (value, value)
    return env


def _evaluate(m: Module, env: dict[Node, Ends]) -> bool:
    """Every node's ends into `env`; whether float32 would round somewhere, were the ends single values."""
    rounds = False
    for n in m.order():
        xs = [env[a] for a in n.args]
        match n.op:
            case "affine":
                weights, bias = n.attr
                pairs = [(w, *(x if w > 0 else x[::-1])) for w, x in zip(weights, xs, strict=True)]
                low = sum((w * a for w, a, _ in pairs), bias)
                env[n] = (low, sum((w * b for w, _, b in pairs), bias))
                size = sum((abs(w * a) for w, a, _ in pairs), abs(bias))
                parts = [bias, *(w * a for w, a, _ in pairs), *weights]
                rounds |= not _whole(size, parts)
            case "ameo":
                (low, high), (f, leak) = xs[0], n.attr
                ends = [ameo(low, f, leak), ameo(high, f, leak)]
                turns = [Fraction(-t) for t in (-1, 1) if low <= t <= high]
                env[n] = (min(ends + turns), max(ends + turns))
                rounds |= low.denominator != 1 or abs(low) > 3
            case "sign":
                env[n] = (Fraction(1 if xs[0][0] > 0 else -1), Fraction(1 if xs[0][1] > 0 else -1))
            case _:
                env[n] = (n.attr[0], n.attr[0])
    return rounds


def _whole(size: Fraction, parts: Sequence[Fraction]) -> bool:
    """Are all sums of these parts, at most `size` together, multiples of one power of two that float32 holds?"""
    den = math.lcm(*(p.denominator for p in parts))
    return den & (den - 1) == 0 and den <= 1 << 100 and size * den <= 1 << 24
