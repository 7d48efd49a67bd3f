"""The walk's rare cases: products that are deep and narrow, and states that take more than one word."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modules import counting

from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import SIGN, fin
from bonsaic.prove.chain import Chain, Side, follow, tabulate_side
from bonsaic.prove.machine import numbered
from bonsaic.prove.verdict import Differs, Proved, Unknown
from bonsaic.prove.walk import walk


@pytest.mark.parametrize("limit, carry_on", [(2000, 0), (2000, 1)])
def test_a_deep_and_narrow_product_is_walked_to_its_end(limit, carry_on):
    verdict = walk(ModuleMachine(counting(limit)), ModuleMachine(counting(limit, carry_on)))
    if carry_on:
        assert isinstance(verdict, Differs) and len(verdict.word) == limit + 1
    else:
        assert verdict == Proved(limit + 1, 2 * limit + 2)


def test_deep_and_narrow_with_illegal_letters():
    m = counting(900)
    up = replace(m, legal=m.inputs[0])
    assert walk(ModuleMachine(up), ModuleMachine(m)) == Proved(901, 901)


def test_deep_and_narrow_but_too_large_to_tabulate():
    a = ModuleMachine(counting(1_500_000))
    verdict = walk(a, a, cap=400)
    assert isinstance(verdict, Unknown)
    assert isinstance(
        walk(ModuleMachine(counting(900)), ModuleMachine(counting(900)), cap=600), Unknown
    )


def test_deep_and_narrow_with_an_unclear_decision_is_unknown():
    x, s = port("x0", SIGN), [register(f"s{i}", SIGN) for i in range(10)]
    carry, nexts = x, {}
    for r in s:  # a binary counter of neurons
        both = node("sign", affine([1, 1], [r, carry], -1))
        nexts[r.name] = node("sign", affine([1, 1, -2], [r, carry, both], -1))
        carry = both
    close = affine([Fraction(1, 10**9), 1], [s[-1], s[0]], 1)
    init = {r.name: Fraction(-1) for r in s}
    m = Module("n", "net", (x,), tuple(s), init, nexts, {"y": close})
    verdict = walk(ModuleMachine(m), ModuleMachine(m))
    assert isinstance(verdict, Unknown) and "rounding" in verdict.reason
    assert isinstance(walk(ModuleMachine(m), ModuleMachine(m), float32=False), Proved)


def test_registers_too_wide_to_pack_are_walked_too():
    def chain(length, tap):
        regs = tuple(register(f"n{i}", fin([-(1 << 40), 0, 1 << 40])) for i in range(length))
        x, big = port("x0"), 1 << 40
        nexts = [affine([big], [x]), *regs[:-1]]
        nexts[0] = node("select", x, const(big), const(0))
        named = {r.name: v for r, v in zip(regs, nexts, strict=True)}
        y = node("eq", regs[tap], const(big))
        return Module(
            "chain", "fin", (x,), regs, {r.name: Fraction(0) for r in regs}, named, {"y": y}
        )

    wide = [ModuleMachine(chain(40, tap)) for tap in (2, 3)]
    assert isinstance(walk(wide[0], wide[0], cap=4096), Unknown)
    verdict = walk(*wide)
    assert isinstance(verdict, Differs) and len(verdict.word) == 4


def test_states_of_several_words_are_told_apart():
    columns = [(0, 1, 2)] * 30 + [(-5, 3, 1 << 50)] + [(0, 1, 1 << 90)] + [(7, 1, 1)]
    rng = np.random.default_rng(0)
    rows = np.empty((200, 33), object)
    rows[:, :30] = rng.integers(0, 2, (200, 30))
    rows[:, 30] = rng.integers(0, 1 << 50, 200) * 3 - 5
    rows[:, 31] = [int(n) << 45 for n in rng.integers(0, 1 << 45, 200)]
    rows[:, 32] = 7
    turned = rows[:, ::-1].copy()
    rows[150:] = rows[:50]
    numbers = numbered(rows, columns)
    assert numbers.dtype.itemsize == 24  # 30 + 50 + 90 bits in words of 62
    same = [[a.tobytes() == b.tobytes() for b in numbers] for a in numbers]
    assert same == [[(a == b).all() for b in rows] for a in rows]
    with pytest.raises(AssertionError, match="out of its type"):
        numbered(turned, columns)


def test_every_one_of_many_outputs_is_compared_in_a_deep_walk():
    m = counting(900)
    outs = {f"y{i}": m.outs["y"] for i in range(70)}
    many = replace(m, outs=outs)
    wrong = replace(many, outs={**outs, "y69": node("eq", m.regs[0], const(900))})
    letters = ModuleMachine(m).alphabet()
    assert tabulate_side(ModuleMachine(many), letters, list(range(70))) is not None
    assert isinstance(walk(ModuleMachine(many), ModuleMachine(many)), Proved)
    assert isinstance(walk(ModuleMachine(many), ModuleMachine(wrong)), Differs)


def test_a_deep_walk_that_cannot_be_tabulated_ends():
    a = ModuleMachine(counting(1_500_000))
    verdict = walk(a, a, deepest=300)
    assert isinstance(verdict, Unknown) and verdict.capped
    assert verdict.reason == "some states are more than 300 ticks away"


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_pairs_are_those_that_a_plain_search_finds(seed, some, others):
    """Random tables, either the larger, where values meet several of the other side; letters may be illegal."""
    rng = np.random.default_rng(seed)
    sides = []
    for values, lowest in ((some, -1), (others, 0)):
        after = rng.integers(lowest, values, values * 2).astype(np.int32)
        said, yes = np.zeros((values * 2, 1), bool), np.ones((values * 2, 1), bool)
        sides.append(Side(after, said, yes, yes[:, 0], int(rng.integers(values)), values))
    a, b = sides
    pairs, legal = [(a.initial, b.initial)], 0
    for p, q in pairs:
        for x in range(2):
            new = int(a.next[p * 2 + x]), int(b.next[q * 2 + x])
            legal += new[0] >= 0
            pairs += [new] * (new[0] >= 0 and new not in pairs)
    assert follow(a, b, 2, 100) == Chain(len(pairs), legal, None, None)
