"""The walk against brute force: every word up to the product's diameter + 1, on random pairs of machines."""

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modules import counting, modules, random_module, tick

from bonsaic.diag import Mistake
from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import SIGN, fin, grid, members
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.verdict import Differs, Proved, Unknown, name, weaker
from bonsaic.prove.walk import walk


def letters_of(m):
    names = [n.name for n in m.inputs]
    return [
        dict(zip(names, bits, strict=True)) for bits in itertools.product((0, 1), repeat=len(names))
    ]


def key(state):
    return tuple(state.values())


def brute(spec, impl):
    """None when equal, else the length of the shortest word that shows a difference; node by node in fractions."""
    seen, level = {(key(spec.init), key(impl.init))}, [(dict(spec.init), dict(impl.init))]
    for ticks in itertools.count(1):
        following = []
        for a, b in level:
            for letter in letters_of(spec):
                after_a, outs_a, care, legal = tick(spec, a, letter)
                if not legal:
                    continue
                after_b, outs_b, care_b, legal_b = tick(impl, b, letter)
                same = all(not care[y] or (care_b[y] and outs_a[y] == outs_b[y]) for y in spec.outs)
                if not (same and legal_b):
                    return ticks, len(seen)
                k = (key(after_a), key(after_b))
                if k not in seen:
                    seen.add(k)
                    following.append((after_a, after_b))
        if not following:
            return None, len(seen)
        level = following


def replay(spec, impl, verdict):
    """Does the word really show it: legal throughout, equal before the last tick, and what each side says there."""
    a, b = dict(spec.init), dict(impl.init)
    for i, wires in enumerate(verdict.word):
        letter = dict(zip(verdict.inputs, wires, strict=True))
        a, outs_a, care, legal = tick(spec, a, letter)
        b, outs_b, care_b, legal_b = tick(impl, b, letter)
        assert legal
        found = [outs_b[y] if care_b[y] or not care[y] else None for y in spec.outs]
        wanted = [outs_a[y] if care[y] else None for y in spec.outs]
        differ = any(w is not None and w != f for w, f in zip(wanted, found, strict=True))
        assert (differ or not legal_b) == (i == len(verdict.word) - 1)
    assert verdict.wanted == tuple(wanted)
    if legal_b:
        assert [f for f, w in zip(verdict.found, wanted, strict=True) if w is not None] == [
            f for f, w in zip(found, wanted, strict=True) if w is not None
        ]
    else:
        assert verdict.found is None


def mutated(rng, m):
    """A copy with one change: a register's start, its next value, or an output."""
    kind = rng.choice(("init", "next", "outs"))
    if kind == "init" or not m.next:
        r = rng.choice(m.regs)
        return replace(m, init={**m.init, r.name: rng.choice(members(r.type))})
    group = dict(getattr(m, kind))
    a = rng.choice(list(group))
    fitting = [v for v in [*m.inputs, *m.regs, *m.order()] if v.type == group[a].type]
    group[a] = rng.choice(fitting)
    return replace(m, **{kind: group})


@given(st.integers(0, 2**32), st.sampled_from(("fin", "gate", "quant")))
@settings(max_examples=300, deadline=None)
def test_the_walk_agrees_with_brute_force(seed, level):
    rng = random.Random(seed)
    spec = random_module(rng, level)
    impl = mutated(rng, spec) if rng.random() < 0.8 else spec
    verdict = walk(ModuleMachine(spec), ModuleMachine(impl), float32=False)
    length, states = brute(spec, impl)
    if length is None and isinstance(verdict, Unknown):
        start = ModuleMachine(spec)
        first = np.repeat(start.initial[None], len(start.alphabet()), axis=0)
        assert not start.step(first, start.alphabet()).legal.any(), verdict
    elif length is None:
        assert isinstance(verdict, Proved) and verdict.states == states
        assert verdict.arithmetic == "exact reals"
    else:
        assert isinstance(verdict, Differs) and verdict.shortest
        assert len(verdict.word) == length
        replay(spec, impl, verdict)


