"""Other people's programs end in time, and with what asked for them; words are drawn beside other work."""

import sys
import tempfile
import time

import pytest

from bonsaic import tools
from bonsaic.prove import choices

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_what_a_program_is_given_and_writes():
    command = [sys.executable, "-c", "import sys; print(sys.stdin.read()); sys.exit(3)"]
    ended = tools.run(command, given=b"word", seconds=60)
    assert ended == (3, b"word\n", b"")


def test_a_program_that_takes_too_long_is_stopped():
    started = time.perf_counter()
    assert tools.run(SLEEP, seconds=0.1) is None
    assert time.perf_counter() - started < 10


def test_an_exception_stops_what_runs_beside():
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt), tools.beside() as threads:
        waiting = threads.submit(tools.run, SLEEP, seconds=60)
        while not waiting.running():
            time.sleep(0.01)
        time.sleep(0.2)
        raise KeyboardInterrupt
    assert time.perf_counter() - started < 10
    assert waiting.result().status < 0


def test_lists_drawn_beside_are_the_same_every_time():
    runs = []
    for _ in range(2):
        with choices.drawn_beside(3, 5) as lists:
            runs.append(lists())
    assert runs[0] == runs[1] and len(runs[0]) == choices.WORDS
    assert all(1 <= len(made) <= choices.TICKS and {*made} <= {0, 1, 2} for made in runs[0])


def test_lists_are_drawn_here_where_no_process_draws_them(monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    with choices.drawn_beside(2, 0) as lists:
        assert lists() == choices.draw(2, 0)


def test_lists_that_nobody_asks_for_are_not_waited_for_and_leave_nothing(tmp_path, monkeypatch):
    slow, space = tmp_path / "slow", tmp_path / "space"
    slow.write_text('#!/bin/sh\necho > "$TMPDIR/begun"\nexec sleep 60\n')
    slow.chmod(0o700)
    space.mkdir()
    monkeypatch.setattr(sys, "executable", str(slow))
    monkeypatch.setattr(tempfile, "tempdir", str(space))
    started = time.perf_counter()
    with choices.drawn_beside(2, 0):
        while not list(space.glob("*/begun")):
            assert time.perf_counter() - started < 60
            time.sleep(0.01)
    assert time.perf_counter() - started < 60 and not list(space.iterdir())
