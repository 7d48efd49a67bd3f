"""The comparison with Yosys and ABC: whose netlist, what is counted, and its last line."""

import json
from pathlib import Path

import numpy as np
import pytest
from extras import needs_yosys

from bonsaic.bench.gates import Row, main, summary, table
from bonsaic.diag import Missing
from bonsaic.network import Cell, Network, checkpoint
from bonsaic.prove import synthesis
from bonsaic.prove.synthesis import Synthesised

SPEC = Path(__file__).parent.parent / "programs" / "delay_1.bp"


@pytest.fixture
def built(tmp_path):
    """What a build leaves: here two neurons, one of which repeats the other a tick later."""

    def array(*rows):
        return np.array(rows, np.float32)

    cell = Cell(array([-1], [0]), array(0), array(-1), array([0], [-1]), array(0))
    (tmp_path / "delay_1").mkdir()
    network = Network("delay_1", ("x",), ("y",), (cell,), array([1]), array(0))
    (tmp_path / "delay_1" / "delay_1.npz").write_bytes(checkpoint(network))
    return tmp_path


@needs_yosys
def test_a_built_network_is_compared(built, capsys):
    assert main([str(SPEC), "--from", str(built), "--json", str(built / "rows.json")]) == 0
    (row,) = json.loads((built / "rows.json").read_text())
    same = {"registers": 1, "gates": 0, "depth": 0}
    assert row == {"program": "delay_1", "ours": same, "theirs": same, "why": "", "ratio": 1.0}
    assert capsys.readouterr().out.endswith("worst 1.00 (delay_1); no larger on 1 of 1\n")


def test_without_the_extra_it_says_what_is_missing(built, monkeypatch):
    monkeypatch.setattr(synthesis, "installed", lambda: False)
    with pytest.raises(Missing, match=r"pip install 'bonsaic\[formal\]'"):
        main([str(SPEC), "--from", str(built)])


def test_the_last_line_is_about_what_was_compared():
    rows = [
        Row("large", Synthesised(1, 11, 3), Synthesised(1, 10, 3)),
        Row("none", Synthesised(1, 0, 0), Synthesised(1, 0, 0)),
        Row("late", Synthesised(1, 5, 2), why="yosys: no answer in time"),
        Row("never", why="no network was proved within 60 s"),
    ]
    assert summary(rows) == "worst 1.10 (large); no larger on 1 of 2"
    assert summary(rows[2:]) == "nothing to compare"
    assert Row("more", Synthesised(1, 1, 1), Synthesised(1, 0, 0)).ratio == float("inf")
    assert table(rows).splitlines()[4:] == [
        "| late | 5 | yosys: no answer in time | - | - | - | - | - |",
        "| never | - | no network was proved within 60 s | - | - | - | - | - |",
    ]
