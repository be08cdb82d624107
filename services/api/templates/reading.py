"""Words as they count for a place: its own, else those around it, else ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import reading, still_disclosing
from services.api.people import queries as people
from services.api.problems import MissingError
from services.api.resources import Resources
from services.api.templates import queries
from services.api.templates.queries import Kept, Key
from services.api.templates.schemas import (
    Language,
    PlaceholderOut,
    Source,
    TemplateDetailOut,
    TemplateOut,
    VersionOut,
)
from shared.db import in_charge
from shared.db.in_charge import Place
from shared.domain import templates
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.delivery import Channel, MessageKind
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.domain.templates import CHANNELS, FACTS, Part, Placeholder, Words
from shared.i18n import translator
from shared.i18n.shipped import shipped

_ByKey = Mapping[Key, Kept]


@dataclass(frozen=True, slots=True)
class About:
    """What words are for, as it is asked for. `unit`: a code; none: the whole country."""

    kind: MessageKind
    channel: Channel
    language: Language
    unit: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}/{self.channel}/{self.language}"

    def key(self, unit_id: int | None) -> Key:
        return Key(self.kind, self.channel, self.language, unit_id)


@dataclass(frozen=True, slots=True)
class Around:
    """A unit, and those around it, the nearest first; none at all: the whole country."""

    unit: str | None
    chain: tuple[int, ...]
    may_change: bool

    @property
    def unit_id(self) -> int | None:
        return self.chain[0] if self.chain else None


#: Everything that can be worded anew.
ALL: Final = tuple(
    About(kind, channel, language)
    for kind in FACTS
    for language in Language
    for channel in CHANNELS
)


def must_be_worded(about: About) -> None:
    """Raises `MissingError` for what is said in our words only."""
    if about.kind not in FACTS or about.channel not in CHANNELS:
        raise MissingError("template")


async def around(
    connection: AsyncConnection, resources: Resources, caller: Caller, unit: str | None
) -> Around:
    """A unit that is not the caller's is as good as absent."""
    scope = caller.must_be_able_to_somewhere(Action.MANAGE_TEMPLATES)
    if unit is None:
        return Around(None, (), scope.is_everywhere)
    now = resources.now()
    found = await people.unit(connection, unit, on=local_day(now, COUNTRY_TIME_ZONE))
    if found is None or not scope.covers_unit(found.id):
        raise MissingError("unit")
    place = Place(unit_id=found.id)
    chain = (await in_charge.units_of(connection, [place], now=now)).get(place, (found.id,))
    return Around(unit, chain, may_change=True)


async def listed(resources: Resources, caller: Caller, unit: str | None) -> list[TemplateOut]:
    async with reading(resources, caller) as connection:
        where = await around(connection, resources, caller, unit)
        known = _by_key(await queries.in_force(connection, where.chain))
    return [_counts(about, where, known) for about in ALL]


async def one(resources: Resources, caller: Caller, about: About) -> TemplateDetailOut:
    """That somebody looked is on record: it names who changed it."""
    must_be_worded(about)
    deed = Deed(Verb.READ, Subject.TEMPLATE, str(about), unit=about.unit)
    async with still_disclosing(resources, caller, deed) as connection:
        where = await around(connection, resources, caller, about.unit)
        known = _by_key(await queries.in_force(connection, where.chain))
        past = await queries.versions(connection, about.key(where.unit_id))
    ours = _ours(about)
    return TemplateDetailOut(
        **_counts(about, where, known).model_dump(),
        placeholders=_placeholders(about.kind, about.channel),
        shipped_subject=ours.subject,
        shipped_body=ours.body,
        versions=[
            VersionOut(
                subject=one.words.subject,
                body=one.words.body,
                valid_from=one.valid_from,
                valid_to=one.valid_to,
                changed_by=one.changed_by,
                ended_by=one.ended_by,
            )
            for one in past
        ],
    )


def _by_key(kept: Sequence[Kept]) -> _ByKey:
    return {one.key: one for one in kept}


def _counts(about: About, where: Around, known: _ByKey) -> TemplateOut:
    """The nearest words count."""
    keys = [about.key(unit_id) for unit_id in (*where.chain, None)]
    found = next((known[key] for key in keys if key in known), None)
    words = found.words if found else _ours(about)
    return TemplateOut(
        kind=about.kind,
        channel=about.channel,
        language=about.language,
        unit=where.unit,
        source=_source(found, where),
        source_unit=found.unit if found else None,
        subject=words.subject,
        body=words.body,
        since=found.valid_from if found else None,
        may_change=where.may_change,
    )


def _source(found: Kept | None, where: Around) -> Source:
    if found is None:
        return Source.SHIPPED
    return Source.OWN if found.key.unit_id == where.unit_id else Source.AROUND


def _ours(about: About) -> Words:
    return shipped(about.kind, about.channel, translator(about.language))


def _placeholders(kind: MessageKind, channel: Channel) -> list[PlaceholderOut]:
    """In the order in which they are explained."""
    subject, body = (templates.allowed(kind, channel, part) for part in Part)
    if channel is not Channel.EMAIL:
        subject = frozenset()
    return [
        PlaceholderOut(name=name, in_subject=name in subject, in_body=name in body)
        for name in Placeholder
        if name in subject | body
    ]
