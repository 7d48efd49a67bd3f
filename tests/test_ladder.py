"""The ladder: every rung from a program to its emitted text is the same machine, for programs that are really grown."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from bonsaic.build import Options, build
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk
from bonsaic.specification import specify

PROGRAMS = Path(__file__).parent.parent / "programs"
GROWN = (
    "delay_1",
    "delay_2",
    "loop_3",
    "replace_111",
    "gated_4mode",
    "parens_8",
    pytest.param("mini_cpu", marks=pytest.mark.slow),
)
REGISTERS = {"loop_3": 2, "replace_111": 2, "delay_2": 2}
GATES = {"loop_3": 2, "replace_111": 5, "delay_2": 0}


@pytest.mark.parametrize("name", GROWN)
def test_every_rung_is_the_same_machine(name, tmp_path):
    path = str(PROGRAMS / f"{name}.bp")
    report = build(path, Options(out=tmp_path / "out", seed=1))
    assert report.verdict == "proved"
    spec = specify(path).machine
    for level in ("fin", "net", "quant", "gate"):
        file = tmp_path / "out" / f"{name}.{level}.bir"
        assert isinstance(walk(spec, ModuleMachine(parse(file.read_text(), file.name))), Proved)
    kinds = ("npz", "net.bir", "quant.bir", "gate.bir", "fin.bir", "py", "v", "blif", "aag")
    assert report.emitted == dict.fromkeys(kinds, "proved")
    assert report.property["python"].startswith("held")
    assert report.circuit["registers"] <= REGISTERS.get(name, 9)
    assert report.circuit["gates"] <= GATES.get(name, 99)
    theirs = report.circuit["direct_synthesis"]
    if find_spec("pyosys"):
        assert set(theirs) == {"registers", "gates", "depth"}
    else:
        assert "not installed" in theirs
