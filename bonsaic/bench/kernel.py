"""`bonsaic bench kernel`: this trainer beside JAX and plain tinygrad on the same work, and how its speed grows."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bonsaic.arguments import number
from bonsaic.bench.peers import MATRIX, Work, seconds
from bonsaic.network import write_whole

SHAPES = (Work(32, 256, 20, 1, 2, 4), Work(32, 256, 12, 3, 8, 16))
SMALL = Work(4, 64, 2, 1, 2, 4)  # plain operations of more ticks take minutes to compile
SCALED = {"networks": (4, 1024), "words": (64, 1024), "ticks": (6, 48), "outputs": (4, 64)}
THREADS = (1, 2)
NAMES = {"bonsaic": "bonsaic", "jax": "JAX", "plain": "plain tinygrad"}


@dataclass(frozen=True)
class Timing:
    """One trainer on one work. seconds: of a step; None where `skipped` says why."""

    work: Work
    peer: str
    threads: int
    seconds: float | None
    skipped: str = ""

    @property
    def speed(self) -> float:
        """Network-steps a second."""
        assert self.seconds is not None
        return self.work.networks / self.seconds

    @property
    def rate(self) -> float:
        """Multiply-adds of the sums and their gradients, as floating-point operations a second."""
        assert self.seconds is not None
        return 2 * self.work.multiply_adds / self.seconds


def main(arguments: list[str]) -> int:
    """Measure, print the tables, and write what was asked for."""
    a = _parser().parse_args(arguments)
    matrix = seconds("matrix", SMALL, threads=max(THREADS))
    assert isinstance(matrix, float), matrix
    peak = 2 * MATRIX**3 / matrix
    best = [measure(peer, work, a.rounds) for work in SHAPES for peer in ("bonsaic", "jax")]
    plain = [measure(peer, SMALL, 1, limit=a.limit) for peer in ("bonsaic", "plain")]
    scaled = [] if a.no_growth else [measure(p, w, 1) for w in growth() for p in ("bonsaic", "jax")]
    print(f"{peak / 1e9:.0f} GFLOP/s: a {MATRIX} x {MATRIX} float32 matrix product, 2 threads\n")
    print(table([*best, *plain], peak))
    if scaled:
        print(f"\nOne size of the second shape changed:\n\n{table(scaled, peak)}")
    if a.json:
        rows = [
            asdict(t) | {"network_steps": t.speed if t.seconds else None}
            for t in best + plain + scaled
        ]
        text = json.dumps({"matrix_product_flops": peak, "timings": rows}, indent=1) + "\n"
        write_whole(Path(a.json), text.encode())
    return 0


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="bonsaic bench kernel", description=__doc__)
    p.add_argument(
        "--rounds", type=number(int, 1, 10**6), default=3, help="measurements of each shape"
    )
    p.add_argument("--limit", type=float, default=240.0, help="seconds for plain tinygrad")
    p.add_argument("--no-growth", action="store_true", help="the fixed shapes alone")
    p.add_argument("--json", metavar="FILE", help="every timing, machine-readable")
    return p


def growth() -> list[Work]:
    """The second shape with one size smaller, then larger."""
    return [replace(SHAPES[1], **{size: n}) for size, few in SCALED.items() for n in few]


def measure(peer: str, work: Work, rounds: int, *, limit: float = 600.0) -> Timing:
    """The best of 1 and 2 threads and of all rounds."""
    found = []
    for threads in THREADS * rounds:
        answer = seconds(peer, work, threads=threads, limit=limit)
        if isinstance(answer, str):
            return Timing(work, peer, threads, None, answer)
        found.append(Timing(work, peer, threads, answer))
    best = min(found, key=lambda t: -t.speed)
    print(f"{peer}: {work}: {best.speed:,.0f} network-steps/s", file=sys.stderr, flush=True)
    return best


def table(timings: list[Timing], peak: float) -> str:
    """A Markdown row per timing; each is compared with bonsaic's on the same work."""
    head = ("work", "trainer", "threads", "network-steps/s", "of matrix product", "bonsaic is")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    own = {t.work: t for t in timings if t.peer == "bonsaic"}
    for t in timings:
        cells = [str(t.work), NAMES[t.peer]]
        if t.seconds is None:
            cells += ["-", t.skipped, "-", "-"]
        else:
            ratio = own[t.work].speed / t.speed
            cells += [str(t.threads), f"{t.speed:,.0f}", f"{t.rate / peak:.1%}"]
            cells += ["" if t.peer == "bonsaic" else f"{ratio:.1f}x as fast"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
