"""Makes, renews and revokes invitations; each link is good for three days and once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading
from services.api.invitations import queries
from services.api.invitations.letters import letter
from services.api.invitations.queries import Invitation, NewLink
from services.api.invitations.schemas import InvitationIn, InvitationOut, InvitedOut, State
from services.api.people.places import assignments
from services.api.people.roles import changing as roles
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.resources import Resources
from services.api.sessions import tokens
from shared.domain.access import Action
from shared.domain.appointments import may_give
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)

GOOD_FOR: Final = timedelta(hours=72)
PAGE: Final = "/invitation"
_NO_HOST: Final = "giamsat.invalid"


@dataclass(frozen=True, slots=True)
class Link:
    """The secret of a link, and the link as it is sent."""

    token: str
    address: str


def new_link(resources: Resources) -> Link:
    token = tokens.new()
    root = resources.settings.console_url.rstrip("/")
    return Link(token, f"{root}{PAGE}?{urlencode({'token': token})}")


async def invite(resources: Resources, caller: Caller, given: InvitationIn) -> InvitedOut:
    """To a role that the caller may give, at a place of theirs."""
    now, link = resources.now(), new_link(resources)
    deed = Deed(
        Verb.CREATE,
        Subject.INVITATION,
        given.role,
        facility=given.facility,
        unit=given.admin_unit,
    )
    async with changing(resources, caller, deed) as connection:
        wanted = await roles.appointment_of(connection, given, caller, now=now)
        number = await queries.add(
            connection,
            wanted.appointment,
            NewLink(tokens.hash_of(link.token), now, now + GOOD_FOR),
            email=given.email,
            language=given.language,
        )
        made = await _posted(resources, caller, connection, number, link)
    log.info("person_invited", invitation_id=number, role=given.role)
    return InvitedOut(invitation=shown(resources, made), link=link.address)


async def reset(resources: Resources, caller: Caller, person_id: int) -> InvitedOut:
    """Somebody who has lost what they prove themselves with. The link goes to their own address
    and to nobody else: whoever asks for it must not be able to come in with it.
    """
    if caller.user_id == person_id:
        raise ForbiddenError("Nobody does this to themselves.")
    await roles.must_answer_for(resources, caller, person_id)
    now, link = resources.now(), new_link(resources)
    deed = Deed(Verb.CREATE, Subject.INVITATION, f"person:{person_id}")
    async with changing(resources, caller, deed) as connection:
        person = await roles.seen_person(connection, person_id, caller)
        if person.disabled_at is not None:
            raise ConflictError("This account is closed. Open it first.", code="disabled")
        number = await queries.add_reset(
            connection,
            person_id,
            NewLink(tokens.hash_of(link.token), now, now + GOOD_FOR),
            by=caller.user_id,
        )
        made = await _posted(resources, caller, connection, number, link)
    log.info("person_to_prove_anew", user_id=person_id)
    return InvitedOut(invitation=shown(resources, made), link=None)


async def resend(resources: Resources, caller: Caller, number: int) -> InvitedOut:
    """With a new link; the one before opens nothing any more."""
    there = await managed(resources, caller, number)
    now, link = resources.now(), new_link(resources)
    deed = _deed(Verb.CHANGE, there)
    async with changing(resources, caller, deed) as connection:
        renewed = await queries.renew(
            connection, number, tokens.hash_of(link.token), expires_at=now + GOOD_FOR
        )
        if not renewed:
            raise ConflictError("This invitation is over.", code="over")
        made = await _posted(resources, caller, connection, number, link)
    return InvitedOut(invitation=shown(resources, made), link=link.address if made.role else None)


async def revoke(resources: Resources, caller: Caller, number: int) -> None:
    there = await managed(resources, caller, number)
    async with changing(resources, caller, _deed(Verb.REVOKE, there)) as connection:
        if not await queries.revoke(connection, number, now=resources.now()):
            raise ConflictError("This invitation is over.", code="over")


async def managed(resources: Resources, caller: Caller, number: int) -> Invitation:
    """One that the caller could have made."""
    async with reading(resources, caller) as connection:
        found = await _one(connection, caller, number)
    if found.user_id is not None:
        await roles.must_answer_for(resources, caller, found.user_id)
    elif found.role is None or not may_give(
        assignments(caller), found.role, found.where, children_of=caller.children_of
    ):
        raise ForbiddenError("This role is not yours to give here.")
    return found


async def _one(connection: AsyncConnection, caller: Caller, number: int) -> Invitation:
    scopes = (caller.scope(Action.MANAGE_PEOPLE), caller.scope(Action.SEE_PEOPLE))
    found = await queries.one(connection, *scopes, number)
    if found is None:
        raise MissingError("invitation")
    return found


async def _posted(
    resources: Resources, caller: Caller, connection: AsyncConnection, number: int, link: Link
) -> Invitation:
    made = await _one(connection, caller, number)
    host = urlsplit(resources.settings.console_url).hostname or _NO_HOST
    mail = letter(made, link=link.address, expires_at=made.expires_at, host=host)
    await queries.post(connection, number, mail, now=resources.now())
    return await _one(connection, caller, number)


def shown(resources: Resources, one: Invitation) -> InvitationOut:
    return InvitationOut(
        id=one.id,
        email=one.email if one.is_named else None,
        role=one.role,
        person=one.user_id,
        facility=one.facility,
        admin_unit=one.admin_unit,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        invited_at=one.invited_at,
        expires_at=one.expires_at,
        state=state_of(resources, one),
        mail=one.mail,  # type: ignore[arg-type] # one of the table's states
    )


def state_of(resources: Resources, one: Invitation) -> State:
    if one.accepted_at is not None:
        return State.ACCEPTED
    if one.revoked_at is not None:
        return State.REVOKED
    return State.EXPIRED if one.expires_at <= resources.now() else State.OPEN


def _deed(verb: Verb, one: Invitation) -> Deed:
    return Deed(verb, Subject.INVITATION, str(one.id), facility=one.facility, unit=one.admin_unit)
