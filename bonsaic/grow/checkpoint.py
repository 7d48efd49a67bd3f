"""The file in which a campaign is written down while it runs, and read again after an interruption."""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bonsaic.diag import mistake
from bonsaic.ir.mealy import Mealy
from bonsaic.network import archived, write_whole

NAME = "population.npz"
EVERY = 2.0  # seconds


@dataclass(frozen=True)
class Snapshot:
    """A campaign between two steps: what JSON can say of it, and arrays."""

    facts: dict
    arrays: dict[str, np.ndarray]


class Checkpoint:
    """`NAME` in a directory, of one machine grown in one way; it is whole or not there."""

    def __init__(self, directory: Path, mealy: Mealy, *grown_with: object):
        self.path = directory / NAME
        told = (mealy.name, mealy.inputs, mealy.outputs, *grown_with)
        digest = hashlib.sha256(repr(told).encode())
        for table in (mealy.letters, mealy.next, mealy.outs):
            digest.update(np.ascontiguousarray(table).tobytes())
        self._key = digest.hexdigest()
        self._written = time.monotonic()

    def due(self) -> bool:
        """Whether the last one is some seconds old."""
        return time.monotonic() - self._written >= EVERY

    def write(self, snapshot: Snapshot) -> None:
        """Put this in place of what was written last."""
        header = np.frombuffer(json.dumps({"key": self._key, **snapshot.facts}).encode(), np.uint8)
        write_whole(self.path, archived({"header": header, **snapshot.arrays}))
        self._written = time.monotonic()

    def read(self) -> Snapshot | None:
        """What was written last, None without any; a `Mistake` where it is of another campaign or damaged."""
        if not self.path.exists():
            return None
        help = "give the same program and options as before, or leave --resume out"
        try:
            with np.load(self.path, allow_pickle=False) as archive:
                arrays = dict(archive)
            facts = json.loads(arrays.pop("header").tobytes())
            key = facts.pop("key")
        except (ValueError, KeyError, AttributeError, EOFError, zipfile.BadZipFile):
            raise mistake(
                str(self.path), "this is no population to go on with", help=help
            ) from None
        if key != self._key:
            grown = "this population was grown for another program, seed, guide or device"
            raise mistake(str(self.path), grown, help=help)
        return Snapshot(facts, arrays)
