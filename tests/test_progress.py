"""The line that moves while a command works, seen on a terminal of its own."""

import os
import sys
import time

from bonsaic.commands.progress import Display


def test_what_takes_a_second_is_shown_with_its_time_and_gone_at_the_end(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal, end = os.openpty()
    with os.fdopen(end, "w") as screen:
        monkeypatch.setattr(sys, "stderr", screen)
        with Display() as display:
            display.working("lowering: minimise")
            time.sleep(1.8)
            first = os.read(terminal, 1000).decode()
            display.clear()
            display("3 s left")
            cleared = os.read(terminal, 1000).decode()
            time.sleep(0.12)
            display("2 s left")
            assert "2 s left" in os.read(terminal, 1000).decode()
        assert os.read(terminal, 1000) == b"\r\x1b[K"
        monkeypatch.undo()
        time.sleep(1.5)
        os.set_blocking(terminal, False)
        screen.write("nothing came since")
        screen.flush()
        assert os.read(terminal, 1000) == b"nothing came since"
    os.close(terminal)
    assert "lowering: minimise, 1 s" in first
    assert cleared == "\r\x1b[K"  # what came at once would flicker


def test_nothing_is_shown_where_stderr_is_no_terminal(capsys):
    with Display() as display:
        display.working("proving")
        display("1 s left")
        time.sleep(1.5)
    assert capsys.readouterr().err == ""
