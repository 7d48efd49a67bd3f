"""The textual IR: it round-trips, and each mistake in it is told in one sentence at its place."""

import random
import textwrap
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modules import modules, random_module, soften

from bonsaic.diag import Mistake
from bonsaic.ir.core import Module, node, port, register
from bonsaic.ir.ops import OPS
from bonsaic.ir.text import parse, show
from bonsaic.ir.verify import verify


@given(modules())
@settings(max_examples=300, deadline=None)
def test_text_round_trips(m):
    again = parse(show(m))
    assert again == m
    assert show(again) == show(m)
    verify(again)


@given(modules("net", "quant"))
@settings(max_examples=100, deadline=None)
def test_modules_with_real_registers_round_trip(m):
    soft = soften(m)
    assert parse(show(soft)) == soft


ANY_NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
WORDS = st.sampled_from(["in", "reg", "next", "out", "legal", "module", "bit", "care", "by", "a b"])


@given(st.lists(ANY_NAME | WORDS, min_size=6, max_size=6, unique=True))
@settings(deadline=None)
def test_any_text_can_be_a_name(names):
    title, x, r, y, value, z = names
    a, b = port(x), register(r)
    m = Module(
        title, "gate", (a,), (b,), {r: Fraction(0)}, {r: node("not", a)},
        {y: node("and", a, b), z: b}, names={node("not", a): value},
    )  # fmt: skip
    again = parse(show(m))
    assert again == m and again.name == title and show(again) == show(m)


def test_random_modules_use_every_operation():
    rng, seen = random.Random(0), set()
    for _ in range(200):
        for level in ("fin", "net", "quant", "gate"):
            seen |= {n.op for n in random_module(rng, level).order()}
    assert seen == set(OPS) - {"in", "reg"}


BROKEN = {
    "module m : fin {\n  in x : bit\n": "<text>:2:10: error: found the end of the file, expected",
    "module m : wrong {\n out y = x }": "1:12: error: there is no level `wrong`",
    "module m : gate { in x : bit }": "1:8: error: module `m` has no `out`",
    "module m : gate { in x : {-1, 1} out y = x }": "an input is bit, not {-1, 1}",
    "module m : gate { in x : bit in x : bit out y = x }": "`x` is defined twice",
    "module m : gate { in x : bit reg r : bit = 0 out y = x }": "register `r` has no `next`",
    "module m : gate { in x : bit reg r : bit = 2 next r = x out y = x }": "holds bit, but starts with 2",
    "module m : gate { in x : bit a = not b : bit out y = a }": "`b` is not defined",
    "module m : gate { in x : bit a = and x : bit out y = a }": "`and` takes 2 operands, but has 1",
    "module m : gate { in x : bit a = nand x, x : bit out y = a }": "`nand` is no operation of level gate",
    "module m : gate { in x : bit a = not x : {0, 2} out y = a }": "`a` is written as {0, 2}, but not gives bit",
    "module m : gate { in x : bit a = not x : {1..0 by 1} out y = a }": "a range needs its low end first",
    "module m : gate { in x : bit next x = x out y = x }": "`x` is not a register",
    "module m : gate { in x : bit reg r : bit = 0 next r = x next r = x out y = x }": "`r` has two `next`",
    "module m : gate { in x : bit out y = x out y = x }": "output `y` is given twice",
    "module m : gate { in x : bit c = const 5 : {5} out y = c }": "output `y` is {5}, but at level gate it is a bit",
    "module m : gate { in x : bit c = const 1/0 : bit out y = x }": "division by zero",
    "module m : gate { in x : bit c = const x : bit out y = x }": "`const` cannot take this operand",
    "module m : gate { in x : bit c = const : bit out y = x }": "`const` takes one number",
    "module m : gate { in x : bit c = const 1e99999 : bit out y = x }": "a number has at most 1000 digits",
    "module m : gate { in x : bit c = const 1e9999999999 : bit out y = x }": "a number has at most 1000",
    "module m : net { in x : bit c = const 1e39 : real out y = x }": "this is beyond the range of float32",
    "module m : net { in x : bit a = ameo{f=2} x : real out y = x }": "`ameo` needs f and leak between 0 and 1",
    "module m : net { in x : bit a = ameo{g=2} x : real out y = x }": "`ameo` takes {f=..., leak=...}",
    "module m : fin { in x : bit a = div x, x : bit out y = x }": "`div` needs a divisor of one sign",
    "module m : fin { in x : bit a = cast{lo=2, hi=1} x : bit out y = x }": "`cast` needs whole numbers lo <= hi",
    "module m : fin { in x : bit a = cast{lo=1/2, hi=5/2} x : bit out y = x }": "`cast` needs whole numbers",
    "module m : fin { in x : bit a = affine 1/2*x : {0, 1/2} b = mul a, a : {0} out y = x }": (
        "`mul` reads whole numbers, but this is {0, 1/2}"
    ),
    "module m : fin { in x : bit a = affine 2*x : {0, 2} b = not a : bit out y = x }": (
        "`not` reads a bit here, but this is {0, 2}"
    ),
    "module m : fin { in x : bit a = affine 1/65*x : real b = eq a, a : bit out y = x }": (
        "`eq` reads finitely many values, but this is real"
    ),
    "module m : fin { in x : bit a = affine 2*x : {0, 2} out y = x care a }": "a bit is wanted here",
    "module m : gate { in x : bit ? }": "found '?', expected",
}


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_mistake_is_told_where_it_is(text):
    with pytest.raises(Mistake) as e:
        parse(text)
    assert BROKEN[text] in str(e.value)
    assert "<text>:" in str(e.value) and "^" in str(e.value)


def test_a_whole_message():
    text = textwrap.dedent("""\
        module parity : gate {
          in x : bit
          reg h : bit = 0
          a = xor x, g : bit
          next h = a
          out y = a
        }
        """)
    with pytest.raises(Mistake) as e:
        parse(text, "parity.bir")
    assert str(e.value) == (
        "parity.bir:4:14: error: `g` is not defined\n"
        "    4 |   a = xor x, g : bit\n"
        "      |              ^\n"
        "  help: a value must be defined above its use"
    )


@given(modules(nodes=4))
@settings(max_examples=40, deadline=None)
def test_a_text_cut_anywhere_is_refused_or_the_same(m):
    text = show(m)
    for end in range(0, len(text) - 2, 7):
        with pytest.raises(Mistake):
            parse(text[:end])
