"""What a build reached, as report.json and as the lines a person reads."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from bonsaic.diag import counted


@dataclass
class Report:
    """What a build reached, stage by stage: the content of report.json."""

    program: str
    verdict: str = "unknown"
    seed: int = 0
    guide: str = "repair"
    prune: str = "fast"
    device: str = ""
    told: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("grow", "lower", "prove", "total"), 0.0)
    )
    specification: dict = field(default_factory=dict)
    network: dict = field(
        default_factory=lambda: dict.fromkeys(("cells", "states", "edges", "tried", "solved"))
    )
    passes: list[dict] = field(default_factory=list)
    circuit: dict = field(
        default_factory=lambda: dict.fromkeys(("registers", "gates", "depth", "direct_synthesis"))
    )
    proof: dict = field(
        default_factory=lambda: {
            "method": None,
            "product_states": None,
            "network": "unknown",
            "circuit": "unknown",
        }
    )
    emitted: dict = field(default_factory=dict)
    property: dict = field(default_factory=dict)
    formal: dict = field(default_factory=dict)
    counterexample: dict | None = None
    advice: str | None = None
    files: list[str] = field(default_factory=list)

    def text(self) -> str:
        return json.dumps(vars(self), indent=2) + "\n"

    def program_line(self) -> str:
        p = self.specification
        wires = f"{counted(p['inputs'], 'input wire')}, {counted(p['outputs'], 'output wire')}"
        return f"{wires}, {counted(p['states'], 'state')}"

    def network_line(self) -> str:
        parts = (("edges", "edge"), ("states", "state"), ("neurons", "neuron"))
        return ", ".join(counted(self.network[key], noun) for key, noun in parts)

    def circuit_line(self) -> str:
        c = self.circuit
        registers, gates = counted(c["registers"], "register"), counted(c["gates"], "gate")
        return f"{registers}, {gates}, depth {c['depth']}"
