"""The command line as a person uses it: what is printed, what is written, and the exit status."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = ROOT / "programs"


def bonsaic(*arguments: str, cwd: Path = ROOT, env: dict | None = None, input: str | None = None):
    return subprocess.run(
        [sys.executable, "-m", "bonsaic", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | (env or {}),
        input=input,
        timeout=120,
    )


def refused(done, status: int, *parts: str) -> None:
    """One clear sentence on stderr, the status, and no traceback."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    for part in parts:
        assert part in done.stderr, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """One whole build of replace_111, shared by the tests that look at it."""
    out = tmp_path_factory.mktemp("built") / "out"
    done = bonsaic("build", PROGRAMS / "replace_111.bp", "-o", out)
    assert done.returncode == 0, done.stderr + done.stdout
    return out, done


def test_build_proves_the_network_and_the_circuit(built):
    out, done = built
    report = json.loads((out / "report.json").read_text())
    assert report["program"] == "replace_111" and report["verdict"] == "proved"
    assert report["proof"]["network"] == report["proof"]["circuit"] == "proved"
    assert report["circuit"]["registers"] <= 2 and report["circuit"]["gates"] <= 5
    assert {"grow", "lower", "prove", "total"} <= set(report["seconds"])
    assert {"cells", "states", "edges", "tried", "solved"} <= set(report["network"])
    assert report["counterexample"] is None and report["seed"] == 0
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
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", f"import sys; sys.path.insert(0, {str(out)!r}); {code}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == "[0, 1, 1, 1, 0, 1, 1, 1]", done.stderr


def test_the_same_seed_gives_the_same_bytes(built, tmp_path):
    out, _ = built
    done = bonsaic("build", PROGRAMS / "replace_111.bp", "-o", tmp_path / "again")
    assert done.returncode == 0
    for path in sorted(out.iterdir()):
        if path.name != "report.json":
            assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_build_json_prints_the_report_alone(tmp_path):
    done = bonsaic("build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o", "--json")
    assert json.loads(done.stdout)["verdict"] == "proved" and done.stderr == ""


def test_prove_accepts_what_was_built_and_refuses_what_was_changed(built, tmp_path):
    out, _ = built
    program = PROGRAMS / "replace_111.bp"
    for kind in ("npz", "net.bir", "quant.bir", "gate.bir", "fin.bir"):
        done = bonsaic("prove", program, out / f"replace_111.{kind}")
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
    done = bonsaic("prove", program, wrong)
    assert done.returncode == 1 and "differs on the shortest word" in done.stdout


def test_opt_runs_passes_on_a_checkpoint_and_explains_them(built):
    out, _ = built
    done = bonsaic("opt", out / "replace_111.npz", "--passes", "clip-weights,quantise", "--explain")
    assert done.returncode == 0 and "// claim: approx" in done.stdout, done.stderr
    assert "module replace_111 : quant {" in done.stdout


def test_opt_with_a_setting_that_changes_the_machine_is_an_honest_no(built):
    out, _ = built
    done = bonsaic("opt", out / "replace_111.npz", "--passes", "clip-weights{threshold=99}")
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
    "command", ["--help", "--version", "build --help", "check programs/replace_111.bp"]
)
def test_what_needs_no_growing_answers_quickly(command):
    assert min(seconds(*command.split()) for _ in range(3)) < 0.5


def test_run_shows_every_tick():
    done = bonsaic("run", PROGRAMS / "replace_111.bp", "--word", "0", "1", "0", "0", "0")
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["y", "0", "1", "1", "1", "0"]


def test_run_reads_words_from_stdin():
    done = bonsaic("run", PROGRAMS / "replace_111.bp", input="0 1\n1 0 0\n")
    assert done.returncode == 0 and done.stdout.count("tick") == 2


def test_a_missing_program_is_told(tmp_path):
    refused(bonsaic("build", tmp_path / "none.bp"), 2, "none.bp: error: ", "no such file")


@pytest.mark.parametrize(
    "content, part",
    [
        (b"", "error"),
        (b"\x7fELF\x02\x01\0\0\xff\xfe", "error"),
        (b"program p(x: bit) -> (y: bit) { y = z }", "1:37: error"),
    ],
)
def test_bad_programs_are_refused_before_anything_is_written(content, part, tmp_path):
    (tmp_path / "p.bp").write_bytes(content)
    refused(bonsaic("build", "p.bp", cwd=tmp_path), 2, part, "p.bp")
    assert [p.name for p in tmp_path.iterdir()] == ["p.bp"]


