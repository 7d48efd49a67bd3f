"""Certificates of `prove` on files of every kind, and what has none."""

import hashlib
import json
from functools import partial
from pathlib import Path

import pytest
from extras import needs_formal
from large import rewritten
from test_prove_methods import CAP, HISTORY, RECENT, latest

from bonsaic.bench.prove import counter, shift_register
from bonsaic.cli import main
from bonsaic.compare import answer, certified
from bonsaic.diag import Mistake
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse, show
from bonsaic.prove.decide import decide
from bonsaic.prove.machine import tabulate
from bonsaic.prove.miter import table_circuit
from bonsaic.prove.verdict import Proved
from bonsaic.verify import check

ROOT = Path(__file__).parent.parent


def test_a_proof_by_induction_is_written_down_for_programs_and_circuits(tmp_path, capsys):
    wide, other, path = (str(tmp_path / name) for name in ("wide.bir", "other.bir", "it.cert"))
    Path(wide).write_text(show(shift_register(24)))
    Path(other).write_text(show(rewritten(shift_register(24))))
    assert main(["prove", wide, other, "--certificate", path]) == 0
    assert "proved by induction (24 register classes, float32)" in capsys.readouterr().out
    assert main(["verify", path]) == 0
    assert "agree on every word (24 bits, float32)" in capsys.readouterr().out
    right = Path(other).read_text()
    Path(other).write_text(right + "\n")
    assert main(["verify", path]) == 2
    assert "other.bir is not the file it was made for" in capsys.readouterr().err
    Path(other).write_text(right)
    body = json.loads(Path(path).read_text().split("\n", 1)[1])
    body["spec"] = body["impl"]  # a right proof about another machine
    text = json.dumps({**body, "codes": [body["codes"][1]] * 2}) + "\n"
    Path(path).write_text(hashlib.sha256(text.encode()).hexdigest() + "\n" + text)
    assert check(path) and main(["verify", path]) == 2
    assert "another than the one in" in capsys.readouterr().err


@needs_formal
def test_a_proof_by_abc_is_written_down_for_circuits(tmp_path, capsys, monkeypatch):
    one, two, path = (str(tmp_path / name) for name in ("one.bir", "two.bir", "it.cert"))
    Path(one).write_text(show(table_circuit(tabulate(ModuleMachine(parse(RECENT)), cap=10))))
    Path(two).write_text(show(latest(HISTORY)))
    monkeypatch.setattr("bonsaic.compare.decide", partial(decide, cap=CAP))
    assert main(["prove", one, two, "--certificate", path]) == 0
    assert "proved by ABC's pdr" in capsys.readouterr().out
    assert main(["verify", path]) == 0
    assert "bits, float32)" in capsys.readouterr().out


COUNTS_TO_3 = (
    "module m : gate { reg a : bit = 0 reg b : bit = 0 n = or a, b : bit z = not n : bit "
    "next a = z next b = a out y = b }"
)
GOES_ROUND = (
    "module m : gate { reg p : bit = 1 reg q : bit = 0 reg r : bit = 0 "
    "next p = r next q = p next r = q out y = r }"
)


def test_a_proof_that_cannot_be_written_down_says_why(tmp_path, monkeypatch):
    texts = {"deep": show(counter(10)), "one": COUNTS_TO_3, "two": GOES_ROUND, "fin": RECENT}
    deep, one, two, fin = (str(tmp_path / f"{name}.bir") for name in texts)
    for name, text in texts.items():
        (tmp_path / f"{name}.bir").write_text(text)
    program = str(ROOT / "programs" / "replace_111.bp")
    for *pair, method in (one, two, "induction"), (fin, fin, "ABC"), (program, program, "ABC"):
        assert isinstance(answer(*pair).verdict, Proved)
        with monkeypatch.context() as patched:
            proved = Proved(1, 0, method=method)
            patched.setattr("bonsaic.compare.decide", lambda *_, proved=proved: proved)
            with pytest.raises(Mistake, match=f"and this was proved by {method}"):
                certified(answer(*pair))
    assert certified(answer(deep, deep))
    for module, most in (("compare", 2047), ("prove.certificate", 2047)):
        with monkeypatch.context() as patched:
            patched.setattr(f"bonsaic.{module}.TABLE", most)
            with pytest.raises(Mistake, match="too few for this proof: proved"):
                certified(answer(deep, deep))


def test_a_certificate_about_other_machines_than_its_files_hold_is_refused(tmp_path, capsys):
    """Boxes and hashes hold together, but the files whose hashes they are hold something else."""
    right, wrong = tmp_path / "right.bp", tmp_path / "wrong.bp"
    right.write_text("program it(x: bit) -> (y: bit) { y = x }\n")
    wrong.write_text("program it(x: bit) -> (y: bit) { y = not x }\n")
    certificate = certified(answer(str(right), str(right)))
    body = json.loads(certificate.text.partition("\n")[2])
    path = tmp_path / "c"
    certificate.write(str(path))
    assert main(["verify", str(path)]) == 0

    def forge(spec, impl, **further):
        body["files"] = {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in (spec, impl)}
        body["read"] = [str(spec), str(impl)]
        text = json.dumps(body | further) + "\n"
        path.write_text(hashlib.sha256(text.encode()).hexdigest() + "\n" + text)
        status = main(["verify", str(path)])
        return status, capsys.readouterr().err

    assert forge(right, right)[0] == 0
    for spec, impl, file in (wrong, right, wrong), (right, wrong, wrong):
        status, said = forge(spec, impl)
        assert status == 2 and f"is another than the one in {file}" in said, said
    for read in None, [], [str(right)], [str(wrong), str(wrong)]:
        status, said = forge(right, right, read=read)
        assert status == 2 and "does not say which file is the specification" in said
