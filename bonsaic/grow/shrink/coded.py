"""A stack of hard cells that keeps one code per state of a table, and how it loses weights while its codes stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.logic.gates import zigzag
from bonsaic.grow.shrink.rows import Rows, rows_of
from bonsaic.grow.shrink.walk import raw_machine_of
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Cell, Network

CLEAR = 1e-3  # a decision nearer than this to a turn of the zigzag does not count as made


@dataclass(frozen=True, eq=False)
class Layer:
    """A cell: codes [state, bit] -1/+1; kernel [neuron, wire + bit] and bias [neuron], the bits' neurons first."""

    codes: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray

    @property
    def bits(self) -> int:
        return self.codes.shape[1]

    @property
    def wires(self) -> int:
        """How many it reads of the inputs, or of the gates of the layer before."""
        return self.kernel.shape[1] - self.bits

    @property
    def gates(self) -> int:
        return len(self.bias) - self.bits

    def kept(self, wires: np.ndarray, bits: np.ndarray, gates: np.ndarray) -> Layer:
        """Only these (all are masks)."""
        neurons, columns = np.concatenate([bits, gates]), np.concatenate([wires, bits])
        return Layer(self.codes[:, bits], self.kernel[neurons][:, columns], self.bias[neurons])


@dataclass(frozen=True, eq=False)
class Coded:
    """Layers, and a head [wire, gate of the last] with its bias [wire]. All float64."""

    layers: tuple[Layer, ...]
    head: np.ndarray
    head_bias: np.ndarray

    @property
    def edges(self) -> int:
        return int(sum(np.count_nonzero(k) for k in (*(n.kernel for n in self.layers), self.head)))

    @property
    def size(self) -> tuple[int, ...]:
        """What trimming makes smaller."""
        return (self.edges, *(len(n.bias) for n in self.layers))


@dataclass(frozen=True, eq=False)
class Seen:
    """What the neurons of a layer read [row, wire + bit] and say [row, neuron], 0 where that is too close to call."""

    reads: np.ndarray
    says: np.ndarray


def seen(net: Coded, rows: Rows) -> list[Seen]:
    """Of every layer."""
    found, wires = [], rows.x.astype(np.float64)
    for layer in net.layers:
        reads = np.concatenate([wires, layer.codes[rows.here]], 1)
        says = decided(reads @ layer.kernel.T + layer.bias)
        found.append(Seen(reads, says))
        wires = says[:, layer.bits :]
    return found


def decided(z: np.ndarray) -> np.ndarray:
    """The zigzag's sign, 0 where it is too close to a turn."""
    return zigzag(z) * ((np.abs(z) > CLEAR) & (np.abs(np.abs(z) - 2) > CLEAR))


def holds(net: Coded, rows: Rows) -> bool:
    """Is every row right: the next code the next state's, every output as wanted? Then every legal word is."""
    layers = seen(net, rows)
    for layer, s in zip(net.layers, layers, strict=True):
        if (s.says[:, : layer.bits] != layer.codes[rows.there]).any() or (s.says == 0).any():
            return False
    y = layers[-1].says[:, net.layers[-1].bits :] @ net.head.T + net.head_bias
    return bool((y * rows.want >= CLEAR * np.abs(rows.want)).all())


def targets(net: Coded, rows: Rows) -> list[np.ndarray]:
    """Of every layer [row, neuron] -1/+1 as the network has it now, 0 where nobody cares."""
    wanted = [s.says.copy() for s in seen(net, rows)]
    last = net.layers[-1].bits
    wanted[-1][:, last:] *= (rows.want != 0).astype(float) @ (net.head != 0) > 0
    return wanted


def trim(net: Coded, rows: Rows, over: Callable[[], bool]) -> Coded:
    """Fold constant and equal bits, drop what nobody reads, zero every weight not needed; some are left once `over`."""
    while True:
        before = net.size
        net = _weights(_merge_gates(_drop_unread(_fold(_head(_direct(net), rows)))), rows, over)
        if net.size == before or over():
            return net


def _head(net: Coded, rows: Rows) -> Coded:
    """Zero head weights, smallest first, where the head's bias can take them over."""
    gates = seen(net, rows)[-1].says[:, net.layers[-1].bits :]
    head, bias = net.head.copy(), net.head_bias.copy()
    for wire, gate in sorted(zip(*np.nonzero(head), strict=True), key=lambda at: abs(head[at])):
        want = rows.want[:, wire]
        for shift in (0.0, head[wire, gate], -head[wire, gate]):
            w = head[wire].copy()
            w[gate] = 0
            if (w != 0).any() or (want == want[0]).all():
                y = gates @ w + bias[wire] + shift
            else:
                continue
            if (y * want >= CLEAR * np.abs(want)).all():
                head[wire], bias[wire] = w, bias[wire] + shift
                break
    return replace(net, head=head, head_bias=bias)


def _fold(net: Coded) -> Coded:
    """A bit that never changes becomes bias; a bit equal or opposite to an earlier one becomes that one."""
    return replace(net, layers=tuple(map(_folded, net.layers)))


def _folded(layer: Layer) -> Layer:
    kernel, bias, first = layer.kernel.copy(), layer.bias.copy(), layer.wires
    for j, column in enumerate(layer.codes.T):
        if (column == column[0]).all():
            bias += kernel[:, first + j] * column[0]
            kernel[:, first + j] = 0
            continue
        for i in range(j):
            same = column @ layer.codes[:, i] / len(column)
            if abs(same) == 1:
                kernel[:, first + i] += kernel[:, first + j] * same
                kernel[:, first + j] = 0
                break
    return Layer(layer.codes, kernel, bias)


