"""Growing inside a build: its curve, and what is left of it after SIGTERM, a full disk or the end of its budget."""

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commandline import PROGRAMS, ROOT, bonsaic, python

from bonsaic.grow import grow
from bonsaic.grow.shrink import shrink
from bonsaic.network import load
from bonsaic.specification import specify

FULL = (  # no file may grow beyond so many bytes, as on a disk that is full
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (%d, %d));"
    "from bonsaic.cli import main; sys.exit(main(sys.argv[1:]))"
)


def test_the_curve_shows_growing_and_pruning(tmp_path):
    done = bonsaic("grow", PROGRAMS / "delay_2.bp", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "delay_2.curve.svg" in json.loads((tmp_path / "report.json").read_text())["files"]
    drawn = ElementTree.parse(tmp_path / "delay_2.curve.svg").iter()
    names = {e.get("id") for e in drawn if e.tag.endswith("polyline")}
    assert names == {"loss", "penalty", "edges"}


def hard_program(folder: Path) -> Path:
    """151 states, a multiplication: no population learns it, and as the output is seldom 1, none is given up."""
    path = folder / "hard.bp"
    path.write_text(
        "program hard(a: int[0..3], b: int[0..3]) -> (y: bit) {\n"
        "  state s: int[0..150] = 1\n  s = (s * (a + 2) + b * 7 + 3) % 151\n  y = s < 9\n}\n"
    )
    return path


def started(*words: object) -> subprocess.Popen:
    """A command in a process of its own that has said which program it grows a network for."""
    command = [sys.executable, "-m", "bonsaic", *map(str, words)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("  program"):
        assert process.poll() is None
    return process


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("seconds", [0.1, 2], ids=["at once", "while it learns"])
def test_a_signal_ends_a_build_cleanly(number, status, seconds, tmp_path):
    process = started("build", hard_program(tmp_path), "-o", tmp_path / "o", "--guide", "none")
    time.sleep(seconds)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == status and "Traceback" not in err, err
    assert err.strip() == "bonsaic: stopped"
    assert not list((tmp_path / "o").glob(".*"))


def test_a_signal_after_growing_leaves_the_network_and_says_so(tmp_path):
    out = tmp_path / "o"
    process = started("build", PROGRAMS / "mini_cpu.bp", "-o", out, "--prune", "hard")
    while not process.stdout.readline().startswith("  grown"):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 143
    assert f"stopped   the best network so far is in {out}" in said
    assert load(out / "mini_cpu.npz").edges


def test_a_build_killed_outright_goes_on_where_it_was(tmp_path):
    words = ("grow", hard_program(tmp_path), "--guide", "none", "--prune", "off")
    process = started(*words, "-o", tmp_path / "o")
    population = tmp_path / "o" / "population.npz"
    while not population.exists():
        assert process.poll() is None
        time.sleep(0.1)
    process.kill()
    process.communicate()
    done = bonsaic(*words, "-o", tmp_path / "o", "--budget", "4", "--resume")
    assert done.returncode == 1 and "--resume" in done.stdout, done.stderr
    curve = np.load(population)["header"].tobytes()
    steps = [step for step, _, _ in json.loads(curve)["record"]["curve"]]
    assert steps == list(range(25, 25 * len(steps) + 1, 25))  # none lost, none twice


def test_another_programs_population_is_refused(tmp_path):
    hard = hard_program(tmp_path)
    (tmp_path / "population.npz").write_bytes(b"no archive")
    done = bonsaic("grow", hard, "-o", tmp_path, "--resume")
    assert done.returncode == 2 and "population.npz: error: this is no population" in done.stderr


def test_a_home_that_cannot_be_written_is_no_hindrance(tmp_path, monkeypatch):
    monkeypatch.delenv("POCL_CACHE_DIR", raising=False)
    words = ("grow", PROGRAMS / "delay_1.bp", "-o", tmp_path / "o", "--prune", "off")
    env = {"HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none", "TMPDIR": str(tmp_path)}
    done = bonsaic(*words, env=env)
    assert done.returncode == 0, done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["o"]


def test_a_full_disk_is_one_sentence_and_nothing_half_written(tmp_path):
    out = tmp_path / "words.csv"
    words = ("data", PROGRAMS / "delay_2.bp", "--words", 500, "-o", out)
    done = python("-c", FULL % (1000, 1000), *words)
    assert done.returncode == 2, done.stderr
    assert done.stderr == f"{out}: error: the file cannot be written: file too large\n"
    assert not list(tmp_path.iterdir())


def most_between(looks: int, run: Callable[[Callable[[], bool]], object]) -> tuple[int, int]:
    """How often `run(stop)` asked whether to stop, which is so after `looks`, and the most calls between.

    Calls of functions are counted, not seconds: a busy machine makes as many.
    """
    calls, asked, before = 0, [], sys.getprofile()

    def count(frame: object, event: str, function: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    def stop() -> bool:
        asked.append(calls)
        return len(asked) > looks

    sys.setprofile(count)
    try:
        run(stop)
    finally:
        sys.setprofile(before)
    return len(asked), int(np.diff([*asked, calls]).max())


def test_growing_looks_at_its_budget_often_enough_to_keep_it():
    table = specify(str(PROGRAMS / "square_wave.bp")).table
    grow(table, guide="repair", budget=0.1)  # compiles the kernel
    grown = []
    _, most = most_between(
        12, lambda stop: grown.append(grow(table, guide="repair", stop=stop, budget=1e9))
    )
    assert grown[0].steps <= 25 * 13  # it stopped when told
    assert most < 100_000  # about 20,000 make a check, which takes 0.06 s


def test_pruning_looks_at_its_budget_often_enough_to_keep_it():
    table = specify(str(PROGRAMS / "gated_4mode.bp")).table
    network = grow(table).network
    assert network is not None
    asked, most = most_between(
        200, lambda stop: shrink(network, table, effort="hard", seed=0, stop=stop)
    )
    assert 200 < asked < 300 and most < 20_000
