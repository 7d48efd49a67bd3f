"""A fault raised in any one call that bonsaic makes or receives."""

import sys

import pytest


def counts(frame, event):
    """A call in bonsaic's own code."""
    return event in ("call", "c_call") and frame.f_globals["__name__"].startswith("bonsaic.")


def calls(run):
    """How many calls functions of bonsaic make and receive while `run` runs."""
    count = 0

    def watch(frame, event, _):
        nonlocal count
        count += counts(frame, event)

    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def with_fault(at, fault, run):
    """`run`, during which the call with this number raises instead; None where that ends it."""
    left = at

    def strike(frame, event, _):
        nonlocal left
        left -= counts(frame, event)
        if left == 0:
            left = -1
            raise type(fault)(*fault.args)

    sys.setprofile(strike)
    try:
        return run()
    except Exception:  # the fault itself, or what it became on its way
        return None
    finally:
        sys.setprofile(None)


# What is raised while Python closes a generator or drops a weak reference, it swallows with a warning.
swallowed = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
FAULTS = [MemoryError(), OSError(28, "No space left on device")]