@given(modules("net"))
@settings(max_examples=150, deadline=None)
def test_float32_is_proved_only_where_every_decision_is_clear(m):
    verdict = walk(ModuleMachine(m), ModuleMachine(m))
    assert isinstance(verdict, Proved | Unknown)
    if isinstance(verdict, Unknown):
        assert "rounding" in verdict.reason or "no letter" in verdict.reason


def table(states, letters, **changes):
    """The machine that counts letters 1 modulo `states` and says whether it is at 0."""
    code = np.arange(1 << letters)[:, None] >> np.arange(letters) & 1
    q = np.arange(states)[:, None]
    after = (q + code[:, 0]) % states
    outs = (after == 0)[:, :, None]
    inputs = tuple(f"x{i}" for i in range(letters))
    made = Mealy(
        "count", inputs, ("y",), code.astype(np.uint8), after.astype(np.int32), outs.astype(np.int8)
    )
    return replace(made, **changes)


def test_a_counter_equals_its_table():
    assert walk(TableMachine(table(7, 1)), ModuleMachine(counting(6))) == Proved(7, 14)


def test_a_late_difference_has_a_shortest_word():
    verdict = walk(TableMachine(table(7, 1)), ModuleMachine(counting(6, carry_on=1)))
    assert isinstance(verdict, Differs)
    assert verdict.word == ((1,),) * 7 and verdict.wanted == (1,) and verdict.found == (0,)
    assert (
        str(verdict) == "differs on the shortest word 1 1 1 1 1 1 1: wanted 1, the second gives 0"
    )


def test_only_legal_words_count():
    spec = table(7, 1)
    after = spec.next.copy()
    after[6, 1] = ILLEGAL
    outs = spec.outs.copy()
    outs[6, 1] = FREE
    verdict = walk(
        TableMachine(replace(spec, next=after, outs=outs)), ModuleMachine(counting(6, 1))
    )
    assert verdict == Proved(7, 13)


def test_a_letter_that_only_the_second_refuses_is_a_difference():
    impl = table(7, 1)
    after = impl.next.copy()
    after[2, 1] = ILLEGAL
    verdict = walk(TableMachine(table(7, 1)), TableMachine(replace(impl, next=after)))
    assert isinstance(verdict, Differs) and verdict.found is None and len(verdict.word) == 3
    assert "refuses the last letter" in str(verdict)


def test_letters_outside_a_table_are_illegal():
    spec = table(3, 2)
    one = replace(spec, letters=spec.letters[:2], next=spec.next[:, :2], outs=spec.outs[:, :2])
    assert walk(TableMachine(one), TableMachine(spec)) == Proved(3, 6)
    verdict = walk(TableMachine(spec), TableMachine(one))
    assert isinstance(verdict, Differs) and verdict.word == ((0, 1),) and verdict.found is None


def test_a_free_output_may_be_anything_but_answers_nothing():
    spec = table(3, 1)
    outs = spec.outs.copy()
    outs[1, 1, 0] = FREE
    free = replace(spec, outs=outs)
    assert walk(TableMachine(free), TableMachine(spec)) == Proved(3, 6)
    verdict = walk(TableMachine(spec), TableMachine(free))
    assert isinstance(verdict, Differs) and verdict.wanted == (0,) and verdict.found == (None,)


def test_ports_must_agree():
    spec, other = TableMachine(table(2, 1)), TableMachine(replace(table(2, 1), outputs=("z",)))
    with pytest.raises(Mistake, match=r"\(x0\) -> \(y\), the implementation \(x0\) -> \(z\)"):
        walk(spec, other)
    with pytest.raises(Mistake, match="the implementation"):
        walk(spec, TableMachine(table(2, 2)))


def test_an_input_that_nothing_reads_may_exist_on_one_side():
    m = counting(6)
    wider = replace(m, inputs=(*m.inputs, port("idle")))
    assert walk(ModuleMachine(m), ModuleMachine(wider)) == Proved(7, 14)
    assert walk(ModuleMachine(wider), ModuleMachine(m)) == Proved(7, 28)
    blind = Module("blind", "gate", (), (), {}, {}, {"y": const(0)})
    seeing = replace(blind, inputs=(port("idle"),))
    assert walk(ModuleMachine(blind), ModuleMachine(seeing)) == Proved(1, 1)
    read = replace(seeing, outs={"y": port("idle")})
    with pytest.raises(Mistake, match="the implementation"):
        walk(ModuleMachine(blind), ModuleMachine(read))


