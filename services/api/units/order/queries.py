"""The order of the state, and turns for whoever changes it."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.registry import admin_unit
from shared.db.tables.units import admin_unit_succession
from shared.domain.jurisdiction import Change, Level, Order, Succession, Unit

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('giamsat.units'))")
_TURN_IF_FREE = text("SELECT pg_try_advisory_xact_lock(hashtext('giamsat.units'))")


async def take_turn(connection: AsyncConnection) -> None:
    """Whoever changes units, or what hangs on them, does so one after another."""
    await connection.execute(_TURN)


async def take_turn_if_free(connection: AsyncConnection) -> bool:
    return bool(await connection.scalar(_TURN_IF_FREE))


async def order(connection: AsyncConnection) -> Order:
    columns = admin_unit.c
    units = await connection.execute(
        select(
            columns.id, columns.code, columns.level, columns.parent_id, columns.valid_from,
            columns.valid_to,
        )
    )  # fmt: skip
    column = admin_unit_succession.c
    successions = await connection.execute(
        select(column.from_id, column.to_id, column.kind, column.effective_on)
    )
    return Order(
        {row.id: Unit(row.id, row.code, Level(row.level), *row[3:]) for row in units},
        tuple(Succession(row[0], row[1], Change(row[2]), row[3]) for row in successions),
    )
