"""What a tick computes: compared with fractions, and with float32 itself in every order of summation."""

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modules import modules, random_module, tick

from bonsaic.bench.brute import meaning
from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.ops import OPS, ameo, misfit
from bonsaic.ir.run import ModuleMachine, simulate
from bonsaic.ir.values import BIT, REAL, SIGN, Real, contains, fin, grid, members

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
TYPES = [
    BIT,
    SIGN,
    fin([3]),
    fin([-2, 0, 7]),
    fin([HALF, 2]),
    grid(-3, 5),
    grid(1, 70),
    grid(-9, 9, 2),
    grid(-5, -2),
]
ATTRS = {
    "const": (Fraction(3),),
    "cast": (Fraction(-1), Fraction(2)),
    "ameo": (HALF, TENTH),
}


def assert_same_tick(m, words):
    """Every tick of the batch equals the tick of fractions, as long as the word is legal."""
    machine = ModuleMachine(m)
    dens = [Fraction(1) * low for low, _, _ in machine.columns]
    assert len(dens) == len(m.regs)
    states = np.broadcast_to(machine.initial, (len(words), len(m.regs)))
    scalar = [dict(m.init) for _ in words]
    for t in range(words.shape[1]):
        done = machine.step(states, words[:, t])
        for b, state in enumerate(scalar):
            letter = dict(zip(machine.inputs, map(int, words[b, t]), strict=True))
            after, outs, care, legal = tick(m, state, letter)
            assert list(done.outs[b]) == list(outs.values())
            assert list(done.care[b]) == list(care.values())
            assert done.legal[b] == legal
            for i, r in enumerate(m.regs):
                assert after[r.name] in members(r.type)
                assert done.next[b, i] == after[r.name] * machine.dens[i]
            scalar[b] = after
        states = done.next


