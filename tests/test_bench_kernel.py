"""The kernel's benchmark compares like with like: the same loss, and every multiply-add counted once."""

import importlib.util

import numpy as np
import pytest

from bonsaic.bench.kernel import SHAPES, SMALL, Timing, growth, measure, table
from bonsaic.bench.peers import Work, seconds

TINY = Work(2, 16, 3, 1, 2, 3)
WITHOUT_JAX = importlib.util.find_spec("jax") is None


def test_multiply_adds_are_those_of_the_sums_and_of_both_their_gradients():
    w = Work(1, 1, 1, 3, 8, 16)
    forward = 24 * (1 + 3 + 8) + (1 + 16)
    errors = 24 * 8 + 16  # back to what was computed: the states and the cell's outputs
    assert w.multiply_adds == 2 * forward + errors
    assert Work(5, 7, 2, 3, 8, 16).multiply_adds == 5 * 7 * 2 * w.multiply_adds


def test_our_step_is_timed_in_its_own_process():
    answer = seconds("bonsaic", TINY, threads=1)
    assert isinstance(answer, float) and 0 < answer < 60


def test_a_trainer_that_takes_too_long_is_skipped_with_a_word():
    answer = seconds("matrix", TINY, threads=1, limit=0.01)
    assert answer == "skipped: not compiled within 0.01 s"


def test_rows_compare_with_ours_on_the_same_work():
    timings = [Timing(TINY, "bonsaic", 2, 0.001), Timing(TINY, "jax", 1, 0.012)]
    text = table(timings, 1e9)
    assert "| 2,000 |" in text and "12.0x as fast" in text
    assert "`pip" in table([timings[0], Timing(TINY, "jax", 1, None, "`pip install`")], 1e9)


def test_growth_changes_one_size_at_a_time():
    for w in growth():
        assert (
            sum(a != b for a, b in zip(vars(w).values(), vars(SHAPES[1]).values(), strict=True))
            == 1
        )
    assert SMALL not in SHAPES


@pytest.mark.skipif(not WITHOUT_JAX, reason="JAX is here")
def test_without_jax_its_row_says_how_to_install_it():
    timing = measure("jax", TINY, 1)
    assert timing.seconds is None and "pip install 'bonsaic[bench]'" in timing.skipped


@pytest.mark.skipif(WITHOUT_JAX, reason="JAX is not here")
def test_jax_is_given_the_same_loss_and_gradient():
    import jax

    from bonsaic.bench.peer_jax import losses
    from bonsaic.grow.device import choose

    choose()
    from tinygrad import Tensor

    from bonsaic.grow import plain

    rng = np.random.default_rng(0)
    weights = TINY.shape.initial(rng, TINY.networks)
    words, targets = TINY.words_and_targets(rng)
    ours = Tensor(weights)
    loss = plain.losses(TINY.shape, False, ours, Tensor(words), Tensor(targets), Tensor.zeros(2))
    loss = loss[:, 0] / (TINY.words * TINY.ticks)
    (slope,) = loss.sum().gradient(ours)
    Tensor.realize(loss, slope)

    def objective(weights):
        each = losses(weights, TINY.shape, words, targets)
        return each.sum(), each

    (_, theirs), wanted = jax.jit(jax.value_and_grad(objective, has_aux=True))(weights)
    np.testing.assert_allclose(theirs, loss.numpy(), rtol=1e-4)
    np.testing.assert_allclose(wanted, slope.numpy(), rtol=1e-3, atol=1e-5)
