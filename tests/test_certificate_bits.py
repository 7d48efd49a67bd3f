"""Certificates of inductions: what is proved is verified, and no invariant, forged or not, for what differs."""

import json
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from certificates import body_of, signed, verified
from extras import needs_formal
from large import delays, lfsr, rewritten
from modules import random_module
from test_prove_decide import BITS, NUMBER, altered
from test_prove_methods import RECENT, latest

from bonsaic.bench.prove import counter
from bonsaic.diag import Mistake
from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse
from bonsaic.ir.values import fin
from bonsaic.ir.verify import verify
from bonsaic.prove import formal
from bonsaic.prove.certificate import certify_equal, equal_sides
from bonsaic.prove.induction import Equal, equal_bits
from bonsaic.prove.machine import tabulate
from bonsaic.prove.miter import table_circuit
from bonsaic.prove.verdict import Differs
from bonsaic.prove.walk import walk
from bonsaic.verify import check


def made(m, other):
    """The content of the certificate that an induction from the initial states alone leaves, or None."""
    a, b = ModuleMachine(m), ModuleMachine(other)
    found = equal_bits(a, b, np.concatenate([a.initial, b.initial])[None])
    return body_of(certify_equal(m, other, found, {})) if isinstance(found, Equal) else None


@pytest.fixture(scope="module")
def accepts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bits")

    def accepted(body):
        try:
            verified(folder, signed(body))
        except Mistake as e:
            assert "proves nothing" in str(e)
            return False
        return True

    return accepted


LARGE = [counter(40), lfsr(40), delays(64)]


@pytest.mark.parametrize("m", LARGE, ids=["counter", "lfsr", "delays"])
def test_an_induction_over_more_states_than_can_be_visited_verifies(accepts, m):
    other = rewritten(m)
    body = made(m, other)
    assert accepts(body)
    last = other.regs[-1].name
    for wrong in (
        replace(other, next={**other.next, last: node("not", other.next[last])}),
        replace(other, init={**other.init, last: 1 - other.init[last]}),
        replace(other, outs={"y": node("not", other.outs["y"])}),
        replace(other, outs={"z": other.outs["y"]}),
        replace(other, legal=other.regs[0]),
        replace(other, care={"y": other.regs[0]}),
    ):
        assert not accepts(body | equal_sides(m, wrong))


def test_a_number_and_its_bits_are_verified_as_what_they_ever_are(accepts):
    """Codes of no number are treated otherwise by the gates; they do not occur."""
    number, bits = parse(NUMBER), parse(BITS)
    body = made(number, bits)
    assert accepts(body)
    assert not accepts(body | equal_sides(number, replace(bits, outs={"y": bits.regs[0]})))


def test_fractions_are_verified_exactly(accepts):
    r, s = (register(name, fin([0, Fraction(1, 2)])) for name in "rs")
    x, half = port("x"), affine([Fraction(1, 2)], [port("x")])
    turned = affine([Fraction(-1, 2)], [node("not", x)], Fraction(1, 2))
    m, other = (
        Module("m", "fin", (x,), (q,), {q.name: 0}, {q.name: n}, {"y": node("lt", const(0), twice)})
        for q, n in ((r, half), (s, turned))
        for twice in [affine([2], [q])]
    )
    body = made(m, other)
    assert accepts(body)
    assert not accepts(body | equal_sides(m, replace(other, outs={"y": const(0)})))
    slow = replace(other, next={"s": affine([Fraction(1, 3)], [x])})
    assert not accepts(body | equal_sides(m, replace(slow, regs=other.regs)))


