"""What a foreign message means, told to programs and in a person's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.api.adapters.reading import Credit, Reading, credit, instant_of
from services.api.adapters.schemas import (
    AttestedOut,
    CreditOut,
    GuessOut,
    MeaningOut,
    Outcome,
    ToldOut,
    UnknownOut,
    UnknownsOut,
)
from services.api.adapters.trying import House, Trial
from services.api.adapters.unknowns import Seen
from services.api.console import words
from shared.contracts.adapters.base import Attestation, Condition
from shared.domain.states import Refusal, WatchState
from shared.i18n import Translator, marked, names, translator

OUTCOMES: Final = {
    Outcome.UNDERSTOOD: marked("Understood as a message of %(dialect)s."),
    Outcome.NOTHING_STATED: marked(
        "A message of %(dialect)s that says nothing about a watch. It is let pass."
    ),
    Outcome.UNREADABLE: marked("It cannot be read by the rule for this topic."),
    Outcome.NO_RULE: marked("No rule applies to this topic."),
    Outcome.RETAINED: marked(
        "A message that the broker had kept is never counted: it proves nothing about now."
    ),
    Outcome.OUR_OWN: marked("This is a topic of our own format: it needs no rule."),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """A language, on a facility's clock."""

    t: Translator
    zone: str
    now_us: int

    def clock(self, us: int) -> str:
        """To the second; with the day, if that is not today."""
        at, today = instant_of(us), instant_of(self.now_us)
        zone = ZoneInfo(self.zone)
        text, day = self.t.clock(at, self.zone), at.astimezone(zone).date()
        if day == today.astimezone(zone).date():
            return text
        return f"{text}, {self.t.day(day)}"

    def length(self, start_us: int, end_us: int) -> str:
        return self.t.duration(timedelta(microseconds=max(0, end_us - start_us)))


def told(trial: Trial, *, language: str) -> MeaningOut:
    """In the words of a language."""
    message, reading = trial.message, trial.reading
    voice = Voice(translator(language), trial.house.facility.time_zone, message.received_us)
    return MeaningOut(
        publisher=message.publisher,
        topic=message.topic,
        outcome=reading.outcome,
        dialect=reading.dialect,
        prefix=reading.prefix,
        attestations=_attestations(reading, trial.house, voice),
        conditions=[
            _condition(device, statement, voice)
            for device, statement in reading.statements
            if isinstance(statement, Condition)
        ],
        unmapped=list(reading.unmapped),
        expected=reading.expected,
        guesses=[
            GuessOut(dialect=one.dialect, prefix=one.prefix, names=list(one.names))
            for one in reading.guesses
        ],
        words=_outcome(reading, voice.t),
    )


def _outcome(reading: Reading, t: Translator) -> str:
    dialect = words.DIALECTS[reading.dialect] if reading.dialect else ""
    return t.gettext(OUTCOMES[reading.outcome], dialect=t.gettext(dialect))


def _attestations(reading: Reading, house: House, voice: Voice) -> list[AttestedOut]:
    found = []
    for code, statement in reading.statements:
        device = house.devices.get(code)
        if isinstance(statement, Attestation) and device is not None:
            worth = credit(
                statement,
                device,
                received_us=voice.now_us,
                must_be_signed=house.site.requires_signature,
            )
            found.append(_attestation(code, statement, worth, voice))
    return found


def _attestation(device: str, statement: Attestation, worth: Credit, voice: Voice) -> AttestedOut:
    refusal, credited = None, None
    if isinstance(worth.counted, Refusal):
        refusal = worth.counted
    else:
        credited = CreditOut(start=instant_of(worth.counted[0]), end=instant_of(worth.counted[1]))
    return AttestedOut(
        device=device,
        start=instant_of(worth.start_us),
        end=instant_of(worth.end_us),
        is_one_interval=statement.since_us is None,
        state=statement.state,
        readings=dict(statement.readings or {}),
        credited=credited,
        refusal=refusal,
        words=" ".join(_sentences(statement, worth, voice)),
    )


def _sentences(statement: Attestation, worth: Credit, voice: Voice) -> Sequence[str]:
    t = voice.t
    told = [_watch(statement, worth, voice)]
    if statement.state is not WatchState.OK:
        fault = t.gettext(names.FAULTS[statement.state])
        told.append(t.gettext("Poor picture: %(fault)s; it counts as impaired.", fault=fault))
    if readings := _readings(statement, t):
        told.append(f"{readings[0].upper()}{readings[1:]}.")
    if isinstance(worth.counted, Refusal):
        why = t.gettext(words.REFUSALS[worth.counted][0])
        told.append(t.gettext("Not counted: %(why)s.", why=why))
    elif worth.counted != (worth.start_us, worth.end_us):
        start, end = map(voice.clock, worth.counted)
        told.append(t.gettext("Counted from %(start)s to %(end)s.", start=start, end=end))
    return told


def _watch(statement: Attestation, worth: Credit, voice: Voice) -> str:
    start, end = voice.clock(worth.start_us), voice.clock(worth.end_us)
    length = voice.length(worth.start_us, worth.end_us)
    if statement.since_us is None:
        return voice.t.gettext(
            "Watched for one interval (%(length)s) up to %(end)s.", length=length, end=end
        )
    return voice.t.gettext(
        "Watched from %(start)s to %(end)s (%(length)s).", start=start, end=end, length=length
    )


def _readings(statement: Attestation, t: Translator) -> str:
    found = statement.readings or {}
    shown = [
        t.gettext(text, n=t.number(_brief(found[name])))
        for name, text in words.READINGS.items()
        if name in found
    ]
    return ", ".join(shown)


def _brief(value: float) -> float:
    """A tenth is told only where there is one."""
    return round(value) if round(value, 1) == round(value) else round(value, 1)


def _condition(device: str, statement: Condition, voice: Voice) -> ToldOut:
    return ToldOut(
        device=device,
        condition=statement.condition,
        holds=statement.holds,
        at=instant_of(statement.at_us),
        words=_held(statement, voice),
    )


def _held(statement: Condition, voice: Voice) -> str:
    t, at = voice.t, voice.clock(statement.at_us)
    if isinstance(statement.condition, WatchState):
        what = t.gettext(names.FAULTS[statement.condition])
        begins = marked("Poor picture from %(time)s on: %(what)s.")
    else:
        what = t.gettext(names.HINTS[statement.condition])
        begins = marked("From %(time)s on: %(what)s. A hint, no evidence.")
    ends = marked("No longer so from %(time)s on: %(what)s.")
    return t.gettext(begins if statement.holds else ends, time=at, what=what)


def unknowns(found: Seen) -> UnknownsOut:
    return UnknownsOut(
        items=[
            UnknownOut(
                publisher=one.publisher,
                dialect=one.named.dialect,
                prefix=one.named.prefix,
                name=one.named.name,
                is_guess=one.is_guess,
                count=one.count,
                last_at=one.last_at,
                quarantine=one.entries,
            )
            for one in found.unknown
        ],
        mapped_since=list(found.mapped_since),
    )
