"""What some tests need and not every machine has."""

import shutil
from importlib.util import find_spec

import pytest
from commandline import ROOT

PUBLISHED = ROOT.parent / "shared" / "published"
published = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published networks state no licence and are not shipped"
)
needs_iverilog = pytest.mark.skipif(not shutil.which("iverilog"), reason="iverilog not installed")
needs_yosys = pytest.mark.skipif(not find_spec("pyosys"), reason="extra `formal` not installed")
needs_formal = pytest.mark.skipif(
    not (find_spec("pyosys") and find_spec("pysat")), reason="extra `formal` not installed"
)
