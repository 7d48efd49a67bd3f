"""`check`, `run`, `fmt` and `data`: what a language's tools print."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from bonsaic.diag import Diagnostic, Mistake, mistake
