"""A network as the search sees it: one code per state, and signals that are made of one neuron or several."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.shrink.rows import Rows
from bonsaic.grow.shrink.walk import zigzag
from bonsaic.network import Cell, Network

CLEAR = 1e-3  # a decision nearer than this to a turn of the zigzag does not count as made


@dataclass(frozen=True, eq=False)
class Sketch:
    """codes [state, bit] -1/+1; kernel [neuron, input + bit]; bias [neuron]; owner [neuron], the
    signal it belongs to: the bits, then the wires; vote [neuron]; offset [wire].

    A bit is 1 where one of its neurons fires, and never two do (their votes are 1). A wire is 1 where
    the votes of its neurons, for or against, and its offset sum above 0.
    """

    codes: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    owner: np.ndarray
    vote: np.ndarray
    offset: np.ndarray

    @property
    def bits(self) -> int:
        return self.codes.shape[1]

    @property
    def inputs(self) -> int:
        return self.kernel.shape[1] - self.bits

    @property
    def neurons_of_bits(self) -> np.ndarray:
        return np.bincount(self.owner, minlength=self.bits + len(self.offset))[: self.bits]

    @property
    def fan_in(self) -> np.ndarray:
        """Of each neuron: reading a bit is reading all its neurons."""
        used = self.kernel != 0
        return used[:, : self.inputs].sum(1) + used[:, self.inputs :] @ self.neurons_of_bits

    @property
    def edges(self) -> int:
        return int(self.fan_in.sum() + (self.owner >= self.bits).sum())


def fires(net: Sketch, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """What each neuron sees [row, input + bit] and says [row, neuron], 0 where it is too close to call."""
    seen = np.concatenate([rows.x.astype(np.float64), net.codes[rows.here]], 1)
    return seen, decided(seen @ net.kernel.T + net.bias)


def decided(z: np.ndarray) -> np.ndarray:
    """The zigzag's sign, 0 where it is too close to a turn."""
    return zigzag(z) * ((np.abs(z) > CLEAR) & (np.abs(np.abs(z) - 2) > CLEAR))


def holds(net: Sketch, rows: Rows) -> bool:
    """Is every row right? Then every legal word is."""
    fired = fires(net, rows)[1]
    if (fired == 0).any():
        return False
    sums = fired @ (ballot(net) * net.vote[:, None])
    if (sums[:, : net.bits] + net.neurons_of_bits - 1 != net.codes[rows.there]).any():
        return False
    y = sums[:, net.bits :] + net.offset
    return bool((y * rows.want >= CLEAR * np.abs(rows.want)).all())


def ballot(net: Sketch) -> np.ndarray:
    """1.0 [neuron, signal] where the neuron belongs to the signal."""
    return (net.owner[:, None] == np.arange(net.bits + len(net.offset))).astype(float)


def trim(net: Sketch, rows: Rows) -> Sketch:
    """Drop neurons that never fire and bits nobody reads; zero weights while every neuron says the same."""
    while True:
        before = (net.edges, net.bits)
        net = _weights(_drop_idle(_silence(_fold(net), rows), rows), rows)
        if (net.edges, net.bits) == before:
            return net


def _fold(net: Sketch) -> Sketch:
    kernel, bias = folded(net.codes, net.kernel, net.bias, net.inputs)
    return replace(net, kernel=kernel, bias=bias)


