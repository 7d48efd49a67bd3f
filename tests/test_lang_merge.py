"""Merging through don't-cares keeps every output that matters on every legal word."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from test_lang_kiss2 import machines
from test_lang_library import LIBRARY, ROOT

from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.lang import load, tabulate
from bonsaic.lang.merge import merged


def assert_covers(small: Mealy, m: Mealy) -> None:
    pairs = {(0, 0)}
    for p, q in (todo := [(0, 0)]):
        matters = m.outs[p] != FREE
        assert (small.outs[q][matters] == m.outs[p][matters]).all()
        for x, y in zip(m.next[p].tolist(), small.next[q].tolist(), strict=True):
            if x != ILLEGAL:
                assert y != ILLEGAL
                if (x, y) not in pairs:
                    pairs.add((x, y))
                    todo.append((x, y))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines())
def test_random_machines(m: Mealy) -> None:
    small = merged(m)
    assert small.states <= m.minimised().states
    assert_covers(small, m)


@pytest.mark.parametrize("name", [n for n in LIBRARY if n != "add_8"])
def test_the_library(name: str) -> None:
    table = tabulate(load(str(ROOT / f"{name}.bp")))
    assert table is not None
    small = merged(table)
    assert small.states == (8 if name == "parens_8" else LIBRARY[name][0])
    assert_covers(small, table)


def test_free_outputs_merge() -> None:
    letters = np.array([[0], [1]], np.uint8)
    after = np.array([[1, 0], [0, 1]], np.int32)
    outs = np.array([[[0], [FREE]], [[FREE], [1]]], np.int8)
    assert merged(Mealy("m", ("x",), ("y",), letters, after, outs)).states == 1
