"""What is done when a message does not arrive: its reader is told through something else, at once.

Everything that can go wrong with a message after it was written comes together here: refused, given
up, bounced, a bad receipt or none, or simply too slow.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.history import queries as history
from services.alerts.history.queries import Event
from services.alerts.lost import queries
from services.alerts.lost.queries import Lost
from services.alerts.outbox import queries as outbox
from services.alerts.outbox.drafts import Draft, Message
from shared.domain.delivery import Channel
from shared.domain.escalation import Recipient
from shared.domain.incidents import EventKind
from shared.domain.reaching import Contact, instead


class Reason(StrEnum):
    """Why a message did not arrive; the first two as in `delivery.GivenUp`."""

    REFUSED = "refused"
    TOO_LONG = "too_long"
    BOUNCED = "bounced"
    BAD_RECEIPT = "bad_receipt"
    NO_RECEIPT = "no_receipt"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Failed:
    """One message; `is_address_bad`: others to that address would not arrive either."""

    notification_id: int
    reason: Reason
    is_address_bad: bool = False


async def take(
    connection: AsyncConnection,
    failed: Collection[Failed],
    limits: Mapping[Channel, int],
    *,
    now: datetime,
) -> None:
    """Flag addresses, find other ways, and put all of it on record."""
    if not failed:
        return
    bad = {one.notification_id: one.reason for one in failed if one.is_address_bad}
    await queries.flag(connection, bad, now=now)
    lost = await queries.lost(connection, [one.notification_id for one in failed])
    users = {one.user_id for one in lost if one.user_id is not None}
    people = await outbox.contacts(connection, users, now=now)
    replacements = {one.id: _replacement(one, people, limits) for one in lost}
    reasons = {one.notification_id: one.reason for one in failed}
    await history.append(
        connection,
        [_event(one, reasons[one.id], replacements[one.id]) for one in lost if one.incident_id],
        now=now,
    )
    await outbox.put_in(connection, [one for one in replacements.values() if one], now=now)


def _replacement(
    lost: Lost, people: Mapping[int, Sequence[Contact]], limits: Mapping[Channel, int]
) -> Message | None:
    if lost.is_settled or lost.user_id is None:
        return None
    order = tuple(channel for channel in lost.order if channel in limits)
    contact = instead(order, people.get(lost.user_id, ()), lost.tried)
    if contact is None:
        return None
    draft = Draft(
        lost.incident_id,
        lost.kind,
        lost.occasion,
        Recipient(lost.user_id, lost.role, lost.address, lost.language),
        lost.subject,
        lost.body,
        lost.message_id,
        priority=lost.priority,
        short=lost.short,
        limits=limits,
    )
    return Message(draft, contact.channel, contact.address, order, instead_of=lost.id)


def _event(lost: Lost, reason: Reason, replacement: Message | None) -> Event:
    detail: dict[str, object] = {
        "notification_id": lost.id,
        "kind": lost.kind,
        "role": lost.role,
        "channel": lost.channel,
        "attempts": lost.attempts,
        "reason": reason,
        "instead": replacement and replacement.channel,
    }
    return Event(EventKind.DELIVERY_FAILED, lost.facility_id, lost.incident_id, detail=detail)
