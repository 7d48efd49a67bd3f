"""Growing without training on words: from the program's states, from its answers, or from a machine found by asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.record import ANSWERED, ASKED_FOR, CONSTRUCTED, TRAINED, Record
from bonsaic.grow.teacher import Teacher
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy

Found = tuple[Architecture, np.ndarray]
Over = Callable[[], bool]
TABLE_ROWS, TABLE_NETWORKS, TABLE_STEPS = 128, 16, 400
ASKED, ROUNDS = 512, 8  # words that the machine found has to answer; how often it may be wrong


def by_states(
    record: Record, teacher: Teacher, rng: np.random.Generator, over: Over
) -> Found | None:
    """Without words: codes learned on the machine's table, else a network divided out of it."""
    from bonsaic.grow.table import Table
    from bonsaic.grow.widen import widen

    machine, mealy = teacher.taught_by_state(), teacher.mealy
    rows = int(mealy.legal.sum())
    if mealy.states > 1 and rows <= TABLE_ROWS:
        bits = int(np.ceil(np.log2(mealy.states))) + 3
        shape = Architecture(len(mealy.inputs), ((bits, 12),), len(mealy.outputs))
        weights = shape.initial(rng, TABLE_NETWORKS)
        codes = rng.normal(0, 0.5, (TABLE_NETWORKS, mealy.states, bits))
        table = Table(shape, weights, codes, machine)
        record.tried += TABLE_NETWORKS
        for _ in range(TABLE_STEPS):
            if over():
                return None
            table.step()
            record.steps += 1
            for i in table.right() if table.steps % 20 == 0 else ():
                found = teacher.check(shape, table.network(i))
                flat = widen(shape, table.network(i), teacher, found) if found.right else None
                if flat is not None:
                    return shape, flat
    record.made = CONSTRUCTED
    return _constructed(record, teacher, mealy, over)


def by_letters(record: Record, teacher: Teacher, over: Over) -> Found | None:
    """Without training, for a program without state: words of one letter say all there is to know."""
    every = np.arange(len(teacher.mealy.letters))[:, None]
    legal, wanted = teacher.legal(every), teacher.answers(every)[1][:, 0]
    outs = np.where(legal[:, None] & (wanted != 0), wanted > 0, FREE).astype(np.int8)
    following = np.where(legal, 0, ILLEGAL).astype(np.int32)
    own = replace(teacher.mealy, next=following[None], outs=outs[None])
    record.made = ANSWERED
    return _constructed(record, teacher, own, over)


def by_questions(
    record: Record, teacher: Teacher, ticks: int, rng: np.random.Generator, over: Over
) -> Found | None:
    """Without training: the machine that L* learns, constructed, and learned again while it is wrong."""
    from bonsaic.grow.logic import construct
    from bonsaic.grow.lstar import ProgramOracle, learn

    oracle, words = ProgramOracle(teacher), teacher.draw(rng, ASKED, ticks)
    for _ in range(ROUNDS):
        own = learn(oracle, words, teacher.mealy.states, over)
        found = construct(own, over) if own and not over() else None
        if found is None:
            return None
        walk = teacher.check(*found, over)
        if walk.proved:
            record.tried += 1
            record.made = ASKED_FOR
            return found
        if not walk.words:
            return None
        ticks = max(ticks, *map(len, walk.words))
        further = teacher.extend(list(walk.words), ticks, rng)
        words = np.concatenate([teacher.extend(list(words), ticks, rng), further])
    return None


def _constructed(record: Record, teacher: Teacher, mealy: Mealy, over: Over) -> Found | None:
    from bonsaic.grow.logic import construct

    found = construct(mealy, over)
    if found is not None:
        record.tried += 1
        if teacher.check(*found, over).proved:
            return found
    record.made = TRAINED
    return None
