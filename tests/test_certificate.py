"""Certificates: what is proved is verified, and nothing else is: not a flipped bit, another file, a false claim."""

import json
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from certificates import SOFT, TURNING, body_of, proof, signed, verified
from hypothesis import given, settings
from hypothesis import strategies as st
from softnets import random_network, turning

from bonsaic.diag import Mistake
from bonsaic.ir.core import Module, affine, node, register, rewrite
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import REAL
from bonsaic.prove.certificate import certify
from bonsaic.prove.exact import walk_exactly
from bonsaic.prove.machine import TableMachine, tabulate
from bonsaic.prove.search import first_error
from bonsaic.prove.tick import Tick
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk
from bonsaic.verify import Checker, check


@given(st.integers(0, 2**32), st.sampled_from(("fin", "net", "quant", "gate")))
@settings(max_examples=60, deadline=None)
def test_every_walk_that_proves_leaves_a_certificate_that_verifies(folder, seed, level):
    if made := proof(seed, level):
        assert verified(folder, made[2].text).startswith("verified: ")


def mutated(rng, m):
    group = rng.choice([g for g in ("next", "outs") if getattr(m, g)])
    changed = dict(getattr(m, group))
    name = rng.choice(list(changed))
    values = [*m.inputs, *m.regs, *m.order()]
    changed[name] = rng.choice([v for v in values if v.type == changed[name].type])
    return replace(m, **{group: changed})


@given(st.integers(0, 2**32), st.sampled_from(("fin", "quant", "gate")))
@settings(max_examples=60, deadline=None)
def test_a_certificate_put_under_another_module_is_refused(folder, seed, level):
    """The boxes and the table stay, the module is a mutant: verified only where the mutant is equal."""
    made = proof(seed, level)
    if not made:
        return
    spec, m, certificate = made
    other = mutated(random.Random(seed), m)
    body = body_of(certificate)
    body["impl"] = body_of(certify(spec, other, Proved(1, 1), None, {}))["impl"]
    equal = isinstance(walk(TableMachine(spec), ModuleMachine(other), float32=False), Proved)
    try:
        verified(folder, signed(body))
    except Mistake:
        return
    assert equal


def test_an_invariant_of_boxes_verifies(folder):
    certificate = certify(*SOFT, {})
    assert verified(folder, certificate.text).endswith("boxes, float32)")


