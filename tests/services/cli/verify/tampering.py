"""What somebody could do to a log who rules the database, has time, and does not have our key."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.verify import queries
from shared.db.tables.access_log import access_log, access_log_node, access_log_tail, access_seal
from shared.domain import merkle
from shared.domain.ledger import GENESIS, Line, SignedHead, line_hash
from shared.domain.ledger_audit import KEPT_LEVEL
from shared.domain.merkle import Node, Tree
from shared.runtime.ed25519 import SigningKey

TEXTS = ("actor", "role", "verb", "subject", "key", "purpose", "address", "trace_id", "detail")
MALLORY = SigningKey.new()


@dataclass
class Copy:
    """A log with all that stands beside it."""

    lines: list[tuple[Line, bytes]]
    heads: list[SignedHead]
    nodes: dict[Node, bytes]
    tail: tuple[int, bytes]
    #: What somebody did, for the report of a failure.
    story: list[str] = field(default_factory=list)

    @property
    def sealed(self) -> int:
        return self.heads[-1].head.size

    def settle_tail(self) -> None:
        self.tail = (self.lines[-1][0].n, self.lines[-1][1]) if self.lines else (0, GENESIS)

    def chain_anew(self) -> None:
        """Numbers without holes, hashes that fit."""
        previous = GENESIS
        for i, (line, _) in enumerate(self.lines):
            numbered = replace(line, n=i + 1)
            previous = line_hash(previous, numbered)
            self.lines[i] = (numbered, previous)
        self.settle_tail()
        self.story.append("chained anew")

    def root_anew(self) -> None:
        """Roots, links and nodes that fit; only the signatures stay."""
        roots, self.nodes = roots_of(self.lines)
        previous = GENESIS
        for i, one in enumerate(self.heads):
            size = min(one.head.size, len(self.lines))
            head = replace(one.head, size=size, root=roots[size], previous=previous)
            self.heads[i] = SignedHead(head, one.signature)
            previous = head.hash
        self.nodes = {
            node: hash_
            for node, hash_ in self.nodes.items()
            if (node.position + 1) << node.level <= self.sealed
        }
        self.story.append("sealed anew")

    def sign_anew(self) -> None:
        previous = GENESIS
        for i, one in enumerate(self.heads):
            head = replace(one.head, previous=previous, public_key=MALLORY.public_key)
            self.heads[i] = SignedHead(head, MALLORY.sign(head.content))
            previous = head.hash
        self.story.append("signed by another")


def roots_of(lines: list[tuple[Line, bytes]]) -> tuple[dict[int, bytes], dict[Node, bytes]]:
    tree = Tree()
    nodes: dict[Node, bytes] = {}
    roots = {0: merkle.EMPTY}
    for _, stored in lines:
        nodes |= dict(tree.append(merkle.leaf(stored)))
        roots[tree.size] = tree.root
    return roots, {node: hash_ for node, hash_ in nodes.items() if node.level >= KEPT_LEVEL}


def edited(line: Line, chance: random.Random) -> Line:
    name = chance.choice((*TEXTS, "at", "facility_id", "admin_unit_id"))
    there = getattr(line, name)
    if name == "at":
        there += timedelta(microseconds=chance.choice((-1, 1, 10**9)))
    elif name in TEXTS:
        there += "x"
    else:
        there = 7 if there is None else None
    changes: dict[str, Any] = {name: there}
    return replace(line, **changes)


def edit(log: Copy, chance: random.Random) -> None:
    i = chance.randrange(log.sealed)
    line, stored = log.lines[i]
    log.lines[i] = (edited(line, chance), stored)
    log.story.append(f"edited {line.n}")


def remove(log: Copy, chance: random.Random) -> None:
    i = chance.randrange(log.sealed)
    count = min(chance.choice((1, 1, 2, 20)), len(log.lines) - i)
    del log.lines[i : i + count]
    log.story.append(f"removed {count} from {i + 1}")


def insert_line(log: Copy, chance: random.Random) -> None:
    i = chance.randrange(log.sealed)
    line, stored = chance.choice(log.lines)
    log.lines.insert(i, (edited(line, chance), stored))
    log.lines[i + 1 :] = [(replace(other, n=other.n + 1), its) for other, its in log.lines[i + 1 :]]
    log.lines[i] = (replace(log.lines[i][0], n=i + 1), stored)
    log.settle_tail()
    log.story.append(f"inserted at {i + 1}")


def swap(log: Copy, chance: random.Random) -> None:
    i, j = sorted(chance.sample(range(log.sealed), 2))
    (one, its), (other, others) = log.lines[i], log.lines[j]
    log.lines[i], log.lines[j] = (replace(other, n=one.n), others), (replace(one, n=other.n), its)
    log.story.append(f"swapped {i + 1} and {j + 1}")


def cut(log: Copy, chance: random.Random) -> None:
    keep = chance.randrange(log.sealed)
    del log.lines[keep:]
    log.story.append(f"cut after {keep}")


def put_back(log: Copy, chance: random.Random) -> None:
    """An older copy, whole and true as it was then; perhaps life went on."""
    back_to = chance.randrange(len(log.heads))
    log.heads = log.heads[:back_to]
    size = log.heads[-1].head.size if log.heads else 0
    rest = log.lines[size:]
    log.lines = log.lines[:size]
    log.nodes = {
        node: hash_
        for node, hash_ in log.nodes.items()
        if (node.position + 1) << node.level <= size
    }
    if chance.random() < 0.5:
        log.lines += [(replace(line, key=line.key + "'"), its) for line, its in rest]
    log.chain_anew()
    log.story.append(f"put back to head {back_to}")


def spoil_a_head(log: Copy, chance: random.Random) -> None:
    i = chance.randrange(len(log.heads))
    head, signature = log.heads[i].head, log.heads[i].signature
    match chance.randrange(7):
        case 0:
            del log.heads[i]
        case 1:
            head = replace(head, at=head.at + timedelta(microseconds=1))
        case 2:
            head = replace(head, root=sha256(head.root).digest())
        case 3:
            head = replace(head, previous=sha256(head.previous).digest())
        case 4:
            head = replace(head, size=head.size - 1 if head.size else 1)
        case 5:
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        case _:
            head = replace(head, public_key=MALLORY.public_key)
            signature = MALLORY.sign(head.content)
    if i < len(log.heads) and log.heads[i].head.number == head.number:
        log.heads[i] = SignedHead(head, signature)
    log.story.append(f"spoilt head {head.number}")


def spoil_what_is_beside(log: Copy, chance: random.Random) -> None:
    if chance.random() < 0.5:
        log.tail = (log.tail[0] - 1, log.tail[1])
    else:
        node = chance.choice(sorted(log.nodes, key=lambda one: (one.level, one.position)))
        log.nodes[node] = sha256(log.nodes[node]).digest()
    log.story.append("spoilt what is beside")


def repeat(log: Copy, chance: random.Random) -> None:
    i = chance.randrange(log.sealed)
    log.lines.insert(i, log.lines[i])
    log.story.append(f"repeated {i + 1}")


def then(*steps: Callable[[Copy, random.Random], None]) -> Callable[[Copy, random.Random], None]:
    def both(log: Copy, chance: random.Random) -> None:
        for step in steps:
            step(log, chance)

    return both


def chain_anew(log: Copy, _: random.Random) -> None:
    log.chain_anew()


def root_anew(log: Copy, _: random.Random) -> None:
    log.root_anew()


def sign_anew(log: Copy, _: random.Random) -> None:
    log.sign_anew()


CHANGES = (edit, remove, insert_line, swap, cut)
WAYS = (
    *CHANGES,
    *(then(change, chain_anew) for change in CHANGES),
    *(then(change, chain_anew, root_anew) for change in CHANGES),
    *(then(change, chain_anew, root_anew, sign_anew) for change in CHANGES),
    put_back,
    then(put_back, sign_anew),
    spoil_a_head,
    spoil_what_is_beside,
    repeat,
)


async def load(connection: AsyncConnection) -> Copy:
    lines = [one async for one in queries.lines(connection)]
    (tail,) = await queries.tails(connection)
    nodes = await queries.nodes(connection)
    return Copy(lines, list(await queries.heads(connection)), nodes, tail)


async def store(connection: AsyncConnection, log: Copy) -> None:
    """In place of what is there; the triggers sleep."""
    for table in (access_log, access_seal, access_log_node):
        await connection.execute(delete(table))
    rows = [
        {**{name: getattr(line, name) for name in Line.__slots__}, "hash": stored}
        for line, stored in log.lines
    ]
    heads = [
        {
            **{name: getattr(one.head, name) for name in type(one.head).__slots__},
            "signature": one.signature,
        }
        for one in log.heads
    ]
    nodes = [
        {"level": node.level, "position": node.position, "hash": hash_}
        for node, hash_ in log.nodes.items()
    ]
    for table, values in ((access_log, rows), (access_seal, heads), (access_log_node, nodes)):
        if values:
            await connection.execute(insert(table).inline(), values)
    await connection.execute(update(access_log_tail).values(n=log.tail[0], hash=log.tail[1]))