@given(modules(), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_a_tick_is_what_fractions_say(m, seed):
    words = np.random.default_rng(seed).integers(0, 2, (4, 6, len(m.inputs)), np.uint8)
    assert_same_tick(m, words)


def test_numbers_beyond_int64_are_exact():
    x, r = port("x", SIGN), register("r", SIGN)
    z = affine([Fraction(3) ** 50, -(Fraction(3) ** 50)], [x, r], Fraction(1, 3**20))
    deep = node(
        "ameo",
        node("ameo", affine([Fraction(1, 2**20 + 1)], [x]), attr=(TENTH, TENTH)),
        attr=(TENTH, TENTH),
    )
    m = Module(
        "m", "net", (x,), (r,), {"r": Fraction(1)}, {"r": node("sign", z)}, {"y": z, "d": deep}
    )
    assert_same_tick(m, np.random.default_rng(0).integers(0, 2, (8, 20, 1), np.uint8))


@pytest.mark.parametrize("op", [op for op in OPS if op not in ("in", "reg", "affine")])
def test_a_type_holds_every_value_and_no_narrow_one_more(op):
    """Brute force over all operands of all types: each result is in the inferred type, and the type's ends are met."""
    row = OPS[op]
    rng = random.Random(op)
    for _ in range(60):
        types = [rng.choice(TYPES) for _ in range(row.arity)]
        attr = ATTRS.get(op, ())
        if misfit(op, types, attr):
            continue
        n = node(op, *(register(f"r{i}", t) for i, t in enumerate(types)), attr=attr)
        values = [[]]
        for t in types:
            values = [[*vs, v] for vs in values for v in members(t)]
        results = {meaning(n, vs) for vs in values}
        assert isinstance(n.type, Real) or results <= set(members(n.type)), (op, types)


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_the_type_of_an_affine_holds_every_sum(seed):
    rng = random.Random(seed)
    args = [register(f"r{i}", rng.choice(TYPES)) for i in range(rng.randint(0, 3))]
    weights = [Fraction(rng.randint(-3, 3), rng.choice((1, 2, 64, 65))) for _ in args]
    n = affine(weights, args, Fraction(rng.randint(-3, 3), 2))
    for _ in range(50):
        v = meaning(n, [rng.choice(members(a.type)) for a in args])
        assert contains(n.type, fin([v]))


def test_the_type_of_a_wide_affine_is_not_found_by_listing_its_sums():
    weights = [Fraction(2 * k + 1, 64) for k in range(2000)]
    n = affine(weights, [register(f"r{k}", SIGN) for k in range(2000)])
    assert n.type == grid(-sum(weights), sum(weights), Fraction(1, 32))


def test_ameo_is_odd_and_zero_at_its_zeros():
    for f in (Fraction(0), HALF, Fraction(1)):
        for x, y in ((-3, -1), (-2, 0), (-1, 1), (0, 0), (1, -1), (2, 0), (3, 1)):
            assert ameo(Fraction(x), f, TENTH) == y
        assert ameo(Fraction(13), f, TENTH) == 2
        for k in range(100):
            assert ameo(Fraction(-k, 16), f, TENTH) == -ameo(Fraction(k, 16), f, TENTH)


def ameo32(x, f, leak):
    """The activation as float32 computes it, operation by operation."""
    one = np.float32(1)
    a = np.abs(x)
    d = np.where(a > 2, a - np.float32(3), a - one)
    y = f * np.abs(d) + (one - f) * (d * d) * (d * d) - one
    y = np.where(a > 2, -y, y)
    y = np.where(a > 3, one + leak * d, y)
    return np.where(x < 0, -y, y)


def sum32(rng, weights, xs, bias):
    """A float32 sum of products in a random order and tree."""
    terms = [
        *(np.float32(w) * x for w, x in zip(weights, xs, strict=True)),
        np.float32(bias) + 0 * xs[0],
    ]
    while len(terms) > 1:
        a, b = sorted(rng.choice(len(terms), 2, replace=False))
        terms.append(terms.pop(b) + terms.pop(a))
    return terms[0]


def test_a_clear_decision_survives_float32_in_any_order():
    """Sums near their thresholds, neuron upon neuron: where `clear` is set, no order of sums changes a decision."""
    rng = np.random.default_rng(1)
    f, leak = np.float32(0.5), np.float32(0.1)
    attr = (Fraction(float(f)), Fraction(float(leak)))
    exact = lambda v: Fraction(float(v))  # noqa: E731 a one-word alias
    flipped = unclear = 0
    for _ in range(150):
        n = int(rng.integers(6, 9))
        letters = rng.integers(0, 2, (256, n)).astype(np.uint8)
        wires = letters.T.astype(np.float32) * 2 - 1
        w = rng.normal(0, 2, n).astype(np.float32)
        pick = int(rng.integers(256))
        target = rng.choice([-2, 0, 2])
        bias = np.float32(target - wires[:, pick].astype(np.float64) @ w.astype(np.float64))
        bias = np.float32(bias + rng.choice([0, 1e-7, -3e-7, 1e-6, 3e-6, 3e-5]))
        v, c = rng.normal(0, 1, 2).astype(np.float32)
        xs = tuple(port(f"x{i}", SIGN) for i in range(n))
        z = affine(map(exact, w), xs, exact(bias))
        soft = node("ameo", z, attr=attr)
        head = affine([exact(v)], [soft], exact(c))
        r = tuple(register(k, SIGN) for k in "rs")
        nexts = {"r": node("sign", soft), "s": node("sign", z)}
        m = Module("m", "net", xs, r, {"r": Fraction(1), "s": Fraction(1)}, nexts, {"y": head})
        done = ModuleMachine(m).step(np.ones((256, 2), np.int64), letters)
        for _ in range(8):
            z32 = sum32(rng, w, wires, bias)
            a32 = ameo32(z32, f, leak)
            got = np.stack([a32 > 0, z32 > 0, np.float32(v) * a32 + np.float32(c) > 0])
            want = np.stack([done.next[:, 0] > 0, done.next[:, 1] > 0, done.outs[:, 0]])
            wrong = (got != want).any(axis=0)
            assert not (wrong & done.clear).any()
            flipped += int(wrong.sum())
        unclear += int((~done.clear).sum())
    assert flipped > 10, "the test reached no decision that rounding changes"
    assert unclear < 150 * 256 / 20, "clear is demanded far from any threshold"


def threshold_module(bias):
    xs = (port("x", SIGN), port("y", SIGN))
    z = affine([Fraction(float(np.float32(0.1))), Fraction(float(np.float32(0.7)))], xs, bias)
    return Module("m", "net", xs, (), {}, {}, {"o": z})


def test_clear_starts_exactly_at_the_bound():
    """Margin just below and just above the error that four roundings of |0.1| + |0.7| + |bias| allow."""
    exact = -sum(Fraction(float(np.float32(v))) for v in (0.1, 0.7))
    m = threshold_module(exact)
    gamma = 4 * Fraction(1, 1 << 24) / (1 - 4 * Fraction(1, 1 << 24))
    bound = gamma * 2 * -exact
    letter = np.ones((1, 2), np.uint8)
    none = np.zeros((1, 0), np.int64)
    for factor, clear in ((Fraction(9, 10), False), (Fraction(11, 10), True)):
        for side in (1, -1):
            moved = threshold_module(exact + side * factor * bound)
            assert ModuleMachine(moved).step(none, letter).clear[0] == clear
    assert not ModuleMachine(m).step(none, letter).clear[0]


def test_an_exact_tie_needs_no_margin():
    x = port("x", SIGN)
    m = Module("m", "net", (x,), (), {}, {}, {"a": affine([1], [x], 1), "c": const(0)})
    done = ModuleMachine(m).step(np.zeros((2, 0), np.int64), np.array([[0], [1]], np.uint8))
    assert done.clear.all() and done.outs.tolist() == [[False, False], [True, False]]


def test_float32_registers_are_told_from_exact_ones():
    x = port("x", SIGN)
    whole = register("r", fin([-1, 1]))
    a = node("ameo", x, attr=(HALF, TENTH))
    thirds = register("t", fin([Fraction(-1, 3), Fraction(1, 3)]))
    exact = Module("m", "quant", (x,), (whole,), {"r": Fraction(1)}, {"r": a}, {"y": whole})
    rounded = Module(
        "m",
        "quant",
        (x,),
        (thirds,),
        {"t": Fraction(1, 3)},
        {"t": affine([Fraction(1, 3)], [x])},
        {"y": thirds},
    )
    assert ModuleMachine(exact).float32 and not ModuleMachine(rounded).float32


def test_a_cast_never_leaves_its_type():
    x, r = port("x"), register("r", grid(0, 3))
    up = node("cast", affine([1, 1], [r, x]), attr=(Fraction(0), Fraction(3)))
    m = Module(
        "m", "fin", (x,), (r,), {"r": Fraction(0)}, {"r": up}, {"y": node("lt", const(2), r)}
    )
    outs = simulate(m, np.ones((1, 10, 1), np.uint8))
    assert outs[0, :, 0].tolist() == [False] * 3 + [True] * 7


def test_a_real_register_is_no_machine():
    r = register("r", REAL)
    m = Module("m", "net", (), (r,), {"r": Fraction(0)}, {"r": r}, {"y": r})
    with pytest.raises(AssertionError, match="no finite states"):
        ModuleMachine(m)


def test_a_random_module_is_never_vacuous():
    rng = random.Random(3)
    assert sum(len(random_module(rng, "fin").order()) > 2 for _ in range(100)) > 30


def test_no_decision_is_clear_where_a_sum_may_overflow_float32():
    x = port("x", SIGN)
    for power, clear in (29, True), (127, False):
        y = affine([1 << power], [x], 1 << power - 1)
        machine = ModuleMachine(Module("m", "net", (x,), (), {}, {}, {"y": y}))
        assert machine.step(np.zeros((1, 0), int), np.array([[1]])).clear.all() == clear
