"""The command line: one command is run, and every way it can end has its exit status."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from bonsaic.arguments import parser
from bonsaic.diag import Missing, Mistake

# How matrix products are rounded depends on their threads, so there is one, whatever the machine has.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
AGAIN = 3  # seconds after which a signal that changed nothing comes again


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    _open_streams()
    for variable in BLAS_THREADS:  # read when numpy is imported, by the commands
        os.environ.setdefault(variable, "1")
    try:
        with _terminable():
            arguments = parser().parse_args(argv)
            module, function = arguments.run.split(":")
            status = getattr(import_module(f"bonsaic.commands.{module}"), function)(arguments)
        sys.stdout.flush()
        return status
    except Mistake as e:
        return _fail(2, str(e))
    except Missing as e:
        return _fail(3, f"bonsaic: error: {e}")
    except ModuleNotFoundError as e:
        what = f"the Python that runs this, {sys.executable}, has no package `{e.name}`"
        return _fail(3, f"bonsaic: error: {what}: install bonsaic there with pip")
    except KeyboardInterrupt:
        return _fail(130, "bonsaic: stopped")
    except _Terminated:
        return _fail(143, "bonsaic: stopped")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # as a shell tells SIGPIPE
    except MemoryError:
        return _fail(2, "bonsaic: error: this needs more memory than there is")
    except OSError as e:
        return _fail(2, f"{e.filename or 'bonsaic'}: error: {(e.strerror or str(e)).lower()}")
    except Exception as e:  # the last line of defence: no traceback, but the fault is named
        if os.environ.get("BONSAIC_TRACEBACK"):
            raise
        kind = type(e).__name__
        advice = "set BONSAIC_TRACEBACK=1 to see where, and please report it"
        return _fail(4, f"bonsaic: internal error: {kind}: {e}\n  help: {advice}")


class _Terminated(BaseException):
    """SIGTERM came, and what could be kept is kept."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM raise KeyboardInterrupt, and that of SIGTERM comes out as `_Terminated`.

    Where it came within a finaliser, a callback or an import that ignores every exception, it comes again.
    """
    came = set()
    ignored = sys.unraisablehook

    def interrupt(number: int, frame: object) -> None:
        came.add(number)
        signal.setitimer(signal.ITIMER_REAL, AGAIN, AGAIN)
        if number != signal.SIGALRM or sys.exc_info()[0] is not KeyboardInterrupt:
            raise KeyboardInterrupt

    def hook(said: sys.UnraisableHookArgs) -> None:
        if came and said.exc_type is KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, 0.01, AGAIN)
        else:
            ignored(said)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {n: signal.signal(n, interrupt) for n in numbers}
    sys.unraisablehook = hook
    try:
        yield
    except KeyboardInterrupt:
        # Otherwise Python ends `-m bonsaic` as killed by SIGINT where a string was being executed just now.
        exec("")
        if signal.SIGTERM in came:
            raise _Terminated from None
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = ignored
        for n, handler in before.items():
            signal.signal(n, handler)


def _open_streams() -> None:
    """A standard stream that the caller closed is empty, so that no file opened later takes its number."""
    for stream, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        if getattr(sys, stream) is None:
            setattr(sys, stream, open(os.devnull, mode))  # noqa: SIM115 - open to the end


def _fail(status: int, message: str) -> int:
    print(message, file=sys.stderr)
    return status
