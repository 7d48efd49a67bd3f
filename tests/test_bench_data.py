"""The benchmark of the data generator says what the generator reaches."""

from pathlib import Path

from bonsaic.bench.data import main

GATED = Path(__file__).parent.parent / "programs" / "gated_4mode.bp"


def test_a_million_training_ticks_a_second_on_one_core(capsys):
    assert main([str(GATED)]) == 0
    _, name, ticks, _ = capsys.readouterr().out.splitlines()[-1].split("|")
    assert name == " gated_4mode " and int(ticks.replace(",", "")) > 1_000_000
