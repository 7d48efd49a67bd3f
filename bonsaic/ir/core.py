"""Nodes and modules: one clock tick as an immutable graph, cut at the registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from weakref import WeakValueDictionary

from bonsaic.ir.ops import OPS
from bonsaic.ir.values import BIT, Type


@dataclass(frozen=True, eq=False)
class Node:
    """A value. Structurally equal nodes are the same object (see `node`), so `is` is equality."""

    op: str
    args: tuple[Node, ...]
    attr: tuple
    type: Type

    @property
    def name(self) -> str:
        """The name of a port or register; other values are named by their module."""
        assert self.op in ("in", "reg"), self.op
        return self.attr[0]

    def __repr__(self) -> str:
        return f"<{self.op} {self.attr} : {self.type}>"


_nodes: WeakValueDictionary[tuple, Node] = WeakValueDictionary()


def node(op: str, *args: Node, attr: tuple = (), type: Type | None = None) -> Node:
    """The one node with this operation, operands and attributes; only ports and registers are given a type."""
    row = OPS[op]
    assert row.arity is None or row.arity == len(args), (op, len(args))
    inferred = type if op in ("in", "reg") else row.infer([a.type for a in args], attr)
    assert inferred is not None, f"{op} needs a type"
    key = (op, tuple(map(id, args)), attr, inferred)
    found = _nodes.get(key)
    if found is None:
        found = _nodes[key] = Node(op, args, attr, inferred)
    return found


def port(name: str, type: Type = BIT) -> Node:
    return node("in", attr=(name,), type=type)


def register(name: str, type: Type = BIT) -> Node:
    return node("reg", attr=(name,), type=type)


def const(value: Fraction | int) -> Node:
    return node("const", attr=(Fraction(value),))


def affine(
    weights: Iterable[Fraction | int], args: Iterable[Node], bias: Fraction | int = 0
) -> Node:
    return node("affine", *args, attr=(tuple(map(Fraction, weights)), Fraction(bias)))


@dataclass(frozen=True)
class Module:
    """A synchronous machine: registers hold `init`, then `next` after every tick.

    `legal` is a bit that says which letters may be read in this state (None: all). `care` maps an output to a bit that
    is 0 where its value does not matter (absent: always 1). `names` are hints for printing and no part of equality.
    """

    name: str
    level: str
    inputs: tuple[Node, ...]
    regs: tuple[Node, ...]
    init: Mapping[str, Fraction]
    next: Mapping[str, Node]
    outs: Mapping[str, Node]
    legal: Node | None = None
    care: Mapping[str, Node] = field(default_factory=dict)
    names: Mapping[Node, str] = field(default_factory=dict, compare=False)

    def roots(self) -> list[Node]:
        """What a tick must compute: outputs, cares, legality, next states."""
        legal = [] if self.legal is None else [self.legal]
        return [*self.outs.values(), *self.care.values(), *legal, *self.next.values()]

    def order(self) -> list[Node]:
        """Every computed node once, operands first, in the order the roots ask for them."""
        return topological(self.roots())


def unused(name: str, taken: set[str]) -> str:
    """This name, or it and underscores where it is taken; it is taken then."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def topological(roots: Iterable[Node]) -> list[Node]:
    """Every node below `roots` except ports and registers, operands first."""
    seen: set[Node] = set()
    out: list[Node] = []
    stack = [(r, False) for r in reversed(list(roots))]
    while stack:
        n, expanded = stack.pop()
        if expanded:
            out.append(n)
        elif n not in seen:
            seen.add(n)
            if n.op not in ("in", "reg"):
                stack.append((n, True))
                stack += [(a, False) for a in reversed(n.args)]
    return out


def with_registers(m: Module, regs: Iterable[Node]) -> Module:
    """`m` with only these of its registers."""
    regs = tuple(regs)
    init = {r.name: m.init[r.name] for r in regs}
    return replace(m, regs=regs, init=init, next={r.name: m.next[r.name] for r in regs})


def renamed(m: Module, new: Mapping[Node, Node]) -> Module:
    """`m` with other ports and registers, of the same types, in the place of some of its own."""
    regs = {r.name: new.get(r, r) for r in m.regs}
    body = rewrite(m, lambda n: n, new)
    return replace(
        body,
        inputs=tuple(new.get(n, n) for n in m.inputs),
        regs=tuple(regs.values()),
        init={regs[k].name: v for k, v in m.init.items()},
        next={regs[k].name: n for k, n in body.next.items()},
    )


def rewrite(
    m: Module, f: Callable[[Node], Node], sources: Mapping[Node, Node] | None = None
) -> Module:
    """`m` rebuilt bottom-up with each rebuilt node replaced by f(node); `sources` replaces ports and registers.

    Names follow their node: a node that f replaces hands its name on unless the replacement has one.
    """
    new: dict[Node, Node] = {n: n for n in (*m.inputs, *m.regs)} | dict(sources or {})
    for n in m.order():
        args = tuple(new[a] for a in n.args)
        new[n] = f(n if args == n.args else node(n.op, *args, attr=n.attr))
    return replace(
        m,
        next={k: new[v] for k, v in m.next.items()},
        outs={k: new[v] for k, v in m.outs.items()},
        legal=None if m.legal is None else new[m.legal],
        care={k: new[v] for k, v in m.care.items()},
        names={
            new[n]: s
            for n, s in m.names.items()
            if n in new and new[n].op not in ("in", "reg", "const")
        },
    )
