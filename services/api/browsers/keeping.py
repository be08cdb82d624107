"""What people do with their own browsers: each change is on record, none with an address."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import changing, changing_as_system, reading
from services.api.account.browsers import words_of
from services.api.browsers import queries
from services.api.browsers.schemas import BrowserIn, BrowserOut
from services.api.contact_points import queries as contact_points
from services.api.contact_points.queries import PersonText
from services.api.guessing import doors
from services.api.problems import ConflictError, InvalidError, MissingError, UnavailableError
from services.api.resources import Resources
from shared.domain import web_push
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.throttling import Door
from shared.domain.web_push import Subscription, SubscriptionFlawError
from shared.i18n import marked, translator
from shared.runtime.egress import EgressError
from shared.runtime.web_push import WebPushError, must_be_sound, public_key_of

MOST: Final = 5
TEST_LASTS: Final = timedelta(minutes=30)
TEST_TEXT: Final = marked("This is a test. Alerts reach this browser.")


def key_of(resources: Resources) -> str | None:
    """What a browser is told; nothing where nothing is pushed."""
    key = web_push.key_of(resources.settings.push_key)
    return public_key_of(key) if key else None


def must_be_used(resources: Resources) -> str:
    """Raises `UnavailableError` where nothing is pushed."""
    key = key_of(resources)
    if key is None:
        raise UnavailableError("Nothing is pushed here: no push_key is set.", code="no_key")
    return key


async def listed(resources: Resources, caller: Caller) -> Sequence[BrowserOut]:
    async with reading(resources, caller) as connection:
        return await queries.of_person(connection, caller.user_id)


async def subscribe(
    resources: Resources, caller: Caller, given: BrowserIn, user_agent: str
) -> BrowserOut:
    """The same browser again is the same; what another person left in it is theirs no longer."""
    must_be_used(resources)
    to = _checked(resources, given)
    label = given.label or words_of(user_agent)
    now = resources.now()
    async with reading(resources, caller) as connection:
        await _known_or_room(connection, caller, to)
    # Nobody sees another's browsers, so nobody's own rights suffice to take one over.
    async with changing_as_system(resources) as connection:
        await queries.hand_over(connection, to, caller.user_id, now=now)
    async with changing(resources, caller, _deed(caller, Verb.CREATE)) as connection:
        await queries.lock(connection, caller.user_id)
        await queries.remove_gone(connection, caller.user_id, now=now)
        known = await _known_or_room(connection, caller, to)
        if known is not None:
            await queries.change(connection, known, to, label=label)
            return await _own(connection, caller, known)
        added = await queries.add(connection, caller.user_id, to, label=label, now=now)
        if added is None:
            raise ConflictError("This browser is somebody else's.", code="browser_known")
        made = await _own(connection, caller, added)
        _must_be_there(made)
        return made


async def _known_or_room(
    connection: AsyncConnection, caller: Caller, to: Subscription
) -> int | None:
    """Raises `ConflictError` if it is new, and one too many."""
    known = await queries.by_endpoint(connection, caller.user_id, to.endpoint)
    there = [one for one in await queries.of_person(connection, caller.user_id) if not one.is_gone]
    if known is None and len(there) >= MOST:
        raise ConflictError(f"Nobody has more than {MOST}.", code="too_many_browsers")
    return known


async def test(resources: Resources, caller: Caller, browser_id: int) -> BrowserOut:
    """Pushes a message that says that it is a test."""
    must_be_used(resources)
    async with reading(resources, caller) as connection:
        found = await _own(connection, caller, browser_id)
    _must_be_there(found)
    await doors.knock(resources, {Door.TEXTS: str(caller.user_id)})
    now = resources.now()
    message = PersonText(
        "test",
        caller.language,
        translator(caller.language).gettext(TEST_TEXT),
        f"<test-{secrets.token_hex(16)}@giamsat>",
        now + TEST_LASTS,
    )
    async with changing(resources, caller, _deed(caller, Verb.REQUEST)) as connection:
        await contact_points.post(connection, browser_id, message, now=now)
        return await _own(connection, caller, browser_id)


async def remove(resources: Resources, caller: Caller, browser_id: int) -> None:
    async with changing(resources, caller, _deed(caller, Verb.REMOVE)) as connection:
        await _own(connection, caller, browser_id)
        await queries.remove(connection, caller.user_id, browser_id, now=resources.now())


async def shown(resources: Resources, ref: str) -> None:
    """A browser showed a message: whoever has this reference could read it. No person asks."""
    key = web_push.key_of(resources.settings.push_key)
    if not key or not web_push.is_ours(ref, key=key):
        raise MissingError("message")
    async with changing_as_system(resources) as connection:
        await queries.keep_receipt(connection, ref, now=resources.now())


def _checked(resources: Resources, given: BrowserIn) -> Subscription:
    try:
        resources.egress.check(given.endpoint)
    except EgressError as exc:
        advice = "Send what the browser's push service gave it."
        raise InvalidError("body.endpoint", str(exc), advice) from exc
    try:
        to = web_push.subscription(given.endpoint, given.keys.p256dh, given.keys.auth)
        must_be_sound(to)
    except (SubscriptionFlawError, WebPushError) as exc:
        advice = "Send what `PushSubscription.toJSON()` says."
        raise InvalidError("body.keys", str(exc), advice) from exc
    return to


def _must_be_there(found: BrowserOut) -> None:
    """What its push service has ended never begins again: the browser has to ask for another."""
    if found.is_gone:
        raise ConflictError("This browser takes nothing any more.", code="browser_gone")


async def _own(connection: AsyncConnection, caller: Caller, browser_id: int) -> BrowserOut:
    found = await queries.one(connection, caller.user_id, browser_id)
    if found is None:
        raise MissingError("browser")
    return found


def _deed(caller: Caller, verb: Verb) -> Deed:
    return Deed(verb, Subject.PERSON, str(caller.user_id), detail={"changed": ["browser"]})
