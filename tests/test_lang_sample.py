"""Drawn words are legal, right, the same from the same seed, and visit rare states."""

from pathlib import Path

import numpy as np
import pytest

from bonsaic.ir.mealy import FREE
from bonsaic.lang import check, initial, load, parse_text, tabulate, tick
from bonsaic.lang.sample import ModuleSampler, coverage, random_word, sampler
from bonsaic.lang.words import read_word, run_table

ROOT = Path(__file__).parent.parent / "programs"
NAMES = (
    "replace_111",
    "parens_8",
    "gated_4mode",
    "mini_cpu",
    "loop_3",
    "square_wave",
    "mini_cpu_alu",
)


def letters_of(program, inputs):
    """Values per tick from wires, all ports binary and from 0."""
    for row in inputs:
        at, letter = 0, []
        for p in program.inputs:
            letter.append(sum(int(b) << k for k, b in enumerate(row[at : at + len(p.wires)])))
            at += len(p.wires)
        yield tuple(letter)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by_module", [False, True])
def test_words_are_legal_and_answered_as_the_interpreter_does(name, by_module):
    p = load(str(ROOT / f"{name}.bp"))
    source = ModuleSampler(p) if by_module else sampler(p)
    inputs, targets = source.sample(np.random.default_rng(1), 20, 30)
    assert inputs.dtype == targets.dtype == np.int8
    assert inputs.shape == (20, 30, len(p.input_wires))
    for word, wanted in zip(inputs, targets, strict=True):
        state = initial(p)
        for letter, bits in zip(letters_of(p, word), wanted, strict=True):
            state, outputs = tick(p, state, letter)  # Illegal would be raised
            assert bits.tolist() == list(outputs)


def test_free_outputs_are_marked():
    (p,) = check(parse_text("program p(x: bit) -> (y: bit) { y = if x { dontcare } else { 1 } }"))
    inputs, targets = sampler(p).sample(np.random.default_rng(0), 10, 10)
    assert (targets == np.where(inputs == 1, FREE, 1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_few_words_take_every_transition(name):
    table = tabulate(load(str(ROOT / f"{name}.bp")))
    inputs, _ = sampler(table).sample(np.random.default_rng(0), 512, 64)
    found = coverage(table, inputs)
    assert found.taken == found.transitions


def test_rare_states_are_visited():
    text = """
    program p(x: bit ~ 0.1) -> (y: bit) {
      state ones: int[0..12] = 0
      ones = if x and ones < 12 { ones + 1 } else if x { ones } else { 0 }
      y = ones == 12
    }
    """
    (p,) = check(parse_text(text))
    inputs, targets = sampler(p).sample(np.random.default_rng(0), 512, 64)
    assert targets.sum() > 0  # by the frequency alone, one word in 10^10 or so
    assert 0.1 < inputs.mean() < 0.4


def test_coverage_counts_every_transition_once():
    p = load(str(ROOT / "delay_1.bp"))
    found = coverage(p, np.array([[[0], [1], [0]], [[0], [0], [1]]], np.int8))
    assert str(found) == "3 of 4 reachable transitions (75.0%)"


def test_the_same_seed_gives_the_same_words_everywhere():
    p = load(str(ROOT / "gated_4mode.bp"))
    inputs, targets = sampler(p).sample(np.random.default_rng(7), 2, 12)
    assert inputs[0].T.tolist() == SEVEN
    assert targets[1, :, 0].tolist() == ANSWERS


SEVEN = [
    [0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1],
    [1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1],
    [1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0],
]
ANSWERS = [0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 1, 0]


def test_a_run_is_shown_tick_by_tick():
    p = load(str(ROOT / "gated_4mode.bp"))
    assert run_table(p, read_word(p, "1,0,1 0,1,1\n1,1,1")) == (
        "tick | next a b | mode | y\n"
        "   1 |    1 0 1 |  XOR | 0\n"
        "   2 |    0 1 1 |  AND | 1\n"
        "   3 |    1 1 1 |  AND | 0\n"
    )
    silent = load(str(ROOT / "loop_3.bp"))
    assert run_table(silent, read_word(silent, "3")).splitlines()[-1] == "   3 |    2 | 1"


def test_random_words_are_legal():
    p = load(str(ROOT / "parens_8.bp"))
    word = random_word(p, 200, np.random.default_rng(0))
    assert len(word) == 200 and len(run_table(p, word).splitlines()) == 201
