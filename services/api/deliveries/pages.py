"""`/deliveries`: the delivery log, with each message's attempts folded under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.console.forms import day_of
from services.api.console.frames import frame
from services.api.console.render import near, page
from services.api.console.viewer import Viewer
from services.api.deliveries import reading
from services.api.deliveries.queries import Delivery, Wanted
from services.api.deliveries.schemas import AttemptOut, DeliveryOut
from services.api.deliveries.words import KINDS, OUTCOMES, STATES
from services.api.incidents.story.telling import role_words
from services.api.incidents.story.words import CHANNELS, RECEIPTS
from services.api.overview.shown import Voice
from services.api.problems import MissingError
from services.api.resources import Given, Resources
from shared.domain.delivery import Channel, MessageKind, MessageState, Receipt
from shared.domain.schedule import COUNTRY_TIME_ZONE, midnight
from shared.i18n import Translator

router = APIRouter()
A_PAGE: Final = 50
_BAD: Final = frozenset({MessageState.DEAD})
_Word = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a reader narrows the log to, as it stands in the address."""

    facility: str
    incident: str
    channel: str
    state: str
    kind: str
    receipt: str
    day: str
    after: int | None

    def wanted(self) -> Wanted:
        """What is no word of ours narrows nothing."""
        day = day_of(self.day)
        return Wanted(
            incident_id=int(self.incident) if _is_number(self.incident) else None,
            channel=Channel(self.channel) if self.channel in set(Channel) else None,
            state=MessageState(self.state) if self.state in set(MessageState) else None,
            kind=MessageKind(self.kind) if self.kind in set(MessageKind) else None,
            receipt=Receipt(self.receipt) if self.receipt in set(Receipt) else None,
            from_at=midnight(day, COUNTRY_TIME_ZONE) if day else None,
            to_at=midnight(day + timedelta(days=1), COUNTRY_TIME_ZONE) if day else None,
        )

    def address(self, after: int) -> str:
        names = ("facility", "incident", "channel", "state", "kind", "receipt", "day")
        chosen = {name: text for name in names if (text := getattr(self, name))}
        return "/deliveries?" + urlencode({**chosen, "after": after})


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _filter(  # noqa: PLR0913, PLR0917 - each is a field of the form
    facility: Annotated[str, Query(max_length=200)] = "",
    incident: _Word = "",
    channel: _Word = "",
    state: _Word = "",
    kind: _Word = "",
    receipt: _Word = "",
    day: _Word = "",
    after: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Filter:
    return Filter(facility.strip(), incident, channel, state, kind, receipt, day, after)


@dataclass(frozen=True, slots=True)
class Row:
    """A message in the log."""

    id: int
    incident: int | None
    place: str
    what: str
    role: str
    to: str
    channel: str
    state: str
    is_bad: bool
    when: str
    receipt: str
    provider: str
    hash: str
    tries: tuple[tuple[str, str, str, str], ...]


@router.get("/deliveries")
async def deliveries(
    request: Request, viewer: Viewer, resources: Given, asked: Annotated[Filter, Depends(_filter)]
) -> Response:
    now = resources.now()
    found = await _found(resources, viewer, asked)
    shown = found[:A_PAGE]
    tries = await reading.tries(resources, viewer, shown)
    own = frame(request, viewer, now=now)
    voice = Voice(own.translator, near(own.translator, own.time_zone, now))
    return page(
        own,
        "deliveries.html",
        rows=[_row(one, tries[one.told.id], voice) for one in shown],
        asked=asked,
        channels=CHANNELS,
        states=STATES,
        kinds=KINDS,
        receipts=RECEIPTS,
        next_page=asked.address(shown[-1].told.id) if len(found) > A_PAGE else "",
    )


async def _found(resources: Resources, viewer: Caller, asked: Filter) -> list[Delivery]:
    """One more than a page; none of a facility that is not there."""
    try:
        return await reading.listed(
            resources,
            viewer,
            asked.wanted(),
            facility=asked.facility or None,
            before=asked.after,
            limit=A_PAGE + 1,
        )
    except MissingError:
        return []


def _row(one: Delivery, tries: list[AttemptOut], voice: Voice) -> Row:
    told, t = one.told, voice.t
    return Row(
        id=told.id,
        incident=told.incident,
        place=one.facility or "",
        what=_coded(KINDS, told.kind, t),
        role=role_words(told.role, t),
        to=" · ".join(part for part in (told.who, _shown_address(told)) if part),
        channel=_coded(CHANNELS, told.channel, t),
        state=_coded(STATES, told.state, t),
        is_bad=told.state in _BAD or told.receipt is Receipt.FAILED,
        when=voice.near(told.sent_at or told.created_at),
        receipt=_receipt(one, voice),
        provider=told.provider or "",
        hash=told.content_sha256 or "",
        tries=tuple(_try(one, voice) for one in tries),
    )


def _shown_address(told: DeliveryOut) -> str | None:
    """All browsers of a person are one address, which says nothing more than whose they are."""
    return None if told.channel == Channel.PUSH else told.address


def _receipt(one: Delivery, voice: Voice) -> str:
    told = one.told
    if told.receipt is None:
        return ""
    said = voice.t.gettext(RECEIPTS[told.receipt])
    return f"{said}, {voice.near(told.receipt_at)}" if told.receipt_at else said


def _try(one: AttemptOut, voice: Voice) -> tuple[str, str, str, str]:
    outcome = _coded(OUTCOMES, one.outcome or "unknown", voice.t)
    return voice.near(one.started_at), one.provider, outcome, one.detail or ""


def _coded(known: Mapping[str, str], code: str, t: Translator) -> str:
    return t.gettext(known[code]) if code in known else code
