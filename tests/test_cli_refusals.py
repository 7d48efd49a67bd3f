"""What the command line refuses, how it says so, and that nothing is left half-done."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from commandline import PROGRAMS, ROOT, bonsaic, inside, python, refused

from bonsaic import cli
from bonsaic.build.outputs import directory
from bonsaic.commands import language


def test_a_missing_program_is_told(tmp_path):
    refused(inside("build", tmp_path / "none.bp"), 2, "none.bp: error: ", "no such file")


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
    refused(inside("build", tmp_path), 2, "error")


@pytest.mark.parametrize(
    "options, part",
    [
        (["--budget", "0"], "must be between 0.001 and"),
        (["--budget", "soon"], "invalid number value"),
        (["--budget", "nan"], "must be between"),
        (["--seed", "-1"], "must be between 0 and"),
        (["--passes", "clip-weights,polish"], "there is no pass `polish`"),
        (["--passes", "clip-weights"], "the pipeline ends at net, not gate"),
        (["--passes", ""], "the pipeline ends at net, not gate"),
        (["--passes", "minimise"], "`minimise` works on gate"),
        (["--print-after", "polish"], "there is no pass `polish`"),
        (["--print-after", "all", "--json"], "nothing but the report is printed"),
        (["--device", "abacus"], "no OpenCL device is called 'abacus'; there are '"),
    ],
)
def test_bad_usage_is_refused_before_anything_is_written(options, part, tmp_path):
    done = inside("build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o", *options)
    refused(done, 2, part)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "command, part",
    [
        (["run", "--random", "3", "--seed", "-5"], "must be between 0 and"),
        (["run", "--random", "9" * 20], "and 1,000,000"),
        (["data", "--seed", "-5"], "must be between 0 and"),
        (["data", "--words", "9" * 20], "must be between 1 and 1,000,000,000,000"),
        (["data", "--words", "9" * 11, "--ticks", "9" * 6], "more memory than there is"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(command, part):
    refused(inside(*command, PROGRAMS / "delay_1.bp"), 2, part)


@pytest.mark.parametrize(
    "arguments, part",
    [
        (["grow", PROGRAMS / "delay_1.bp", "--seeds", "0"], "must be between 1 and"),
        (["grow", PROGRAMS / "delay_1.bp", "--budget", "0"], "must be between 0.001 and"),
        (["recipes", "--seeds", "0"], "must be between 1 and"),
        (["recipes", "--budget", "nan"], "must be between 0.001 and"),
        (["gates", PROGRAMS / "delay_1.bp", "--budget", "-1"], "must be between 0.001 and"),
        (["kernel", "--rounds", "0"], "must be between 1 and"),
        (["mutants", "--count", "0"], "must be between 1 and"),
        (["mutants", "--programs", "kernels"], "no program small enough to search"),
    ],
)
def test_a_benchmark_of_nothing_is_refused(arguments, part):
    refused(inside("bench", *arguments), 2, part)


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
        done = inside("emit", PROGRAMS / "delay_1.bp", "--to", "python", "-o", tmp_path / name)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "link.py").is_symlink() and "delay_1" in (tmp_path / "real.py").read_text()
    assert (tmp_path / "pipe").is_fifo() and b"delay_1" in os.read(reader, 1 << 16)
    os.close(reader)


def test_what_cannot_be_written_is_named_as_the_user_named_it(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path, tmp_path / "file" / "x.py", tmp_path / "none" / "x.py"):
        done = inside("emit", PROGRAMS / "delay_1.bp", "--to", "python", "-o", out)
        refused(done, 2, f"{out}: error: the file cannot be written")


def test_an_output_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    refused(
        inside("build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "file" / "o"),
        2,
        "cannot be written",
    )


def test_a_report_speaks_of_every_file_and_of_no_earlier_build(tmp_path):
    (tmp_path / ".a.npz.1.part").write_bytes(b"of a build that was killed")
    (tmp_path / "mine.txt").write_text("never listed")
    with directory(tmp_path) as out:
        out.write("a.npz", b"1")
        out.write("a.v", "module")
        out.finish('{"files": ["a.npz", "a.v", "../a.v", "report.json"]}')
    with directory(tmp_path) as out:
        assert (tmp_path / "report.json").exists()  # nothing of it was replaced so far
        out.write("a.npz", b"2")
        assert not (tmp_path / "report.json").exists() and (tmp_path / "a.v").exists()
        out.finish('{"files": ["a.npz", "report.json"]}')
    assert {p.name for p in tmp_path.iterdir()} == {"a.npz", "mine.txt", "report.json"}


def test_two_builds_do_not_share_a_directory(tmp_path):
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
    refused(inside("prove", PROGRAMS / "replace_111.bp", cut), 2, "not a whole bonsaic checkpoint")


def test_a_foreign_checkpoint_is_refused(tmp_path):
    np.savez(tmp_path / "foreign.npz", a=np.zeros(3))
    refused(inside("opt", tmp_path / "foreign.npz"), 2, "not a whole bonsaic checkpoint")


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
    done = python("-c", code, "build", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o")
    refused(done, 3, "pip install pocl-binary-distribution")


def test_a_disk_without_room_for_kernels_is_told(tmp_path):
    """PoCL would abort the process."""
    build = f"{sys.executable} -m bonsaic build {PROGRAMS}/delay_1.bp -o {tmp_path}/o"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 4096; {build}"], capture_output=True, text=True, cwd=ROOT
    )
    refused(done, 2, "no room for compiled kernels", "XDG_CACHE_HOME")


def test_a_python_without_the_packages_is_told(tmp_path):
    (tmp_path / "lark.py").write_text("raise ModuleNotFoundError('none', name='lark')")
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    refused(bonsaic("check", PROGRAMS / "parity.bp", env=env), 3, sys.executable, "`lark`")


def test_an_internal_fault_is_named_and_is_status_4(tmp_path):
    code = (
        "import sys, bonsaic.passes.pipelines, bonsaic.passes.manager as m, dataclasses;"
        "from bonsaic.cli import main;"
        "p = m.PASSES['dead-nodes'];"
        "flip = lambda n: dataclasses.replace(n, init={k: -v for k, v in n.init.items()});"
        "m.PASSES['dead-nodes'] = dataclasses.replace(p, run=flip);"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = python("-c", code, "build", PROGRAMS / "delay_2.bp", "-o", tmp_path / "o")
    refused(done, 4, "dead-nodes claims `exact`")


FINALISER = (
    "class Deaf:\n def __del__(self): os.kill(os.getpid(), signal.SIGTERM); time.sleep(1)\nDeaf()"
)
CATCHER = "try: os.kill(os.getpid(), signal.SIGTERM); time.sleep(1)\nexcept BaseException: pass"


@pytest.mark.parametrize("deaf", [FINALISER, CATCHER], ids=["finaliser", "catcher"])
def test_a_signal_that_something_swallows_comes_again(deaf, monkeypatch, capsys):
    def run(arguments) -> int:
        exec(deaf, {"os": os, "signal": signal, "time": time})
        time.sleep(20)
        return 0

    monkeypatch.setattr(language, "run", run)
    before = signal.getsignal(signal.SIGTERM)
    assert cli.main(["run", "x.bp"]) == 143
    assert capsys.readouterr().err == "bonsaic: stopped\n"
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("arguments", [["opt", "--list"], ["check", "programs/parity.bp"]])
def test_a_full_disk_behind_stdout_is_told(arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bonsaic", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
    assert (done.returncode, done.stderr) == (2, "bonsaic: error: no space left on device\n")


def test_a_budget_that_is_too_short_is_an_honest_no(tmp_path):
    done = bonsaic("build", PROGRAMS / "mini_cpu.bp", "-o", tmp_path / "o", "--budget", "0.05")
    assert done.returncode == 1
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    assert report["verdict"] == "unknown" and "--budget" in report["advice"]
    spent = f"within 0.05 s ({report['seconds']['grow']:.1f} s with what cannot be cut short)"
    assert spent in done.stdout
    assert set(report["seconds"]) >= {"grow", "lower", "prove", "total"}
    assert (
        set(report["circuit"]) >= {"registers", "gates"} and report["proof"]["circuit"] == "unknown"
    )


def test_what_cannot_be_emitted_is_told(built):
    refused(inside("emit", built[0] / "replace_111.npz", "--to", "verilog"), 2, "lower it first")
    refused(inside("emit", PROGRAMS / "mini_cpu.bp", "--to", "blif"), 2, "build it first")
    refused(inside("emit", PROGRAMS / "mini_cpu.bp", "--to", "vhdl"), 2, "no target `vhdl`")
    refused(inside("emit", ROOT / "README.md", "--to", "python"), 2, "known kind")


def test_a_reader_that_goes_away_ends_the_command_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "bonsaic", "opt", "--list"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