def test_outputs_are_matched_by_name():
    x, r = port("x"), register("r")
    m = Module("m", "gate", (x,), (r,), {"r": Fraction(0)}, {"r": x}, {"a": x, "b": r})
    turned = replace(m, outs={"b": r, "a": x})
    assert isinstance(walk(ModuleMachine(m), ModuleMachine(turned)), Proved)
    crossed = replace(m, outs={"b": x, "a": r})
    assert isinstance(walk(ModuleMachine(m), ModuleMachine(crossed)), Differs)


def test_above_the_cap_the_answer_is_unknown():
    verdict = walk(ModuleMachine(counting(100)), ModuleMachine(counting(100)), cap=50)
    assert isinstance(verdict, Unknown) and verdict.states > 50
    assert "more than 50" in str(verdict)
    assert isinstance(
        walk(ModuleMachine(counting(100)), ModuleMachine(counting(100)), cap=101), Proved
    )


def test_too_many_wires_are_unknown():
    xs = tuple(port(f"x{i}") for i in range(21))
    wide = Module("wide", "gate", xs, (), {}, {}, {"y": xs[0]})
    assert isinstance(walk(ModuleMachine(wide), ModuleMachine(wide)), Unknown)


def test_a_small_margin_is_unknown_in_float32_and_proved_in_the_reals():
    x = port("x", SIGN)
    m = Module("m", "net", (x,), (), {}, {}, {"y": affine([Fraction(1, 10**9)], [x])})
    close = replace(m, outs={"y": affine([1], [x], 1 - Fraction(1, 10**9))})
    assert isinstance(walk(ModuleMachine(m), ModuleMachine(m)), Proved)
    verdict = walk(ModuleMachine(close), ModuleMachine(close))
    assert isinstance(verdict, Unknown) and "after 0 a decision lies within" in verdict.reason
    exact = walk(ModuleMachine(close), ModuleMachine(close), float32=False)
    assert exact == Proved(1, 2, "exact reals")


def test_the_weaker_verdict():
    differs = walk(TableMachine(table(7, 1)), ModuleMachine(counting(6, 1)))
    assert weaker(Proved(1, 1), Unknown("time")) == Unknown("time")
    assert weaker(differs, Unknown("time")) is differs
    assert str(Proved(3, 1)) == "proved (3 product states, 1 transition, float32)"
    assert [name(v) for v in (Proved(1, 1), differs, Unknown("time"))] == [
        "proved",
        "differs",
        "unknown",
    ]


def test_registers_with_gaps_in_their_values_are_not_confused():
    """{-2, 0, 7} has three values but spans ten places: 7 beside 0 must not pass for -2 beside 3."""
    x = port("x0")
    sparse, count = register("a", fin([-2, 0, 7])), register("b", grid(0, 4))
    seven = node("eq", sparse, const(7))
    three = node("eq", count, const(3))
    nexts = {
        "a": node("select", x, const(7), const(-2)),
        "b": node(
            "select",
            node("and", x, seven),
            const(0),
            node("cast", affine([1, -4], [count, seven], 3), attr=(Fraction(0), Fraction(4))),
        ),
    }
    init = {"a": Fraction(7), "b": Fraction(0)}
    both = node("and", three, node("eq", sparse, const(-2)))
    spec = Module("m", "fin", (x,), (sparse, count), init, nexts, {"y0": const(0)})
    impl = replace(spec, outs={"y0": both})
    assert brute(spec, impl)[0] is not None
    assert isinstance(walk(ModuleMachine(spec), ModuleMachine(impl)), Differs)


def test_a_specification_that_allows_no_letter_proves_nothing():
    x = port("x")
    barred = Module("m", "fin", (x,), (), {}, {}, {"y": x}, legal=const(0))
    verdict = walk(ModuleMachine(barred), ModuleMachine(barred))
    assert isinstance(verdict, Unknown) and "allows no letter" in verdict.reason
