"""What comes of a link: somebody new, another role, or proofs that begin anew."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading_as_system
from services.api.access_log.queries import Trail
from services.api.account.passphrases import must_be_good
from services.api.factors import queries as factors
from services.api.guessing import queries as guessing
from services.api.invitations import inviting
from services.api.invitations import queries as invitations
from services.api.invitations.acceptance import queries
from services.api.invitations.queries import Invitation
from services.api.invitations.schemas import AcceptanceIn, State
from services.api.oidc import queries as identities
from services.api.people.roles import queries as roles
from services.api.people.roles.queries import Appointment
from services.api.problems import ConflictError, UnauthenticatedError
from services.api.resources import Resources
from services.api.sessions import login, tokens
from services.api.sessions import queries as sessions
from services.api.sessions.login import Begun, Known
from services.api.sessions.visitor import Visitor
from shared.domain.access import Assignment
from shared.domain.appointments import may_give
from shared.domain.assurance import Assurance
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging

log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """An invitation that is good, and whether its address has an account already."""

    invitation: Invitation
    account_id: int | None


async def found(resources: Resources, token: str) -> Found:
    """Raises `ConflictError` for a link that opens nothing, whatever the reason."""
    async with reading_as_system(resources) as connection:
        there = await invitations.by_token(connection, tokens.hash_of(token))
        if there is None or inviting.state_of(resources, there) is not State.OPEN:
            raise _over()
        account_id = await queries.owner_of(connection, there.email)
    return Found(there, account_id)


async def accept(resources: Resources, given: AcceptanceIn, visitor: Visitor) -> Begun:
    """Somebody new; or somebody who has lost what they prove themselves with."""
    there = await found(resources, given.token)
    must_be_good(given.passphrase, own_words=(given.name, there.invitation.email))
    if there.invitation.role is not None and there.account_id is not None:
        raise ConflictError("You have an account. Log in and accept then.", code="log_in_first")
    password_hash = await resources.hasher.hashed(given.passphrase)
    number = there.invitation.id
    deed = Deed(Verb.APPROVE, Subject.INVITATION, str(number), unit=there.invitation.admin_unit,
                facility=there.invitation.facility)  # fmt: skip
    async with changing(resources, _by_link(visitor), deed) as connection:
        await _take(resources, connection, given.token, there.invitation)
        if there.invitation.user_id is None:
            user_id = await _new_person(
                resources, connection, there.invitation, given, password_hash
            )
            await _give(resources, connection, user_id, there.invitation)
        else:
            user_id = there.invitation.user_id
            await _begin_anew(connection, user_id, password_hash)
        await queries.accepted_by(connection, number, user_id)
    log.info("invitation_accepted", invitation_id=number, user_id=user_id)
    return await _let_in(resources, user_id, visitor)


async def accept_as_oneself(resources: Resources, token: str, caller: Caller) -> None:
    """Another role for somebody who is logged in, and to whose address the link was sent."""
    there = await found(resources, token)
    if there.invitation.role is None or there.account_id != caller.user_id:
        raise ConflictError("This link is for somebody else.", code="for_another")
    deed = Deed(Verb.APPROVE, Subject.INVITATION, str(there.invitation.id),
                unit=there.invitation.admin_unit, facility=there.invitation.facility)  # fmt: skip
    trail = Trail("system", caller.address, "", caller.trace_id)
    async with changing(resources, Known(trail), deed) as connection:
        await _take(resources, connection, token, there.invitation)
        await _give(resources, connection, caller.user_id, there.invitation)
        await queries.accepted_by(connection, there.invitation.id, caller.user_id)
    log.info("invitation_accepted", invitation_id=there.invitation.id, user_id=caller.user_id)


async def _take(
    resources: Resources, connection: AsyncConnection, token: str, one: Invitation
) -> None:
    """Once, and only while whoever invited may still do so."""
    now = resources.now()
    if await queries.accept(connection, tokens.hash_of(token), now=now) is None:
        raise _over()
    if one.role is None or one.invited_by is None:
        return
    inviter = await sessions.account_of(connection, one.invited_by)
    held = await roles.all_standing(connection, one.invited_by, now=now) if inviter else ()
    own: list[Assignment] = [each.assignment for each in held if each.valid_from <= now]
    today = local_day(now, COUNTRY_TIME_ZONE)
    below = await places.children_of(connection, today=today)
    if not may_give(own, one.role, one.where, children_of=below):
        raise _over()


async def _new_person(
    resources: Resources,
    connection: AsyncConnection,
    one: Invitation,
    given: AcceptanceIn,
    password_hash: str,
) -> int:
    user_id = await queries.add_person(
        connection,
        email=one.email,
        name=given.name,
        language=given.language,
        password_hash=password_hash,
        now=resources.now(),
    )
    if user_id is None:
        raise ConflictError("You have an account. Log in and accept then.", code="log_in_first")
    return user_id


async def _give(
    resources: Resources, connection: AsyncConnection, user_id: int, one: Invitation
) -> None:
    """From the day that was named, or from now."""
    now = resources.now()
    if one.role is None or (one.valid_to is not None and one.valid_to <= now):
        raise _over()
    await roles.give(
        connection,
        user_id,
        Appointment(
            role=one.role,
            where=one.where,
            valid_from=max(one.valid_from or now, now),
            valid_to=one.valid_to,
            authority_id=one.authority_id,
            legal_basis=one.legal_basis,
            is_deputy=one.is_deputy,
            time_share_percent=one.time_share_percent,
            given_by=one.invited_by,
        ),
    )


async def _begin_anew(connection: AsyncConnection, user_id: int, password_hash: str) -> None:
    """Nothing that was a proof before is one now."""
    await sessions.set_passphrase(connection, user_id, password_hash)
    await factors.remove_all(connection, user_id)
    await identities.unlink(connection, user_id)
    await guessing.forget_devices(connection, user_id)
    await sessions.end_all(connection, user_id)


async def _let_in(resources: Resources, user_id: int, visitor: Visitor) -> Begun:
    async with reading_as_system(resources) as connection:
        account = await sessions.account_of(connection, user_id)
    if account is None:
        raise UnauthenticatedError("This account is closed.", code="session_ended")
    return await login.begin(resources, account, visitor, Assurance.PASSPHRASE)


def _by_link(visitor: Visitor) -> Known:
    """Whoever holds a link is nobody yet."""
    return Known(Trail("system", visitor.address, "", visitor.trace_id))


def _over() -> ConflictError:
    return ConflictError("This link opens nothing, or no longer.", code="over")
