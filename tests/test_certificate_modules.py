"""Certificates of modules that are odd: too large, with inputs or names of their own, wrong, beyond float32."""

import inspect
from dataclasses import replace
from fractions import Fraction

import pytest
from certificates import body_of, signed, verified
from commandline import python

import bonsaic.verify
import bonsaic.verify_bits
from bonsaic.diag import Mistake
from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import SIGN
from bonsaic.prove.certificate import Certificate, certify
from bonsaic.prove.machine import TableMachine, tabulate
from bonsaic.prove.verdict import Differs, Proved
from bonsaic.prove.walk import walk


def test_too_many_states_leave_no_certificate(monkeypatch):
    monkeypatch.setattr("bonsaic.prove.certificate.TABLE", 1)
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


def test_the_checkers_are_small_and_alone():
    """Either kind of certificate rests on at most 200 lines."""
    boxes, bits = (inspect.getsource(m) for m in (bonsaic.verify, bonsaic.verify_bits))
    shared = [inspect.getsource(f) for f in (bonsaic.verify.check, bonsaic.verify.demand)]
    shared.append(boxes[boxes.index("EXACT:") :])
    assert boxes.count("\n") <= 200 and "".join([bits, *shared]).count("\n") <= 200
    assert "from bonsaic.verify import EXACT, demand\n" in bits
    code = (
        "import sys, bonsaic.verify, bonsaic.verify_bits\n"
        "print(*[m for m in sys.modules if m.startswith('bonsaic.')])"
    )
    done = python("-c", code)
    parts = {name.split(".")[1] for name in done.stdout.split()}
    assert parts == {"diag", "ir", "verify", "verify_bits"}


def test_sums_that_float32_may_not_hold_are_verified_in_the_reals_only(folder):
    x, z = port("x", SIGN), port("z", SIGN)
    big = affine([1 << 127, 1 << 127], [x, z], 1)
    m = Module("m", "net", (x, z), (), {}, {}, {"y": node("sign", big)})
    spec = tabulate(ModuleMachine(m), cap=10)
    assert verified(folder, certify(spec, m, Proved(1, 4, "exact reals"), None, {}).text)
    with pytest.raises(Mistake, match="too large for float32"):
        verified(folder, certify(spec, m, Proved(1, 4), None, {}).text)


def test_a_refuted_module_has_no_certificate(folder):
    """Even when asked to: the listing of states says nothing that the checker would take for a proof."""
    x = port("x")
    m = Module("m", "gate", (x,), (), {}, {}, {"y": const(0)})
    spec = tabulate(ModuleMachine(Module("m", "gate", (x,), (), {}, {}, {"y": x})), cap=10)
    assert isinstance(walk(TableMachine(spec), ModuleMachine(m)), Differs)
    forged = certify(spec, m, Proved(1, 2), None, {})
    with pytest.raises(Mistake, match="output y may be wrong"):
        verified(folder, forged.text)


def test_names_that_the_text_of_a_module_cannot_have_do_not_matter(folder):
    x, y = port("7"), port("in")
    r = [register(name) for name in ("7", "next", "größe [0]", "größe_0_")]
    after = {q.name: n for q, n in zip(r, [x, *r[:-1]], strict=True)}
    init = {q.name: Fraction(0) for q in r}
    outs = {"out": node("and", r[-1], y), "in": r[1], "<": x}
    names = {outs["out"]: "legal"}
    m = Module("<text>", "gate", (x, y), tuple(r), init, after, outs, names=names)
    spec = tabulate(ModuleMachine(m), cap=1000)
    assert verified(folder, certify(spec, m, Proved(1, 1), None, {}).text)
    wrong = replace(m, outs={**outs, "in": r[0]})
    with pytest.raises(Mistake, match="may be wrong"):
        verified(folder, certify(spec, wrong, Proved(1, 1), None, {}).text)
