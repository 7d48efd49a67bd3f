"""The examples run top to bottom and end where they say."""

import pytest
from commandline import ROOT, python

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SAYS = {
    "01_program_to_circuit": "circuit: proved",
    "02_passes_by_hand": "quantise claims `approx`",
    "03_one_neuron": (
        "2 inputs: 16 of 16 functions exactly (without leak), 16 by sign\n"
        "3 inputs: 224 of 256 functions exactly (without leak), 256 by sign\n"
    ),
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_runs(path, tmp_path):
    done = python(path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert SAYS[path.stem] in done.stdout
    assert not list(tmp_path.iterdir())
