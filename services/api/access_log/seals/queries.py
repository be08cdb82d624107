"""Seals, the nodes below them, and the lines that they cover."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import func, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.access_log import access_log, access_log_node, access_seal
from shared.domain.ledger import Head, Line, SignedHead
from shared.domain.merkle import Node, Span

#: The number is arbitrary but must stay: one process seals at a time.
_TURN: Final = 7120252
LINE_COLUMNS: Final = tuple(access_log.c[one.name] for one in fields(Line))
HEAD_COLUMNS: Final = tuple(access_seal.c[one.name] for one in fields(Head))


async def take_turn(connection: AsyncConnection) -> bool:
    """Whether nobody else seals until the transaction ends."""
    return bool(await connection.scalar(select(func.pg_try_advisory_xact_lock(_TURN))))


async def last(connection: AsyncConnection) -> SignedHead | None:
    row = (
        await connection.execute(
            select(*HEAD_COLUMNS, access_seal.c.signature)
            .order_by(access_seal.c.number.desc())
            .limit(1)
        )
    ).one_or_none()
    return signed_head(row) if row else None


async def head(connection: AsyncConnection, number: int) -> SignedHead | None:
    row = (
        await connection.execute(
            select(*HEAD_COLUMNS, access_seal.c.signature).where(access_seal.c.number == number)
        )
    ).one_or_none()
    return signed_head(row) if row else None


async def heads(connection: AsyncConnection, *, after: int, limit: int) -> Sequence[SignedHead]:
    """In their order."""
    rows = await connection.execute(
        select(*HEAD_COLUMNS, access_seal.c.signature)
        .where(access_seal.c.number > after)
        .order_by(access_seal.c.number)
        .limit(limit)
    )
    return [signed_head(row) for row in rows]


async def first_over(connection: AsyncConnection, n: int) -> SignedHead | None:
    """The first head that covers a line."""
    row = (
        await connection.execute(
            select(*HEAD_COLUMNS, access_seal.c.signature)
            .where(access_seal.c.size >= n)
            .order_by(access_seal.c.number)
            .limit(1)
        )
    ).one_or_none()
    return signed_head(row) if row else None


def signed_head(row: Sequence[Any]) -> SignedHead:
    """From the columns of a head and its signature."""
    return SignedHead(Head(*row[:-1]), row[-1])


async def lines(
    connection: AsyncConnection, *, begin: int, limit: int
) -> Sequence[tuple[Line, bytes]]:
    """From a number on, with the hashes that stand there."""
    rows = await connection.execute(
        select(*LINE_COLUMNS, access_log.c.hash)
        .where(access_log.c.n >= begin)
        .order_by(access_log.c.n)
        .limit(limit)
    )
    return [(Line(*row[:-1]), row[-1]) for row in rows]


async def hashes(connection: AsyncConnection, spans: Iterable[Span]) -> dict[int, bytes]:
    """Of the lines in some spans, by their places in the tree, which count from 0."""
    within = [access_log.c.n.between(first + 1, end) for first, end in spans]
    if not within:
        return {}
    rows = await connection.execute(select(access_log.c.n, access_log.c.hash).where(or_(*within)))
    return {n - 1: hash_ for n, hash_ in rows}


async def nodes(connection: AsyncConnection, wanted: Collection[Node]) -> dict[Node, bytes]:
    if not wanted:
        return {}
    of_node = access_log_node.c
    places = [(node.level, node.position) for node in wanted]
    rows = await connection.execute(
        select(of_node.level, of_node.position, of_node.hash).where(
            tuple_(of_node.level, of_node.position).in_(places)
        )
    )
    return {Node(level, position): hash_ for level, position, hash_ in rows}


async def add(
    connection: AsyncConnection, signed: SignedHead, complete: Mapping[Node, bytes]
) -> None:
    """A head, with the nodes that became complete below it."""
    if complete:
        rows = [
            {"level": node.level, "position": node.position, "hash": hash_}
            for node, hash_ in complete.items()
        ]
        await connection.execute(insert(access_log_node), rows)
    values = {one.name: getattr(signed.head, one.name) for one in fields(Head)}
    await connection.execute(insert(access_seal).values(signature=signed.signature, **values))
