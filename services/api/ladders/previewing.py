"""Shows who would be told of a facility, and when; by name to whoever may know names."""

from datetime import timedelta

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.transactions import still_disclosing
from services.api.ladders import queries, reaching
from services.api.ladders.queries import Home
from services.api.ladders.schemas import PreviewOut, TurnOut
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.states import Severity


async def preview(
    resources: Resources, caller: Caller, code: str, severity: Severity, zone_kind: str | None
) -> PreviewOut:
    """That somebody looked is on record: it names people."""
    deed = Deed(Verb.READ, Subject.LADDER, "preview", code)
    async with still_disclosing(resources, caller, deed) as connection:
        facility = await watched_facility(connection, code, caller)
        home = Home(facility.id, facility.code, "")
        found = await reaching.preview(resources, home, severity, zone_kind, now=resources.now())
        names = await queries.names(connection, found.user_ids)
        known = None
        if found.ladder is not None and found.ladder.id is not None:
            known = await queries.one(connection, found.ladder.id, caller.scope(Action.WATCH))
    return PreviewOut(
        facility=code,
        ladder=None if found.ladder is None else found.ladder.id or queries.USUAL,
        ladder_name=known.name if known else "",
        turns=[
            TurnOut(
                number=turn.rung.number,
                role=turn.rung.role,
                due_at=turn.due_at,
                after_s=int(turn.rung.after.total_seconds()),
                hours=turn.rung.hours,
                channels=list(turn.rung.channels),
                needs_all=turn.rung.needs_all,
                repeat_s=_seconds(turn.rung.repeat),
                how=reached.how,
                people=[names[person.user_id] for person in reached.people],
            )
            for turn, reached in found.turns
        ],
    )


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())
