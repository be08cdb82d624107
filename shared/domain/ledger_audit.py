"""What is wrong with an access log, and where: pure, fed line by line.

The chain finds what was changed and not chained anew. The signed roots find what was chained anew.
Heads kept elsewhere find a log that was cut short, or put back to what it was.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain import merkle
from shared.domain.ledger import GENESIS, Head, Line, SignedHead, line_hash
from shared.domain.merkle import Node, Tree

#: Lines are sealed each minute; so long after it, nobody seals.
UNSEALED_FOR: Final = timedelta(minutes=10)
#: Nodes from this level on are kept in the database: one for 256 lines, and those above.
KEPT_LEVEL: Final = 8
_NO_HEAD: Final = (0, 0, GENESIS)

Verify = Callable[[bytes, bytes, bytes], bool]


class Fault(StrEnum):
    """What is wrong."""

    LINE_CHANGED = "line_changed"
    LINES_MISSING = "lines_missing"
    LINE_REPEATED = "line_repeated"
    TAIL_DIFFERS = "tail_differs"
    NODE_WRONG = "node_wrong"
    SEAL_MISSING = "seal_missing"
    SEAL_UNLINKED = "seal_unlinked"
    SEAL_SHRINKS = "seal_shrinks"
    SEAL_UNSIGNED = "seal_unsigned"
    SEAL_UNKNOWN_KEY = "seal_unknown_key"
    REWRITTEN = "rewritten"
    CUT_SHORT = "cut_short"
    WITNESS_UNSIGNED = "witness_unsigned"
    WITNESS_CONTRADICTS = "witness_contradicts"
    UNSEALED = "unsealed"
    UNGUARDED = "unguarded"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: at the lines [first, last], or at heads of these numbers."""

    fault: Fault
    first: int
    last: int
    detail: str = ""


@dataclass(slots=True)
class Lines:
    """Takes every line in the order of the numbers, and remembers the roots that will be asked."""

    #: After so many lines, the root is compared with a head.
    wanted: frozenset[int]
    count: int = 0
    last: int = 0
    hash: bytes = GENESIS
    unsealed_since: datetime | None = None
    sealed: int = 0
    findings: list[Finding] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    nodes: dict[Node, bytes] = field(default_factory=dict)
    _tree: Tree = field(default_factory=Tree)

    def __post_init__(self) -> None:
        if 0 in self.wanted:
            self.roots[0] = merkle.EMPTY

    def take(self, line: Line, stored: bytes) -> None:
        if line.n > self.last + 1:
            self.findings.append(Finding(Fault.LINES_MISSING, self.last + 1, line.n - 1))
        elif line.n <= self.last:
            self.findings.append(Finding(Fault.LINE_REPEATED, line.n, line.n))
        elif line_hash(self.hash, line) != stored:
            self.findings.append(Finding(Fault.LINE_CHANGED, line.n, line.n))
        self.last, self.hash = line.n, stored
        self.count += 1
        for node, node_hash in self._tree.append(merkle.leaf(stored)):
            if node.level >= KEPT_LEVEL:
                self.nodes[node] = node_hash
        if self.count in self.wanted:
            self.roots[self.count] = self._tree.root
        if self.count > self.sealed and self.unsealed_since is None:
            self.unsealed_since = line.at


@dataclass(frozen=True, slots=True)
class Stored:
    """What stands in the database beside the lines."""

    seals: Sequence[SignedHead]
    tail: tuple[int, bytes]
    nodes: dict[Node, bytes]


def lines_for(seals: Sequence[SignedHead], witnesses: Iterable[SignedHead]) -> Lines:
    """An audit that has not begun."""
    sizes = frozenset(one.head.size for one in (*seals, *witnesses))
    return Lines(wanted=sizes, sealed=max((one.head.size for one in seals), default=0))


