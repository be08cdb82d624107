"""One incident as its page shows it: its gaps, and who took it up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.api.gaps.schemas import GapOut
from services.api.incidents.schemas import AcknowledgementOut, IncidentDetailOut
from services.api.incidents.story import words
from services.api.overview.facts import Facility
from services.api.overview.shown import Voice
from shared.domain.handling import ActionKind
from shared.domain.states import GapState
from shared.i18n import Translator, marked, names


@dataclass(frozen=True, slots=True)
class GapRow:
    """A gap of an incident."""

    zone: str
    from_at: str
    to_at: str
    length: str
    state: str


def named(facility: Facility | None, code: str | None, t: Translator) -> str:
    """What is concerned; the platform itself, if it is no facility."""
    if facility is not None:
        return facility.name
    return code or t.gettext("The system itself")


GAP_STATES: Final[Mapping[GapState, str]] = {
    GapState.OPEN: marked("Lasting"),
    GapState.CLOSED: marked("Ended"),
    GapState.REPAIRED: marked("Was watched after all"),
}


def gap_rows(gaps: Iterable[GapOut], zones: Mapping[str, str], voice: Voice) -> list[GapRow]:
    return [
        GapRow(
            zone=zones.get(gap.zone, gap.zone),
            from_at=voice.near(gap.from_at),
            to_at=voice.near(gap.to_at) if gap.to_at else "",
            length=voice.t.duration(gap.to_at - gap.from_at) if gap.to_at else "",
            state=voice.t.gettext(GAP_STATES[gap.state]),
        )
        for gap in gaps
    ]


def facts(incident: IncidentDetailOut, voice: Voice) -> list[tuple[str, str]]:
    """What is to be known besides: a name, and what it is."""
    t = voice.t
    assigned = next(
        (one.to for one in reversed(incident.actions) if one.kind is ActionKind.ASSIGN), None
    )
    known = (
        (t.gettext("How bad"), t.gettext(words.SEVERITIES[incident.severity])),
        (
            t.gettext("What is wrong"),
            t.gettext(names.FAULTS[incident.fault]) if incident.fault else "",
        ),
        (t.gettext("Given to"), assigned or ""),
        (t.gettext("What it was"), _said(incident, t)),
        (
            t.gettext("It comes and goes"),
            t.gettext("since %(time)s", time=voice.near(incident.unstable_since))
            if incident.unstable_since
            else "",
        ),
    )
    return [(name, what) for name, what in known if what]


def _said(incident: IncidentDetailOut, t: Translator) -> str:
    """Also before alerts has taken it in."""
    said = [one.resolution for one in incident.actions if one.resolution]
    last = said[-1] if said else incident.resolution
    return t.gettext(words.RESOLUTIONS[last]) if last else ""


def taken_words(one: AcknowledgementOut, voice: Voice) -> str:
    said = voice.t.gettext(
        "taken up by %(name)s at %(time)s", name=one.by, time=voice.near(one.acknowledged_at)
    )
    said = said[0].upper() + said[1:]
    return f"{said}: {one.note}" if one.note else said
