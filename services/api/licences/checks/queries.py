"""Checks of operating conditions on record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.licences.schemas import CheckIn, CheckOut, ResultOut
from shared.db.tables.facilities import condition_check, condition_result
from shared.db.tables.units import authority
from shared.domain.conditions import OperatingCondition, outcome


async def add(
    connection: AsyncConnection,
    facility_id: int,
    given: CheckIn,
    *,
    authority_id: int | None,
    by: int,
    now: datetime,
) -> int:
    check_id: int = (
        await connection.execute(
            insert(condition_check)
            .values(
                **given.model_dump(exclude={"authority", "results"}),
                facility_id=facility_id,
                authority_id=authority_id,
                recorded_at=now,
                recorded_by=by,
            )
            .returning(condition_check.c.id)
        )
    ).scalar_one()
    results = [{"check_id": check_id, **one.model_dump()} for one in given.results]
    await connection.execute(insert(condition_result), results)
    return check_id


async def withdraw(
    connection: AsyncConnection, check_id: int, *, because: str, by: int, now: datetime
) -> None:
    await connection.execute(
        update(condition_check)
        .where(condition_check.c.id == check_id, condition_check.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by=by, withdrawn_because=because)
    )


async def of_facility(connection: AsyncConnection, facility_id: int) -> Sequence[CheckOut]:
    """All that were ever entered, the newest first."""
    rows = await connection.execute(
        select(condition_check, authority.c.code.label("authority"), authority.c.name.label("by"))
        .outerjoin(authority, authority.c.id == condition_check.c.authority_id)
        .where(condition_check.c.facility_id == facility_id)
        .order_by(condition_check.c.checked_on.desc(), condition_check.c.id.desc())
    )
    found = rows.mappings().all()
    results = await _results(connection, [row["id"] for row in found])
    return [_check_out(row, results[row["id"]]) for row in found]


async def _results(
    connection: AsyncConnection, check_ids: Sequence[int]
) -> Mapping[int, list[ResultOut]]:
    rows = await connection.execute(
        select(condition_result).where(condition_result.c.check_id.in_(check_ids))
    )
    place = {condition: n for n, condition in enumerate(OperatingCondition)}
    by_check: dict[int, list[ResultOut]] = defaultdict(list)
    for row in rows.mappings():
        by_check[row["check_id"]].append(
            ResultOut(condition=row["condition"], finding=row["finding"], note=row["note"])
        )
    for results in by_check.values():
        results.sort(key=lambda one: place[one.condition])
    return by_check


def _check_out(row: RowMapping, results: list[ResultOut]) -> CheckOut:
    found = {one.condition: one.finding for one in results}
    return CheckOut(
        **{name: row[name] for name in CheckOut.model_fields if name in row},
        authority_name=row["by"],
        outcome=outcome(found),
        results=results,
    )
