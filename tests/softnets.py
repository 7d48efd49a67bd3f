"""Soft networks to prove and refute: hard ones of exact Boolean neurons, with weights and initial states disturbed."""

import itertools
from fractions import Fraction

import numpy as np

from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.ir.ops import ameo
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import REAL, SIGN
from bonsaic.prove.machine import tabulate
from bonsaic.prove.tick import Tick

HALVES = [Fraction(k, 2) for k in range(-6, 7)]


def exact(v):
    return Fraction(float(np.float32(float(v))))


def boolean_neuron(rng, fan_in):
    """Weights and a bias for which every row of -1/+1 gives exactly -1 or +1, and not always the same."""
    while True:
        *w, b = (HALVES[i] for i in rng.integers(0, len(HALVES), fan_in + 1))
        if max(map(abs, w)) > 1:
            continue
        rows = itertools.product((-1, 1), repeat=fan_in)
        values = {
            ameo(sum(x * y for x, y in zip(w, r, strict=True)) + b, Fraction(1, 2), Fraction(0))
            for r in rows
        }
        if all(w) and values == {-1, 1}:
            return w, b


def random_network(rng, *, inputs, states, noise, f=0.5, leak=0.1, extra=0):
    """(the table of the hard network, the soft one): weights, biases and initial states off by about `noise`.

    extra: further sources per neuron with weights of size `noise`, as regularised training leaves them.
    """
    xs = tuple(port(f"x{i}", SIGN) for i in range(inputs))
    plans = []
    for _ in range(states + 1):
        fan_in = min(int(rng.integers(1, 4)), inputs + states)
        picks = rng.choice(inputs + states, fan_in, replace=False)
        plans.append((picks, *boolean_neuron(rng, fan_in)))
    starts = rng.choice([-1, 1], states)
    attr = (exact(f), exact(leak))

    def build(hard):
        regs = tuple(register(f"s{i}", SIGN if hard else REAL) for i in range(states))
        sources = [*xs, *regs]

        def neuron(picks, w, b):
            weights = [Fraction(0)] * len(sources)
            for i, v in zip(picks, w, strict=True):
                weights[i] = v
            if not hard:
                weights = [exact(v * (1 + noise * rng.normal())) for v in weights]
                for i in rng.choice(len(sources), min(extra, len(sources)), replace=False):
                    weights[i] += exact(noise * rng.normal() / 2)
                b = exact(b + noise * rng.normal())
            edges = [(v, s) for v, s in zip(weights, sources, strict=True) if v]
            value = node("ameo", affine([v for v, _ in edges], [s for _, s in edges], b), attr=attr)
            return node("sign", value) if hard else value

        *nexts, out = (neuron(*p) for p in plans)
        init = {
            r.name: Fraction(int(v)) if hard else exact(v + noise * rng.normal())
            for r, v in zip(regs, starts, strict=True)
        }
        named = {r.name: v for r, v in zip(regs, nexts, strict=True)}
        return Module("soft", "net", xs, regs, init, named, {"y": affine([1], [out])})

    return tabulate(ModuleMachine(build(True)), cap=10**6), build(False)


def drifting_counter(*, depth, gain, step=0.2):
    """(the table, the network) of a counter from 0 to `depth` in one analog state without restoring force (f = 1).

    A letter 1 counts up, 0 down, past the ends is illegal; the output says whether the count is 0. The hard activation
    is -x on [-1, 1], so the state is multiplied by `gain` every tick: right for a while, then wrong.
    """
    x, s = port("x", SIGN), register("s", REAL)
    after = node(
        "ameo", affine([exact(-gain), exact(-step)], [s, x]), attr=(Fraction(1), Fraction(0))
    )
    start = exact(-depth * step / 2)
    out = affine([-1], [s], start + exact(step / 2))
    m = Module("drift", "net", (x,), (s,), {"s": start}, {"s": after}, {"y": out})
    q = np.arange(depth + 1)
    nexts = np.stack([q - 1, np.where(q < depth, q + 1, ILLEGAL)], axis=1)
    outs = np.where(nexts >= 0, (q == 0)[:, None], FREE)[:, :, None]
    letters = np.array([[0], [1]], np.uint8)
    return Mealy(
        "counter", ("x",), ("y",), letters, nexts.astype(np.int32), outs.astype(np.int8)
    ), m


def turning(size):
    """(always 1, the network) of a state that turns by an eighth and shrinks to four fifths, pushed by its letter.

    Every tick boxes get wider by a seventh, though no run does: only the registers' common past keeps them in.
    """
    x, regs = port("x", SIGN), (register("s0", REAL), register("s1", REAL))
    part, push = exact(0.8 * 2**-0.5), exact(0.05)
    attr = (Fraction(1), Fraction(0))
    nexts = {
        "s0": node("ameo", affine([-part, part, -push], [*regs, x], 0), attr=attr),
        "s1": node("ameo", affine([-part, -part, push], [*regs, x], 0), attr=attr),
    }
    out = affine([1], [regs[0]], exact(size))
    m = Module("turning", "net", (x,), regs, {"s0": push, "s1": push}, nexts, {"y": out})
    letters = np.array([[0], [1]], np.uint8)
    nexts_of = np.zeros((1, 2), np.int32)
    return Mealy("one", ("x",), ("y",), letters, nexts_of, np.ones((1, 2, 1), np.int8)), m


