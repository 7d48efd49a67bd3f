"""The command line as a person uses it: what is printed, what is written, and the exit status."""

import json
import os
import re
import subprocess
import sys

import pytest
from commandline import PROGRAMS, ROOT, bonsaic, inside, python, refused
from extras import PUBLISHED, published


def test_build_proves_the_network_and_the_circuit(built):
    out, done = built
    report = json.loads((out / "report.json").read_text())
    assert report["program"] == "replace_111" and report["verdict"] == "proved"
    assert report["proof"]["network"] == report["proof"]["circuit"] == "proved"
    assert report["circuit"]["registers"] <= 2 and report["circuit"]["gates"] <= 5
    assert {"grow", "lower", "prove", "total"} <= set(report["seconds"])
    assert {"cells", "states", "edges", "tried", "solved"} <= set(report["network"])
    assert report["counterexample"] is None and report["seed"] == 0
    kept = [p for p in report["passes"] if p["method"] == "unchanged"]
    assert kept and all(p["before"] == p["after"] and p["states"] is None for p in kept)
    assert "proved" in done.stdout and "2 registers" in done.stdout


def test_build_writes_what_the_report_lists_and_nothing_else(built):
    out, _ = built
    report = json.loads((out / "report.json").read_text())
    wanted = {
        f"replace_111.{kind}"
        for kind in ("npz", "net.bir", "quant.bir", "gate.bir", "fin.bir", "py", "v", "dot")
    }
    found = {p.name for p in out.iterdir()}
    assert found == set(report["files"]) and wanted | {"report.json"} <= found


def test_the_emitted_python_runs_with_nothing_but_python(built, tmp_path):
    out, _ = built
    code = "from replace_111 import replace_111 as f; print([int(y) for y in f([0, 1, 0, 0, 0, 1, 1, 0])])"
    there = f"import sys; sys.path.insert(0, {str(out)!r}); "
    done = python("-I", "-B", "-c", there + code, cwd=tmp_path)
    assert done.stdout.strip() == "[0, 1, 1, 1, 0, 1, 1, 1]", done.stderr


def test_the_same_seed_gives_the_same_bytes(built, tmp_path):
    out, _ = built
    done = bonsaic("build", PROGRAMS / "replace_111.bp", "-o", tmp_path / "again")
    assert done.returncode == 0
    for path in sorted(out.iterdir()):
        if path.name != "report.json":
            assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(("own", "used"), [("", "1"), ("2", "2")])
def test_matrix_products_have_one_thread_unless_the_user_says_otherwise(own, used):
    """Their rounding depends on it, and so would networks."""
    code = (
        f"import os, bonsaic.cli; bonsaic.cli.main(['check', {str(PROGRAMS / 'delay_1.bp')!r}]); "
        "print(os.environ['OPENBLAS_NUM_THREADS'], len(os.listdir('/proc/self/task')))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    environment |= {"OPENBLAS_NUM_THREADS": own} if own else {}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    variable, threads = done.stdout.splitlines()[-1].split()
    assert variable == used and (own or threads == "1")


def test_build_json_prints_the_report_alone(tmp_path):
    done = bonsaic("build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o", "--json")
    assert json.loads(done.stdout)["verdict"] == "proved" and done.stderr == ""


def test_prove_accepts_what_was_built_and_refuses_what_was_changed(built, tmp_path):
    out, _ = built
    program = PROGRAMS / "replace_111.bp"
    report = json.loads((out / "report.json").read_text())
    kinds = ("npz", "net.bir", "quant.bir", "gate.bir", "fin.bir", "py", "v", "blif", "aag")
    assert report["emitted"] == dict.fromkeys(kinds, "proved")
    for kind in kinds:
        done = inside("prove", program, out / f"replace_111.{kind}")
        assert done.returncode == 0 and done.stdout.startswith("proved"), (
            kind,
            done.stdout,
            done.stderr,
        )
    text = (out / "replace_111.gate.bir").read_text()
    wrong = tmp_path / "wrong.bir"
    wrong.write_text(
        re.sub(r"(reg \S+ : bit) = 0", r"\1 = 1", text, count=1).replace("= or ", "= and ", 1)
    )
    done = inside("prove", program, wrong)
    assert done.returncode == 1 and "differs on the shortest word" in done.stdout


def test_opt_runs_passes_on_a_checkpoint_and_explains_them(built):
    out, _ = built
    done = inside("opt", out / "replace_111.npz", "--passes", "clip-weights,quantise", "--explain")
    assert done.returncode == 0 and "// claim: approx" in done.stdout, done.stderr
    assert "); unchanged\n" in done.stdout
    assert "module replace_111 : quant {" in done.stdout


def test_opt_says_what_is_wrong_before_any_pass(built):
    out, _ = built
    net = out / "replace_111.npz"
    done = inside("opt", net, "--program", PROGRAMS / "parity.bp")
    assert done.returncode == 1 and f"{net}: this is not what" in done.stderr, done.stderr
    refused(inside("opt", PROGRAMS / "parity.bp"), 2, "level fin", "bonsaic build")


def test_opt_with_a_setting_that_changes_the_machine_is_an_honest_no(built):
    out, _ = built
    done = inside("opt", out / "replace_111.npz", "--passes", "clip-weights{threshold=99}")
    assert done.returncode == 1 and "clip-weights claims `approx`" in done.stderr


def test_a_build_with_a_pipeline_that_changes_the_machine_says_so(tmp_path):
    done = bonsaic(
        "build",
        PROGRAMS / "delay_1.bp",
        "-o",
        tmp_path / "o",
        "--passes",
        "clip-weights{threshold=99},recover-gates",
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    assert report["verdict"] == "differs" and report["counterexample"]["word"]


def test_print_after_shows_the_ir(tmp_path):
    done = bonsaic(
        "build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o", "--print-after", "quantise"
    )
    assert "// after quantise: approx, proved" in done.stdout and ": quant {" in done.stdout


def seconds(*arguments: str) -> float:
    """Processor time of one command: what it would take on an idle machine."""
    before = os.times()
    assert bonsaic(*arguments).returncode == 0
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        ("--help", 0.5),
        ("--version", 0.5),
        ("build --help", 0.5),
        ("check programs/replace_111.bp", 0.5),
        ("prove programs/replace_111.bp programs/replace_111.bp", 0.7),
    ],
)
def test_what_needs_no_growing_answers_quickly(command, limit):
    assert min(seconds(*command.split()) for _ in range(3)) < limit


