"""The hashes that prove something of the log, out of a few hundred rows."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access_log.seals import queries
from shared.domain import merkle
from shared.domain.ledger_audit import KEPT_LEVEL
from shared.domain.merkle import Node, Span, Tree


async def roots(connection: AsyncConnection, spans: Sequence[Span]) -> list[bytes]:
    """The root over each span of sealed lines."""
    parts = [merkle.complete_in(span) for span in spans]
    wanted = {node for nodes in parts for node in nodes}
    high = {node for node in wanted if node.level >= KEPT_LEVEL}
    low = wanted - high
    kept = await queries.nodes(connection, high)
    hashes = await queries.hashes(connection, map(_span, low))
    kept |= {node: _root(node, hashes) for node in low}
    return [merkle.folded([kept[node] for node in nodes]) for nodes in parts]


def _span(node: Node) -> Span:
    return node.position << node.level, (node.position + 1) << node.level


def _root(node: Node, hashes: dict[int, bytes]) -> bytes:
    tree = Tree()
    for place in range(*_span(node)):
        tree.append(merkle.leaf(hashes[place]))
    return tree.root
