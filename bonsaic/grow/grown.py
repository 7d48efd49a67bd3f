"""What a person sees while networks grow, and what growing answers."""

from __future__ import annotations

from dataclasses import dataclass

from bonsaic.network import Network


@dataclass(frozen=True)
class Progress:
    """What a person sees while networks grow. solved: networks without a wrong answer on their last words."""

    left: float
    step: int
    networks: int
    solved: int
    proved: int
    loss: float
    sparsity: float
    speed: float
    size: str

    def __str__(self) -> str:
        return (  # what matters most first, as narrow terminals cut it off
            f"{self.left:3.0f} s left  solved {self.solved}/{self.networks}, proved {self.proved}  "
            f"sparsity {self.sparsity:.3f}  {self.speed:,.0f} network-steps/s  "
            f"step {self.step}  loss {self.loss:.4f}  {self.size}"
        )


@dataclass(frozen=True)
class Grown:
    """What growing reached.

    network: proved, or None; best: the most promising network otherwise. told: what it was told of the program.
    tried, solved: networks trained, and those without a wrong answer on their last words. curve: (step, loss, sparsity
    penalty) of the best network over all populations. outstanding: shortest words that the best network still gets
    wrong. advice: what to try next where nothing was proved.
    """

    network: Network | None
    best: Network | None
    device: str
    told: tuple[str, ...]
    steps: int = 0
    tried: int = 0
    solved: int = 0
    curve: tuple[tuple[int, float, float], ...] = ()
    outstanding: tuple[tuple[int, ...], ...] = ()
    seconds: float = 0.0
    interrupted: bool = False
    advice: str = ""
