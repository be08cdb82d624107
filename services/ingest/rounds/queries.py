"""The check-ins of rounds, and up to which of them all is settled."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class CheckIn:
    """Somebody was at a point."""

    id: int
    device_id: int
    checked_at: datetime


async def settled_to(connection: AsyncConnection) -> int:
    found = await connection.scalar(text("SELECT settled_to FROM round_intake WHERE id = 1"))
    return int(found or 0)


async def check_ins_after(connection: AsyncConnection, number: int) -> list[CheckIn]:
    """All of them, in the order of their numbers."""
    rows = await connection.execute(
        text("SELECT id, device_id, checked_at FROM round_check_in WHERE id > :number ORDER BY id"),
        {"number": number},
    )
    return [CheckIn(*row) for row in rows]


async def settle(connection: AsyncConnection, number: int) -> None:
    """Whatever has a lower number is coverage. Workers may say so in any order."""
    await connection.execute(
        text("UPDATE round_intake SET settled_to = :number WHERE id = 1 AND settled_to < :number"),
        {"number": number},
    )
