"""Adds and removes webhooks; the API and the console go through here."""

import secrets
from collections.abc import Sequence
from typing import Final

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading
from services.api.agencies import registering as agencies
from services.api.agencies.registering import deed_of
from services.api.problems import ConflictError, InvalidError, MissingError, UnavailableError
from services.api.resources import Resources
from services.api.webhooks import queries
from services.api.webhooks.schemas import WebhookIn, WebhookMade, WebhookOut
from shared.domain import ack_link, webhooks
from shared.domain.access import Action
from shared.domain.deeds import Verb
from shared.runtime import logging
from shared.runtime.egress import EgressError

#: One for each of its systems; more is a mistake.
MOST_IN_USE: Final = 10

log = logging.get(__name__)


async def add(resources: Resources, caller: Caller, code: str, given: WebhookIn) -> WebhookMade:
    """Its secret is in the answer, and nowhere else."""
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    keys = ack_link.keys_of(resources.settings.link_key)
    if not keys:
        raise UnavailableError("Calls cannot be signed here: no link_key is set.", code="no_key")
    try:
        resources.egress.check(given.url)
    except EgressError as exc:
        raise InvalidError("body.url", str(exc), "Send an https address of a public name.") from exc
    salt = secrets.token_bytes(webhooks.SALT_BYTES)
    events = ",".join(sorted(given.events))
    async with changing(resources, caller, deed_of(Verb.CREATE, code, events=events)) as connection:
        client = await agencies.in_force(connection, code)
        if await queries.in_use(connection, client.id) >= MOST_IN_USE:
            raise ConflictError(
                f"This agency has {MOST_IN_USE} webhooks already. Remove one first.",
                code="too_many_webhooks",
            )
        number = await queries.add(
            connection, client.id, given, salt, user_id=caller.user_id, now=resources.now()
        )
        made = await queries.one(connection, number)
    log.info("webhook_added", client=code, webhook_id=number)
    return WebhookMade(**made.model_dump(), secret=webhooks.secret_of(salt, keys[0]))


async def listed(resources: Resources, caller: Caller, code: str) -> Sequence[WebhookOut]:
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    async with reading(resources, caller) as connection:
        client = await agencies.known(connection, code)
        return await queries.of_client(connection, client.id)


async def remove(resources: Resources, caller: Caller, code: str, webhook_id: int) -> None:
    """At once: what still waits is not told. No agency and no webhook of it are one answer."""
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    async with changing(
        resources, caller, deed_of(Verb.REVOKE, code, webhook=webhook_id)
    ) as connection:
        if not await queries.remove(connection, code, webhook_id, now=resources.now()):
            raise MissingError("webhook")
    log.info("webhook_removed", client=code, webhook_id=webhook_id)
