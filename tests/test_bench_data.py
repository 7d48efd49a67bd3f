"""The benchmark of the data generator says what the generator reaches."""

from pathlib import Path

from bonsaic.bench.data import main, rate
from bonsaic.lang import load
from bonsaic.lang.sample import sampler

GATED = Path(__file__).parent.parent / "programs" / "gated_4mode.bp"


def test_a_million_training_ticks_a_second_on_one_core(capsys):
    assert rate(sampler(load(str(GATED)))) > 1_000_000
    assert main([str(GATED)]) == 0
    assert "| gated_4mode | " in capsys.readouterr().out
