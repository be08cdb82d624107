"""Words with names in them for what is told: which names there are, what is wrong, and filling.

A template is plain text with `{name}` in it. A line whose names all have nothing to say is left
out, and no more than one blank line stands between others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Final

from shared.domain.delivery import Channel, MessageKind


class Placeholder(StrEnum):
    """What a message can say. Nothing here is of a child."""

    #: What happened and where, as a sentence without its end.
    WHAT = "what"
    FACILITY = "facility"
    COMMUNE = "commune"
    ZONES = "zones"
    #: Facility and commune, a line each.
    PLACE = "place"
    #: A line for each room: since when, and which devices.
    LINES = "lines"
    SINCE = "since"
    UNTIL = "until"
    LENGTH = "length"
    #: The likely cause, and what to look at.
    WHY = "why"
    #: Why it is told again, now, or to this reader.
    REASON = "reason"
    NEXT = "next"
    #: That it became known late, if it did.
    LATE = "late"
    #: Who should have been told before and could not be, if so.
    NOBODY = "nobody"
    TOLD = "told"
    #: Which reminder it is.
    N = "n"
    NUMBER = "number"
    #: Where the reader acts on it, or reads more if there is nothing to do.
    LINK = "link"
    LINKS = "links"
    DETAILS = "details"


#: What there is to say, by name; nothing at all is empty.
Facts = Mapping[Placeholder, str]
_P = Placeholder
#: What stands on lines of its own.
LISTS: Final = frozenset({_P.PLACE, _P.LINES, _P.LINKS})
_FACTS: Final = frozenset(
    {
        _P.WHAT, _P.FACILITY, _P.COMMUNE, _P.ZONES, _P.PLACE, _P.LINES, _P.SINCE, _P.LENGTH,
        _P.NUMBER, _P.LINK,
    }
)  # fmt: skip
_LASTING: Final = _FACTS | {_P.WHY, _P.LATE, _P.NOBODY, _P.TOLD, _P.DETAILS}
#: Which messages can be worded anew, and what each has to say.
FACTS: Final[Mapping[MessageKind, frozenset[Placeholder]]] = {
    MessageKind.ALERT: _LASTING,
    MessageKind.ESCALATION: _LASTING,
    MessageKind.REMINDER: _LASTING | {_P.REASON, _P.N},
    MessageKind.NEWS: _LASTING,
    MessageKind.HANDED_OVER: _LASTING | {_P.REASON},
    MessageKind.ASSIGNED: _LASTING | {_P.REASON},
    MessageKind.UNSTABLE: _LASTING,
    MessageKind.STEADY: _LASTING,
    MessageKind.RECOVERY: _FACTS | {_P.UNTIL},
    MessageKind.CORRECTION: _FACTS | {_P.UNTIL, _P.REASON},
    MessageKind.EXEMPTION_ENDED: frozenset(
        {_P.WHAT, _P.FACILITY, _P.COMMUNE, _P.LINES, _P.REASON, _P.NEXT, _P.LINK, _P.LINKS}
    ),
}
#: What is written through these can be worded anew.
CHANNELS: Final = (Channel.EMAIL, Channel.SMS)
MOST_SUBJECT: Final = 200
MOST_BODY: Final[Mapping[Channel, int]] = {Channel.EMAIL: 4000, Channel.SMS: 400}
_CHANGES_NOTHING: Final = (None, "")


@dataclass(frozen=True, slots=True)
class Words:
    """What is written; a short message has no subject."""

    subject: str
    body: str


class Flaw(StrEnum):
    """Why words cannot be used."""

    #: A brace that belongs to no name.
    BRACE = "brace"
    UNKNOWN = "unknown"
    #: There is no such thing in a message of this kind, or no room for it there.
    NOT_HERE = "not_here"
    MISSING = "missing"
    #: A short message is cut before its link, so the link comes last.
    LINK_NOT_LAST = "link_not_last"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    SUBJECT = "subject"


class Part(StrEnum):
    """Where a problem is."""

    SUBJECT = "subject"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where; `about`: the name that it is about, or how long it may be."""

    flaw: Flaw
    part: Part
    about: str = ""


def allowed(kind: MessageKind, channel: Channel, part: Part) -> frozenset[Placeholder]:
    """A list needs lines, which only the text of a mail has. A link in a subject is none."""
    has = FACTS.get(kind, frozenset())
    if part is Part.SUBJECT:
        return has - LISTS - {_P.LINK, _P.DETAILS}
    return has if channel is Channel.EMAIL else has - LISTS - {_P.DETAILS}