def test_check_takes_one_program_of_a_file(tmp_path):
    path = tmp_path / "two.bp"
    path.write_text("program a() -> (y: bit) { y = 1 }\nprogram b() -> (y: bit) { y = 0 }\n")
    assert inside("check", path).stdout.count("is sound") == 2
    assert inside("check", f"{path}:b").stdout == f"{path}:b: b is sound\n"
    refused(inside("check", f"{path}:c"), 2, "there is no program `c`")


def test_run_shows_every_tick():
    done = inside("run", PROGRAMS / "replace_111.bp", "--word", "0", "1", "0", "0", "0")
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["y", "0", "1", "1", "1", "0"]


def test_a_letter_may_begin_with_a_minus(tmp_path):
    path = tmp_path / "sum.bp"
    path.write_text("program sum(a: int[-2..2], b: bit) -> (y: int[-2..3]) { y = a + int(b) }\n")
    for word in (["-2,1"], ["0,0", "-2,1"], ["0,0 -2,1"]):
        done = inside("run", path, "--word", *word)
        assert done.stdout.splitlines()[-1].split()[1:] == ["|", "-2", "1", "|", "-1"], done.stderr
    refused(inside("run", path, "--random", 3, "--word", "-2,1"), 2, "not both")
    assert inside("run", path, "--word").stdout.count("\n") == 1  # the empty word


def test_run_reads_words_from_stdin():
    done = bonsaic("run", PROGRAMS / "replace_111.bp", input="0 1\n1 0 0\n")
    assert done.returncode == 0 and done.stdout.count("tick") == 2


@published
@pytest.mark.parametrize(
    "name, logic",
    [
        ("replace_111", "not x, not (x or state0_0)"),  # the author's hand analysis
        ("delay_2", "not state0_1, x"),
    ],
)
def test_published_networks_are_proved_and_their_logic_shown(name, logic, tmp_path):
    files = [PROGRAMS / f"{name}.bp", PUBLISHED / f"{name}.json"]
    certificate = tmp_path / "proof"
    done = inside("prove", *files, "--certificate", certificate)
    assert done.returncode == 0 and done.stdout.startswith("proved"), done.stderr
    assert f"state0_0, state0_1 = {logic}" in done.stdout
    assert inside("verify", certificate).returncode == 0
    certificate.write_bytes(certificate.read_bytes().replace(b"8", b"9", 1))
    refused(inside("verify", certificate), 2, "proves nothing")
    done = inside("opt", files[1], "--program", files[0])
    assert done.returncode == 0 and ": gate {" in done.stdout, done.stderr
    refused(inside("opt", files[1]), 2, "say which program it computes")


@pytest.mark.parametrize(
    "target", ["python", "verilog", "testbench", "blif", "aiger", "kiss2", "dot", "states", "bir"]
)
def test_a_circuit_is_emitted_in_every_target(built, target):
    done = inside("emit", built[0] / "replace_111.gate.bir", "--to", target)
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize(
    "target", ["python", "verilog", "testbench", "kiss2", "dot", "states", "bir"]
)
def test_a_program_is_emitted_as_its_own_golden_model(target):
    done = inside("emit", PROGRAMS / "mini_cpu.bp", "--to", target)
    assert done.returncode == 0 and done.stdout, done.stderr


def test_what_check_counts_agrees_in_number(tmp_path):
    (tmp_path / "p.bp").write_text(
        "program p(a: bit, b: bit) -> (y: bit) {\n  state last: bit = 0\n  assume a != b or last\n"
        "  y = a and b\n  last = a xor b\n}\n"
    )
    assert (
        "1 state when what does not matter" in inside("check", "--states", tmp_path / "p.bp").stdout
    )
