"""A grown network as plain arrays, and its checkpoint file."""

from __future__ import annotations

import io
import json
import os
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bonsaic.diag import mistake

FORMAT = "bonsaic network 1"
ACTIVATIONS = ("ameo", "tanh")


@dataclass(frozen=True, eq=False)
class Cell:
    """One bonsai cell: with c = [inputs, states], output = A(c @ output_kernel + output_bias) and
    next state = A(c @ recurrent_kernel + recurrent_bias). All arrays are float32.

    recurrent_kernel [inputs + states, states], recurrent_bias [states], initial_state [states],
    output_kernel [inputs + states, outputs], output_bias [outputs]
    """

    recurrent_kernel: np.ndarray
    recurrent_bias: np.ndarray
    initial_state: np.ndarray
    output_kernel: np.ndarray
    output_bias: np.ndarray

    @property
    def states(self) -> int:
        return len(self.recurrent_bias)

    @property
    def outputs(self) -> int:
        return len(self.output_bias)


@dataclass(frozen=True, eq=False)
class Network:
    """Stacked cells and a linear head; an output wire is 1 where the head's value is above 0.

    inputs, outputs: wire names. head_kernel [last cell's outputs, output wires], head_bias [output wires].
    activation: "ameo", whose f and leak these are, or "tanh", of which only the sign is ever used. hard_states,
    hard_outputs: whether the states (initial ones too) and the cells' outputs go through sign, so that each is exactly
    -1 or +1. note: how it was grown.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    cells: tuple[Cell, ...]
    head_kernel: np.ndarray
    head_bias: np.ndarray
    f: float = 0.5
    leak: float = 0.1
    activation: str = "ameo"
    hard_states: bool = True
    hard_outputs: bool = True
    note: dict = field(default_factory=dict)

    @property
    def states(self) -> int:
        return sum(c.states for c in self.cells)

    @property
    def neurons(self) -> int:
        """State and output neurons, without the head."""
        return sum(c.states + c.outputs for c in self.cells)

    @property
    def kernels(self) -> list[np.ndarray]:
        """Of all cells, then the head's."""
        cells = [k for c in self.cells for k in (c.recurrent_kernel, c.output_kernel)]
        return [*cells, self.head_kernel]

    @property
    def fans(self) -> np.ndarray:
        """int [neuron]: how many inputs each has, the head's included."""
        return np.concatenate([np.count_nonzero(k, axis=0) for k in self.kernels])

    @property
    def edges(self) -> int:
        """Non-zero weights, head included; feedback and output taps are not counted."""
        return int(self.fans.sum())

    @property
    def max_inputs(self) -> int:
        """The most inputs any neuron has, the head's included."""
        return int(self.fans.max(initial=0))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it appears whole or not at all; where it cannot be, that is a `Mistake`.

    A link goes on pointing where it points, and a device such as /dev/null is written to, not replaced.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(content)
            return
        part.write_bytes(content)
        os.replace(part, target)
    except OSError as e:  # of a full disk Python does not say which file it was
        reason = (e.strerror or str(e)).lower()
        raise mistake(str(path), f"the file cannot be written: {reason}") from None
    finally:
        with suppress(OSError):
            part.unlink()


def checkpoint(network: Network) -> bytes:
    """A network's file: a numpy .npz archive of the float32 arrays and one JSON header."""
    header = {
        "format": FORMAT,
        "name": network.name,
        "inputs": network.inputs,
        "outputs": network.outputs,
        "cells": len(network.cells),
        "f": network.f,
        "leak": network.leak,
        "activation": network.activation,
        "hard_states": network.hard_states,
        "hard_outputs": network.hard_outputs,
        "note": network.note,
    }
    arrays = {"header": np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)}
    for i, cell in enumerate(network.cells):
        for key in Cell.__dataclass_fields__:
            arrays[f"cell{i}.{key}"] = getattr(cell, key)
    arrays |= {"head_kernel": network.head_kernel, "head_bias": network.head_bias}
    return archived(arrays)


def archived(arrays: dict[str, np.ndarray]) -> bytes:
    """A numpy .npz archive: the same bytes for the same arrays, and nothing that could be pickled."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for key, array in arrays.items():
            with archive.open(f"{key}.npy", "w") as part:
                np.lib.format.write_array(part, array, allow_pickle=False)
    return buffer.getvalue()


def load(path: Path) -> Network:
    """Read a checkpoint; a truncated or foreign file is a `Mistake`."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {k: archive[k] for k in archive.files}
        header = json.loads(arrays["header"].tobytes())
        if header["format"] != FORMAT:
            raise ValueError
        cells = tuple(
            Cell(**{key: _array(arrays, f"cell{i}.{key}") for key in Cell.__dataclass_fields__})
            for i in range(header["cells"])
        )
        network = Network(
            header["name"],
            tuple(header["inputs"]),
            tuple(header["outputs"]),
            cells,
            _array(arrays, "head_kernel"),
            _array(arrays, "head_bias"),
            float(header["f"]),
            float(header["leak"]),
            header.get("activation", "ameo"),
            bool(header["hard_states"]),
            bool(header["hard_outputs"]),
            header["note"],
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as e:
        if isinstance(e, FileNotFoundError | IsADirectoryError | PermissionError):
            raise
        raise mistake(
            str(path),
            "this is not a whole bonsaic checkpoint",
            help="grow it again with `bonsaic grow`",
        ) from None
    _check_shapes(network, str(path))
    return network


def _array(arrays: dict, key: str) -> np.ndarray:
    a = arrays[key]
    if a.dtype != np.float32:
        raise ValueError(key)
    return a


def _check_shapes(n: Network, path: str) -> None:
    wanted: list[tuple[str, np.ndarray, tuple[int, ...]]] = []
    width = len(n.inputs)
    for i, c in enumerate(n.cells):
        k = width + c.states
        wanted += [
            (f"cell {i}'s recurrent kernel", c.recurrent_kernel, (k, c.states)),
            (f"cell {i}'s initial state", c.initial_state, (c.states,)),
            (f"cell {i}'s output kernel", c.output_kernel, (k, c.outputs)),
            (f"cell {i}'s recurrent bias", c.recurrent_bias, (c.states,)),
            (f"cell {i}'s output bias", c.output_bias, (c.outputs,)),
        ]
        width = c.outputs
    wanted += [
        ("the head's kernel", n.head_kernel, (width, len(n.outputs))),
        ("the head's bias", n.head_bias, (len(n.outputs),)),
    ]
    for what, array, shape in wanted:
        if array.shape != shape:
            raise mistake(path, f"{what} has shape {array.shape}, but {shape} fits the rest")
        if not np.isfinite(array).all():
            raise mistake(path, f"{what} holds a number that is not finite")
    if n.activation not in ACTIVATIONS:
        raise mistake(
            path, f"the activation is {n.activation!r}, but {' and '.join(ACTIVATIONS)} are known"
        )
    if n.activation == "tanh" and not (n.hard_states and n.hard_outputs):
        raise mistake(
            path, "its values go through tanh and not through sign: nothing can be proved of them"
        )
    if not (0 <= n.f <= 1 and 0 <= n.leak <= 1):
        raise mistake(
            path, f"the activation's f is {n.f} and its leak {n.leak}, but both lie between 0 and 1"
        )
