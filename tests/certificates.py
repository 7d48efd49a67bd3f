"""What the tests of certificates share: how one is signed and checked, and two proofs that leave one."""

import hashlib
import json
import random

import numpy as np
from modules import random_module
from softnets import random_network, turning

from bonsaic.ir.run import ModuleMachine
from bonsaic.prove.certificate import certify
from bonsaic.prove.machine import TableMachine, tabulate
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.verdict import Proved
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


def proof(seed, level):
    """(table, module, certificate) of a random module against its own table, or None."""
    m = random_module(random.Random(seed), level)
    spec = tabulate(ModuleMachine(m), cap=100_000)
    verdict = walk(TableMachine(spec), ModuleMachine(m))
    if not isinstance(verdict, Proved):
        return None
    return spec, m, certify(spec, m, verdict, None, {})


def soft_proof():
    rng = np.random.default_rng(0)
    while True:
        spec, m = random_network(rng, inputs=2, states=3, noise=0.05, extra=1)
        verdict, invariant = prove_soft(TableMachine(spec), m, rng)
        if isinstance(verdict, Proved) and invariant is not None and spec.states > 2:
            return spec, m, verdict, invariant


SOFT = soft_proof()


def turning_proof():
    """Its boxes are in boxes again after some ticks only, and only with both registers followed together."""
    spec, m = turning(0.5)
    verdict, invariant = prove_soft(TableMachine(spec), m, np.random.default_rng(0))
    assert invariant.together and not invariant.home.all()
    return spec, m, verdict, invariant


TURNING = turning_proof()
