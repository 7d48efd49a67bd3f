"""Growing ends with a proof, tells a network only what its guide allows, and is the same every time."""

import sqlite3

import numpy as np
import pytest
from machines import accumulator, machine, proved

from bonsaic.diag import Missing, Mistake
from bonsaic.grow import device, grow
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import walk as check
from bonsaic.grow.logic import construct
from bonsaic.grow.record import ASKED_FOR, TRAINED, Record
from bonsaic.grow.repair import NEARLY
from bonsaic.grow.teacher import CODES, MAY_TELL, STATES, VERDICTS, WORDS, Teacher
from bonsaic.grow.untrained import by_questions
from bonsaic.grow.widen import widen
from bonsaic.grow.words import Sampler
from bonsaic.network import Network


def arrays(network: Network) -> list[np.ndarray]:
    cells = [getattr(c, key) for c in network.cells for key in c.__dataclass_fields__]
    return [*cells, network.head_kernel, network.head_bias]


@pytest.mark.parametrize("name", ["replace_111", "loop_3", "all_equal", "parens_8", "gated_4mode"])
def test_grows_a_proved_network(name):
    m = machine(name)
    grown = grow(m, seed=1, budget=120)
    assert proved(grown.network, m), grown
    assert set(grown.told) <= set(MAY_TELL["repair"]) and WORDS in grown.told
    assert grown.tried >= 16 and grown.steps == grown.curve[-1][0] and not grown.interrupted


@pytest.mark.parametrize(("name", "seed"), [("replace_111", 0), ("parens_8", 2)])
def test_words_alone_are_enough(name, seed):
    m = machine(name)
    grown = grow(m, seed=seed, guide="none", budget=120)
    assert proved(grown.network, m)
    assert set(grown.told) == {WORDS, VERDICTS}


@pytest.mark.parametrize("name", ["replace_111", "loop_3", "mini_cpu", "all_equal", "square_wave"])
def test_states_as_targets_always_suffice(name):
    m = machine(name)
    grown = grow(m, guide="states", budget=60)
    assert proved(grown.network, m)
    assert STATES in grown.told and grown.network.note["told"] == grown.told


def test_a_table_too_large_to_learn_is_found_by_asking_about_words():
    m = accumulator(4)
    grown = grow(m, budget=120)
    assert proved(grown.network, m)
    assert grown.network.note["made"] == ASKED_FOR


@pytest.mark.parametrize("name", ["gated_6mode", "square_wave"])
def test_a_machine_found_by_asking_takes_words_and_verdicts_alone(name):
    m, record = machine(name), Record()
    teacher = Teacher(Sampler(m), "none")
    found = by_questions(record, teacher, 12, np.random.default_rng(0), lambda: False)
    assert found is not None and check(*found, Sampler(m)).proved
    assert teacher.told == {WORDS, VERDICTS} and record.made == ASKED_FOR


@pytest.mark.parametrize("name", ["mini_cpu", "mips/add_mod_8", "mips/min_seen"])
def test_only_what_is_nearly_right_is_repaired(name):
    m = machine(name)
    grown = grow(m, seed=2, budget=120)
    assert proved(grown.network, m) and grown.network.note["made"] == TRAINED
    assert grown.network.note["wrong_before_repair"] <= NEARLY


@pytest.mark.parametrize("guide", MAY_TELL)
def test_a_teacher_refuses_what_the_guide_does_not_allow(guide):
    teacher = Teacher(Sampler(machine("replace_111")), guide)
    for what, ask in ((CODES, teacher.sorted_by_state), (STATES, teacher.taught_by_state)):
        if what in MAY_TELL[guide]:
            ask()
            assert what in teacher.told
        else:
            with pytest.raises(AssertionError):
                ask()