def _drop_unread(net: Coded) -> Coded:
    """Only the gates that some wire or layer reads, and the bits that reach them."""
    kept: list[Layer] = []
    gates = (net.head != 0).any(0)
    head = net.head[:, gates]
    for layer in reversed(net.layers):
        reading = layer.kernel[:, layer.wires :] != 0
        used = reading[layer.bits :][gates].any(0)
        while (more := used | reading[: layer.bits][used].any(0)).sum() > used.sum():
            used = more
        neurons = np.concatenate([used, gates])
        wires = (layer.kernel[neurons, : layer.wires] != 0).any(0)
        if layer is net.layers[0]:
            wires[:] = True
        kept.append(layer.kept(wires, used, gates))
        gates = wires
    return Coded(tuple(reversed(kept)), head, net.head_bias)


def _direct(net: Coded) -> Coded:
    """Without a first layer that does no more than hand wires on."""
    first = net.layers[0]
    reads = first.kernel != 0
    signs = zigzag(first.kernel.sum(1) + first.bias)
    hands_on = (reads.sum(1) == 1) & (zigzag(first.bias - first.kernel.sum(1)) == -signs)
    if len(net.layers) < 2 or first.bits or not hands_on.all():
        return net
    second = net.layers[1]
    wires = second.kernel[:, : second.wires] @ (reads * signs[:, None])
    kernel = np.concatenate([wires, second.kernel[:, second.wires :]], 1)
    return replace(net, layers=(replace(second, kernel=kernel), *net.layers[2:]))


def _merge_gates(net: Coded) -> Coded:
    """Gates that are equal, or opposite, are one to whoever reads them."""
    layers, head = list(net.layers), net.head.copy()
    for at, layer in enumerate(layers):
        kernel, bias = layer.kernel[layer.bits :], layer.bias[layer.bits :]
        readers = layers[at + 1].kernel.copy() if at + 1 < len(layers) else head
        for g in range(len(bias)):
            for h in range(g):
                for sign in (1, -1):
                    if (kernel[g] == sign * kernel[h]).all() and bias[g] == sign * bias[h]:
                        readers[:, h] += sign * readers[:, g]
                        readers[:, g] = 0
        if at + 1 < len(layers):
            layers[at + 1] = replace(layers[at + 1], kernel=readers)
    return replace(net, layers=tuple(layers), head=head)


def _weights(net: Coded, rows: Rows, over: Callable[[], bool]) -> Coded:
    layers = (
        replace(layer, kernel=_zeroed(s.reads, want, layer.kernel, layer.bias, over))
        for layer, s, want in zip(net.layers, seen(net, rows), targets(net, rows), strict=True)
    )
    return replace(net, layers=tuple(layers))


def _zeroed(
    seen: np.ndarray,
    want: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray,
    over: Callable[[], bool],
) -> np.ndarray:
    """The kernel with single weights zeroed, smallest first, while every neuron still says what it must."""
    kernel = kernel.copy()
    open_ = kernel != 0
    while open_.any() and not over():
        without = (seen @ kernel.T + bias)[:, :, None] - seen[:, None, :] * kernel
        same = (decided(without) == want[:, :, None]) | (want[:, :, None] == 0)
        open_ &= same.all(0)
        size = np.where(open_, np.abs(kernel), np.inf)
        smallest = size.argmin(1)
        for neuron in np.flatnonzero(open_.any(1)):
            kernel[neuron, smallest[neuron]] = 0
            open_[neuron, smallest[neuron]] = False
    return kernel


def coded_of(network: Network, mealy: Mealy) -> tuple[Coded, Rows] | None:
    """A network of hard cells, one code per state of its own unminimised machine, and that machine's rows.

    None for other networks, and for margins that are too thin.
    """
    own = raw_machine_of(network, mealy) if network.hard_outputs else None
    if own is None:
        return None
    ends = np.cumsum([c.states for c in network.cells])[:-1]
    layers = tuple(map(_layer, network.cells, np.split(own[1], ends, axis=1)))
    net = Coded(layers, network.head_kernel.T.astype(float), network.head_bias.astype(float))
    rows = rows_of(own[0])
    return (net, rows) if holds(net, rows) else None


def _layer(cell: Cell, codes: np.ndarray) -> Layer:
    kernel = np.concatenate([cell.recurrent_kernel, cell.output_kernel], 1).T
    bias = np.concatenate([cell.recurrent_bias, cell.output_bias])
    return Layer(codes, kernel.astype(np.float64), bias.astype(np.float64))


def network_of(net: Coded, like: Network) -> Network:
    """The coded network as a checkpoint; its first codes are all -1 and its wires are those of `like`."""
    f32 = np.float32
    return Network(
        like.name,
        like.inputs,
        like.outputs,
        tuple(map(_cell, net.layers)),
        np.ascontiguousarray(net.head.T, f32),
        net.head_bias.astype(f32),
        note=like.note,
    )


def _cell(layer: Layer) -> Cell:
    flip = -layer.codes[0]
    signs = np.concatenate([flip, np.ones(layer.gates)])
    kernel = layer.kernel * signs[:, None]
    kernel[:, layer.wires :] *= flip
    bias = layer.bias * signs
    f32 = np.float32
    return Cell(
        np.ascontiguousarray(kernel[: layer.bits].T, f32),
        bias[: layer.bits].astype(f32),
        np.full(layer.bits, -1, f32),
        np.ascontiguousarray(kernel[layer.bits :].T, f32),
        bias[layer.bits :].astype(f32),
    )
