"""The words of the command line: subcommands, their options, and the exit statuses as they are told."""

from __future__ import annotations

import argparse
import sys

from bonsaic import __version__

GUIDES = ("none", "repair", "states")
PRUNING = ("off", "fast", "hard")
RECIPES = ("default", "tanh", "ternary", "blackbox", "original")
STATUSES = """exit status:
  0 done and proved      1 the honest no: differs, or not proved within the budget
  2 a mistake in the input or the usage      3 something needed is missing
  4 a fault of bonsaic's own      130 after Ctrl-C, 141 after SIGPIPE, 143 after SIGTERM"""


def parser() -> argparse.ArgumentParser:
    """Every command; `run` of what it parses is MODULE:FUNCTION under `bonsaic.commands`."""
    top = argparse.ArgumentParser(
        prog="bonsaic",
        description="From RNN to circuit: grow a small recurrent network from a program, lower it to logic, "
        "and prove that network, circuit and program are the same machine.",
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"bonsaic {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: str, help: str) -> argparse.ArgumentParser:
        p = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        p.set_defaults(run=run)
        return p

    p = command(
        "build",
        "line:build",
        "grow a network for a program, lower it to a circuit, prove and emit it",
    )
    p.add_argument("program", metavar="PROGRAM", help="FILE.bp, FILE.bp:NAME or FILE.kiss2")
    _growing(p)
    _passes(p)
    p.add_argument(
        "-O",
        dest="level",
        choices="01",
        default="1",
        help="0: gates as the network has them; 1: small (default)",
    )
    p.add_argument(
        "--formal",
        action="store_true",
        help="ask Yosys and ABC for a second opinion (extra `formal`)",
    )
    p.add_argument("--json", action="store_true", help="print the report alone on stdout")

    p = command("check", "language:check", "find every mistake in a program before anything runs")
    p.add_argument("program", metavar="PROGRAM", nargs="+")
    p.add_argument(
        "--states",
        action="store_true",
        help="reachable and inequivalent states, registers they need",
    )

    p = command("run", "language:run", "run a program on a word and show every tick")
    p.add_argument("program", metavar="PROGRAM")
    p.add_argument(
        "--word",
        nargs=argparse.REMAINDER,  # a letter may begin with a minus
        metavar="LETTER",
        help="one item a tick, ports in order: 0 1 1 or 3,1 0,-2; nothing follows it",
    )
    p.add_argument("--random", type=number(int, 1, 10**6), metavar="N", help="N random legal ticks")
    _seed(p)

    p = command("fmt", "language:fmt", "lay programs out canonically")
    p.add_argument("program", metavar="FILE", nargs="+")
    p.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if a file would change"
    )

    p = command("data", "language:data", "write training words of a program to .npz or CSV")
    p.add_argument("program", metavar="PROGRAM")
    p.add_argument(
        "-o", "--out", metavar="FILE", help="FILE.npz or FILE.csv (default: CSV on stdout)"
    )
    p.add_argument("--words", type=number(int, 1, 10**12), default=16, metavar="N")
    p.add_argument("--ticks", type=number(int, 1, 10**12), default=16, metavar="N")
    _seed(p)
    p.add_argument(
        "--coverage",
        action="store_true",
        help="only say which share of the reachable transitions is visited",
    )

    p = command("grow", "line:grow", "grow a network and write its checkpoint, without lowering it")
    p.add_argument("program", metavar="PROGRAM")
    _growing(p)
    p.add_argument("--json", action="store_true")

    p = command(
        "opt", "lowering:opt", "run passes on a .bir file or a checkpoint and print the result"
    )
    p.add_argument("module", metavar="FILE", help=".bir, or a checkpoint .npz")
    p.add_argument(
        "--program", metavar="PROGRAM", help="what it must stay equal to (default: itself)"
    )
    _passes(p)
    p.add_argument("--explain", action="store_true", help="print what each pass changed, and why")
    p.add_argument("-o", "--out", metavar="FILE")
    p.add_argument("--list", action=_ListPasses, nargs=0, help="list the passes")

    p = command("emit", "lowering:emit", "write a circuit, a network or a program as text")
    p.add_argument(
        "module", metavar="FILE", help=".bp .kiss2 .bir .npz .json .blif .aag .aig .py .v .sv"
    )
    p.add_argument(
        "--to",
        required=True,
        metavar="TARGET",
        help="python, verilog, testbench, blif, aiger, kiss2, dot, svg, states or bir",
    )
    p.add_argument("-o", "--out", metavar="FILE")

    p = command(
        "prove",
        "proving:prove",
        "prove two machines equal for every word, or show one that tells them apart",
    )
    p.add_argument("spec", metavar="SPEC", help="legal words and don't-cares are this one's")
    p.add_argument("impl", metavar="IMPL")
    p.add_argument(
        "--certificate", metavar="FILE", help="leave a proof that `bonsaic verify` can check"
    )
    p.add_argument("--json", action="store_true")

    p = command("verify", "proving:verify", "check a certificate with an independent checker")
    p.add_argument("certificate", metavar="FILE")

    p = command("bench", "proving:bench", "measure one part of bonsaic on this machine")
    p.add_argument(
        "what", choices=("data", "gates", "grow", "kernel", "prove", "mutants", "recipes")
    )
    p.add_argument(
        "arguments",
        nargs=argparse.REMAINDER,
        help="options of the benchmark; see bonsaic bench WHAT --help",
    )

    p = command(
        "doctor",
        "doctor:doctor",
        "say what this machine has: OpenCL, tinygrad, dot, iverilog, packages",
    )
    p.add_argument("--json", action="store_true")
    return top


