"""What several test files share: one whole build, made once."""

import pytest
from commandline import PROGRAMS, bonsaic


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """One whole build of replace_111, shared by the tests that look at it."""
    out = tmp_path_factory.mktemp("built") / "out"
    done = bonsaic("build", PROGRAMS / "replace_111.bp", "-o", out)
    assert done.returncode == 0, done.stderr + done.stdout
    return out, done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for one file's certificates."""
    return tmp_path_factory.mktemp("certificates")
