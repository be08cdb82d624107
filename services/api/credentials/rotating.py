"""Gives a device a new password, ends old ones, and puts other hardware in its place."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.credentials import issuing, queries
from services.api.credentials.issuing import Holder
from services.api.credentials.queries import Credential
from services.api.credentials.schemas import CredentialsOut, RotationIn
from services.api.floods import queries as floods
from services.api.keys import queries as keys
from services.api.problems import ConflictError, InvalidError
from services.api.resources import Resources
from shared.domain.credentials import MOST_IN_FORCE, Ending, Standing, Term, end_of_old

#: Nobody plans a password longer ahead.
FURTHEST_AHEAD = timedelta(days=366)


async def rotate(
    resources: Resources,
    connection: AsyncConnection,
    holder: Holder,
    given: RotationIn,
    *,
    now: datetime,
) -> CredentialsOut:
    """The old ones hold as long as was asked for, and not longer than they would have.

    A suspension ends as well: whoever asks has looked into what the device sent.
    """
    term = _term(given, now)
    await floods.take_turn(connection)
    held = await queries.not_ended(connection, holder.id)
    goes_on, ends_now = _after(held, term, given.overlap, now)
    _must_not_be_too_many(held, ends_now, now)
    lifted = await floods.lift(connection, holder.id, now=now)
    made = await issuing.further(resources, connection, holder, term, now=now)
    await queries.limit(connection, goes_on)
    await issuing.end(resources, connection, ends_now, Ending.ROTATED, now=now)
    names = await floods.usernames(connection, lifted, now=now)
    await resources.broker.resume(names)
    return made


async def replace(
    resources: Resources,
    connection: AsyncConnection,
    holder: Holder,
    by: tuple[int, str],
    *,
    now: datetime,
) -> CredentialsOut:
    """Whatever the old hardware knows opens nothing any more; what it attested stays.

    `by`: the user who does it, and why.
    """
    await floods.take_turn(connection)
    held = await queries.not_ended(connection, holder.id)
    await floods.lift(connection, holder.id, now=now)
    made = await issuing.further(resources, connection, holder, Term(now), now=now)
    await issuing.end(resources, connection, held, Ending.REPLACED, now=now)
    await keys.revoke_all(connection, holder.id, now=now)
    user_id, reason = by
    await queries.add_replacement(connection, holder.id, user_id=user_id, reason=reason, now=now)
    return made


def _term(given: RotationIn, now: datetime) -> Term:
    begin = given.not_before or now
    if begin < now - timedelta(minutes=5) or begin > now + FURTHEST_AHEAD:
        raise InvalidError(
            "body.not_before", "It is not within the coming year.", "Leave it out to begin now."
        )
    begin = max(begin, now)
    if given.not_after is not None and given.not_after <= begin:
        raise InvalidError(
            "body.not_after",
            "It lies before the beginning.",
            "Send a later moment, or leave it out.",
        )
    return Term(begin, given.not_after)


def _after(
    held: Sequence[Credential], new: Term, overlap: timedelta, now: datetime
) -> tuple[dict[int, datetime], list[Credential]]:
    """Until when each of the old ones holds now, and which end at once."""
    goes_on: dict[int, datetime] = {}
    ends_now: list[Credential] = []
    for one in held:
        if one.term.not_before > new.not_before:
            continue  # It is planned to come after this one.
        end = end_of_old(one.term, new_from=new.not_before, overlap=overlap)
        if end <= max(now, one.term.not_before):
            ends_now.append(one)
        else:
            goes_on[one.id] = end
    return goes_on, ends_now


def _must_not_be_too_many(
    held: Sequence[Credential], ends_now: Sequence[Credential], now: datetime
) -> None:
    left = [one for one in held if one.term.standing(now) is not Standing.ENDED]
    if len(left) - len(ends_now) >= MOST_IN_FORCE:
        raise ConflictError(
            f"{MOST_IN_FORCE} credentials of this device hold already. "
            "Revoke one that is not used, then try again.",
            code="too_many_credentials",
        )
