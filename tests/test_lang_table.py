"""What walking the reachable states finds, how far it goes, and how fast."""

import itertools
import time
from pathlib import Path

import numpy as np
import pytest

from bonsaic.diag import Mistake
from bonsaic.ir.mealy import FREE
from bonsaic.lang import (
    Illegal,
    check,
    check_all,
    encode,
    initial,
    load,
    parse_text,
    tabulate,
    tick,
)
from bonsaic.lang.program import Program

ROOT = Path(__file__).parent.parent / "programs"


def program(text: str) -> Program:
    (found,) = check(parse_text(text))
    return found


MIXED = """
program p(d: int[-1..1] as onehot, x: bit) -> (y: bit, s: int[3..8]) {
  state n: int[0..4] = 2
  assume d != -1 or n > 0
  n = (n + d) % 5
  y = if x { dontcare } else { n == 2 }
  s = if n == 4 { dontcare } else { n + 3 }
}
"""


def test_the_table_is_the_interpreter() -> None:
    p = program(MIXED)
    table = tabulate(p)
    assert table is not None and table.states == 5
    assert table.inputs == ("d_0", "d_1", "d_2", "x")
    assert table.outputs == ("y", "s_0", "s_1", "s_2")
    letters = list(itertools.product((-1, 0, 1), (0, 1)))
    for k, (d, x) in enumerate(letters):
        assert tuple(table.letters[k]) == (*encode(p.inputs[0], d), x)
    rng = np.random.default_rng(0)
    for _ in range(50):
        state, here = initial(p), 0
        for k in rng.integers(0, len(letters), 30):
            try:
                state, outputs = tick(p, state, letters[k])
            except Illegal:
                assert table.next[here, k] < 0 and (table.outs[here, k] == FREE).all()
                continue
            wires = [
                b
                for port, v in zip(p.outputs, outputs, strict=True)
                for b in (encode(port, v) if v is not None else (FREE,) * len(port.wires))
            ]
            assert table.outs[here, k].tolist() == wires
            here = int(table.next[here, k])


def test_a_cap_is_kept() -> None:
    p = load(str(ROOT / "square_wave.bp"))
    assert tabulate(p, cap=287) is None
    table = tabulate(p, cap=288)
    assert table is not None and table.states == 144
    assert tabulate(load(str(ROOT / "add_8.bp")), cap=65_535) is None


def test_a_hundred_thousand_states_are_checked_in_ten_seconds() -> None:
    p = program(
        """
        program p(up: bit, fast: bit) -> (y: bit) {
          state low: int[0..315] = 0
          state high: int[0..316] = 0
          if up { low = (low + if fast { 2 } else { 1 }) % 316 } else { high = (high + 1) % 317 }
          y = low == high
        }
        """
    )
    told: list[int] = []
    start = time.process_time()
    walked = check_all(p, told.append)
    assert time.process_time() - start < 10
    assert walked.table is not None and walked.table.states == 316 * 317
    assert told == sorted(told) and told


def test_a_program_with_too_many_states_is_told_quickly() -> None:
    p = program(
        """
        program p(x: bit) -> (y: bit) {
          state a: bit[40] = 0
          y = a[39]
          for i in 0..38 { a[39 - i] = a[38 - i] }
          if x { a[0] = not a[0] }
        }
        """
    )
    start = time.process_time()
    walked = check_all(p)
    assert time.process_time() - start < 5
    assert walked.table is None
    assert walked.limit is not None and walked.limit.startswith("`p` has more than ")


def test_an_overflow_deep_in_the_states_comes_with_a_shortest_word() -> None:
    p = program(
        """
        program p(x: bit) -> (y: bit) {
          state n: int[0..5] = 0
          y = x
          if x { n = n * 2 + 1 } else if n > 0 { n = n - 1 }
        }
        """
    )
    with pytest.raises(Mistake) as e:
        check_all(p)
    assert "7 is outside int[0..5]; it happens on the word `1 1 1`" in str(e.value)


def test_and_and_or_do_not_look_at_what_is_decided() -> None:
    p = program(
        """
        program p(n: int[0..3]) -> (y: bit) {
          state a: bit[3] = [0, 1, 0]
          y = n < 3 and a[n] or n == 3 or a[n]
        }
        """
    )
    check_all(p)
    assert [tick(p, initial(p), (n,))[1] for n in range(4)] == [(0,), (1,), (0,), (1,)]


def test_statements_in_order_take_effect_at_once() -> None:
    p = program(
        """
        enum Hue { RED, GREEN, BLUE }
        const BASE = 2
        const TABLE = [3, 1, BASE]
        fn twice(k: int[0..3]) -> int[0..6] { k * BASE }
        program p(k: int[0..2]) -> (y: int[0..20], h: Hue) {
          state hue: Hue = BLUE
          let total: int[0..20] = 0
          for i in 0..2 { total = total + i * TABLE[i] }
          total = total + twice(k)
          hue = hue + 1
          h = hue - k
          y = total
        }
        """
    )
    check_all(p)
    state, outputs = tick(p, initial(p), (2,))
    assert (state, outputs) == ((0,), (1 + 2 * 2 + 2 * 2, 1))