X, R = port("x"), register("r")
HELD = Module("m", "gate", (X,), (R,), {"r": 0}, {"r": X}, {"y": R})
WRONG = {
    "falls": replace(HELD, next={"r": node("and", X, node("not", R))}),
    "stays 0": replace(HELD, outs={"y": const(0)}),
    "is not late": replace(HELD, outs={"y": node("and", X, R)}),
}
BIT = [[0, 1], [1], [0]]
CODES = {
    "equal": BIT,
    "never 1": [[0, 1], [0], [0]],
    "one of its own": [[0, 1], [2], [0]],
    "the opposite": [[1, 0], [1], [0]],
    "an opposite of the opposite": [[1, 0], [1], [1]],
    "a first value that is no bit": [[0, 1], [1], [2]],
    "a negative place": [[0, 1], [1], [-1]],
    "places beyond all bits": [[1, 7, 8, 9, 0], [1, 2, 3], [4, 0, 0]],
    "the input": [[0, 1], ["x"], [0]],
    "only one value": [[0], [], []],
    "too few bits": [[0, 1], [], []],
    "too few first values": [[0, 1], [1], []],
    "a value twice": [[0, 0], [1], [0]],
    "more values": [[0, 1, 0, 1], [1, 2], [0, 0]],
    "nothing": [],
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("code", CODES)
def test_machines_that_differ_are_not_proved_equal_by_hand(accepts, wrong, code):
    """After 1 something is wrong: whatever is said of the registers is false at some time."""
    own, of = made(HELD, HELD), CODES[code]
    for order in (
        [1, 2, 3, "x"],
        ["x", 3, 2, 1],
        [0, 1, 2, 3, "x"],
        [1, 1, 2, "x"],
        [True, 2, "x"],
    ):
        body = own | {"order": order}
        assert accepts(body | {"codes": [{"r": BIT}] * 2})
        body |= equal_sides(HELD, WRONG[wrong])
        for clauses in [], [[-1]], [[-1], [-2]], [[1, -1]]:
            body["clauses"] = clauses
            assert not accepts(body | {"codes": [{"r": BIT}, {"r": of}]})
            assert not accepts(body | {"codes": [{"r": of}, {"r": of}]})


def test_a_side_that_cannot_be_compared_is_refused(accepts):
    body = made(HELD, HELD)
    more = equal_sides(replace(HELD, outs={"y": R, "z": X}), replace(HELD, outs={"y": R, "z": X}))
    assert not accepts(body | {"impl": more["impl"]}) and not accepts(body | {"spec": more["spec"]})
    net = Module("m", "quant", (), (R,), {"r": 0}, {"r": R}, {"y": affine([1], [R])})
    assert made(net, net) and not accepts(made(net, net))  # float32 has sums of its own


@needs_formal
def test_an_invariant_of_abc_verifies_as_clauses_and_no_other_does(accepts):
    """One of the last two inputs is 1: asked of a state each for what was read, and of what remembers 24."""
    spec, impl = table_circuit(tabulate(ModuleMachine(parse(RECENT)), cap=10)), latest(delays(24))
    assert made(spec, impl) is None
    found = formal.invariant(spec, impl, seconds=30)
    body = body_of(certify_equal(spec, impl, found, {}))
    assert accepts(body) and len(body["clauses"]) > 1
    for i, clause in enumerate(body["clauses"]):
        rest = body["clauses"][:i] + body["clauses"][i + 1 :]
        for other in (
            [],
            [-k for k in clause],
            [*clause[:-1], -clause[-1]],
            [0],
            [[]],
            ["x"],
            [99],
        ):
            assert not accepts(body | {"clauses": [*rest, other]})
    wrong = equal_sides(spec, latest(delays(24), wrong=True))
    assert not accepts(body | wrong) and not accepts(body | {"clauses": []})
    assert formal.invariant(spec, latest(delays(24), wrong=True), seconds=30) is None


@needs_formal
def test_an_invariant_of_abc_says_nothing_about_what_follows_an_illegal_letter(accepts):
    """Both sides part after two letters 1 in a row, which are not legal."""
    late = replace(HELD, legal=node("not", node("and", X, R)), outs={"y": node("and", X, R)})
    silent = replace(HELD, outs={"y": const(0)})
    found = formal.invariant(late, silent, seconds=30)
    assert accepts(body_of(certify_equal(late, silent, found, {})))


def disturbed(rng, body):
    """An invariant with one thing changed: entries flipped, swapped, dropped or added."""
    body = json.loads(json.dumps(body))
    tables = [code for side in body["codes"] for code in side.values()]
    names = sorted({k for _, bits, _ in tables for k in bits} | {0})
    code = rng.choice([code for code in tables if code[1]] or tables)
    values, bits, first = code
    at = rng.randrange(max(1, len(bits)))
    match rng.choice(
        ("first", "bit", "drop", "swap", "value", "alone", "side", "clause", "order", "no")
    ):
        case "first" if bits:
            first[at] ^= 1
        case "bit" if bits:
            bits[at] = rng.choice([*names, names[-1] + 1])
        case "drop" if bits:
            bits.pop(at), first.pop(at)
        case "swap":
            a, b = rng.choice(tables), rng.choice(tables)
            a[1], b[1] = b[1], a[1]
        case "value":
            values[rng.randrange(len(values))] = rng.choice(("-1", "0", "1", "2"))
        case "alone":
            code[:] = [[rng.choice(values)], [], []]
        case "clause":
            literals = [rng.choice((-1, 1)) * k for k in names if k]
            body["clauses"] += [rng.sample(literals, min(len(literals), rng.randint(1, 2)))]
        case "side":
            body["codes"].reverse()
        case "order":
            body["order"].append(rng.choice([*body["order"], *names]))
        case _:
            body["order"].remove(rng.choice(body["order"]))
    return body


def campaign(accepts, seeds):
    """How many right pairs verify, and how many forged invariants of wrong pairs were refused."""
    proved = refused = 0
    for seed in seeds:
        rng = random.Random(seed)
        m = random_module(rng, rng.choice(("fin", "gate")), nodes=12, regs=4)
        try:
            other = verify(altered(rng, m))
        except (Mistake, AssertionError):
            continue
        body = made(m, other)
        truth = walk(ModuleMachine(m), ModuleMachine(other), float32=False)
        differs = isinstance(truth, Differs)
        assert body is None or (accepts(body) and not differs), seed
        proved += body is not None
        own = made(m, m) | equal_sides(m, other)
        for forged in (own, *(disturbed(rng, own) for _ in range(6))):
            if accepts(forged):
                assert not differs, seed
            else:
                refused += differs
    return proved, refused


def test_no_invariant_verifies_for_what_differs(accepts):
    proved, refused = campaign(accepts, range(60))
    assert proved > 20 and refused > 30


@pytest.mark.slow
def test_no_invariant_of_many_verifies_for_what_differs(accepts):
    proved, refused = campaign(accepts, range(1000, 3000))
    assert proved > 800 and refused > 1000


def test_every_flipped_bit_of_an_induction_is_refused(tmp_path):
    m = lfsr(5)
    content = signed(made(m, rewritten(m))).encode()
    path = tmp_path / "flipped.cert"
    rng = random.Random(0)
    for at in rng.sample(range(len(content)), 200):
        changed = bytes([content[at] ^ 1 << rng.randrange(8)])
        path.write_bytes(content[:at] + changed + content[at + 1 :])
        with pytest.raises(Mistake, match="proves nothing"):
            check(str(path))
