"""The fused kernel as a tinygrad operation: how `kernels/population.cl` is built, launched and differentiated."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from tinygrad import Tensor
from tinygrad.uop.ops import KernelInfo, Ops, ProgramInfo, UOp

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.device import kernel_source

CPU_LANES = 8  # words side by side in one vector register; PoCL's compiler dies of 16
GPU_LOCAL = 64  # work-items of one network that run side by side


@dataclass(frozen=True)
class Batch:
    """What one step runs: `words` words of `ticks` ticks for each of `networks` networks.

    lanes: words in one vector. chunk: vectors that one work-item runs one after another.
    clipped: no loss beyond a margin of 1.
    """

    networks: int
    words: int
    ticks: int
    lanes: int = CPU_LANES
    chunk: int = 1
    local: int = 1
    clipped: bool = True

    @property
    def vectors(self) -> int:
        return self.words // self.lanes

    @property
    def groups(self) -> int:
        return self.vectors // self.chunk


def tuned(networks: int, words: int, ticks: int, is_cpu: bool, clipped: bool = True) -> Batch:
    """The batch as the kind of device likes it; `words` is a multiple of 8."""
    if is_cpu:
        vectors = words // CPU_LANES
        chunk = next(c for c in (8, 7, 6, 5, 4, 3, 2, 1) if vectors % c == 0)
        return Batch(networks, words, ticks, CPU_LANES, chunk, 1, clipped)
    local = next(n for n in (GPU_LOCAL, 32, 16, 8) if networks * words % n == 0)
    return Batch(networks, words, ticks, 1, 1, local, clipped)


def losses(
    shape: Architecture,
    batch: Batch,
    weights: Tensor,
    words: Tensor,
    targets: Tensor,
    picks: Tensor,
    hardness: Tensor,
) -> Tensor:
    """[networks, groups, 2]: summed loss and wrong decisions; differentiable in the weights by the loss.

    weights float32 [networks, weights]; words and targets float32 [vectors, ticks, wires, lanes], -1 or +1 and 0 for a
    target that does not matter; picks int32 [networks, vectors]; hardness float32 [2], of states and of outputs.
    """
    gradients = Tensor.empty(batch.networks, batch.groups, shape.weights)
    out = Tensor.empty(batch.networks, batch.groups, 2)
    fxn = functools.partial(_program, shape=shape, batch=batch)
    arguments = (out, weights, words, targets, picks, hardness)
    return Tensor.custom_kernel(gradients, *arguments, fxn=fxn, grad_fxn=_gradient)[1]


def _gradient(upstream: UOp, call: UOp) -> tuple[UOp | None, ...]:
    """The kernel has already multiplied the losses' derivatives out: scale by what comes from above and add up."""
    gradients = Tensor(call.src[1].after(call))
    scale = Tensor(upstream)[:, :, 0:1]
    return None, None, (gradients * scale).sum(1).uop, None, None, None, None


def _program(*buffers: UOp, shape: Architecture, batch: Batch) -> UOp:
    items = batch.networks * batch.groups
    flat = [b if b.op is Ops.PARAM else b.src[0] for b in buffers]  # as declared, not as shaped
    source = _defines(shape, batch) + kernel_source("population.cl")
    sink = UOp.sink(*flat, UOp.special(items, "gidx0"), arg=KernelInfo(name="population"))
    launch = ProgramInfo(
        name="population",
        global_size=(items // batch.local, 1, 1),
        local_size=(batch.local, 1, 1),
        globals=tuple(range(len(buffers))),
        outs=(0, 1),
        ins=tuple(range(2, len(buffers))),
    )
    linear = UOp(Ops.LINEAR, src=(*sink.src, sink))
    return UOp(Ops.PROGRAM, src=(sink, linear, UOp(Ops.SOURCE, arg=source)), arg=launch)


def _defines(shape: Architecture, batch: Batch) -> str:
    layers = shape.layers
    rows = ", ".join(f"{{{n.inputs}, {n.states}, {n.outputs}}}" for n in layers)
    constants = {
        "FLOATS": "float" if batch.lanes == 1 else f"float{batch.lanes}",
        "LANES": batch.lanes,
        "CHUNK": batch.chunk,
        "VECTORS": batch.vectors,
        "TICKS": batch.ticks,
        "INPUTS": shape.inputs,
        "OUTPUTS": shape.outputs,
        "LAYERS": len(layers),
        "SHAPES": f"{{{rows}}}",
        "WEIGHTS": shape.weights,
        "COLUMNS": sum(n.columns for n in layers),
        "NEURONS": sum(n.neurons for n in layers),
        "WIDEST": max(n.columns for n in layers),
        "STATES": max(1, sum(n.states for n in layers)),
        "FACTOR": f"{float(shape.f)}f",
        "LEAK": f"{float(shape.leak)}f",
        "CLIPPED": int(batch.clipped),
    }
    return "".join(f"#define {name} {value}\n" for name, value in constants.items())
