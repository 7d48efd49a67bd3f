"""What is shipped works on its own: the wheel, installed into an empty folder, grows and proves a network there."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from commandline import python

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_is_pure_and_carries_kernels_and_grammars(wheel):
    assert wheel.name.endswith("py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    wanted = ("bonsaic/kernels/population.cl", "bonsaic/lang/bp.lark", "bonsaic/ir/bir.lark")
    assert set(wanted) <= set(names)
    assert not [n for n in names if n.startswith(("tests/", "programs/")) or n.endswith(".npz")]


def test_the_wheel_builds_a_program_from_an_empty_folder(wheel, tmp_path):
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (empty / "hold.bp").write_text(
        "program hold(x: bit) -> (y: bit) {\n  state seen: bit = 0\n  y = seen\n  seen = x\n}\n"
    )
    run = "import bonsaic, sys; from bonsaic.cli import main; print(bonsaic.__file__); sys.exit(main())"
    done = python("-c", run, "build", "hold.bp", cwd=empty, env={"PYTHONPATH": str(site)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(str(site))
    assert json.loads((empty / "out/hold/report.json").read_text())["verdict"] == "proved"
