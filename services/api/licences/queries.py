"""Facts on record, and the standing that follows from them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, Select, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.licences.schemas import FactIn, FactOut
from shared.db.tables.facilities import facility_fact, facility_standing
from shared.db.tables.units import authority
from shared.db.watch_calendars import holiday_decisions
from shared.domain.facility_status import Fact, FactKind, Span, Standing
from shared.domain.holidays import Decision
from shared.domain.working_days import after_working_days
from shared.runtime import public_holidays

ONE_DAY: Final = timedelta(days=1)
_LONGEST: Final = timedelta(days=60)
#: Working days in which a request must be answered.
ANSWERED_WITHIN: Final = {
    FactKind.REGISTRATION: 5,
    FactKind.LICENCE_ISSUED: 15,
    FactKind.LICENCE_AMENDED: 15,
}


async def authority_on(connection: AsyncConnection, code: str, day: date) -> int | None:
    """The authority of a code, if there was one on a day."""
    found: int | None = await connection.scalar(
        select(authority.c.id).where(
            authority.c.code == code,
            authority.c.valid_from <= day,
            or_(authority.c.valid_to.is_(None), authority.c.valid_to > day),
        )
    )
    return found


async def authorities(connection: AsyncConnection) -> Sequence[tuple[str, str]]:
    """Code and name, the present ones first: papers of the past bear the names of the past."""
    rows = await connection.execute(
        select(authority.c.code, authority.c.name).order_by(
            authority.c.valid_to.desc().nulls_first(), authority.c.name
        )
    )
    return [(code, name) for code, name in rows]


async def facts(connection: AsyncConnection, facility_id: int) -> Sequence[FactOut]:
    """All that were ever entered, the newest first."""
    rows = await connection.execute(_facts().where(facility_fact.c.facility_id == facility_id))
    decisions = await holiday_decisions(connection)
    return [_fact_out(row, decisions) for row in rows.mappings()]


async def fact(connection: AsyncConnection, facility_id: int, fact_id: int) -> FactOut | None:
    rows = await connection.execute(
        _facts().where(facility_fact.c.facility_id == facility_id, facility_fact.c.id == fact_id)
    )
    row = rows.mappings().one_or_none()
    return _fact_out(row, await holiday_decisions(connection)) if row else None


def _facts() -> Select[Any]:
    return (
        select(facility_fact, authority.c.code.label("authority"), authority.c.name.label("by"))
        .outerjoin(authority, authority.c.id == facility_fact.c.authority_id)
        .order_by(facility_fact.c.effective_on.desc(), facility_fact.c.id.desc())
    )


def _fact_out(row: RowMapping, decisions: Sequence[Decision]) -> FactOut:
    return FactOut(
        **{name: row[name] for name in FactOut.model_fields if name in row},
        answer_due_on=_answer_due_on(row, decisions),
        authority_name=row["by"],
        last_day=row["valid_to"] - ONE_DAY if row["valid_to"] else None,
    )


def _answer_due_on(row: RowMapping, decisions: Sequence[Decision]) -> date | None:
    limit = ANSWERED_WITHIN.get(FactKind(row["kind"]))
    applied_on: date | None = row["applied_on"]
    if applied_on is None or limit is None:
        return None
    # Twice as many days, and Tết, hold that many working days.
    holidays = public_holidays.between(applied_on, applied_on + _LONGEST, decisions)
    return after_working_days(applied_on, limit, holidays=holidays)


async def valid_facts(connection: AsyncConnection, facility_id: int) -> list[Fact]:
    """Those not withdrawn, as the status is replayed from them."""
    rows = await connection.execute(
        select(
            facility_fact.c.kind,
            facility_fact.c.effective_on,
            facility_fact.c.id,
            facility_fact.c.valid_to,
        ).where(facility_fact.c.facility_id == facility_id, facility_fact.c.withdrawn_at.is_(None))
    )
    return [Fact(FactKind(kind), on, number, to) for kind, on, number, to in rows]


async def add_fact(
    connection: AsyncConnection,
    facility_id: int,
    given: FactIn,
    *,
    authority_id: int | None,
    by: int,
    now: datetime,
) -> int:
    values = given.model_dump(exclude={"authority", "last_day"})
    valid_to = given.last_day + ONE_DAY if given.last_day else None
    added: int = (
        await connection.execute(
            insert(facility_fact)
            .values(
                **values,
                facility_id=facility_id,
                authority_id=authority_id,
                valid_to=valid_to,
                recorded_at=now,
                recorded_by=by,
            )
            .returning(facility_fact.c.id)
        )
    ).scalar_one()
    return added


async def withdraw_fact(
    connection: AsyncConnection, fact_id: int, *, because: str, by: int, now: datetime
) -> None:
    await connection.execute(
        update(facility_fact)
        .where(facility_fact.c.id == fact_id, facility_fact.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by=by, withdrawn_because=because)
    )


async def keep_standing(
    connection: AsyncConnection, facility_id: int, spans: Sequence[Span]
) -> None:
    """In place of what followed from fewer facts."""
    await connection.execute(
        delete(facility_standing).where(facility_standing.c.facility_id == facility_id)
    )
    if spans:
        await connection.execute(
            insert(facility_standing), [_row(facility_id, span) for span in spans]
        )


def _row(facility_id: int, span: Span) -> dict[str, object]:
    standing: Standing = span.standing
    return {
        "facility_id": facility_id,
        "from_on": span.from_on,
        "to_on": span.to_on,
        "status": standing.status,
        "licence": standing.licence,
        "licence_to": standing.licence_to,
    }
