"""What other people's synthesis, Yosys and ABC, makes of Verilog: a yardstick for circuits."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bonsaic.diag import counted
from bonsaic.emit.yosys import INSTALL, installed, yosys
from bonsaic.prove.property import Skipped

SECONDS = 0  # beyond the grace that every tool has: a yardstick is not worth waiting for
GATES = ("AND", "NAND", "OR", "NOR", "XOR", "XNOR", "ANDNOT", "ORNOT")  # and NOT, which is free
PASSES = (
    "read_verilog source.v; hierarchy -top top; proc; flatten; memory; opt -full -nodffe -nosdff; "
    "techmap; opt -full -nodffe -nosdff; abc -g {gates}; opt_clean -purge; write_json made"
)


@dataclass(frozen=True)
class Synthesised:
    """Registers, two-input gates of any kind with inverters free, and gates on the longest path."""

    registers: int
    gates: int
    depth: int

    def __str__(self) -> str:
        registers, gates = counted(self.registers, "register"), counted(self.gates, "gate")
        return f"{registers}, {gates}, depth {self.depth}"


def direct_synthesis(verilog: str, *, seconds: int = SECONDS) -> Synthesised | Skipped:
    """Yosys and ABC on a module as `emit.verilog` writes it, its reset held at 0."""
    if not installed():
        return Skipped(f"pyosys is not installed ({INSTALL})")
    passes = PASSES.format(gates=",".join(GATES))
    said = yosys(verilog + _top(verilog), passes, seconds=seconds)
    return (
        Skipped(f"yosys: {said.last()}") if said.made is None else _measure(json.loads(said.made))
    )


def _top(verilog: str) -> str:
    """A module around the last one that ties `rst` to 0: a reset is a matter of the register, not of gates."""
    name, header = re.findall(r"^module (\S+) *\((.*?)\);", verilog, re.S | re.M)[-1]
    ports = re.findall(r"(input|output) +wire +(\[[^]]*\] *)?(\S+?) *(?:,|$)", header, re.M)
    declared = ", ".join(f"{way} wire {span}{port}" for way, span, port in ports if port != "rst")
    wired = ", ".join(f".{port}({port if port != 'rst' else '0'})" for _, _, port in ports)
    return f"\nmodule top({declared});\n  {name} made ({wired});\nendmodule\n"


def _measure(design: dict) -> Synthesised:
    cells = design["modules"]["top"]["cells"].values()
    kind = {f"$_{name}_" for name in GATES}
    drivers = {c["connections"]["Y"][0]: c for c in cells if "Y" in c["connections"]}
    levels: dict[object, int] = {}

    def level(bit: object) -> int:
        if bit not in drivers:
            return 0
        if bit not in levels:
            cell = drivers[bit]
            inputs = [level(v[0]) for k, v in cell["connections"].items() if k != "Y"]
            levels[bit] = max(inputs) + (cell["type"] in kind)
        return levels[bit]

    return Synthesised(
        registers=sum("DFF" in c["type"] for c in cells),
        gates=sum(c["type"] in kind for c in cells),
        depth=max((level(bit) for bit in drivers), default=0),
    )
