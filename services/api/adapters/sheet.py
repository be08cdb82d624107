"""The page of a facility's rules; also what a form on it comes back to, refused or answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.adapters import telling, trying
from services.api.adapters.queries import Device
from services.api.adapters.schemas import AttestedOut, MeaningOut, RuleOut, ToldOut
from services.api.adapters.trying import House, Trial
from services.api.adapters.unknowns import Unknown
from services.api.console import words
from services.api.console.frames import OFTEN, frame
from services.api.console.render import page
from services.api.resources import Resources
from shared.contracts.adapters.rules import Dialect
from shared.domain.places import DeviceKind
from shared.i18n import Translator


@dataclass(frozen=True, slots=True)
class Asked:
    """What was given in a form, what was wrong with it, and what a message tried became."""

    given: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A rule in the table."""

    id: int
    publisher: str
    dialect: str
    prefix: str
    name: str
    device: str
    device_code: str
    zone: str
    is_in_service: bool


@dataclass(frozen=True, slots=True)
class Stranger:
    """A name without a device, and the rule that only lacks one."""

    publisher: str
    publisher_code: str
    dialect: str
    dialect_code: Dialect
    prefix: str
    name: str
    is_guess: bool
    when: str


@dataclass(frozen=True, slots=True)
class Line:
    """What a message says of one device."""

    device: str
    words: str


async def sheet(
    request: Request, viewer: Caller, resources: Resources, code: str, asked: Asked
) -> Response:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        house = await trying.house(connection, viewer, code)
        seen = await trying.unknown_names(connection, house, now=now)
    own = frame(request, viewer, now=now, time_zone=house.facility.time_zone, refresh=OFTEN)
    t = own.translator
    meaning = telling.told(asked.trial, language=t.language) if asked.trial else None
    return page(
        own,
        "adapter_rules.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.faults else HTTPStatus.OK,
        code=code,
        facility_name=house.site.name,
        rows=[_row(rule, house, t) for rule in house.rules],
        strangers=[_stranger(one, house, t) for one in seen.unknown],
        seen=seen,
        devices=house.devices.values(),
        publishers=_publishers(house),
        given=asked.given,
        faults=asked.faults,
        meaning=meaning,
        lines=_lines(meaning, house) if meaning else (),
    )


def name_of(house: House, code: str) -> str:
    """As people call it, with its zone: every zone may have a Camera 1. Its code, if retired."""
    device = house.devices.get(code)
    return " · ".join(filter(None, (device.name, device.zone))) if device else code


def _publishers(house: House) -> Sequence[Device]:
    """Hubs first: they speak for others."""
    return sorted(house.devices.values(), key=lambda one: one.kind is not DeviceKind.GATEWAY)


def _row(rule: RuleOut, house: House, t: Translator) -> Row:
    device = house.devices.get(rule.device)
    return Row(
        id=rule.id,
        publisher=name_of(house, rule.publisher),
        dialect=t.gettext(words.DIALECTS[rule.dialect]),
        prefix=rule.prefix,
        name=rule.name,
        device=device.name if device else rule.device,
        device_code=rule.device,
        zone=(device.zone if device else None) or "",
        is_in_service=rule.is_in_service,
    )


def _stranger(one: Unknown, house: House, t: Translator) -> Stranger:
    return Stranger(
        publisher=name_of(house, one.publisher),
        publisher_code=one.publisher,
        dialect=t.gettext(words.DIALECTS[one.named.dialect]),
        dialect_code=one.named.dialect,
        prefix=one.named.prefix,
        name=one.named.name,
        is_guess=one.is_guess,
        when=t.ngettext("%(n)s message", "%(n)s messages", one.count),
    )


def _lines(meaning: MeaningOut, house: House) -> Sequence[Line]:
    told: list[AttestedOut | ToldOut] = [*meaning.attestations, *meaning.conditions]
    return [Line(name_of(house, one.device), one.words) for one in told]