def test_an_invariant_of_several_ticks_verifies_with_registers_followed_together_only(folder):
    certificate = certify(*TURNING, {})
    assert verified(folder, certificate.text).endswith("boxes, float32)")
    with pytest.raises(Mistake, match="a box leaks"):
        verified(folder, signed(body_of(certificate) | {"together": False}))


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_what_the_checker_follows_holds_every_run(seed):
    """Random boxes of a random network, several ticks on: float32 and float64 runs from inside stay inside."""
    rng = np.random.default_rng(seed)
    spec, m = random_network(rng, inputs=2, states=3, noise=0.3, extra=2, f=float(rng.random()))
    low = np.round(rng.normal(0, 1.5, 3) * 64) / 64
    high = low + np.round(rng.exponential(0.3, 3) * 64) / 64
    body = body_of(certify(spec, m, Proved(1, 1), SOFT[3], {}))
    checker = Checker(body | {"together": bool(rng.integers(0, 2)), "boxes": []})
    ends = [
        (checker.number(Fraction(a)), checker.number(Fraction(b)))
        for a, b in zip(low, high, strict=True)
    ]
    forms = [(a, b, (b - a + 1) // 2, [(a + b) // 2]) for a, b in ends]
    places = low + (high - low) * rng.random((300, 3))
    runs = {kind: np.concatenate([places, [low, high]]) for kind in (np.float32, np.float64)}
    for _ in range(3):
        letter = spec.letters[rng.integers(0, len(spec.letters))]
        env = checker.tick(forms, dict(zip(spec.inputs, map(str, letter), strict=True)))
        forms = [env[n] for n in checker.m.next.values()]
        for kind, states in runs.items():
            feed = np.repeat(letter[None], len(states), axis=0)
            runs[kind], _ = Tick(m).run(states, feed, kind)
            for (a, b, rest, parts), column in zip(forms, runs[kind].T.astype(float), strict=True):
                a, b, middle = (float(Fraction(v, checker.unit)) for v in (a, b, parts[0]))
                assert a - 1e-12 <= column.min() and column.max() <= b + 1e-12
                spread = float(Fraction(rest + sum(map(abs, parts[1:])), checker.unit))
                assert np.abs(column - middle).max() <= spread + 1e-12


@pytest.mark.parametrize("proved", [SOFT, TURNING], ids=["one tick", "several"])
def test_a_disturbed_network_under_the_same_boxes_is_right_where_it_verifies(folder, proved):
    """One weight, bias or initial state is moved; what is accepted is right on long random words."""
    spec, m, verdict, invariant = proved
    rng = random.Random(3)
    words = np.random.default_rng(3).integers(0, len(spec.letters), (100, 200))
    accepted = refused = 0
    for _ in range(60):
        other = disturbed(rng, m)
        text = certify(spec, other, verdict, invariant, {}).text
        try:
            verified(folder, text)
        except Mistake:
            refused += 1
            continue
        accepted += 1
        assert (first_error(spec, Tick(other), spec.letters, words) == -1).all()
    assert accepted and refused


def test_no_boxes_prove_a_network_that_is_wrong(folder):
    """The right one's invariant, boxes and ways moved at random, under a network that errs after some ticks."""
    spec, wrong = turning(0.125)
    body = body_of(certify(spec, wrong, *TURNING[2:], {}))
    rng = random.Random(5)
    for _ in range(100):
        forged = json.loads(json.dumps(body))
        for _, ends, after in forged["boxes"]:
            for pair in ends or ():
                if rng.random() < 0.3:
                    pair[:] = [str(Fraction(v) * Fraction(rng.randint(0, 16), 8)) for v in pair]
            if rng.random() < 0.1:
                after[rng.randrange(2)] = rng.randrange(len(forged["boxes"]))
        forged["together"] = rng.random() < 0.9
        with pytest.raises(Mistake, match="proves nothing"):
            verified(folder, signed(forged))


def disturbed(rng, m):
    size = Fraction(rng.choice((-1, 1)), 1 << rng.randrange(0, 24))
    if rng.random() < 0.2:
        name = rng.choice(list(m.init))
        return replace(m, init={**m.init, name: m.init[name] + size})
    target = rng.choice([n for n in m.order() if n.op == "affine"])
    weights, bias = list(target.attr[0]), target.attr[1]
    at = rng.randrange(len(weights) + 1)
    if at == len(weights):
        bias += size
    else:
        weights[at] += size
    return rewrite(m, lambda n: affine(weights, n.args, bias) if n is target else n)


def test_a_proof_about_exact_reals_verifies_as_such_and_not_for_float32(folder):
    r, third = register("s", REAL), Fraction(1, 3)
    m = Module("third", "quant", (), (r,), {"s": third}, {"s": affine([-1], [r])}, {"y": r})
    q = register("q")
    turns = Module("turns", "gate", (), (q,), {"q": Fraction(1)}, {"q": node("not", q)}, {"y": q})
    spec = tabulate(ModuleMachine(turns), cap=10)
    verdict, _ = walk_exactly(spec, m, [[]])
    assert verdict == Proved(2, 2, "exact reals")
    certificate = certify(spec, m, verdict, None, {})
    assert verified(folder, certificate.text).endswith("(2 boxes, exact reals)")
    body = body_of(certificate) | {"arithmetic": "float32", "activation_rounding": "1/1024"}
    with pytest.raises(Mistake, match="cannot hold 1/3"):
        verified(folder, signed(body))


def test_any_flipped_bit_is_refused(folder):
    content = certify(*SOFT, {}).text.encode()
    rng = random.Random(0)
    path = folder / "flipped.cert"
    for _ in range(300):
        at = rng.randrange(len(content))
        path.write_bytes(
            content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
        )
        with pytest.raises(Mistake, match="proves nothing"):
            check(str(path))


def test_a_cut_certificate_is_refused(folder):
    content = certify(*SOFT, {}).text
    for end in range(0, len(content), max(1, len(content) // 50)):
        with pytest.raises(Mistake, match="proves nothing"):
            verified(folder, content[:end])


def narrowed(body, i):
    q, ends, after = body["boxes"][i]
    body["boxes"][i] = [q, [[low, low] for low, _ in ends], after]


FALSE = {
    "box 1 is a point": lambda b: narrowed(b, 1),
    "the start is outside": lambda b: b["boxes"][0].__setitem__(1, [["9", "9"]] * 3),
    "an empty box": lambda b: b["boxes"][1].__setitem__(1, [["1", "0"]] * 3),
    "too few registers": lambda b: b["boxes"][1].__setitem__(1, [["1", "1"]]),
    "nowhere to start": lambda b: b["boxes"][0].__setitem__(1, None),
    "no boxes": lambda b: b.__setitem__("boxes", []),
    "a box that is missing": lambda b: b["boxes"][0][2].__setitem__(0, 10**6),
    "a letter without a box": lambda b: b["boxes"][0].__setitem__(2, []),
    "all outputs turned": lambda b: b["spec"].__setitem__(
        "outs", [["1" if o == "0" else "0" for o in row] for row in b["spec"]["outs"]]
    ),
    "a table without letters for a state": lambda b: b["spec"]["next"].pop(),
    "rounding left out": lambda b: b.__setitem__("activation_rounding", "0"),
    "rounding too small": lambda b: b.__setitem__("activation_rounding", "1/1000000000"),
    "another format": lambda b: b.__setitem__("format", "bonsaic certificate 9"),
    "another output": lambda b: b["spec"].__setitem__("outputs", ["z"]),
    "no module": lambda b: b.__setitem__("impl", "nonsense"),
    "a line that is no node": lambda b: b.__setitem__(
        "impl", b["impl"].replace("  out", "  fly away\n  out", 1)
    ),
    "an activation out of range": lambda b: b.__setitem__(
        "impl", b["impl"].replace("f=1/2", "f=3/2")
    ),
    "a weight that float32 cannot hold": lambda b: b.__setitem__(
        "impl", b["impl"].replace("out y", "c = const 1/3 : real\n  out y")
    ),
    "an operation that does not exist": lambda b: b.__setitem__(
        "impl", b["impl"].replace("ameo{", "tanh{")
    ),
    "a number that is a list": lambda b: b["boxes"][0].__setitem__(1, []),
    "a unit of no size": lambda b: b.__setitem__("unit", 0),
    "a unit that is no whole number": lambda b: b.__setitem__("unit", float(b["unit"])),
    "a unit that is too coarse": lambda b: b.__setitem__("unit", 3),
    "arithmetic that there is not": lambda b: b.__setitem__("arithmetic", "float64"),
    "nested too deep": lambda b: b.__setitem__("note", json.loads("[" * 900 + "]" * 900)),
}


@pytest.mark.parametrize("change", FALSE)
def test_a_false_claim_with_a_right_hash_is_refused(folder, change):
    body = body_of(certify(*SOFT, {}))
    FALSE[change](body)
    if change == "nested too deep":
        verified(folder, signed(body))  # an unknown field is no claim
        return
    with pytest.raises(Mistake, match="proves nothing"):
        verified(folder, signed(body))


def test_every_box_is_needed_at_its_size(folder):
    """Shrinking any box that holds more than its own limit must show somewhere."""
    refused = 0
    for i in range(len(SOFT[3].state)):
        body = body_of(certify(*SOFT, {}))
        narrowed(body, i)
        try:
            verified(folder, signed(body))
        except Mistake:
            refused += 1
    assert refused == len(SOFT[3].state)


def test_files_must_be_those_it_was_made_for(folder, monkeypatch):
    monkeypatch.chdir(folder)
    Path("a.bp").write_text("one")
    text = certify(*SOFT, {"a.bp": b"one"}).text
    assert verified(folder, text).startswith("verified: a.bp agree")
    Path("a.bp").write_text("two")
    with pytest.raises(Mistake, match=r"a\.bp is not the file it was made for"):
        verified(folder, text)
    Path("a.bp").unlink()
    with pytest.raises(OSError):
        verified(folder, text)
