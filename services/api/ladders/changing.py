"""Begins, changes and ends ladders: what was in force stays on record as it was."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import seen_facility
from services.api.access.transactions import changing, reading
from services.api.ladders import queries
from services.api.ladders.queries import USUAL, Kept, New
from services.api.ladders.schemas import LadderIn, StepIn, StepsIn
from services.api.people import queries as places
from services.api.problems import ConflictError, ForbiddenError, InvalidError, MissingError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.escalation import Rung
from shared.domain.ladders import Obstacle, why_no_ladder
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging

log = logging.get(__name__)

#: What is wrong, and what to do.
OBSTACLES: Final = {
    Obstacle.NO_STEPS: ("It has no steps.", "Name who is told."),
    Obstacle.TOO_MANY: ("It has too many steps.", "Name twenty at most."),
    Obstacle.SEES_NOTHING: (
        "This role may not see what is watched, so it must not be told.", "Choose another role.",
    ),
    Obstacle.CANNOT_ACKNOWLEDGE: (
        "This role cannot take anything up, so it would be waited for without end.",
        "Let one be enough, or choose another role.",
    ),
    Obstacle.NOT_IN_ORDER: (
        "A later step comes before an earlier one.", "Let no step come sooner than the one before.",
    ),
    Obstacle.NO_CHANNEL: (
        "A step cannot use this channel.", "Choose from email, sms and push.",
    ),
}  # fmt: skip


class StepsError(InvalidError):
    """The steps make no ladder."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__("body.steps", *OBSTACLES[obstacle])
        self.code = obstacle


async def begin(resources: Resources, caller: Caller, given: LadderIn) -> int:
    """For a place within which the caller manages ladders; it binds from now on."""
    now, rungs = resources.now(), rungs_of(given.steps)
    deed = Deed(
        Verb.CREATE, Subject.LADDER, given.facility or given.unit or "everywhere",
        given.facility, {"steps": len(rungs)}, unit=given.unit,
    )  # fmt: skip
    async with changing(resources, caller, deed) as connection:
        facility_id, unit_id = await _place(resources, connection, caller, given)
        new = New(given.name, given.severity, given.zone_kind, facility_id, unit_id)
        number = await queries.begin(connection, new, by=caller.user_id, now=now)
        await queries.add_steps(connection, number, rungs, now=now)
        deed.detail["ladder"] = number
    log.info("ladder_begun", ladder_id=number)
    return number


async def change(resources: Resources, caller: Caller, ladder_id: int, given: StepsIn) -> int:
    """End it and begin another in its place; the number of that one. Incidents under way go on."""
    now, rungs = resources.now(), rungs_of(given.steps)
    detail: dict[str, object] = {"steps": len(rungs)}
    known = await _known(resources, caller, ladder_id)
    deed = _deed(Verb.CHANGE, ladder_id, known, detail)
    async with changing(resources, caller, deed) as connection:
        number = ladder_id
        await _end(connection, ladder_id, now=now)
        if known is not None:
            new = New(
                given.name or known.name, known.severity, known.zone_kind,
                known.facility_id, known.unit_id,
            )  # fmt: skip
            number = await queries.begin(connection, new, by=caller.user_id, now=now)
        await queries.add_steps(connection, number, rungs, now=now)
        detail["became"] = number
    log.info("ladder_changed", ladder_id=ladder_id, became=number)
    return number


async def end(resources: Resources, caller: Caller, ladder_id: int) -> None:
    """From now on the next one counts: of the place around it, and at last the one for all."""
    if ladder_id == USUAL:
        raise ConflictError("The ladder for everything cannot end; change it.", code="usual")
    known = await _known(resources, caller, ladder_id)
    async with changing(resources, caller, _deed(Verb.REMOVE, ladder_id, known, {})) as connection:
        await _end(connection, ladder_id, now=resources.now())
    log.info("ladder_ended", ladder_id=ladder_id)


def rungs_of(steps: list[StepIn]) -> list[Rung]:
    """Numbered in their order. Raises what stands against it."""
    rungs = [
        Rung(
            number,
            step.role,
            timedelta(seconds=step.after_s),
            channels=tuple(dict.fromkeys(step.channels)),
            hours=step.hours,
            needs_all=step.needs_all,
            repeat=None if step.repeat_s is None else timedelta(seconds=step.repeat_s),
        )
        for number, step in enumerate(steps, start=1)
    ]
    if obstacle := why_no_ladder(rungs):
        raise StepsError(obstacle)
    return rungs


async def _known(resources: Resources, caller: Caller, ladder_id: int) -> Kept | None:
    """Nothing for the one for everything, which has no row. Raises what is not the caller's."""
    scope = caller.scope(Action.MANAGE_LADDERS)
    if ladder_id == USUAL:
        if caller.scope(Action.WATCH).is_nowhere:
            raise MissingError("ladder")
        if not scope.is_everywhere:
            raise ForbiddenError("The ladder for everything is not yours to change.")
        return None
    known = await read(resources, caller, ladder_id)
    if not known.is_in(scope):
        raise ForbiddenError("This ladder is not yours to change.")
    if known.valid_to is not None:
        raise ConflictError("This ladder has ended.", code="ended")
    return known


async def read(resources: Resources, caller: Caller, ladder_id: int) -> Kept:
    async with reading(resources, caller) as connection:
        known = await queries.one(connection, ladder_id, caller.scope(Action.WATCH))
    if known is None:
        raise MissingError("ladder")
    return known


async def _end(connection: AsyncConnection, ladder_id: int, *, now: datetime) -> None:
    if not await queries.end(connection, ladder_id, now=now):
        raise ConflictError("Somebody else has ended this ladder.", code="ended")


async def _place(
    resources: Resources, connection: AsyncConnection, caller: Caller, given: LadderIn
) -> tuple[int | None, int | None]:
    scope = caller.must_be_able_to_somewhere(Action.MANAGE_LADDERS)
    if given.facility is not None:
        facility = await seen_facility(connection, given.facility, caller)
        caller.must_be_able_to(Action.MANAGE_LADDERS, facility)
        return facility.id, None
    if given.unit is not None:
        today = local_day(resources.now(), COUNTRY_TIME_ZONE)
        unit = await places.unit(connection, given.unit, on=today)
        if unit is None:
            raise MissingError("unit")
        if not scope.covers_unit(unit.id):
            raise ForbiddenError("Ladders of this unit are not yours to set.")
        return None, unit.id
    if not scope.is_everywhere:
        raise ForbiddenError("A ladder for the whole country is not yours to set.")
    return None, None


def _deed(verb: Verb, ladder_id: int, known: Kept | None, detail: dict[str, object]) -> Deed:
    return Deed(
        verb, Subject.LADDER, str(ladder_id), known.facility if known else None, detail,
        unit=known.unit if known else None,
    )  # fmt: skip