def test_a_directory_is_no_program(tmp_path):
    refused(bonsaic("build", tmp_path), 2, "error")


@pytest.mark.parametrize(
    "options, part",
    [
        (["--budget", "0"], "must be above 0"),
        (["--budget", "soon"], "invalid number value"),
        (["--budget", "nan"], "must be above 0"),
        (["--seed", "-1"], "must be 0 or above"),
        (["--passes", "clip-weights,polish"], "there is no pass `polish`"),
        (["--passes", "clip-weights"], "the pipeline ends at net, not gate"),
        (["--passes", ""], "the pipeline ends at net, not gate"),
        (["--passes", "minimise"], "`minimise` works on gate"),
        (["--print-after", "polish"], "there is no pass `polish`"),
        (["--device", "abacus"], "abacus"),
    ],
)
def test_bad_usage_is_refused_before_anything_is_written(options, part, tmp_path):
    done = bonsaic("build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o", *options)
    refused(done, 2, part)
    assert not (tmp_path / "o").exists() or not list((tmp_path / "o").iterdir())


@pytest.mark.parametrize(
    "command, part",
    [
        (["run", "--random", "3", "--seed", "-5"], "must be 0 or above"),
        (["run", "--random", "9" * 20], "below 1,000,000"),
        (["data", "--seed", "-5"], "must be 0 or above"),
        (["data", "--words", "9" * 20], "must be above 0 and below"),
        (["data", "--words", "9" * 11, "--ticks", "9" * 6], "more memory than there is"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(command, part):
    refused(bonsaic(*command, PROGRAMS / "delay_1.bp"), 2, part)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_standard_stream_is_an_empty_one(closed):
    command = f'"{sys.executable}" -m bonsaic run programs/delay_1.bp {closed}'
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, input="1")
    assert done.returncode == 0 and "error" not in done.stderr, done.stderr


def test_a_link_is_followed_and_a_device_is_written_to(tmp_path):
    (tmp_path / "real.py").write_text("old")
    (tmp_path / "link.py").symlink_to("real.py")
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    for name in ("link.py", "pipe"):
        done = bonsaic("emit", PROGRAMS / "delay_1.bp", "--to", "python", "-o", tmp_path / name)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "link.py").is_symlink() and "delay_1" in (tmp_path / "real.py").read_text()
    assert (tmp_path / "pipe").is_fifo() and b"delay_1" in os.read(reader, 1 << 16)
    os.close(reader)


def test_what_cannot_be_written_is_named_as_the_user_named_it(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path, tmp_path / "file" / "x.py", tmp_path / "none" / "x.py"):
        done = bonsaic("emit", PROGRAMS / "delay_1.bp", "--to", "python", "-o", out)
        refused(done, 2, f"{out}: error: the file cannot be written")


def test_an_output_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    refused(
        bonsaic("build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "file" / "o"),
        2,
        "cannot be written",
    )


def test_two_builds_do_not_share_a_directory(tmp_path):
    from bonsaic.outputs import directory

    with directory(tmp_path / "o"):
        refused(
            bonsaic("build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o"),
            2,
            "another build is writing here",
        )


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(built, tmp_path, keep):
    whole = (built[0] / "replace_111.npz").read_bytes()
    cut = tmp_path / "cut.npz"
    cut.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else keep])
    refused(bonsaic("prove", PROGRAMS / "replace_111.bp", cut), 2, "not a whole bonsaic checkpoint")


def test_a_foreign_checkpoint_is_refused(tmp_path):
    import numpy as np

    np.savez(tmp_path / "foreign.npz", a=np.zeros(3))
    refused(bonsaic("opt", tmp_path / "foreign.npz"), 2, "not a whole bonsaic checkpoint")


def test_without_a_linker_build_says_what_installs_it(tmp_path):
    done = bonsaic(
        "build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o", env={"PATH": str(tmp_path)}
    )
    refused(done, 3, "apt-get install binutils")
    done = bonsaic("doctor", env={"PATH": str(tmp_path)})
    assert done.returncode == 3 and "binutils" in done.stdout


