"""The population's training step as one writes it in JAX: jit, a scan over the ticks, optax's Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bonsaic.grow.architecture import Architecture

if TYPE_CHECKING:
    from bonsaic.bench.peers import Trainer, Work

INTENSITY, THRESHOLD, STEEPNESS, L1 = 0.02, 0.025, 25.0, 0.001


def trainer(work: Work, rate: float) -> Trainer:
    """A step on random words, and what waits for the steps queued so far."""
    rng = np.random.default_rng(0)
    weights = jnp.asarray(work.shape.initial(rng, work.networks))
    words, targets = (jnp.asarray(a) for a in work.words_and_targets(rng))
    adam = optax.adam(rate)
    now = [weights, adam.init(weights)]

    @jax.jit
    def update(weights: jax.Array, moments: optax.OptState):
        slope = jax.grad(objective)(weights, work.shape, words, targets)
        change, moments = adam.update(slope, moments)
        return optax.apply_updates(weights, change), moments

    def step() -> None:
        now[:] = update(*now)

    return step, lambda: jax.block_until_ready(now)


def objective(weights: jax.Array, shape: Architecture, words, targets) -> jax.Array:
    """Every network's mean squared error and sparsity penalty, summed."""
    penalty = INTENSITY * jnp.tanh((jnp.abs(weights) - THRESHOLD) * STEEPNESS)
    penalty += L1 * jnp.abs(weights)
    return losses(weights, shape, words, targets).sum() + (penalty * shape.regularised()).sum()


def losses(weights: jax.Array, shape: Architecture, words, targets) -> jax.Array:
    """[networks]: the mean squared error of one cell and a head on words and targets [words, ticks, wires]."""
    (cell, kernel, first), (_, head, _) = _parts(weights, shape)
    networks, (batch, _, inputs) = len(weights), words.shape
    start = jnp.broadcast_to(first[:, None], (networks, batch, cell.states))

    def tick(state: jax.Array, letter_and_target):
        letter, target = letter_and_target
        read = jnp.concatenate([jnp.broadcast_to(letter, (networks, batch, inputs)), state], axis=2)
        y = ameo(_sums(read, kernel), shape.f, shape.leak)
        answer = _sums(y[:, :, cell.states :], head)
        return y[:, :, : cell.states], ((answer - target) ** 2).mean((1, 2))

    _, each = jax.lax.scan(tick, start, (words.swapaxes(0, 1), targets.swapaxes(0, 1)))
    return each.mean(0)


def _parts(weights: jax.Array, shape: Architecture):
    parts: Callable = shape.parts
    return list(parts(weights))


def _sums(read: jax.Array, kernel: jax.Array) -> jax.Array:
    return jnp.einsum("nbi,nio->nbo", read, kernel[:, 1:]) + kernel[:, :1]


def ameo(x: jax.Array, f: float, leak: float) -> jax.Array:
    """The interpolated Ameo activation."""
    a = jnp.abs(x)
    d = a - jnp.where(a > 2, 3.0, 1.0)
    square = d * d
    y = f * jnp.abs(d) + (1 - f) * square * square - 1
    y = jnp.where(a > 3, 1 + leak * d, jnp.where(a > 2, -y, y))
    return jnp.where(x < 0, -y, y)
