"""All of the access log, its seals, and what guards them."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access_log.seals.queries import HEAD_COLUMNS, LINE_COLUMNS, signed_head
from shared.db.tables.access_log import access_log, access_log_node, access_log_tail, access_seal
from shared.domain.ledger import Line, SignedHead
from shared.domain.merkle import Node

_AT_ONCE: Final = 2000


async def lines(connection: AsyncConnection) -> AsyncIterator[tuple[Line, bytes]]:
    """Every line, in the order of the numbers, also where a number stands twice."""
    async with connection.stream(
        select(*LINE_COLUMNS, access_log.c.hash).order_by(access_log.c.n),
        execution_options={"yield_per": _AT_ONCE},
    ) as result:
        async for some in result.partitions():
            for row in some:
                yield Line(*row[:-1]), row[-1]


async def heads(connection: AsyncConnection) -> Sequence[SignedHead]:
    rows = await connection.execute(
        select(*HEAD_COLUMNS, access_seal.c.signature).order_by(access_seal.c.number)
    )
    return [signed_head(row) for row in rows]


async def nodes(connection: AsyncConnection) -> dict[Node, bytes]:
    its = access_log_node.c
    rows = await connection.execute(select(its.level, its.position, its.hash))
    return {Node(level, position): hash_ for level, position, hash_ in rows}


async def tails(connection: AsyncConnection) -> Sequence[tuple[int, bytes]]:
    """One, if nobody meddled."""
    its = access_log_tail.c
    rows = await connection.execute(select(its.n, its.hash).order_by(its.id))
    return [(n, hash_) for n, hash_ in rows]


async def triggers_awake(connection: AsyncConnection) -> set[tuple[str, str]]:
    """Table and function of each trigger that fires always."""
    rows = await connection.execute(
        text(
            "SELECT t.tgrelid::regclass::text, p.proname FROM pg_trigger t"
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgenabled = 'A' AND NOT t.tgisinternal"
        )
    )
    return {(table, function) for table, function in rows}


async def functions(connection: AsyncConnection) -> dict[str, str]:
    """What the functions of these triggers do, by its SHA-256."""
    rows = await connection.execute(
        text(
            "SELECT proname, encode(sha256(convert_to(prosrc, 'UTF8')), 'hex') AS digest"
            " FROM pg_proc WHERE proname LIKE 'access\\_log\\_%'"
        )
    )
    return {row.proname: row.digest for row in rows}


async def who_may_change(connection: AsyncConnection, table: str) -> Sequence[str]:
    """The services that could change or remove lines of a table."""
    rows = await connection.execute(
        text(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'giamsat\\_%'"
            " AND (has_table_privilege(oid, CAST(:table AS text), 'DELETE, TRUNCATE')"
            " OR has_any_column_privilege(oid, CAST(:table AS text), 'UPDATE'))"
            " ORDER BY rolname"
        ),
        {"table": table},
    )
    return list(rows.scalars())
