"""The trainer's two kernels as tinygrad operations: how `population.cl` and `adam.cl` are built and launched."""

from __future__ import annotations

from collections.abc import Mapping
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
    knobs: Tensor,
) -> tuple[Tensor, Tensor]:
    """Of every group of words: the gradients of its summed loss, and that loss with the number of wrong decisions.

    They are [groups, networks, weights] and [groups, networks, 2]. weights float32 [networks, weights]; words and
    targets float32 [vectors, ticks, wires, lanes], -1 or +1 and 0 for a target that does not matter; picks int32
    [networks, vectors]; knobs float32: the hardness of states, of outputs, ticks that count, and more.
    """
    gradients = Tensor.empty(batch.groups, batch.networks, shape.weights)
    sums = Tensor.empty(batch.groups, batch.networks, 2)
    buffers = (gradients, sums, weights, words, targets, picks, knobs)
    items = batch.networks * batch.groups
    sizes = _sizes(shape, batch)
    gradients, sums, *_ = _launched(
        "population", buffers, range(2), items // batch.local, batch.local, sizes
    )
    return gradients, sums


def adam(
    constants: Mapping[str, object],
    moved: tuple[Tensor, Tensor, Tensor, Tensor],
    gradients: Tensor,
    sums: Tensor,
    share: Tensor,
    knobs: Tensor,
) -> list[Tensor]:
    """`moved` after a step of Adam: weights, first and second moments, and the losses as means.

    gradients and sums are what `losses` gives; share float32 [networks, weights], of the penalty; knobs float32 [7],
    the last four being Adam's rate, what makes either moment unbiased, and one over the number of outputs in a sum.
    constants: those that `adam.cl` names, its sizes excepted.
    """
    groups, networks, weights = map(int, gradients.shape)
    lanes = next(n for n in (8, 4, 2, 1) if networks * weights % n == 0)
    items = networks * weights // lanes
    local = next(n for n in (64, 32, 16, 8, 4, 2, 1) if items % n == 0)
    sizes = {"LANES": lanes, "NETWORKS": networks, "WEIGHTS": weights, "GROUPS": groups}
    buffers = (*moved, gradients, sums, share, knobs)
    return _launched("adam", buffers, range(4), items // local, local, {**sizes, **constants})[:4]


def _launched(
    name: str,
    buffers: tuple[Tensor, ...],
    outs: range,
    groups: int,
    local: int,
    constants: Mapping[str, object],
) -> list[Tensor]:
    """The buffers after `kernels/NAME.cl` has run on so many work-groups; it writes `outs` and reads what it likes."""
    defines = "".join(f"#define {key} {value}\n" for key, value in constants.items())
    source = defines + kernel_source(f"{name}.cl")

    def program(*parameters: UOp) -> UOp:
        flat = [b if b.op is Ops.PARAM else b.src[0] for b in parameters]  # not as shaped
        sink = UOp.sink(*flat, UOp.special(groups * local, "gidx0"), arg=KernelInfo(name=name))
        every = tuple(range(len(flat)))
        launch = ProgramInfo(name, (groups, 1, 1), (local, 1, 1), (), every, tuple(outs), every)
        linear = UOp(Ops.LINEAR, src=(*sink.src, sink))
        return UOp(Ops.PROGRAM, src=(sink, linear, UOp(Ops.SOURCE, arg=source)), arg=launch)

    return Tensor.custom_kernel(*buffers, fxn=program)


def _sizes(shape: Architecture, batch: Batch) -> dict[str, object]:
    layers = shape.layers
    rows = ", ".join(f"{{{n.inputs}, {n.states}, {n.outputs}}}" for n in layers)
    return {
        "FLOATS": "float" if batch.lanes == 1 else f"float{batch.lanes}",
        "NETWORKS": batch.networks,
        "LANES": batch.lanes,
        "CHUNK": batch.chunk,
        "GROUPS": batch.groups,
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
        "ACTIVATION": f"{shape.activation}_",
        "FACTOR": f"{float(shape.f)}f",
        "LEAK": f"{float(shape.leak)}f",
        "CLIPPED": int(batch.clipped),
    }
