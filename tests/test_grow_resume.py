"""Growing that was interrupted and goes on gives what it would have given without the interruption."""

import numpy as np
import pytest
from machines import machine

from bonsaic.diag import Mistake
from bonsaic.grow import checkpoint, grow
from bonsaic.network import checkpoint as file_of


@pytest.fixture(scope="module")
def whole():
    """Grown without an interruption."""
    grown = grow(machine("parens_8"), seed=2, guide="none")
    assert grown.network is not None and grown.steps > 25 * 7
    return grown


@pytest.mark.parametrize("checks", [1, 6])
def test_what_comes_of_it_is_the_same_bit_for_bit(tmp_path, monkeypatch, checks, whole):
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    mealy = machine("parens_8")
    asked = iter([False] * checks + [True] * 99)
    part = grow(mealy, seed=2, guide="none", keep=tmp_path, stop=lambda: next(asked))
    assert part.network is None and part.steps < whole.steps
    rest = grow(mealy, seed=2, guide="none", keep=tmp_path, resume=True)
    assert file_of(rest.network) == file_of(whole.network)
    for told in ("steps", "tried", "solved", "curve", "told"):
        assert getattr(rest, told) == getattr(whole, told), told


def test_a_population_is_gone_on_with_only_as_it_was_grown(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    mealy = machine("edge_inverter")
    asked = iter([False, False, True, True, True])
    grow(mealy, seed=3, guide="none", keep=tmp_path, stop=lambda: next(asked))
    with pytest.raises(Mistake, match="another program, seed, guide or device"):
        grow(mealy, seed=4, guide="none", keep=tmp_path, resume=True)
    with pytest.raises(Mistake, match="another program, seed, guide or device"):
        grow(machine("delay_2"), seed=3, guide="none", keep=tmp_path, resume=True)
    with pytest.raises(Mistake, match="another program, seed, guide or device"):
        often = np.arange(len(mealy.letters)) + 1.0
        grow(mealy, frequencies=often, seed=3, guide="none", keep=tmp_path, resume=True)
