"""The kernels compute what the plain operations say: losses, wrong decisions, gradients, and whole training steps."""

import numpy as np
import pytest

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.device import choose

NETWORKS, WORDS, TICKS = 2, 8, 3
ONE, TWO = ((2, 3),), ((2, 2), (1, 2))


@pytest.fixture(scope="module")
def device():
    return choose()


def batch(shape: Architecture, seed: int):
    """Weights [networks, weights], words and targets [words, ticks, wires]."""
    rng = np.random.default_rng(seed)
    words = rng.choice([-1.0, 1.0], (WORDS, TICKS, shape.inputs)).astype(np.float32)
    targets = rng.choice([-1.0, 0.0, 1.0], (WORDS, TICKS, shape.outputs)).astype(np.float32)
    return 1.5 * shape.initial(rng, NETWORKS), words, targets


def by_kernel(shape, weights, words, targets, hardness, clipped=True, lanes=8, ticks=TICKS):
    """Losses [networks, 2] and gradients [networks, weights]."""
    from tinygrad import Tensor

    from bonsaic.grow import kernel
    from bonsaic.grow.population import packed

    layout = kernel.Batch(len(weights), WORDS, TICKS, lanes, 1, 1, clipped)
    picks = np.tile(np.arange(layout.vectors, dtype=np.int32), (len(weights), 1))
    w, x, y, h = (
        Tensor(a)
        for a in (
            weights,
            packed(words, lanes),
            packed(targets, lanes),
            np.float32([*hardness, ticks]),
        )
    )
    slopes, total = kernel.losses(shape, layout, w, x, y, Tensor(picks), h)
    return total.sum(0).numpy(), slopes.sum(0).numpy()


def by_plain(shape, weights, words, targets, hardness, clipped=True):
    from tinygrad import Tensor

    from bonsaic.grow import plain

    w = Tensor(weights)
    tensors = (Tensor(words), Tensor(targets), Tensor(np.float32(hardness)))
    total = plain.losses(shape, clipped, w, *tensors)
    (slope,) = total[:, 0].sum().gradient(w)
    return total.numpy(), slope.numpy()


def equal_to_plain(shape, weights, words, targets, hardness, ticks=TICKS, **options):
    """The kernel's losses and gradients, once the plain operations on the ticks that count have said the same."""
    arguments = (shape, weights, words, targets, hardness)
    losses, slopes = by_kernel(*arguments, ticks=ticks, **options)
    cut = (words[:, :ticks], targets[:, :ticks], hardness)
    plain_losses, plain_slopes = by_plain(shape, weights, *cut, **options)
    np.testing.assert_allclose(losses, plain_losses, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(slopes, plain_slopes, rtol=1e-4, atol=1e-3)
    return losses, slopes


@pytest.mark.parametrize("hardness", [(0, 0), (1, 1), (0.25, 0.75)], ids=str)
@pytest.mark.parametrize("f", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("cells", [ONE, TWO], ids=["one cell", "two cells"])
def test_kernel_equals_plain_operations(device, cells, f, hardness):
    shape = Architecture(2, cells, 2, f, 0.1)
    assert np.abs(equal_to_plain(shape, *batch(shape, 1), hardness)[1]).max() > 1


def test_tanh_equals_plain_operations(device):
    shape = Architecture(2, ONE, 2, activation="tanh")
    assert np.abs(equal_to_plain(shape, *batch(shape, 7), (0.25, 1))[1]).max() > 1


@pytest.mark.parametrize("f", [0.0, 0.5, 1.0])
def test_equal_at_the_kinks(device, f):
    """Small integer weights put every sum on an integer, so on or between kinks."""
    shape = Architecture(2, ONE, 2, f, 0.1)
    weights, words, targets = batch(shape, 2)
    weights = np.clip(np.round(weights), -1, 1)
    losses, slopes = by_kernel(shape, weights, words, targets, (1, 1))
    plain_losses, plain_slopes = by_plain(shape, weights, words, targets, (1, 1))
    np.testing.assert_array_equal(losses, plain_losses)
    np.testing.assert_allclose(slopes, plain_slopes, rtol=1e-5, atol=1e-4)


def test_plain_mse_does_not_stop_at_the_margin(device):
    shape = Architecture(2, ONE, 2)
    arguments = (*batch(shape, 3), (0, 0))
    losses, _ = equal_to_plain(shape, *arguments, clipped=False)
    assert losses[:, 0].sum() > by_kernel(shape, *arguments)[0][:, 0].sum()


def test_one_lane_as_on_a_gpu(device):
    shape = Architecture(2, TWO, 2)
    arguments = (*batch(shape, 4), (0.5, 1))
    wide, narrow = by_kernel(shape, *arguments), by_kernel(shape, *arguments, lanes=1)
    np.testing.assert_allclose(wide[0], narrow[0], rtol=1e-5)
    np.testing.assert_allclose(wide[1], narrow[1], rtol=1e-3, atol=1e-3)


def test_only_the_ticks_that_count_are_run(device):
    shape = Architecture(2, TWO, 2)
    arguments = (*batch(shape, 8), (0.5, 1))
    losses, _ = equal_to_plain(shape, *arguments, ticks=2)
    assert losses[:, 0].sum() < by_kernel(shape, *arguments)[0][:, 0].sum()


def test_gradient_against_finite_differences(device):
    shape = Architecture(2, TWO, 2, 0.0, 0.1)  # without kinks but at 3
    weights, words, targets = batch(shape, 5)
    weights *= 0.4
    _, slopes = by_kernel(shape, weights, words, targets, (0, 0), clipped=False)
    step = 2e-3
    for i in range(0, shape.weights, 5):
        moved = []
        for side in (-step, step):
            other = weights.copy()
            other[:, i] += side
            moved.append(by_kernel(shape, other, words, targets, (0, 0), clipped=False)[0][:, 0])
        difference = (moved[1] - moved[0]) / (2 * step)
        np.testing.assert_allclose(slopes[:, i], difference, rtol=0.02, atol=0.05)


@pytest.mark.parametrize("networks", [1, 8], ids=["single weights", "vectors across networks"])
def test_training_steps_equal_plain_adam(device, networks):
    from tinygrad import Tensor

    from bonsaic.grow import plain
    from bonsaic.grow.kernel import Batch
    from bonsaic.grow.population import Population, Sparsity

    shape = Architecture(2, ((1, 1),), 2)  # 13 weights
    _, words, targets = batch(shape, 6)
    weights = shape.initial(np.random.default_rng(6), networks)
    weights[:, ::4] = 0
    layout = Batch(networks, WORDS, TICKS, 4, 1, 1, False)
    population = Population(shape, layout, weights, Sparsity())
    population.learn(words, targets)
    moved = Tensor(weights).contiguous().realize()
    step = plain.descent(moved, Tensor(shape.regularised()), 0.02)
    for _ in range(3):
        losses, slopes = by_kernel(shape, moved.numpy(), words, targets, (0, 0), False)
        moved.realize(*step(Tensor(slopes / targets.size)))
        population.step(0.02, 0.0, 0.0, np.tile(np.arange(2), (networks, 1)))
        np.testing.assert_allclose(population.loss(), losses / targets.size, rtol=1e-5)
        np.testing.assert_allclose(population.networks(), moved.numpy(), rtol=1e-4, atol=1e-6)
