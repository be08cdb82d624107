"""What came to the log since the last seal, checked link by link against what was sealed."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access_log.seals import queries
from shared.domain import merkle
from shared.domain.ledger import GENESIS, Head, Line, line_hash
from shared.domain.ledger_audit import KEPT_LEVEL
from shared.domain.merkle import Node, Tree
from shared.runtime.errors import GiamsatError

#: So many lines under one seal take a hundredth of a second to hash.
MOST_LINES: Final = 2000
BLOCK: Final = 1 << KEPT_LEVEL


class BrokenLogError(GiamsatError):
    """The log is not what was sealed. It is not sealed further, and somebody must look."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} Run `giamsat verify`.", retryable=True)


@dataclass(slots=True)
class Growth:
    """The tree as it is to be sealed, and what became complete in it."""

    tree: Tree
    complete: dict[Node, bytes] = field(default_factory=dict)
    #: Whether there are more lines than fit under one seal.
    has_more: bool = False

    @property
    def size(self) -> int:
        return self.tree.size


async def growth(connection: AsyncConnection, last: Head | None) -> Growth:
    """Up to `MOST_LINES` more than the last head has. Raises `BrokenLogError`."""
    sealed = last.size if last else 0
    start = sealed - sealed % BLOCK
    grown = Growth(await _tree_of(connection, start))
    found = await queries.lines(connection, begin=max(start, 1), limit=MOST_LINES + BLOCK)
    grown.has_more = len(found) == MOST_LINES + BLOCK
    previous, fresh = GENESIS, found
    if start:
        if not found or found[0][0].n != start:
            raise BrokenLogError(f"Line {start} is missing.")
        previous, fresh = found[0][1], found[1:]
    _compare(grown, last)
    for line, stored in fresh:
        _check(line, stored, previous, grown)
        for node, node_hash in grown.tree.append(merkle.leaf(stored)):
            if node.level >= KEPT_LEVEL:
                grown.complete[node] = node_hash
        _compare(grown, last)
        previous = stored
    if grown.size < sealed:
        raise BrokenLogError(f"The log ends after line {grown.size}, but {sealed} were sealed.")
    return grown


async def _tree_of(connection: AsyncConnection, size: int) -> Tree:
    """Of whole blocks: all of its peaks are kept."""
    wanted = merkle.complete_in((0, size))
    kept = await queries.nodes(connection, wanted)
    if len(kept) < len(wanted):
        raise BrokenLogError(f"Nodes are missing below line {size}.")
    return Tree(size, [kept[node] for node in wanted])


def _check(line: Line, stored: bytes, previous: bytes, grown: Growth) -> None:
    if line.n != grown.size + 1:
        raise BrokenLogError(f"Line {grown.size + 1} is missing.")
    if line_hash(previous, line) != stored:
        raise BrokenLogError(f"Line {line.n} does not follow from the one before.")


def _compare(grown: Growth, last: Head | None) -> None:
    if last and grown.size == last.size and grown.tree.root != last.root:
        raise BrokenLogError(f"Lines up to {last.size} are not those that were sealed.")