def test_same_seed_same_network_other_seed_another():
    m = machine("replace_111")
    first, again, other = (arrays(grow(m, seed=s, budget=60).network) for s in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_budget_that_ends_first_says_how_far_it_got():
    grown = grow(machine("square_wave"), guide="none", budget=0.01)
    assert grown.network is None and grown.steps > 0
    assert "--guide repair" in grown.advice and "--budget" in grown.advice


def test_ctrl_c_keeps_what_is_there():
    def interrupt(progress):
        raise KeyboardInterrupt

    grown = grow(machine("square_wave"), guide="none", progress=interrupt)
    assert grown.interrupted and grown.network is None


def test_words_hold_letters_about_as_often_as_the_program_says():
    m = machine("gated_2mode")
    often = np.where(m.letters[:, 0], 0.1, 0.9)
    rng = np.random.default_rng(0)
    for frequencies, least, most in ((None, 0.45, 0.7), (often, 0.05, 0.35)):
        sampler = Sampler(m, frequencies)
        nothing = [np.empty(0, np.int64)] * 2000
        drawn = sampler.draw(rng, 2000, 20)[0], sampler.extend(nothing, 20, rng)
        assert all(least < m.letters[x, 0].mean() < most for x in drawn)


def test_the_check_finds_a_shortest_wrong_word():
    m = machine("parens_8")
    sampler = Sampler(m)
    shape, flat = construct(m, lambda: False)
    assert check(shape, flat, sampler).proved
    *_, (_, head, _) = shape.parts(flat)
    head[:] *= -1
    found = check(shape, flat, sampler)
    assert not found.right and {len(w) for w in found.words} == {1}


def test_a_changed_weight_is_noticed():
    m = machine("replace_111")
    sampler = Sampler(m)
    network = grow(m, seed=0).network
    (cell,) = network.cells
    shape = Architecture(1, ((cell.states, cell.outputs),), 1)
    flat = np.zeros(shape.weights)
    (_, kernel, first), (_, head, _) = shape.parts(flat)
    kernel[:] = np.block(
        [[cell.recurrent_bias, cell.output_bias], [cell.recurrent_kernel, cell.output_kernel]]
    )
    first[:], head[0], head[1:] = cell.initial_state, network.head_bias, network.head_kernel
    assert check(shape, flat, sampler).proved
    head[0] += 9
    assert not check(shape, flat, sampler).right


def test_a_network_with_too_many_rows_to_refit_is_only_rounded(monkeypatch):
    m = machine("mini_cpu")
    shape, flat = construct(m, lambda: False)
    flat += np.random.default_rng(0).uniform(-0.1, 0.1, flat.shape)
    teacher = Teacher(Sampler(m), "none")
    found = teacher.check(shape, flat)
    for rows, still in ((8, True), (4096, False)):
        monkeypatch.setattr("bonsaic.grow.widen.WIDE", 1.0)
        monkeypatch.setattr("bonsaic.grow.widen.ROWS", rows)
        widened = widen(shape, flat, teacher, found)
        assert teacher.check(shape, widened).proved
        assert (np.abs(widened - flat).max() <= 2**-8) == still


def test_drawn_words_are_legal_and_meet_every_state():
    for name in ("parens_8", "square_wave", "add_8"):
        sampler = Sampler(machine(name))
        letters, states = sampler.draw(np.random.default_rng(0), 256, 32)
        assert sampler.mealy.legal[states, letters].all()
        assert (sampler.replay(letters) == states).all()
        assert len(np.unique(states)) == sampler.mealy.states


def test_an_unknown_device_is_a_mistake_naming_those_there():
    with pytest.raises(Mistake, match="there are '"):
        device.choose("no such device")


def test_a_missing_linker_names_the_command_that_installs_it(monkeypatch):
    device.choose.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(
        device,
        "devices",
        lambda: [device.Device("cpu", "3", "Portable Computing Language", 0, True)],
    )
    with pytest.raises(Missing, match="apt-get install binutils"):
        device.choose()
    device.choose.cache_clear()


def test_no_device_names_the_command_that_installs_one(monkeypatch):
    device.choose.cache_clear()
    monkeypatch.setattr(device, "devices", lambda: [])
    with pytest.raises(Missing, match="pip install pocl-binary-distribution"):
        device.choose()
    device.choose.cache_clear()


def test_kernels_that_cannot_be_kept_are_a_mistake_with_the_reason():
    """As on a disk that fills while a network grows."""
    chosen = device.choose()
    with pytest.raises(Mistake, match="kept: database or disk is full"), device.watched(chosen):
        raise sqlite3.OperationalError("database or disk is full")


def test_a_device_without_the_memory_asked_for_is_a_mistake_with_the_reason():
    chosen = device.choose()
    from tinygrad import dtypes
    from tinygrad.device import Buffer

    with pytest.raises(Mistake, match=r"failed: Allocation of \d+"), device.watched(chosen):
        Buffer(device.tinygrad_name(), 1 << 58, dtypes.float32).allocate()