def patient(*, step):
    """(always 1, the network) of a state that counts the ones since the last 0, and errs after 1.2 / `step` of them.

    Just after a 0 the margin is 0.1, for long less than while it counts.
    """
    x, count, last = port("x", SIGN), register("count", REAL), register("last", REAL)
    # A 1 is in the falling part of the activation, a 0 on the plateau.
    z = affine([-1, 2 - exact(step)], [count, x], -2)
    nexts = {"count": node("ameo", z, attr=(Fraction(1), Fraction(0))), "last": x}
    out = affine([-1, exact(0.55)], [count, last], exact(-0.35))
    init = {"count": Fraction(-1), "last": Fraction(1)}
    m = Module("patient", "net", (x,), (count, last), init, nexts, {"y": out})
    letters, after = np.array([[0], [1]], np.uint8), np.zeros((1, 2), np.int32)
    return Mealy("one", ("x",), ("y",), letters, after, np.ones((1, 2, 1), np.int8)), m


def two_state_network(weight=Fraction(6, 5)):
    """Remembers whether the last letter was a 1; its state is read with a margin."""
    x, s = port("x", SIGN), register("s", REAL)
    after = node("ameo", affine([-weight], [x]), attr=(Fraction(1, 2), exact(0.1)))
    out = affine([1], [s], Fraction(1, 16))
    return Module(
        "last",
        "net",
        (x,),
        (s,),
        {"s": Fraction(1, 2)},
        {"s": after},
        {"y": out},
        names={after: "memory"},
    )


def delay():
    x, q = port("x"), register("q")
    m = Module("delay", "gate", (x,), (q,), {"q": Fraction(1)}, {"q": x}, {"y": q})
    return tabulate(ModuleMachine(m), cap=100)


def drifting_parens(*, depth, gain):
    """(the table, the network) of balanced parentheses of a depth: a counter held exactly, and a parity that drifts.

    Without restoring force (f = 1) the parity of the ticks swings ever wider; the output adds it to the count, and for
    any word errs once it is too wide: with a gain of 1.0061 at tick 180, whatever was read before.
    """
    x, count, parity = port("close", SIGN), register("count", REAL), register("parity", REAL)
    attr, start = (Fraction(1), exact(0.01)), exact(0.316)
    nexts = {
        "count": node("ameo", affine([-1, Fraction(1, 16)], [count, x]), attr=attr),
        "parity": node("ameo", affine([exact(gain)], [parity]), attr=attr),
    }
    size = Fraction(-1, 16) * Fraction(depth, 2)
    # In steps: minus the depth after the letter, plus or minus 1/2 and more by parity, plus 1/2.
    out = affine([-16, 1, exact(-0.5 / 0.316)], [count, x, parity], 16 * size + Fraction(1, 2))
    init = {"count": size, "parity": start}
    m = Module("parens", "net", (x,), (count, parity), init, nexts, {"y": out})
    q = np.arange(depth + 1)
    after = np.stack([np.where(q < depth, q + 1, ILLEGAL), q - 1], axis=1).astype(np.int32)
    outs = np.where(after >= 0, after == 0, FREE)[:, :, None].astype(np.int8)
    letters = np.array([[0], [1]], np.uint8)
    return Mealy("parens", ("close",), ("y",), letters, after, outs), m


def echo(ticks):
    """Gives x after so many ticks through real registers, by the first of which y also fades; and always one."""
    x, s = port("x", SIGN), [register(f"s{i}", REAL) for i in range(ticks + 1)]
    after = {q.name: affine([1], [p]) for p, q in zip([x, *s], s[:-1], strict=False)}
    fading = affine([1, Fraction(1, 4)], [[x, *s][ticks], s[-1]])
    outs = {"y": node("sign", fading), "one": const(1)}
    init = dict.fromkeys((q.name for q in s), Fraction(-1))
    return Module("echo", "net", (x,), tuple(s), init, after | {s[-1].name: fading}, outs)


def echoed(ticks):
    """What it should give, as a table."""
    q = np.arange(1 << ticks)[:, None]
    x = np.array([[0, 1]])
    after = (q << 1 | x) % (1 << ticks)
    outs = np.stack([(q << 1 | x) >> ticks, np.ones_like(after)], -1)
    letters = np.array([[0], [1]], np.uint8)
    return Mealy(
        "echo", ("x",), ("y", "one"), letters, after.astype(np.int32), outs.astype(np.int8)
    )


def errs_at(spec, m, word):
    """The first tick of a word on which a float32 run, one letter at a time, disagrees with the table."""
    tick = Tick(m)
    q, state = 0, tick.initial[None].astype(np.float32)
    for t, letter in enumerate(word):
        i = spec.letters.tolist().index(list(letter))
        assert spec.next[q, i] >= 0
        state, values = tick.run(state, np.array([letter], np.uint8))
        said = spec.outs[q, i]
        if any(w != FREE and w != (v > 0) for w, v in zip(said, values[0], strict=True)):
            return t
        q = spec.next[q, i]
    return None
