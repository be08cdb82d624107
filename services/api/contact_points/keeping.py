"""What people do with their own telephones: each change is on record, none with a number."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading
from services.api.contact_points import queries
from services.api.contact_points.queries import PersonText
from services.api.contact_points.schemas import TelephoneIn, TelephoneOut
from services.api.guessing import doors
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Resources
from shared.domain import telephone
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.throttling import Door
from shared.i18n import marked, translator

MOST: Final = 5
CODE_LASTS: Final = timedelta(minutes=15)
TEST_LASTS: Final = timedelta(minutes=30)
_DIGITS: Final = 6
CODE_TEXT: Final = marked("giamsat: your code is %(code)s, good for 15 minutes. Tell it to nobody.")
TEST_TEXT: Final = marked("giamsat: this is a test. Alerts reach this telephone.")


async def listed(resources: Resources, caller: Caller) -> Sequence[TelephoneOut]:
    async with reading(resources, caller) as connection:
        return await queries.of_person(connection, caller.user_id)


async def add(resources: Resources, caller: Caller, given: TelephoneIn) -> TelephoneOut:
    """Whose it is, the code shows; until then nothing else is sent to it."""
    number = telephone.e164(given.number)
    if number is None:
        raise InvalidError(
            "number", "This is no mobile number.", "Write it as 0901 234 567 or +84 901 234 567."
        )
    await _must_not_send_too_often(resources, caller, number)
    code, code_hash = await _new_code(resources)
    now = resources.now()
    async with changing(resources, caller, _deed(caller, Verb.CREATE)) as connection:
        await queries.lock(connection, caller.user_id)
        known = await queries.of_person(connection, caller.user_id)
        if any(one.number == number for one in known):
            raise ConflictError("This telephone is yours already.", code="telephone_known")
        if len(known) >= MOST:
            raise ConflictError(f"Nobody has more than {MOST}.", code="too_many_telephones")
        added = await queries.add(
            connection,
            caller.user_id,
            number,
            label=given.label or "",
            spelling=given.spelling,
            now=now,
        )
        await _send_code(resources, connection, caller, added, (code, code_hash))
        return await _own(connection, caller, added)


async def send_code_again(resources: Resources, caller: Caller, telephone_id: int) -> TelephoneOut:
    """The one before is good no longer."""
    async with reading(resources, caller) as connection:
        found = await _own(connection, caller, telephone_id)
    if found.verified_at is not None:
        raise ConflictError("This telephone is proved already.", code="telephone_known")
    await _must_not_send_too_often(resources, caller, found.number)
    given = await _new_code(resources)
    async with changing(resources, caller, _deed(caller, Verb.REQUEST)) as connection:
        await queries.lock(connection, caller.user_id)
        await _send_code(resources, connection, caller, telephone_id, given)
        return await _own(connection, caller, telephone_id)


async def verify(
    resources: Resources, caller: Caller, telephone_id: int, typed: str
) -> TelephoneOut:
    async with reading(resources, caller) as connection:
        found = await _own(connection, caller, telephone_id)
    if found.verified_at is not None:
        return found
    door = {Door.TELEPHONE: str(telephone_id)}
    knocked_at = await doors.knock(resources, door)
    async with reading(resources, caller) as connection:
        code = await queries.code_of(connection, caller.user_id, telephone_id)
    # A code that is over takes as long to judge as a wrong one.
    is_over = code is None or code.expires_at <= resources.now()
    digits = "".join(letter for letter in typed if letter.isdecimal())
    if not await resources.hasher.is_right(code.code_hash if code else None, digits) or is_over:
        raise ConflictError("This is not the code, or it is too old.", code="wrong_code")
    async with changing(resources, caller, _deed(caller, Verb.CHANGE)) as connection:
        await queries.lock(connection, caller.user_id)
        await queries.verify(connection, caller.user_id, telephone_id, now=resources.now())
        verified = await _own(connection, caller, telephone_id)
    await doors.opened(resources, door, knocked_at=knocked_at)
    return verified


async def change(
    resources: Resources, caller: Caller, telephone_id: int, changes: dict[str, object]
) -> TelephoneOut:
    async with changing(resources, caller, _deed(caller, Verb.CHANGE)) as connection:
        await _own(connection, caller, telephone_id)
        await queries.change(connection, caller.user_id, telephone_id, changes)
        return await _own(connection, caller, telephone_id)


async def test(resources: Resources, caller: Caller, telephone_id: int) -> TelephoneOut:
    """Sends a message that says that it is a test."""
    async with reading(resources, caller) as connection:
        found = await _own(connection, caller, telephone_id)
    if found.verified_at is None:
        raise ConflictError("Type in its code first.", code="not_verified")
    await _must_not_send_too_often(resources, caller, found.number)
    body = translator(caller.language).gettext(TEST_TEXT)
    async with changing(resources, caller, _deed(caller, Verb.REQUEST)) as connection:
        message = _message(resources, caller, "test", body, lasts=TEST_LASTS)
        await queries.post(connection, telephone_id, message, now=resources.now())
        return await _own(connection, caller, telephone_id)


async def remove(resources: Resources, caller: Caller, telephone_id: int) -> None:
    async with changing(resources, caller, _deed(caller, Verb.REMOVE)) as connection:
        await _own(connection, caller, telephone_id)
        await queries.remove(connection, caller.user_id, telephone_id, now=resources.now())


async def _own(connection: AsyncConnection, caller: Caller, telephone_id: int) -> TelephoneOut:
    found = await queries.one(connection, caller.user_id, telephone_id)
    if found is None:
        raise MissingError("telephone")
    return found


async def _new_code(resources: Resources) -> tuple[str, str]:
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    return code, await resources.hasher.hashed(code)


async def _send_code(
    resources: Resources,
    connection: AsyncConnection,
    caller: Caller,
    telephone_id: int,
    given: tuple[str, str],
) -> None:
    code, code_hash = given
    now = resources.now()
    await queries.give_code(
        connection, caller.user_id, telephone_id, code_hash, expires_at=now + CODE_LASTS
    )
    body = translator(caller.language).gettext(CODE_TEXT, code=code)
    message = _message(resources, caller, "code", body, lasts=CODE_LASTS)
    await queries.post(connection, telephone_id, message, now=now)


def _message(
    resources: Resources, caller: Caller, kind: str, body: str, *, lasts: timedelta
) -> PersonText:
    """Its name tells nothing of whom it is for."""
    name = f"<{kind}-{secrets.token_hex(16)}@giamsat>"
    return PersonText(kind, caller.language, body, name, resources.now() + lasts)


async def _must_not_send_too_often(resources: Resources, caller: Caller, number: str) -> None:
    """Each costs money, and may go to somebody who never asked for it. Raises `TooManyError`."""
    await doors.knock(resources, {Door.TEXTS: str(caller.user_id), Door.TEXTS_TO: number})


def _deed(caller: Caller, verb: Verb) -> Deed:
    return Deed(verb, Subject.PERSON, str(caller.user_id), detail={"changed": ["telephone"]})
