"""Which OpenCL device grows the networks, for pyopencl and tinygrad alike, and where the kernels' texts are."""

from __future__ import annotations

import atexit
import glob
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bonsaic.diag import Missing, mistake

NO_LINKER = (
    "PoCL, the OpenCL of pip, calls the linker `ld` and would abort without it: "
    "install it with `apt-get install binutils`"
)
ROOM = 8 << 20  # bytes; the kernels of a program take one
ELSEWHERE = "XDG_CACHE_HOME and TMPDIR choose other places"
NO_OPENCL = "there is no OpenCL device: install one with `pip install pocl-binary-distribution`"


@dataclass(frozen=True)
class Device:
    """An OpenCL device. index: its place among its platform's devices."""

    name: str
    driver: str
    platform: str
    index: int
    is_cpu: bool

    def __str__(self) -> str:
        return f"{self.name} ({self.platform}, driver {self.driver})"


def devices() -> list[Device]:
    """Every OpenCL device of this machine, accelerators first."""
    _find_caches()
    import pyopencl as cl

    try:
        platforms = cl.get_platforms()
    except cl.LogicError:  # the loader's way of saying that it knows no platform
        return []
    found = []
    for platform in platforms:
        try:
            listed = platform.get_devices()
        except cl.RuntimeError:  # a platform whose hardware is not there
            continue
        for i, d in enumerate(listed):
            cpu = bool(d.type & cl.device_type.CPU)
            found.append(Device(d.name, d.driver_version, platform.name, i, cpu))
    return sorted(found, key=lambda d: d.is_cpu)


@cache
def _find_caches() -> None:
    """Where the user's caches have no room, kernels are compiled anew: PoCL and tinygrad would abort there."""
    if not _has_room(_caches()):
        own = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        if not _has_room(own):
            neither = f"there is no room for compiled kernels here, nor in {tempfile.gettempdir()}"
            raise mistake(_caches(), neither, help=f"{ROOM >> 20} MB are enough; {ELSEWHERE}")
        os.environ.setdefault("POCL_CACHE_DIR", own)
        os.environ["CACHELEVEL"] = "0"


def _caches() -> str:
    return os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")


def _has_room(folder: str) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            os.posix_fallocate(probe.fileno(), 0, ROOM)
    except OSError:
        return False
    return True


@cache
def choose(name: str | None = None) -> Device:
    """The device whose name or platform contains `name`, else the first one, opened for tinygrad too.

    tinygrad opens the first platform its loader lists, so the loader is shown that one alone; this has to come before
    the first import of tinygrad. Raises Missing without device or linker, Mistake for a name that is not there.
    """
    there = devices()
    if not there:
        raise Missing(NO_OPENCL)
    wanted = (name or "").lower()
    fitting = [d for d in there if wanted in f"{d.platform} {d.name}".lower()]
    if not fitting:
        listed = ", ".join(f"'{d.name}'" for d in there)
        raise mistake("--device", f"no OpenCL device is called '{name}'; there are {listed}")
    device = fitting[0]
    if "portable computing" in device.platform.lower() and not shutil.which("ld"):
        raise Missing(NO_LINKER)
    _show_tinygrad(device)
    return device


@contextmanager
def watched(device: Device) -> Iterator[None]:
    """Within, it is a `Mistake` where the device refuses memory or work, or is not there any more.

    So it is where its compiled kernels cannot be kept, as on a disk that has just been filled.
    """
    from tinygrad.device import CompileError

    try:
        yield
    except (sqlite3.Error, CompileError) as e:
        said = " ".join(str(e).split())
        help = f"is there room? if not, {ELSEWHERE}"
        raise mistake(_caches(), f"kernels cannot be compiled or kept: {said}", help=help) from None
    except (RuntimeError, MemoryError) as e:  # tinygrad's for every status of OpenCL
        if not str(e).startswith(("OpenCL Error", "Allocation of")):
            raise
        help = "go on later with --resume, or choose another device, see `bonsaic doctor`"
        raise mistake("--device", f"{device} failed: {e}", help=help) from None


def _show_tinygrad(device: Device) -> None:
    import pyopencl

    beside = os.path.dirname(pyopencl.__file__)
    loaders = [
        *glob.glob(f"{beside}/.libs/libOpenCL*"),
        *glob.glob(f"{beside}.libs/libOpenCL*"),
    ]
    if loaders:
        os.environ.setdefault("OPENCL_PATH", loaders[0])
    os.environ["PARALLEL"] = "0"  # else tinygrad keeps a pool of processes that outlives a SIGTERM
    os.environ["DEV"] = "CL" if device.index == 0 else f"CL:{device.index}"


def tinygrad_name() -> str:
    """What tinygrad calls the device that `choose` opened."""
    from tinygrad import Device

    return Device.DEFAULT


@cache
def kernel_source(name: str) -> str:
    """The text of `kernels/NAME`, from the installed package or from a checkout."""
    package = Path(__file__).parent.parent
    for folder in (package / "kernels", package.parent / "kernels"):
        if (folder / name).is_file():
            return (folder / name).read_text()
    raise Missing(f"the kernel {name} is not in this installation: install bonsaic again")
