"""`/account`: change one's passphrase and language, prove once more that it is oneself."""

from fastapi import APIRouter, Response

from services.api.access.caller import Caller, CallerGiven, EnrollingGiven
from services.api.access.transactions import changing, reading
from services.api.account.passphrases import must_be_good
from services.api.account.schemas import LanguageIn, PassphraseIn, ProofIn
from services.api.factors import proving
from services.api.guessing import doors
from services.api.guessing import queries as guessing
from services.api.openapi import problems
from services.api.problems import UnauthenticatedError
from services.api.resources import Given, Resources
from services.api.sessions import queries, tokens
from services.api.sessions import routes as sessions
from services.api.sessions.login import Begun
from services.api.sessions.schemas import SessionOut
from services.api.sessions.visitor import Visitor, VisitorGiven
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.throttling import Door
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(prefix="/account", tags=["account"])


@router.put(
    "/passphrase",
    operation_id="change_passphrase",
    responses=problems(401, 403, 422, 429),
)
async def change_passphrase(
    given: PassphraseIn, caller: EnrollingGiven, resources: Given, visitor: VisitorGiven
) -> SessionOut:
    """Needs the old one. Ends all other sessions, and this one goes on under a new token."""
    return sessions.shown(await passphrase_changed(resources, caller, given, visitor))


@router.post(
    "/proof", status_code=201, operation_id="prove_anew", responses=problems(401, 403, 422, 429)
)
async def prove(
    given: ProofIn, caller: EnrollingGiven, resources: Given, visitor: VisitorGiven
) -> SessionOut:
    """The passphrase once more, for what needs a fresh proof; this session gets a new token."""
    return sessions.shown(await proven(resources, caller, given, visitor))


@router.put(
    "/language",
    status_code=204,
    operation_id="choose_language",
    response_class=Response,
    responses=problems(401, 403, 422),
)
async def choose_language(given: LanguageIn, caller: CallerGiven, resources: Given) -> None:
    """In which language one is written to, and greeted."""
    deed = _deed(caller, "language")
    async with changing(resources, caller, deed) as connection:
        await queries.set_language(connection, caller.user_id, given.language)


async def passphrase_changed(
    resources: Resources, caller: Caller, given: PassphraseIn, visitor: Visitor
) -> Begun:
    await _must_know(resources, caller, given.old)
    must_be_good(given.new, own_words=(caller.name, caller.email))
    renewed = await resources.hasher.hashed(given.new)
    async with changing(resources, caller, _deed(caller, "passphrase")) as connection:
        await queries.set_passphrase(connection, caller.user_id, renewed)
        await queries.end_all(connection, caller.user_id, but=tokens.hash_of(caller.token))
        await guessing.forget_devices(connection, caller.user_id)
    log.info("passphrase_changed", user_id=caller.user_id)
    return await proving.renewed(resources, caller, visitor, caller.assurance)


async def proven(resources: Resources, caller: Caller, given: ProofIn, visitor: Visitor) -> Begun:
    await _must_know(resources, caller, given.passphrase)
    return await proving.renewed(resources, caller, visitor, caller.assurance)


async def _must_know(resources: Resources, caller: Caller, passphrase: str) -> None:
    """Whoever found an open page must not try passphrases on it either."""
    door = {Door.SECOND_FACTOR: str(caller.user_id)}
    knocked_at = await doors.knock(resources, door)
    async with reading(resources, caller) as connection:
        account = await queries.account_of(connection, caller.user_id)
    known_hash = account.password_hash if account else None
    if not await resources.hasher.is_right(known_hash, passphrase):
        raise UnauthenticatedError("The passphrase is wrong.", code="wrong_passphrase")
    await doors.opened(resources, door, knocked_at=knocked_at)


def _deed(caller: Caller, what: str) -> Deed:
    return Deed(Verb.CHANGE, Subject.PERSON, str(caller.user_id), detail={"changed": [what]})
