"""Fetches the keys that an agency publishes, and keeps what changed."""

import json
from datetime import timedelta
from typing import Final

from services.api.access.transactions import changing_as_system
from services.api.agencies import key_changes, queries
from services.api.agencies.queries import Client
from services.api.resources import Resources
from shared.runtime import jose, logging
from shared.runtime.egress import EgressError
from shared.runtime.jose import KeyDocumentError, PublicKey

#: An unknown key is a reason to look again, though not each time that somebody invents one.
SELDOM: Final = timedelta(minutes=1)
#: Also keys that are known are looked after: a key taken down must stop working.
OFTEN: Final = timedelta(minutes=10)
_MEDIA: Final = frozenset({"application/json", "application/jwk-set+json"})

log = logging.get(__name__)


async def refresh(resources: Resources, client: Client) -> None:
    """Raises `EgressError` or `KeyDocumentError`; then the keys stay as they were."""
    shown = await _fetched(resources, client.jwks_uri or "")
    now = resources.now()
    async with changing_as_system(resources) as connection:
        if await queries.locked_client(connection, client.code) is None:
            return
        known = await queries.keys(connection, client.id)
        changes = key_changes.changes(shown, known, now=now)
        for key_id in changes.ended:
            await queries.end_key(connection, key_id, now)
        for key_id in changes.back:
            await queries.end_key(connection, key_id, None)
        for key in changes.new:
            await queries.add_key(
                connection, client.id, key, is_fetched=True, times=(now, None), now=now
            )
        await queries.fetched(connection, client.id, now=now)
    log.info("agency_keys_fetched", client=client.code, new=len(changes.new))


async def refresh_quietly(resources: Resources, client: Client) -> None:
    """When somebody logs in: whoever cannot be reached keeps the keys that were known."""
    async with changing_as_system(resources) as connection:
        # Before it is tried, so that an address that hangs is not tried with every request.
        await queries.fetched(connection, client.id, now=resources.now())
    try:
        await refresh(resources, client)
    except (EgressError, KeyDocumentError) as exc:
        log.warning("agency_keys_not_fetched", client=client.code, reason=str(exc))


async def _fetched(resources: Resources, address: str) -> tuple[PublicKey, ...]:
    answer = await resources.egress.get(address, headers={"Accept": ", ".join(sorted(_MEDIA))})
    if answer.status != 200 or answer.media_type not in _MEDIA:
        raise EgressError("it does not answer with a key set")
    try:
        document = json.loads(answer.content)
    except (ValueError, RecursionError) as exc:
        raise KeyDocumentError("it is no JSON") from exc
    return jose.keys_in(document)
