"""Machines that several test files grow networks for, and whether a network is proved to be one."""

import numpy as np
from commandline import PROGRAMS

from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.lang import load, tabulate
from bonsaic.lift import lift
from bonsaic.network import Network
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk


def machine(name: str) -> Mealy:
    """The inequivalent states of a program of the library."""
    return tabulate(load(str(PROGRAMS / f"{name}.bp"))).minimised()


def table(inputs: int, following: np.ndarray, outs: np.ndarray) -> Mealy:
    """The machine with these next states [state, letter] and outputs [state, letter, wire]."""
    names = tuple(f"x{i}" for i in range(inputs)), tuple(f"y{i}" for i in range(outs.shape[2]))
    letters = (np.arange(1 << inputs)[:, None] >> np.arange(inputs) & 1).astype(np.uint8)
    return Mealy("m", *names, letters, following.astype(np.int32), outs.astype(np.int8))


def accumulator(bits: int, read: int | None = None) -> Mealy:
    """Adds what it reads, `read` bits or as many, to its state, and answers the sum: too much to learn from words."""
    read = bits if read is None else read
    total = np.add.outer(np.arange(1 << bits), np.arange(1 << read)) % (1 << bits)
    return table(read, total, total[:, :, None] >> np.arange(bits) & 1)


def proved(network: Network | None, mealy: Mealy) -> bool:
    """Whether a network of hard states and outputs is that machine."""
    assert network is not None and network.hard_states and network.hard_outputs
    return isinstance(walk(TableMachine(mealy), ModuleMachine(lift(network))), Proved)
