"""Takes in what people did about incidents: each exactly once, in the order in which it was done.

The event that names the action is what says that it was taken in; it stands in the transaction of
the tick, and its number is the occasion of the message, if there is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.actions import letters, queries
from services.alerts.actions.queries import Action, Handled
from services.alerts.history import queries as history
from services.alerts.history.queries import Event
from services.alerts.tell import queries as tell
from services.alerts.tell.outbox import Occasion, Sender, drafts
from shared.domain.delivery import MessageKind
from shared.domain.escalation import Recipient, put_off
from shared.domain.handling import LONGEST_SNOOZE, ActionKind, Resolution
from shared.domain.incidents import EventKind
from shared.domain.states import IncidentState

KINDS: Final[Mapping[ActionKind, EventKind]] = {
    ActionKind.COMMENT: EventKind.COMMENTED,
    ActionKind.ASSIGN: EventKind.ASSIGNED,
    ActionKind.SNOOZE: EventKind.SNOOZED,
    ActionKind.EXPLAIN: EventKind.EXPLAINED,
    ActionKind.REVIEW: EventKind.EXPLANATION_REVIEWED,
    ActionKind.RESOLVE: EventKind.RESOLUTION_GIVEN,
}
#: What is about what lasts, and means nothing once it is over.
_OF_OPEN: Final = frozenset({ActionKind.SNOOZE, ActionKind.ASSIGN})


async def fold(connection: AsyncConnection, sender: Sender, *, now: datetime) -> None:
    """Before anybody is told anything: what was put off in time is not told any more."""
    actions = await queries.unfolded(connection)
    if not actions:
        return
    takers = [_number(a.detail, "user_id") for a in actions if a.kind is ActionKind.ASSIGN]
    people = await queries.people(connection, [n for n in takers if n is not None], now=now)
    handled = _handled(actions)
    await queries.handle(connection, [one for one in handled.values() if _says_anything(one)])
    events = [_event(action, people) for action in actions]
    numbers = await history.append(connection, events, now=now)
    await _tell(connection, dict(zip(numbers, actions, strict=True)), people, sender, now=now)


def _handled(actions: Sequence[Action]) -> dict[int, Handled]:
    """Of each incident what all of them together come to; the last word counts."""
    known: dict[int, Handled] = {}
    for action in actions:
        before = known.get(action.incident_id, Handled(action.incident_id))
        known[action.incident_id] = _after(before, action)
    return known


def _after(before: Handled, action: Action) -> Handled:
    if not _takes_effect(action):
        return before
    match action.kind:
        case ActionKind.SNOOZE:
            return _snoozed(before, action)
        case ActionKind.ASSIGN:
            return replace(before, assigned_to=_number(action.detail, "user_id"))
        case ActionKind.RESOLVE:
            return replace(before, resolution=Resolution(action.detail["resolution"]))
        case ActionKind.COMMENT | ActionKind.EXPLAIN | ActionKind.REVIEW:
            return before


def _snoozed(before: Handled, action: Action) -> Handled:
    """Not for longer than anybody may, whoever wrote it."""
    latest = action.at + LONGEST_SNOOZE[action.severity]
    until = min(datetime.fromisoformat(action.detail["until"]), latest)
    clock_from = before.counts_from or action.clock_from
    was_until = before.snoozed_until or action.snoozed_until
    counts_from = put_off(clock_from, was_until, acted_at=action.at, until=until)
    return replace(before, snoozed_until=until, counts_from=counts_from)


def _takes_effect(action: Action) -> bool:
    return action.state is IncidentState.OPEN or action.kind not in _OF_OPEN


def _says_anything(one: Handled) -> bool:
    return one != Handled(one.incident_id)


def _event(action: Action, people: Mapping[int, Recipient]) -> Event:
    """Who did what; their words stay where they wrote them."""
    detail = {**action.detail, "user_id": action.user_id, "at": action.at}
    if not _takes_effect(action):
        detail["reason"] = "over"
    elif action.kind is ActionKind.ASSIGN:
        taker = _number(action.detail, "user_id")
        detail |= {"to_user_id": taker, "told": taker in people}
    return Event(
        KINDS[action.kind],
        action.facility_id,
        action.incident_id,
        detail=detail,
        action_id=action.id,
    )


async def _tell(
    connection: AsyncConnection,
    actions: Mapping[int, Action],
    people: Mapping[int, Recipient],
    sender: Sender,
    *,
    now: datetime,
) -> None:
    """Whoever was given an incident, by the number of the event."""
    given = {
        number: (action, people[taker])
        for number, action in actions.items()
        if action.kind is ActionKind.ASSIGN and _takes_effect(action)
        if (taker := _number(action.detail, "user_id")) is not None and taker in people
    }
    if not given:
        return
    ids = sorted({action.incident_id for action, _ in given.values()})
    stories = await tell.stories(connection, ids, now=now)
    write = {i: partial(letters.assigned, stories[i], console_url=sender.console_url) for i in ids}
    fresh = [
        draft
        for number, (action, taker) in given.items()
        for draft in drafts(
            stories[action.incident_id],
            [taker],
            Occasion(MessageKind.ASSIGNED, number),
            write[action.incident_id],
            sender=sender,
        )
    ]
    await tell.post(connection, fresh, now=now)


def _number(detail: Mapping[str, Any], name: str) -> int | None:
    value = detail.get(name)
    return value if isinstance(value, int) else None
