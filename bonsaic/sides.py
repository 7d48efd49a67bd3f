"""Whatever file a machine is in, opened: as a module where it is one, as a machine for the prover, as text."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bonsaic.diag import Mistake, mistake
from bonsaic.ir.core import Module
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import Real
from bonsaic.prove.machine import Machine, TableMachine

PROGRAMS = (".bp", ".kiss2")
VERILOG = (".v", ".sv")


def suffix(path: str) -> str:
    """The kind of a file; `FILE.bp:NAME` is a program."""
    return ".bp" if ".bp:" in path else Path(path).suffix


def module(path: str, inputs: Collection[str] = ()) -> Module:
    """A `.bir` file, a checkpoint, a circuit, or a program lowered to one tick.

    inputs: names that a Verilog file's inputs go by elsewhere, so that none of these is taken for its reset.
    """
    match suffix(path):
        case ".bp" | ".kiss2":
            from bonsaic.lang import load, lower

            return lower(load(path))
        case ".bir":
            from bonsaic.ir.text import parse

            return parse(read_text(path), path)
        case ".npz":
            from bonsaic.lift import lift
            from bonsaic.network import load as checkpoint

            return lift(checkpoint(Path(path)))
        case ".json":
            from bonsaic.published import read

            return read(read_text(path), path)
        case ".blif":
            from bonsaic.emit.read_blif import read_blif

            return read_blif(read_text(path), path)
        case ".aag":
            from bonsaic.emit.read_aiger import read_aiger

            return read_aiger(read_text(path), path)
        case ".aig":
            from bonsaic.emit.read_aiger import read_aiger_binary

            return read_aiger_binary(Path(path).read_bytes(), path)
        case ".py":
            from bonsaic.emit.read_python import read_python

            return read_python(read_text(path), path)
        case x if x in VERILOG:
            return _verilog(read_text(path), path, inputs)
    raise mistake(path, "the name does not end in a known kind", help=f"kinds: {KINDS}")


KINDS = ".bp .kiss2 .bir .npz .json .blif .aag .aig .py .v .sv"


def _verilog(text: str, path: str, inputs: Collection[str]) -> Module:
    """Gates as bonsaic emits them are read here, all other Verilog through Yosys."""
    from bonsaic.emit.read_rtl import read_rtl
    from bonsaic.emit.read_verilog import read_verilog

    try:
        return read_verilog(text, path)
    except Mistake:
        return read_rtl(text, path, inputs)


def table(path: str) -> Mealy | None:
    """A program or KISS2 file as the table of its reachable states; None for one too large to list."""
    from bonsaic.lang import check_all, load, tabulate

    program = load(path)
    check_all(program)
    return tabulate(program)


def machine(path: str, inputs: Collection[str] = ()) -> Machine:
    """What the prover walks: a program's own table where it is small, else the module. inputs: as for `module`."""
    if suffix(path) in PROGRAMS and (listed := table(path)) is not None:
        return TableMachine(listed)
    m = module(path, inputs)
    if any(isinstance(r.type, Real) for r in m.regs):
        raise mistake(path, "its states are real numbers, not -1 and +1")
    return ModuleMachine(m)


def read_text(path: str) -> str:
    """A file's text; a `Mistake` where it has none."""
    try:
        return Path(path).read_text("utf-8")
    except UnicodeDecodeError:
        raise mistake(path, "this is not a text file") from None