def check(words: Words, kind: MessageKind, channel: Channel) -> tuple[Problem, ...]:
    """Everything that is wrong; nothing if the words can be used."""
    return (*_check_subject(words.subject, kind, channel), *_check_body(words.body, kind, channel))


def fill(text: str, facts: Facts) -> str:
    """The text with what there is to say. Of words that were checked; else raises KeyError or
    ValueError."""
    lines: list[str] = []
    for line in text.splitlines():
        pieces = [
            (said, None if name is None else facts[Placeholder(name)])
            for said, name in _pieces(line)
        ]
        values = [value for _, value in pieces if value is not None]
        if not values or any(values):
            lines.append("".join(said + (value or "") for said, value in pieces))
    return _tidied(lines)


def fill_line(text: str, facts: Facts) -> str:
    """For a subject or a short message: all in one line."""
    return " ".join(fill(text, facts).split())


def filled(words: Words, facts: Facts, channel: Channel) -> Words | None:
    """As it is sent; nothing if these words cannot be filled with these facts."""
    try:
        subject = fill_line(words.subject, facts)
        body = fill(words.body, facts) + "\n"
        if channel is not Channel.EMAIL:
            return Words("", body) if (body := fill_line(words.body, facts)) else None
    except (KeyError, ValueError):
        return None
    return Words(subject, body) if subject and body.strip() else None


def names_in(text: str) -> tuple[str, ...]:
    """In their order. Raises ValueError at a brace that belongs to no name."""
    found = (name for line in text.splitlines() for _, name in _pieces(line))
    return tuple(name for name in found if name is not None)


def _pieces(line: str) -> Iterator[tuple[str, str | None]]:
    """What is said, and the name after it. What Python could do with a name is not for messages."""
    for said, name, how, conversion in Formatter().parse(line):
        if "{" in said or "}" in said:
            raise ValueError("a brace that belongs to no name")
        if how in _CHANGES_NOTHING and conversion is None:
            yield said, name
        else:
            yield said, f"{name}!{conversion or ''}:{how}"


def _tidied(lines: list[str]) -> str:
    kept: list[str] = []
    for line in "\n".join(lines).split("\n"):
        if line.strip():
            kept.append(line.rstrip())
        elif kept and kept[-1]:
            kept.append("")
    return "\n".join(kept).rstrip("\n")


def _check_subject(text: str, kind: MessageKind, channel: Channel) -> Iterator[Problem]:
    if channel is not Channel.EMAIL:
        if text:
            yield Problem(Flaw.SUBJECT, Part.SUBJECT)
        return
    if not text.strip():
        yield Problem(Flaw.EMPTY, Part.SUBJECT)
    if len(text) > MOST_SUBJECT:
        yield Problem(Flaw.TOO_LONG, Part.SUBJECT, str(MOST_SUBJECT))
    yield from _check_names(text, Part.SUBJECT, kind, channel)


def _check_body(text: str, kind: MessageKind, channel: Channel) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(Flaw.EMPTY, Part.BODY)
        return
    if len(text) > MOST_BODY[channel]:
        yield Problem(Flaw.TOO_LONG, Part.BODY, str(MOST_BODY[channel]))
    found = tuple(_check_names(text, Part.BODY, kind, channel))
    yield from found
    if found and found[0].flaw is Flaw.BRACE:
        return
    links = set(names_in(text)) & {_P.LINK, _P.LINKS}
    if not links & allowed(kind, channel, Part.BODY):
        yield Problem(Flaw.MISSING, Part.BODY, _P.LINK)
    elif channel is Channel.SMS and not text.rstrip().endswith(f"{{{_P.LINK}}}"):
        yield Problem(Flaw.LINK_NOT_LAST, Part.BODY, _P.LINK)


def _check_names(text: str, part: Part, kind: MessageKind, channel: Channel) -> Iterator[Problem]:
    """Each name once."""
    try:
        names = dict.fromkeys(names_in(text))
    except ValueError:
        yield Problem(Flaw.BRACE, part)
        return
    usable = allowed(kind, channel, part)
    for name in names:
        if name not in set(Placeholder):
            yield Problem(Flaw.UNKNOWN, part, name)
        elif name not in usable:
            yield Problem(Flaw.NOT_HERE, part, name)
