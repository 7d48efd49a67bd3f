"""What this machine has, and the command that installs what it lacks."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from argparse import Namespace
from importlib.metadata import PackageNotFoundError, version

from bonsaic import __version__
from bonsaic.diag import Missing, Mistake

PROGRAMS = {
    "ld": ("binutils", "PoCL needs it to grow networks on the CPU", ["--version"]),
    "dot": ("graphviz", "drawings as SVG", ["-V"]),
    "iverilog": ("iverilog", "the emitted Verilog is simulated", ["-V"]),
    "verilator": ("verilator", "the emitted Verilog is linted in the tests", ["--version"]),
}
PACKAGES = (
    "tinygrad",
    "numpy",
    "pyopencl",
    "lark",
    "networkx",
    "sympy",
    "graphviz",
    "hypothesis",
    "pytest",
)
EXTRAS = {  # package -> its extra, and what it is for
    "pyosys": ("formal", "Yosys and ABC: other Verilog is read, circuits are compared"),
    "python-sat": ("formal", "second opinions on circuits"),
}


def doctor(arguments: Namespace) -> int:
    """Print what is here; status 3 where growing is impossible."""
    from bonsaic.grow import device

    lacking = []
    found: list[device.Device] = []
    tinygrad = ""
    try:
        found = device.devices()
        chosen = device.choose(None)
        tinygrad = device.tinygrad_name()
    except (Missing, Mistake) as e:
        lacking.append(str(e))
        chosen = None
    programs = {name: _version(name) for name in PROGRAMS}
    packages = {name: _package(name) for name in (*PACKAGES, *EXTRAS)}
    if arguments.json:
        report = {
            "bonsaic": __version__,
            "python": platform.python_version(),
            "opencl": [str(d) for d in found],
            "chosen": str(chosen) if chosen else None,
            "tinygrad": tinygrad or None,
            "programs": programs,
            "packages": packages,
            "lacking": lacking,
        }
        print(json.dumps(report, indent=2))
        return 3 if lacking else 0
    print(f"bonsaic {__version__}, Python {platform.python_version()}, {platform.platform()}")
    print("OpenCL devices" + ("" if found else ": none"))
    for d in found:
        print(f"  {d}" + ("   <- grows the networks" if d == chosen else ""))
    if tinygrad:
        print(f"tinygrad device\n  {tinygrad}")
    print("programs")
    for name, (package, use, _) in PROGRAMS.items():
        here = programs[name] or f"not found; `apt-get install {package}`"
        print(f"  {name:<10} {here}  ({use})")
    print("packages")
    print("  " + ", ".join(f"{k} {v}" for k, v in packages.items() if v))
    for name, (extra, use) in EXTRAS.items():
        if not packages[name]:
            print(f"  {name} not found; `pip install 'bonsaic[{extra}]'`  ({use})")
    for message in lacking:
        print(f"bonsaic: error: {message}")
    return 3 if lacking else 0


def _version(program: str) -> str | None:
    path = shutil.which(program)
    if path is None:
        return None
    done = subprocess.run([path, *PROGRAMS[program][2]], capture_output=True, text=True, timeout=20)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else path


def _package(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
