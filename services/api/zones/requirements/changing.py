"""Whether a requirement may be changed as somebody wants it, and the change itself."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.problems import InvalidError
from services.api.zones.requirements import queries
from services.api.zones.requirements.queries import Change
from services.api.zones.requirements.schemas import RequirementChange, RequirementIn


async def change(
    connection: AsyncConnection,
    facility_id: int,
    zone_id: int,
    wanted: RequirementChange,
    *,
    now: datetime,
    by: int,
) -> None:
    """From what will bind then; nothing happens, if that stays as it is."""
    valid_from = wanted.valid_from or now
    if valid_from < now:
        raise InvalidError(
            "body.requirement.valid_from",
            "What was required in the past cannot be changed.",
            "Leave it out for now, or send an instant to come.",
        )
    before = await queries.at(connection, zone_id, valid_from)
    after = (before or RequirementIn()).changed_by(wanted)
    if after == before:
        return
    if before is None or after.calendar != before.calendar:
        await must_be_known(connection, facility_id, after)
    said = Change(valid_from, wanted.reason, by)
    await queries.require(connection, zone_id, after, said)


async def must_be_known(
    connection: AsyncConnection, facility_id: int, wanted: RequirementIn
) -> None:
    """The calendar, if there is one."""
    if wanted.calendar is None:
        return
    if not await queries.may_name(connection, wanted.calendar, facility_id):
        raise InvalidError(
            "body.requirement.calendar",
            "There is no such calendar here.",
            "Send the number of one that /calendars lists, or null for around the clock.",
        )
