"""How far an enrolment has come, in the operator's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.api.console import words
from services.api.enrolment.schemas import EnrolmentOut
from shared.domain.enrolment import EnrolmentState
from shared.domain.places import DeviceKind
from shared.i18n import Translator, marked

#: What to say, what to do, and how it looks.
_WORDS: Final[Mapping[EnrolmentState, tuple[str, str, str]]] = {
    EnrolmentState.WAITING: (
        marked("Waiting for the device"),
        marked("Let it scan the code, or type the code into it. Until %(time)s."),
        "mild",
    ),
    EnrolmentState.ENROLLED: (
        marked("Enrolled, not heard yet"),
        marked("It has its password since %(time)s. Its first heartbeat is awaited."),
        "warn",
    ),
    EnrolmentState.HEARD: (
        marked("Enrolled, and heard"),
        marked("Last heartbeat: %(time)s."),
        "good",
    ),
    EnrolmentState.EXPIRED: (
        marked("The code is too old"),
        marked("Nothing used it until %(time)s. Make another one."),
        "bad",
    ),
    EnrolmentState.CANCELLED: (
        marked("Cancelled"),
        marked("The code opens nothing any more."),
        "mild",
    ),
}
#: A camera that nobody has allowed yet is not heard.
_UNAPPROVED: Final = marked(
    "It has its password since %(time)s. It records only once it has been approved."
)


@dataclass(frozen=True, slots=True)
class Step:
    """One enrolment, as its page and the list of the newest show it."""

    id: int
    device: str
    name: str
    what: str
    mood: str
    heading: str
    advice: str
    is_waiting: bool
    is_there: bool


def step_of(
    one: EnrolmentOut,
    zone_names: Mapping[str, str],
    t: Translator,
    clock: Callable[[datetime], str],
) -> Step:
    heading, advice, mood = _WORDS[one.state]
    if one.state is EnrolmentState.ENROLLED and one.kind is DeviceKind.CAMERA:
        advice = _UNAPPROVED
    at = {
        EnrolmentState.ENROLLED: one.redeemed_at,
        EnrolmentState.HEARD: one.heard_at,
    }.get(one.state, one.expires_at)
    kind = t.gettext(words.DEVICE_KINDS[one.kind])
    zone = zone_names.get(one.zone or "")
    return Step(
        id=one.id,
        device=one.device,
        name=one.name,
        what=f"{kind} · {zone}" if zone else kind,
        mood=mood,
        heading=t.gettext(heading),
        advice=t.gettext(advice, time=clock(at or one.expires_at)),
        is_waiting=one.state is EnrolmentState.WAITING,
        is_there=one.redeemed_at is not None,
    )


def steps_of(
    enrolments: Sequence[EnrolmentOut],
    zone_names: Mapping[str, str],
    t: Translator,
    clock: Callable[[datetime], str],
) -> list[Step]:
    return [step_of(one, zone_names, t, clock) for one in enrolments]