class _ListPasses(argparse.Action):
    """`opt --list` needs no file."""

    def __call__(self, parser, namespace, values, option_string=None):
        from bonsaic.commands.lowering import list_passes

        list_passes()
        sys.stdout.flush()
        parser.exit()


def _passes(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--passes",
        metavar="TEXT",
        help="the pipeline, e.g. clip-weights,quantise{step=1/4},recover-gates; see `bonsaic opt --list`",
    )
    p.add_argument("--print-after", metavar="PASS", help="print the IR after a pass, or after all")


def _growing(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "-o", "--out", metavar="DIR", help="where everything is written (default out/NAME)"
    )
    _seed(p)
    p.add_argument(
        "--budget",
        type=BUDGET,
        default=60.0,
        metavar="SECONDS",
        help="for growing and pruning (default 60); kernels that are not cached are compiled even beyond it",
    )
    p.add_argument(
        "--guide",
        choices=GUIDES,
        default="repair",
        help="what growing is told: words alone, words and repair by program state (default), or the states themselves",
    )
    p.add_argument(
        "--prune",
        choices=PRUNING,
        default="fast",
        help="how long to look for a smaller network",
    )
    p.add_argument(
        "--device",
        metavar="NAME",
        help="an OpenCL device, see `bonsaic doctor` (default: the first)",
    )
    p.add_argument(
        "--recipe",
        choices=RECIPES,
        default="default",
        help="how weights are found from words; the others are never repaired, see `bonsaic bench recipes`",
    )
    p.add_argument(
        "--resume",
        action="store_true",
        help="go on from the population that an interrupted build left in the directory",
    )
    p.add_argument("--no-progress", action="store_true", help="no progress display")


def number(kind: type, least: float, most: float):
    """What reads a number and refuses one out of range."""

    def parse(text: str):
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be between {least:,} and {most:,}, not {text}")
        return value

    parse.__name__ = kind.__name__.replace("float", "number").replace("int", "whole number")
    return parse


BUDGET = number(float, 0.001, 10**9)  # that a budget may be


def _seed(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--seed",
        type=number(int, 0, (1 << 63) - 1),
        default=0,
        metavar="N",
        help="of every choice",
    )
