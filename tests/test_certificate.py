"""Certificates: what is proved is verified, and nothing else is: not a flipped bit, another file, a false claim."""

import hashlib
import json
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modules import random_module
from softnets import random_network

import bonsaic.verify
from bonsaic.diag import Mistake
from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import REAL
from bonsaic.prove.certificate import Certificate, certify
from bonsaic.prove.exact import walk_exactly
from bonsaic.prove.machine import TableMachine, tabulate
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.verdict import Differs, Proved
from bonsaic.prove.walk import walk
from bonsaic.verify import check


def signed(body):
    text = json.dumps(body) + "\n"
    return hashlib.sha256(text.encode()).hexdigest() + "\n" + text


def body_of(certificate):
    return json.loads(certificate.text.split("\n", 1)[1])


def verified(folder, text):
    path = folder / "it.cert"
    path.write_text(text)
    return check(str(path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


def proof(seed, level):
    """(table, module, certificate) of a random module against its own table, or None."""
    m = random_module(random.Random(seed), level)
    spec = tabulate(ModuleMachine(m), cap=100_000)
    verdict = walk(TableMachine(spec), ModuleMachine(m))
    if not isinstance(verdict, Proved):
        return None
    return spec, m, certify(spec, m, verdict, None, {})


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


def soft_proof():
    rng = np.random.default_rng(0)
    while True:
        spec, m = random_network(rng, inputs=2, states=3, noise=0.05, extra=1)
        verdict, invariant = prove_soft(TableMachine(spec), m, rng)
        if isinstance(verdict, Proved) and invariant is not None and spec.states > 2:
            return spec, m, verdict, invariant


SOFT = soft_proof()


def test_an_invariant_of_boxes_verifies(folder):
    certificate = certify(*SOFT, {})
    assert verified(folder, certificate.text).endswith("boxes, float32)")


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
    with pytest.raises(Mistake, match="float32 cannot hold 1/3"):
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
    q, low, _, after = body["boxes"][i]
    body["boxes"][i] = [q, low, low, after]


FALSE = {
    "box 1 is a point": lambda b: narrowed(b, 1),
    "the start is outside": lambda b: b["boxes"][0].__setitem__(1, "9 9 9"),
    "an empty box": lambda b: b["boxes"].__setitem__(
        1, [b["boxes"][1][0], "1 1 1", "0 0 0", b["boxes"][1][3]]
    ),
    "too few registers": lambda b: b["boxes"].__setitem__(
        1, [b["boxes"][1][0], "1", "1", b["boxes"][1][3]]
    ),
    "no boxes": lambda b: b.__setitem__("boxes", []),
    "a box that is missing": lambda b: b["boxes"][0][3].__setitem__(0, 10**6),
    "a letter without a box": lambda b: b["boxes"][0].__setitem__(3, []),
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


def test_too_many_states_leave_no_certificate(monkeypatch):
    monkeypatch.setattr("bonsaic.prove.certificate.TRANSITIONS", 1)
    x = port("x")
    m = Module("m", "gate", (x,), (), {}, {}, {"y": x})
    spec = tabulate(ModuleMachine(m), cap=10)
    assert certify(spec, m, Proved(1, 2), None, {}) is None


def test_an_input_that_only_the_implementation_has_must_not_matter(folder):
    x, idle = port("x"), port("idle")
    m = Module("m", "gate", (x, idle), (), {}, {}, {"y": x})
    blind = Module("m", "gate", (x,), (), {}, {}, {"y": x})
    spec = tabulate(ModuleMachine(blind), cap=10)
    certificate = certify(spec, m, Proved(1, 2), None, {})
    assert verified(folder, certificate.text)
    body = body_of(certificate)
    body["impl"] = body["impl"].replace("out y = x", "out y = idle")
    with pytest.raises(Mistake, match="output y may be wrong"):
        verified(folder, signed(body))


def test_a_certificate_is_written_whole(folder):
    Certificate("text").write(str(folder / "new.cert"))
    assert (folder / "new.cert").read_text() == "text"
    assert not list(folder.glob(".*part"))


def test_the_checker_is_small_and_alone():
    text = Path(bonsaic.verify.__file__).read_text()
    assert text.count("\n") <= 200
    imported = [line for line in text.splitlines() if "import" in line and "bonsaic" in line]
    assert imported == ["from bonsaic.diag import mistake"]


def test_a_refuted_module_has_no_certificate(folder):
    """Even when asked to: the listing of states says nothing that the checker would take for a proof."""
    x = port("x")
    m = Module("m", "gate", (x,), (), {}, {}, {"y": const(0)})
    spec = tabulate(ModuleMachine(Module("m", "gate", (x,), (), {}, {}, {"y": x})), cap=10)
    assert isinstance(walk(TableMachine(spec), ModuleMachine(m)), Differs)
    forged = certify(spec, m, Proved(1, 2), None, {})
    with pytest.raises(Mistake, match="output y may be wrong"):
        verified(folder, forged.text)