def findings(
    lines: Lines,
    stored: Stored,
    witnesses: Sequence[SignedHead],
    *,
    trusted: frozenset[bytes],
    verify: Verify,
    now: datetime,
) -> list[Finding]:
    """All that is wrong, once every line was taken."""
    return [
        *lines.findings,
        *_beside(lines, stored, now=now),
        *_of_seals(lines, stored.seals, trusted=trusted, verify=verify),
        *_of_witnesses(lines, stored.seals, witnesses, trusted=trusted, verify=verify),
    ]


def _beside(lines: Lines, stored: Stored, *, now: datetime) -> Iterable[Finding]:
    if stored.tail != (lines.last, lines.hash):
        yield Finding(Fault.TAIL_DIFFERS, lines.last, stored.tail[0])
    sealed_nodes = {
        node: hash_
        for node, hash_ in lines.nodes.items()
        if (node.position + 1) << node.level <= lines.sealed
    }
    if stored.nodes != sealed_nodes:
        wrong = sorted(
            (node.position << node.level) + 1
            for node in stored.nodes.keys() | sealed_nodes.keys()
            if stored.nodes.get(node) != sealed_nodes.get(node)
        )
        yield Finding(Fault.NODE_WRONG, wrong[0], wrong[-1])
    since = lines.unsealed_since
    if since is not None and now - since > UNSEALED_FOR:
        yield Finding(Fault.UNSEALED, lines.sealed + 1, lines.last)


def _of_seals(
    lines: Lines, seals: Sequence[SignedHead], *, trusted: frozenset[bytes], verify: Verify
) -> Iterable[Finding]:
    before: Head | None = None
    good = 0
    for one in seals:
        head = one.head
        yield from _link(before, head)
        fault = _signature_fault(one, trusted=trusted, verify=verify)
        if fault is not None:
            yield Finding(fault, head.number, head.number)
        if head.size > lines.count:
            yield Finding(Fault.CUT_SHORT, lines.count + 1, head.size, f"seal {head.number}")
        elif lines.roots[head.size] == head.root:
            good = head.size
        else:
            yield Finding(Fault.REWRITTEN, good + 1, head.size, f"seal {head.number}")
        before = head


def _link(before: Head | None, head: Head) -> Iterable[Finding]:
    number, size, previous = (before.number, before.size, before.hash) if before else _NO_HEAD
    if head.number != number + 1:
        yield Finding(Fault.SEAL_MISSING, number + 1, head.number - 1)
    elif head.previous != previous:
        yield Finding(Fault.SEAL_UNLINKED, head.number, head.number)
    if head.size < size:
        yield Finding(Fault.SEAL_SHRINKS, head.number, head.number)


def _signature_fault(one: SignedHead, *, trusted: frozenset[bytes], verify: Verify) -> Fault | None:
    if one.head.public_key not in trusted:
        return Fault.SEAL_UNKNOWN_KEY
    if not verify(one.head.public_key, one.signature, one.head.content):
        return Fault.SEAL_UNSIGNED
    return None


def _of_witnesses(
    lines: Lines,
    seals: Sequence[SignedHead],
    witnesses: Sequence[SignedHead],
    *,
    trusted: frozenset[bytes],
    verify: Verify,
) -> Iterable[Finding]:
    """What somebody kept elsewhere is true, if it is signed with a key that is known."""
    ours = {one.head.number: one.head for one in seals}
    for one in witnesses:
        head = one.head
        number = head.number
        known = head.public_key in trusted and verify(head.public_key, one.signature, head.content)
        if not known:
            yield Finding(Fault.WITNESS_UNSIGNED, number, number)
        elif head.size > lines.count:
            yield Finding(Fault.CUT_SHORT, lines.count + 1, head.size, f"kept head {number}")
        elif lines.roots[head.size] != head.root:
            yield Finding(Fault.REWRITTEN, 1, head.size, f"kept head {number}")
        elif number not in ours:
            yield Finding(Fault.SEAL_MISSING, number, number, "kept elsewhere")
        elif ours[number] != head:
            yield Finding(Fault.WITNESS_CONTRADICTS, number, number)
