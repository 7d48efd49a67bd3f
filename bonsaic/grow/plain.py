"""What the fused kernel computes, said in plain tinygrad operations: the definition it is tested against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from tinygrad import Context, Tensor, TinyJit
from tinygrad.nn.optim import Adam

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.population import Sparsity


def ameo(x: Tensor, f: Tensor, leak: float) -> Tensor:
    """The interpolated Ameo activation; at a kink its slope is that of the piece nearer to zero."""
    a, side = x.abs(), (x < 0).where(-1.0, 1.0)
    inner = f * (a <= 1).where(-x, x - 2 * side)
    inner = inner + (1 - f) * (a <= 2).where(
        ((x - side) ** 4 - 1) * side, (1 - (x - 3 * side) ** 4) * side
    )
    return (a <= 3).where(inner, side + leak * (x - 3 * side))


def harden(z: Tensor, hard: Tensor) -> Tensor:
    """Between z (hard 0) and its sign (hard 1), with the slope of z all the way."""
    return z + (hard * ((z > 0).where(1.0, -1.0) - z)).detach()


def losses(
    shape: Architecture,
    clipped: bool,
    weights: Tensor,
    words: Tensor,
    targets: Tensor,
    hardness: Tensor,
) -> Tensor:
    """[networks, 2]: summed loss and wrong decisions of every network on every word.

    weights [networks, weights]; words [batch, ticks, inputs]; targets [batch, ticks, outputs], 0 where free;
    hardness [2], of states and of outputs. Every sum and activation is a kernel of its own: fused ones take minutes
    to compile.
    """
    networks, (batch, ticks, _) = weights.shape[0], words.shape
    kernels, states, at = [], [], 0
    f = Tensor([shape.f])  # as data, so that its kernels serve every f
    for layer in shape.layers:
        end = at + layer.columns * layer.neurons
        kernels.append(weights[:, at:end].reshape(networks, layer.columns, layer.neurons))
        if layer.states:
            first = harden(weights[:, end : end + layer.states], hardness[0])
            tiled = first.reshape(networks, 1, layer.states).expand(networks, batch, layer.states)
        states.append(tiled if layer.states else None)
        at = end + layer.states
    loss = wrong = Tensor.zeros(networks)
    for t in range(ticks):
        wires = words[:, t].reshape(1, batch, shape.inputs).expand(networks, batch, shape.inputs)
        for k, layer in enumerate(shape.layers):
            ones = Tensor.ones(networks, batch, 1)
            read = [p for p in (ones, wires, states[k]) if p is not None and p.shape[-1]]
            z = (Tensor.cat(*read, dim=2) @ kernels[k]).contiguous().contiguous_backward()
            if k == len(shape.layers) - 1:
                wires = z
                break
            y = ameo(z, f, shape.leak) if shape.activation == "ameo" else z.tanh()
            y = y.contiguous().contiguous_backward()
            if layer.states:
                states[k] = harden(y[:, :, : layer.states], hardness[0])
            wires = harden(y[:, :, layer.states :], hardness[1])
        target = targets[:, t].reshape(1, batch, shape.outputs)
        matters = target * target
        counted = matters * (wires * target < 1) if clipped else matters
        loss = loss + (((wires - target) * counted) ** 2).sum((1, 2))
        wrong = wrong + (matters * (wires * target <= 0)).sum((1, 2))
    return Tensor.stack(loss, wrong, dim=1)


def training(
    shape: Architecture, start: np.ndarray, words: np.ndarray, targets: np.ndarray, rate: float
) -> Callable[[], Tensor]:
    """A population's training step: Adam on the mean loss over every word and the sparsity penalty.

    It returns the losses [networks, 2] of `losses`.
    """
    weights = Tensor(start).contiguous().realize()
    x, y, share, hardness = (
        Tensor(a).contiguous().realize()
        for a in (words, targets, shape.regularised(), np.zeros(2, np.float32))
    )
    descend = descent(weights, share, rate)

    @TinyJit
    def step() -> Tensor:
        total = losses(shape, False, weights, x, y, hardness)
        (slope,) = (total[:, 0].sum() / targets.size).gradient(weights)
        return total.realize(*descend(slope))

    return step


def descent(weights: Tensor, share: Tensor, rate: float) -> Callable[[Tensor], list[Tensor]]:
    """Adam: given the slope of the loss, what is to be realised for a step. share [weights]: of the penalty."""
    adam, sparsity = Adam([weights], rate), Sparsity()

    def step(slope: Tensor) -> list[Tensor]:
        th = ((weights.abs() - sparsity.threshold) * sparsity.steepness).tanh()
        steep = sparsity.intensity * sparsity.steepness * (1 - th * th) + sparsity.l1
        weights.grad = slope + weights.sign() * steep * share
        with Context(TRAINING=1):
            return adam.schedule_step()

    return step
