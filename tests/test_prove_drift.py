"""The hunt for words on which a network with real states errs: drift that shows late, and words that end or shrink."""

from dataclasses import replace

import numpy as np
import pytest
from softnets import (
    delay,
    drifting_counter,
    drifting_parens,
    echo,
    echoed,
    errs_at,
    patient,
    random_network,
    two_state_network,
)

from bonsaic.ir.core import const
from bonsaic.ir.mealy import FREE, ILLEGAL
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.search import Found, explore, first_error, long_words, repeated_words, shorten
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.tick import Tick
from bonsaic.prove.verdict import Differs


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("gain, latest", [(1.02, 400), (1.006, 1500)])
def test_drift_is_found_however_late(gain, latest):
    spec, m = drifting_counter(depth=3, gain=gain)
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs) and not verdict.shortest
    assert "float32" in verdict.arithmetic
    assert 20 < len(verdict.word) < latest
    assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1
    assert "confirmed word" in str(verdict)


@pytest.mark.parametrize("gain, latest", [(1.01, 30), (1.002, 150), (1.0005, 600)])
def test_drift_among_nine_levels_is_found_however_late(gain, latest):
    spec, m = drifting_counter(depth=8, gain=gain, step=0.1)
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs) and len(verdict.word) < latest
    assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1


def test_a_parity_that_drifts_is_found_after_it_was_right_for_long():
    spec, m = drifting_parens(depth=8, gain=1.0061)
    words = np.array([[0, 1] * 30, ([0] * 8 + [1] * 8) * 3 + [0] * 6 + [1] * 6])
    assert (first_error(spec, Tick(m), spec.letters, words) < 0).all()
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs) and verdict.arithmetic == "float32 and exact reals"
    assert 175 < len(verdict.word) < 200
    assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1


def test_what_shows_after_many_equal_letters_is_found_though_others_have_smaller_margins():
    spec, m = patient(step=0.004)
    found = long_words(spec, Tick(m), spec.letters, rng(), ticks=400)
    assert found is not None and found.word[-300:] == [1] * 300
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs) and len(verdict.word) in range(300, 304)


@pytest.mark.parametrize("gain, ticks", [(1.01, 70), (1.0005, 1387)])
def test_a_repeated_motif_shows_a_drift_however_slow(gain, ticks):
    spec, m = drifting_counter(depth=2, gain=gain)
    tick = Tick(m)
    found = repeated_words(spec, tick, spec.letters, ticks=2000)
    assert found is not None and 0.9 * ticks < len(found.word) < 1.1 * ticks
    assert errs_at(spec, m, spec.letters[found.word]) == len(found.word) - 1
    assert repeated_words(spec, tick, spec.letters, ticks=len(found.word) - 1) is None


def test_motifs_whose_states_come_round_again_are_let_go():
    tick, started = Tick(two_state_network()), []
    run, tick.run = tick.run, lambda s, x: started.append(len(s)) or run(s, x)
    assert repeated_words(delay(), tick, delay().letters, ticks=10_000) is None
    assert started[0] == 256 and started[-1] == 0


def test_a_rare_error_is_found_among_states_far_from_most():
    """Most words keep margins of 0.7, random ones of 1000 ticks among them."""
    made = np.random.default_rng(13)
    inputs, states = int(made.integers(1, 3)), int(made.integers(1, 5))
    spec, m = random_network(made, inputs=inputs, states=states, noise=0.05, extra=1)
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs)
    assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1


def test_a_long_word_is_shortened():
    spec = delay()
    m = replace(two_state_network(), outs={"y": const(1)})
    tick = Tick(m)
    word = [1] * 30 + [0] + [1] * 30
    at = first_error(spec, tick, spec.letters, np.array([word]))[0]
    assert at == 31
    short = shorten(spec, tick, spec.letters, Found(word[: at + 1], False))
    assert len(short.word) == 2
    assert explore(spec, tick, spec.letters) == Found(explore(spec, tick, spec.letters).word, True)
    assert long_words(spec, tick, spec.letters, rng(), ticks=64) is not None


def test_words_that_end_where_nothing_is_legal_are_let_go():
    table = echoed(0)
    ends = replace(
        table, next=np.array([[ILLEGAL, ILLEGAL]], np.int32), outs=np.full((1, 2, 2), FREE)
    )
    tick = Tick(echo(0))
    assert long_words(ends, tick, np.array([[0], [1]]), rng(), ticks=8) is None
    assert repeated_words(ends, tick, np.array([[0], [1]]), ticks=8) is None
