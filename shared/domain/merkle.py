"""Merkle trees as in RFC 6962: roots, and proofs that a leaf is in or that a tree only grew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from hashlib import sha256
from typing import Final

#: The root over nothing.
EMPTY: Final = sha256(b"").digest()

#: Leaves [first, end), counted from 0.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Node:
    """The root of a complete subtree: of the 2^level leaves from position · 2^level on."""

    level: int
    position: int


def leaf(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def parent(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Tree:
    """A tree that grows at its end; of what is complete it keeps the peaks only."""

    size: int = 0
    #: The roots of the complete subtrees, the largest first: one for each 1 in the size.
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf_hash: bytes) -> list[tuple[Node, bytes]]:
        """Returns the nodes that became complete, the leaf first."""
        made = [(Node(0, self.size), leaf_hash)]
        left = self.size
        while left & 1:
            node, right = made[-1]
            upper = Node(node.level + 1, node.position >> 1)
            made.append((upper, parent(self.peaks.pop(), right)))
            left >>= 1
        self.peaks.append(made[-1][1])
        self.size += 1
        return made

    @property
    def root(self) -> bytes:
        return folded(self.peaks)


def folded(peaks: Sequence[bytes]) -> bytes:
    """The root over the roots of neighbouring subtrees, the largest first."""
    if not peaks:
        return EMPTY
    return reduce(lambda right, left: parent(left, right), reversed(peaks))


def complete_in(span: Span) -> list[Node]:
    """The complete subtrees of which a span of a tree consists, the largest first."""
    first, end = span
    nodes = []
    while first < end:
        level = (end - first).bit_length() - 1
        nodes.append(Node(level, first >> level))
        first += 1 << level
    return nodes


def inclusion(index: int, size: int) -> list[Span]:
    """Whose roots prove that a leaf is in a tree, from the leaf upwards (RFC 6962, 2.1.1)."""
    first, end = 0, size
    spans: list[Span] = []
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
    return spans[::-1]


def consistency(old: int, new: int) -> list[Span]:
    """Whose roots prove that a tree of `old` leaves became one of `new` (RFC 6962, 2.1.2)."""
    if old == 0:
        return []
    first, end = 0, new
    spans: list[Span] = []
    is_known = True
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
            is_known = False
    if not is_known:
        spans.append((first, end))
    return spans[::-1]


def is_included(content: bytes, index: int, size: int, proof: Iterable[bytes], root: bytes) -> bool:
    """Checks a proof of inclusion (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, seen = index, size - 1, leaf(content)
    for other in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            seen = parent(other, seen)
            here, last = _up_while_left(here, last)
        else:
            seen = parent(seen, other)
        here, last = here >> 1, last >> 1
    return last == 0 and seen == root


def is_consistent(
    old: int, new: int, proof: Sequence[bytes], *, old_root: bytes, new_root: bytes
) -> bool:
    """Checks a proof of consistency (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in {0, new}:
        return not proof and (old_root == EMPTY if old == 0 else old_root == new_root)
    path = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    if not path:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = parent(other, before), parent(other, after)
            here, last = _up_while_left(here, last)
        else:
            after = parent(after, other)
        here, last = here >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _up_while_left(here: int, last: int) -> tuple[int, int]:
    """Past the levels on which a node at the right edge has no brother."""
    while not here & 1 and here:
        here, last = here >> 1, last >> 1
    return here, last


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1
