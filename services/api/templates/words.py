"""What the words of messages are called on pages: msgids, to be translated where they are shown."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.api.deliveries.words import KINDS
from services.api.problems import RequestError
from services.api.templates.changing import WordsError
from services.api.templates.schemas import Source
from shared.domain.delivery import Channel, MessageKind
from shared.domain.templates import FACTS, Flaw, Part, Placeholder, Problem
from shared.i18n import Translator, marked

_P = Placeholder
CHANNELS: Final[Mapping[str, str]] = {Channel.EMAIL: marked("E-mail"), Channel.SMS: marked("SMS")}
#: As speakers of it call it.
LANGUAGES: Final[Mapping[str, str]] = {"vi": "Tiếng Việt", "en": "English"}
#: When a message of each kind is sent.
WHEN: Final[Mapping[str, str]] = {
    MessageKind.ALERT: marked("The first one to be told: something has stopped"),
    MessageKind.ESCALATION: marked("The next ones, because nobody has taken it up"),
    MessageKind.REMINDER: marked("Again and again, while nobody takes it up"),
    MessageKind.NEWS: marked("Another room has joined, or the whole facility"),
    MessageKind.HANDED_OVER: marked("To who comes into charge of what is open"),
    MessageKind.ASSIGNED: marked("To whom an incident was given"),
    MessageKind.UNSTABLE: marked("It stops and resumes too often to be told each time"),
    MessageKind.STEADY: marked("It no longer comes and goes, but is not over"),
    MessageKind.RECOVERY: marked("It is over"),
    MessageKind.CORRECTION: marked("What was told was not so: evidence came late"),
    MessageKind.EXEMPTION_ENDED: marked("Maintenance or a mute is over, and it lasts"),
}
#: In the order in which things happen.
ORDER: Final[Sequence[MessageKind]] = tuple(FACTS)
SOURCES: Final[Mapping[str, str]] = {
    Source.OWN: marked("own words"),
    Source.AROUND: marked("words from above"),
    Source.SHIPPED: marked("shipped words"),
}
MEANINGS: Final[Mapping[str, str]] = {
    _P.WHAT: marked("what happened and where, as one sentence without a full stop"),
    _P.FACILITY: marked("name of the facility, or of the area"),
    _P.COMMUNE: marked("name of the commune"),
    _P.ZONES: marked("the rooms, three at most, and how many more"),
    _P.PLACE: marked("facility and commune, a line each"),
    _P.LINES: marked("a line for each room: since when, and which devices"),
    _P.SINCE: marked("when it began"),
    _P.UNTIL: marked("when it ended"),
    _P.LENGTH: marked("how long it has lasted"),
    _P.WHY: marked("the likely cause, and what to check"),
    _P.REASON: marked("why the reader is told now"),
    _P.NEXT: marked("what counts from now on"),
    _P.LATE: marked("that it became known late; empty otherwise"),
    _P.NOBODY: marked("who should have been told before and could not be; empty otherwise"),
    _P.TOLD: marked("who else was told, by their roles"),
    _P.N: marked("which reminder it is"),
    _P.NUMBER: marked("number of the incident"),
    _P.LINK: marked("where the reader takes it up or reads more; always needed"),
    _P.LINKS: marked("the links of all incidents, a line each"),
    _P.DETAILS: marked("the page of the incident in the console"),
}
_FLAWS: Final[Mapping[Flaw, str]] = {
    Flaw.BRACE: marked("a brace belongs to no name. Names are written as {facility}."),
    Flaw.UNKNOWN: marked("there is no name {%(name)s}. Take one from the list."),
    Flaw.NOT_HERE: marked("{%(name)s} cannot stand here. See the list."),
    Flaw.MISSING: marked("{link} is missing. Without it nobody could take it up."),
    Flaw.LINK_NOT_LAST: marked("{link} must come last, because what is too long is cut before it."),
    Flaw.EMPTY: marked("there is nothing in it."),
    Flaw.TOO_LONG: marked("it is too long: %(name)s letters at most."),
    Flaw.SUBJECT: marked("a short message has no subject."),
}
_PARTS: Final[Mapping[Part, str]] = {Part.SUBJECT: marked("Subject"), Part.BODY: marked("Text")}
#: By the code of the problem.
_REFUSED: Final[Mapping[str, str]] = {
    "no_telephone": marked("You have no telephone that is proved. Add one under “My telephones”."),
    "too_many_attempts": marked("Too many tests. Wait a while, then try again."),
    "invalid": marked("Nothing is left of these words when they are filled."),
}
UNREADABLE: Final = marked("The words are too long, or hold something invisible.")
#: What has just been done, by the word in the address.
DONE: Final[Mapping[str, str]] = {
    "saved": marked("Saved. From now on it is said so."),
    "removed": marked("Taken back. Your own words stay on record below."),
}


def faults(refusal: RequestError, t: Translator) -> list[str]:
    """Raises what is no mistake in the form: it has a page of its own."""
    if isinstance(refusal, WordsError):
        return [_fault(one, t) for one in refusal.problems]
    if refusal.code not in _REFUSED:
        raise refusal
    return [t.gettext(_REFUSED[refusal.code])]


def _fault(one: Problem, t: Translator) -> str:
    said = t.gettext(_FLAWS[one.flaw], name=one.about)
    return f"{t.gettext(_PARTS[one.part])}: {said}"


def title(kind: str, t: Translator) -> str:
    return t.gettext(KINDS[kind])