def folded(
    codes: np.ndarray, kernel: np.ndarray, bias: np.ndarray, first: int
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel [neuron, column] and bias in which a bit that never changes is bias, and one equal or opposite to an
    earlier one is that one; `first` is the column of the first bit."""
    kernel, bias = kernel.copy(), bias.copy()
    for j, column in enumerate(codes.T):
        if (column == column[0]).all():
            bias += kernel[:, first + j] * column[0]
            kernel[:, first + j] = 0
            continue
        for i in range(j):
            same = column @ codes[:, i] / len(column)
            if abs(same) == 1:
                kernel[:, first + i] += kernel[:, first + j] * same
                kernel[:, first + j] = 0
                break
    return kernel, bias


def _silence(net: Sketch, rows: Rows) -> Sketch:
    """Take the vote from neurons of wires, the lightest first, that the offset can stand in for."""
    fired = fires(net, rows)[1]
    vote, offset = net.vote.copy(), net.offset.copy()
    for neuron in sorted(np.flatnonzero(net.owner >= net.bits), key=lambda n: abs(vote[n])):
        wire = net.owner[neuron] - net.bits
        own = (net.owner == net.owner[neuron]) & (vote != 0)
        want = rows.want[:, wire]
        if own.sum() < 2:
            continue
        rest = fired[:, own] @ vote[own] + offset[wire] - fired[:, neuron] * vote[neuron]
        for shift in (0.0, vote[neuron], -vote[neuron]):
            if ((rest + shift) * want >= CLEAR * np.abs(want)).all():
                vote[neuron] = 0
                offset[wire] += shift
                break
    return replace(net, vote=vote, offset=offset)


def _drop_idle(net: Sketch, rows: Rows) -> Sketch:
    """Only neurons that count (one at least for each signal), only bits that reach a wire."""
    signals = net.bits + len(net.offset)
    works = (fires(net, rows)[1] > 0).any(0) | (net.owner >= net.bits)
    works &= net.vote != 0
    for signal in range(signals):
        own = np.flatnonzero(net.owner == signal)
        works[own[0]] |= not works[own].any()
    reading = np.zeros((signals, net.bits), bool)
    np.logical_or.at(reading, net.owner[works], net.kernel[works, net.inputs :] != 0)
    used = reading[net.bits :].any(0)
    while (more := used | reading[: net.bits][used].any(0)).sum() > used.sum():
        used = more
    kept = np.concatenate([used, np.ones(len(net.offset), bool)])
    stays = works & kept[net.owner]
    columns = np.concatenate([np.ones(net.inputs, bool), used])
    return Sketch(
        net.codes[:, used],
        net.kernel[stays][:, columns],
        net.bias[stays],
        (np.cumsum(kept) - 1)[net.owner[stays]],
        net.vote[stays],
        net.offset,
    )


def _weights(net: Sketch, rows: Rows) -> Sketch:
    seen, said = fires(net, rows)
    cared = np.concatenate([np.ones((len(rows.here), net.bits)), np.abs(rows.want)], 1)
    want = said * cared[:, net.owner]
    return replace(net, kernel=zero_weights(seen, want, net.kernel, net.bias))


def zero_weights(
    seen: np.ndarray, want: np.ndarray, kernel: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """The kernel with single weights zeroed, smallest first, while every neuron still says what it must."""
    kernel = kernel.copy()
    open_ = kernel != 0
    while open_.any():
        without = (seen @ kernel.T + bias)[:, :, None] - seen[:, None, :] * kernel
        same = (decided(without) == want[:, :, None]) | (want[:, :, None] == 0)
        open_ &= same.all(0)
        size = np.where(open_, np.abs(kernel), np.inf)
        smallest = size.argmin(1)
        for neuron in np.flatnonzero(open_.any(1)):
            kernel[neuron, smallest[neuron]] = 0
            open_[neuron, smallest[neuron]] = False
    return kernel


def expand(net: Sketch, like: Network) -> Network:
    """The network in which every neuron of a bit is a state of its own; names and note are those of `like`."""
    of_bits = net.owner < net.bits
    owner = net.owner[of_bits]
    kernel = np.concatenate([net.kernel[:, : net.inputs], net.kernel[:, net.inputs + owner]], 1)
    bias = net.bias + net.kernel[:, net.inputs :] @ (net.neurons_of_bits - 1)
    start = np.full(len(owner), -1.0)
    for bit in np.flatnonzero(net.codes[0] > 0):
        start[np.flatnonzero(owner == bit)[0]] = 1
    head = (ballot(net) * net.vote[:, None])[~of_bits, net.bits :]
    f32 = np.float32
    cell = Cell(
        kernel[of_bits].T.astype(f32),
        bias[of_bits].astype(f32),
        start.astype(f32),
        kernel[~of_bits].T.astype(f32),
        bias[~of_bits].astype(f32),
    )
    return Network(
        like.name,
        like.inputs,
        like.outputs,
        (cell,),
        head.astype(f32),
        net.offset.astype(f32),
        note=like.note,
    )