def test_without_opencl_build_says_what_installs_it(tmp_path):
    code = (
        "import sys, pyopencl; pyopencl.get_platforms = lambda: [];"
        "from bonsaic.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = ["build", str(PROGRAMS / "delay_1.bp"), "-o", str(tmp_path / "o")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT
    )
    refused(done, 3, "pip install pocl-binary-distribution")


def test_an_internal_fault_is_named_and_is_status_4(tmp_path):
    code = (
        "import sys, bonsaic.passes.pipelines, bonsaic.passes.manager as m, dataclasses;"
        "from bonsaic.cli import main;"
        "p = m.PASSES['dead-nodes'];"
        "flip = lambda n: dataclasses.replace(n, init={k: -v for k, v in n.init.items()});"
        "m.PASSES['dead-nodes'] = dataclasses.replace(p, run=flip);"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            "build",
            str(PROGRAMS / "delay_2.bp"),
            "-o",
            str(tmp_path / "o"),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    refused(done, 4, "dead-nodes claims `exact`")


def test_ctrl_c_stops_cleanly(tmp_path):
    hard = tmp_path / "hard.bp"
    hard.write_text(  # 60 states and a multiplication: no population learns it in the time this test takes
        "program hard(a: int[0..3], b: int[0..3]) -> (y: int[0..3]) {\n"
        "  state s: int[0..58] = 1\n  s = (s * (a + 2) + b * 7 + 3) % 59\n  y = (s + a * b) % 4\n}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "bonsaic", "build", str(hard), "-o", str(tmp_path / "o")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130 and "Traceback" not in err, err
    assert not list((tmp_path / "o").glob("*.part")) and "stopped" in out + err


def test_a_budget_that_is_too_short_is_an_honest_no(tmp_path):
    done = bonsaic("build", PROGRAMS / "mini_cpu.bp", "-o", tmp_path / "o", "--budget", "0.05")
    assert done.returncode == 1
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    assert report["verdict"] == "unknown" and "--budget" in report["advice"]


PUBLISHED = ROOT.parent / "shared" / "published"


@pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published networks state no licence and are not shipped"
)
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
    done = bonsaic("prove", *files, "--certificate", certificate)
    assert done.returncode == 0 and done.stdout.startswith("proved"), done.stderr
    assert f"state0_0, state0_1 = {logic}" in done.stdout
    assert bonsaic("verify", certificate).returncode == 0
    certificate.write_bytes(certificate.read_bytes().replace(b"8", b"9", 1))
    refused(bonsaic("verify", certificate), 2, "proves nothing")
    done = bonsaic("opt", files[1], "--program", files[0])
    assert done.returncode == 0 and ": gate {" in done.stdout, done.stderr
    refused(bonsaic("opt", files[1]), 2, "say which program it computes")


@pytest.mark.parametrize(
    "target", ["python", "verilog", "testbench", "blif", "aiger", "kiss2", "dot", "states", "bir"]
)
def test_a_circuit_is_emitted_in_every_target(built, target):
    done = bonsaic("emit", built[0] / "replace_111.gate.bir", "--to", target)
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize(
    "target", ["python", "verilog", "testbench", "kiss2", "dot", "states", "bir"]
)
def test_a_program_is_emitted_as_its_own_golden_model(target):
    done = bonsaic("emit", PROGRAMS / "mini_cpu.bp", "--to", target)
    assert done.returncode == 0 and done.stdout, done.stderr


def test_what_check_counts_agrees_in_number(tmp_path):
    (tmp_path / "p.bp").write_text(
        "program p(a: bit, b: bit) -> (y: bit) {\n  state last: bit = 0\n  assume a != b or last\n"
        "  y = a and b\n  last = a xor b\n}\n"
    )
    assert (
        "1 state when what does not matter"
        in bonsaic("check", "--states", tmp_path / "p.bp").stdout
    )


def test_what_cannot_be_emitted_is_told(built):
    refused(bonsaic("emit", built[0] / "replace_111.npz", "--to", "verilog"), 2, "lower it first")
    refused(bonsaic("emit", PROGRAMS / "mini_cpu.bp", "--to", "blif"), 2, "build it first")
    refused(bonsaic("emit", PROGRAMS / "mini_cpu.bp", "--to", "vhdl"), 2, "no target `vhdl`")
    refused(bonsaic("emit", ROOT / "README.md", "--to", "python"), 2, "known kind")
