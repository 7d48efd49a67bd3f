"""A hard network that keeps one code per state of a table, and how it loses weights while its codes stay."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.shrink.rows import Rows, rows_of
from bonsaic.grow.shrink.sketch import CLEAR, decided, zero_weights
from bonsaic.grow.shrink.walk import raw_machine_of, zigzag
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Cell, Network


@dataclass(frozen=True, eq=False)
class Coded:
    """codes [state, bit] -1/+1; kernel [neuron, input + bit] and bias [neuron], the bits' neurons before the gates;
    head [wire, gate] and head_bias [wire]. All float64.
    """

    codes: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    head: np.ndarray
    head_bias: np.ndarray

    @property
    def bits(self) -> int:
        return self.codes.shape[1]

    @property
    def edges(self) -> int:
        return int(np.count_nonzero(self.kernel) + np.count_nonzero(self.head))

    @property
    def fan_in(self) -> np.ndarray:
        return np.count_nonzero(self.kernel, axis=1)


def reads(net: Coded, rows: Rows) -> np.ndarray:
    """What each neuron sees: [row, input + bit], -1/+1."""
    return np.concatenate([rows.x.astype(np.float64), net.codes[rows.here]], 1)


def holds(net: Coded, rows: Rows) -> bool:
    """Is every row right: the next code the next state's, every output as wanted? Then every legal word is."""
    fired = decided(reads(net, rows) @ net.kernel.T + net.bias)
    if (fired[:, : net.bits] != net.codes[rows.there]).any() or (fired == 0).any():
        return False
    y = fired[:, net.bits :] @ net.head.T + net.head_bias
    return bool((y * rows.want >= CLEAR * np.abs(rows.want)).all())


def targets(net: Coded, rows: Rows) -> np.ndarray:
    """[row, neuron] -1/+1 as the network has it now, 0 where nobody cares."""
    fired = zigzag(reads(net, rows) @ net.kernel.T + net.bias)
    fired[:, : net.bits] = net.codes[rows.there]
    cared = (rows.want != 0).astype(float) @ (net.head != 0) > 0
    fired[:, net.bits :] *= cared
    return fired


def trim(net: Coded, rows: Rows) -> Coded:
    """Fold constant and equal bits, drop what nobody reads, zero every weight not needed."""
    while True:
        before = (net.edges, net.bits, len(net.head.T))
        net = _weights(_merge_gates(_drop_unread(_fold(_head(net, rows)))), rows)
        if (net.edges, net.bits, len(net.head.T)) == before:
            return net


def _head(net: Coded, rows: Rows) -> Coded:
    """Zero head weights, smallest first, where the head's bias can take them over."""
    gates = zigzag(reads(net, rows) @ net.kernel.T + net.bias)[:, net.bits :]
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
    kernel, bias = net.kernel.copy(), net.bias.copy()
    inputs = kernel.shape[1] - net.bits
    for j in range(net.bits):
        column = net.codes[:, j]
        if (column == column[0]).all():
            bias += kernel[:, inputs + j] * column[0]
            kernel[:, inputs + j] = 0
            continue
        for i in range(j):
            same = column @ net.codes[:, i] / len(column)
            if abs(same) == 1:
                kernel[:, inputs + i] += kernel[:, inputs + j] * same
                kernel[:, inputs + j] = 0
                break
    return replace(net, kernel=kernel, bias=bias)


def _drop_unread(net: Coded) -> Coded:
    """Only the gates some wire reads and the bits that reach them."""
    inputs = net.kernel.shape[1] - net.bits
    gates = (net.head != 0).any(0)
    reading = net.kernel[:, inputs:] != 0
    used = reading[net.bits :][gates].any(0)
    while True:
        more = used | reading[: net.bits][used].any(0)
        if (more == used).all():
            break
        used = more
    return keep(net, used, gates)


def keep(net: Coded, bits: np.ndarray, gates: np.ndarray) -> Coded:
    """The network of the given bits and gates alone (both are masks)."""
    inputs = net.kernel.shape[1] - net.bits
    neurons = np.concatenate([bits, gates])
    columns = np.concatenate([np.ones(inputs, bool), bits])
    return Coded(
        net.codes[:, bits],
        net.kernel[neurons][:, columns],
        net.bias[neurons],
        net.head[:, gates],
        net.head_bias,
    )


def _merge_gates(net: Coded) -> Coded:
    """Wires that need the same gate, or its opposite, share it."""
    kernel, bias = net.kernel[net.bits :], net.bias[net.bits :]
    head = net.head.copy()
    for g in range(len(bias)):
        for h in range(g):
            for sign in (1, -1):
                if (kernel[g] == sign * kernel[h]).all() and bias[g] == sign * bias[h]:
                    head[:, h] += sign * head[:, g]
                    head[:, g] = 0
    return replace(net, head=head)


def _weights(net: Coded, rows: Rows) -> Coded:
    kernel = zero_weights(reads(net, rows), targets(net, rows), net.kernel, net.bias)
    return replace(net, kernel=kernel)


def coded_of(network: Network, mealy: Mealy) -> tuple[Coded, Rows] | None:
    """A network of one hard cell, one code per state of its own unminimised machine, and that machine's rows.

    None for other networks, and for margins that are too thin.
    """
    own = raw_machine_of(network, mealy)
    if own is None or len(network.cells) != 1 or not network.hard_outputs:
        return None
    (cell,) = network.cells
    kernel = np.concatenate([cell.recurrent_kernel, cell.output_kernel], 1).T.astype(np.float64)
    bias = np.concatenate([cell.recurrent_bias, cell.output_bias]).astype(np.float64)
    head = network.head_kernel.T.astype(np.float64)
    net = Coded(own[1], kernel, bias, head, network.head_bias.astype(np.float64))
    rows = rows_of(own[0])
    return (net, rows) if holds(net, rows) else None


def network_of(net: Coded, like: Network) -> Network:
    """The coded network as a checkpoint; its first code is all -1 and its wires are those of `like`."""
    inputs = net.kernel.shape[1] - net.bits
    flip = -net.codes[0]
    signs = np.concatenate([flip, np.ones(len(net.head.T))])
    kernel = net.kernel * signs[:, None]
    kernel[:, inputs:] *= flip
    bias = net.bias * signs
    f32 = np.float32
    cell = Cell(
        np.ascontiguousarray(kernel[: net.bits].T, f32),
        bias[: net.bits].astype(f32),
        np.full(net.bits, -1, f32),
        np.ascontiguousarray(kernel[net.bits :].T, f32),
        bias[net.bits :].astype(f32),
    )
    return Network(
        like.name,
        like.inputs,
        like.outputs,
        (cell,),
        np.ascontiguousarray(net.head.T, f32),
        net.head_bias.astype(f32),
        note=like.note,
    )
