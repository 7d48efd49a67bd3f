"""Faults put into everything that is proved or emitted: none is taken for equal."""

import random
from pathlib import Path

import numpy as np
import pytest

from bonsaic.bench import mutants, prove
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk

PROGRAMS = Path(__file__).parent.parent / "programs"


def test_no_mutant_passes():
    tables = mutants.small_programs(PROGRAMS)
    assert len(tables) >= 10
    outcomes = mutants.campaign(tables, 99, random.Random(1))
    assert [o.wrong for o in outcomes if o.wrong] == []
    assert {o.kind for o in outcomes} == set(mutants.KINDS)
    assert {o.answer for o in outcomes} >= {"proved", "differs", "unknown"}
    assert {o.bits for o in outcomes} == {True, False, None}


@pytest.mark.slow
def test_no_mutant_of_thousands_passes():
    assert mutants.main(["--programs", str(PROGRAMS), "--count", "2400"]) == 0


def test_the_campaign_notices_a_wrong_proof(monkeypatch, capsys):
    monkeypatch.setattr(mutants, "walk", lambda spec, impl: Proved(1, 1))
    assert mutants.main(["--programs", str(PROGRAMS), "--count", "40"]) == 1
    assert "but brute force says" in capsys.readouterr().out


def test_the_campaign_notices_a_certificate_of_bits_that_is_taken_for_one(monkeypatch, capsys):
    monkeypatch.setattr(mutants, "_bits_verify", lambda circuit, mutant: (False, True))
    assert mutants.main(["--programs", str(PROGRAMS), "--count", "40"]) == 1
    assert "verified: False, by bits: True" in capsys.readouterr().out


def test_the_bench_of_the_walk_prints_its_lines(capsys, monkeypatch):
    monkeypatch.setattr(prove, "LARGE", 200)
    assert prove.main(["--bits", "5", "6", "8", "--deep", "9"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and lines[1].split()[2:4] == ["512", "1024"]
    assert lines[3].split()[3:5] == ["64", "256"]
    assert lines[5].startswith("a transition of 1024 takes ") and lines[5].endswith("one of 256")


def test_brute_force_knows_free_and_illegal():
    one = Mealy(
        "m",
        ("x",),
        ("y",),
        np.array([[0], [1]], np.uint8),
        np.array([[0, -1]], np.int32),
        np.array([[[-1], [-1]]], np.int8),
    )
    from bonsaic.bench.brute import search

    m = prove.counter(2)
    assert search(one, m).ticks is None
    assert isinstance(walk(ModuleMachine(m), ModuleMachine(m)), Proved)
