"""Whatever goes wrong on the way, a cut file, a fault in any call, a kill: nothing is proved that is not so."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commandline import python
from faults import FAULTS, calls, swallowed, with_fault

from bonsaic import sides
from bonsaic.compare import answer, certified
from bonsaic.diag import Missing, Mistake
from bonsaic.emit.aiger import aiger, aiger_binary
from bonsaic.emit.blif import blif
from bonsaic.emit.verilog import verilog
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.text import show
from bonsaic.lang.kiss2 import to_kiss2
from bonsaic.network import Cell, Network, checkpoint
from bonsaic.prove.certificate import certify
from bonsaic.prove.machine import tabulate
from bonsaic.prove.miter import table_circuit
from bonsaic.prove.verdict import Proved
from bonsaic.verify import check

PROGRAMS = Path(__file__).parent.parent / "programs"
SPEC = PROGRAMS / "delay_1.bp"


def array(*rows):
    return np.array(rows, np.float32)


def network(way=-1):
    """Remembers its input for a tick; `way` 1 remembers the opposite."""
    cell = Cell(array([way], [0]), array(0), array(-1), array([0], [-1]), array(0))
    return Network("delay_1", ("x",), ("y",), (cell,), array([1]), array(0))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same machine in every kind of file, and `wrong.bir`, which is another."""
    folder = tmp_path_factory.mktemp("kinds")
    table = sides.table(str(SPEC))
    circuit = table_circuit(table)
    texts = {
        "bp": SPEC.read_text(),
        "kiss2": to_kiss2(table),
        "bir": show(circuit),
        "blif": blif(circuit),
        "aag": aiger(circuit),
        "v": verilog(circuit),
    }
    for kind, text in texts.items():
        (folder / f"same.{kind}").write_text(text)
    (folder / "same.npz").write_bytes(checkpoint(network()))
    (folder / "wrong.npz").write_bytes(checkpoint(network(way=1)))
    (folder / "wrong.bir").write_text(show(sides.module(str(folder / "wrong.npz"))))
    return folder


KINDS = ("bp", "kiss2", "bir", "blif", "aag", "v", "npz")


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_are_proved_when_whole(files, kind):
    assert isinstance(answer(str(SPEC), str(files / f"same.{kind}")).verdict, Proved)
    assert not isinstance(answer(str(files / "same.bp"), str(files / "wrong.bir")).verdict, Proved)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_is_refused_or_another_machine(files, kind):
    whole = files / f"same.{kind}"
    content, cut = whole.read_bytes().rstrip(), files / "cut" / whole.name
    cut.parent.mkdir(exist_ok=True)
    for end in range(0, len(content), max(1, len(content) // 60)):
        cut.write_bytes(content[:end])
        for spec, impl in ((SPEC, cut), (cut, SPEC)):
            try:
                verdict = answer(str(spec), str(impl)).verdict
            except (Mistake, Missing):  # other Verilog is read where Yosys is installed
                continue
            if isinstance(verdict, Proved):  # only a comment, names or the word for the end lack
                ours, theirs = (sides.module(str(p)) for p in (cut, whole))
                if kind == "aag":  # whose names are optional: binary AIGER has none
                    assert aiger_binary(ours) == aiger_binary(theirs), (end, spec)
                else:
                    assert replace(ours, name=theirs.name) == theirs, (end, spec)


@swallowed
@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("kind", ["bir", "npz"])
def test_a_fault_in_any_call_proves_nothing(files, kind, fault):
    spec, impl = str(SPEC), str(files / f"wrong.{kind}")

    def run():
        found = answer(spec, impl)
        return found.verdict, certified(found) if isinstance(found.verdict, Proved) else None

    total = calls(run)
    ends = 0
    for at in range(1, total + 1, max(1, total // 150)):
        said = with_fault(at, fault, run)
        ends += said is None
        assert said is None or not isinstance(said[0], Proved), at
    assert ends > 100


@swallowed
@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: type(f).__name__)
def test_a_fault_leaves_a_whole_certificate_or_none(files, fault):
    path = files / "proof"

    def run():
        certified(answer(str(SPEC), str(files / "same.npz"))).write(str(path))

    total = calls(run)
    for at in range(1, total + 1, max(1, total // 150)):
        path.unlink(missing_ok=True)
        with_fault(at, fault, run)
        assert not path.exists() or check(str(path)).startswith("verified")
    left = [p.name for p in files.iterdir() if p.name.endswith(".part")]
    assert left == []


@swallowed
@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: type(f).__name__)
def test_a_fault_in_the_checker_verifies_nothing(files, fault):
    table: Mealy = sides.table(str(SPEC))
    path = files / "false"
    certify(table, sides.module(str(files / "wrong.npz")), Proved(1, 1), None, {}).write(str(path))
    with pytest.raises(Mistake, match="may be wrong"):
        check(str(path))

    def run():
        try:
            check(str(path))
        except Mistake:
            return None
        return "verified"

    total = calls(run)
    for at in range(1, total + 1, max(1, total // 300)):
        assert with_fault(at, fault, run) is None, at


@pytest.mark.parametrize("delay", [0.05, 0.15, 0.25, 0.35, 0.5])
def test_a_kill_leaves_no_false_word(files, delay):
    for impl in ("same.npz", "wrong.npz"):
        proof = files / "killed"
        proof.unlink(missing_ok=True)
        command = [sys.executable, "-m", "bonsaic", "prove", SPEC, files / impl]
        process = subprocess.Popen(
            [*map(str, command), "--certificate", str(proof)], stdout=subprocess.PIPE, text=True
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
        if impl == "wrong.npz":
            assert "proved" not in said and not proof.exists()
        assert not proof.exists() or check(str(proof)).startswith("verified")


@pytest.mark.skipif(os.name != "posix", reason="limits of memory are for POSIX")
@pytest.mark.parametrize("megabytes", [60, 100, 200, 300, 500])
def test_too_little_memory_proves_nothing(files, megabytes):
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20,) * 2); "
    start = "from bonsaic.cli import main; import sys; sys.exit(main(sys.argv[1:]))"
    one = {"OPENBLAS_NUM_THREADS": "1"}
    done = python("-c", limit + start, "prove", SPEC, files / "wrong.npz", env=one)
    assert done.returncode != 0 and "proved" not in done.stdout


def test_tables_end_at_their_cap(files):
    machine = sides.machine(str(files / "same.bir"))
    assert tabulate(machine, cap=2) is None and tabulate(machine, cap=3) is None
    assert tabulate(machine, cap=4).states == 2
