"""Sends words to whoever asks for it, and to nobody else, marked as a test."""

import secrets
from datetime import timedelta
from typing import Final

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading
from services.api.contact_points import queries as telephones
from services.api.contact_points.queries import PersonText
from services.api.contact_points.schemas import TelephoneOut
from services.api.guessing import doors
from services.api.oauth import places
from services.api.problems import ConflictError, MissingError
from services.api.resources import Resources
from services.api.templates import queries
from services.api.templates.previewing import said_of_nothing
from services.api.templates.reading import About, around
from services.api.templates.schemas import SentTestOut
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.delivery import Channel
from shared.domain.templates import Words
from shared.domain.throttling import Door
from shared.i18n import marked, translator
from shared.runtime import logging

log = logging.get(__name__)

LASTS: Final = timedelta(minutes=30)
SUBJECT: Final = marked("Test: %(words)s")
NOTHING_HAPPENED: Final = marked(
    "This is a test that you asked for. Nothing has happened, and nobody else got it."
)


async def send(
    resources: Resources,
    caller: Caller,
    about: About,
    words: Words,
    *,
    telephone: int | None = None,
) -> SentTestOut:
    """Raises what is wrong with the words, and `TooManyError`."""
    async with reading(resources, caller) as connection:
        await around(connection, resources, caller, about.unit)
        own = await telephones.of_person(connection, caller.user_id)
    link = f"{places.issuer(resources.settings)}/incidents"
    said = said_of_nothing(resources, about, words, link=link)
    if about.channel is Channel.EMAIL:
        sent = await _mail(resources, caller, about, said)
    else:
        proved = [one for one in own if one.verified_at is not None]
        sent = await _text(resources, caller, about, said, _chosen(proved, telephone))
    log.info("template_tested", template=str(about))
    return sent


async def _mail(resources: Resources, caller: Caller, about: About, said: Words) -> SentTestOut:
    await doors.knock(resources, {Door.MAILS: str(caller.user_id)})
    to, now = translator(about.language), resources.now()
    mail = {
        "address": caller.email,
        "language": about.language,
        "subject": to.gettext(SUBJECT, words=said.subject),
        "body": f"{to.gettext(NOTHING_HAPPENED)}\n\n{said.body}",
        "message_id": _name(),
        "created_at": now,
        "due_at": now,
        "expires_at": now + LASTS,
    }
    async with changing(resources, caller, _deed(about)) as connection:
        await queries.post_mail(connection, caller.user_id, mail)
    return SentTestOut(channel=about.channel, to=caller.email)


async def _text(
    resources: Resources, caller: Caller, about: About, said: Words, telephone: TelephoneOut
) -> SentTestOut:
    """Each costs money, like any other to a telephone."""
    await doors.knock(resources, {Door.TEXTS: str(caller.user_id), Door.TEXTS_TO: telephone.number})
    now = resources.now()
    body = translator(about.language).gettext(SUBJECT, words=said.body)
    message = PersonText("test", about.language, body, _name(), now + LASTS)
    async with changing(resources, caller, _deed(about)) as connection:
        await telephones.post(connection, telephone.id, message, now=now)
    return SentTestOut(channel=about.channel, to=telephone.number)


def _chosen(proved: list[TelephoneOut], wanted: int | None) -> TelephoneOut:
    """One's own and proved; nobody else's is there."""
    if wanted is None:
        if not proved:
            raise ConflictError("You have no telephone that is proved.", code="no_telephone")
        return proved[0]
    found = next((one for one in proved if one.id == wanted), None)
    if found is None:
        raise MissingError("telephone")
    return found


def _name() -> str:
    """It tells nothing of whom it is for."""
    return f"<test-{secrets.token_hex(16)}@giamsat>"


def _deed(about: About) -> Deed:
    return Deed(Verb.REQUEST, Subject.TEMPLATE, str(about), unit=about.unit)
