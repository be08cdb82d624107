"""Writes the message about an incident, in one reader's language: subject and body."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.alerts.outbox import links
from services.alerts.tell import lines, words
from services.alerts.tell.story import Story
from shared.domain.access import Role
from shared.domain.states import WHOLE_FACILITY
from shared.i18n import Translator, names

MOST_IN_SUBJECT = 3


@dataclass(frozen=True, slots=True)
class Letter:
    """`short` is for channels on which the body is too much; absent: the subject says it."""

    subject: str
    body: str
    short: str = ""


def alert(
    story: Story, to: Translator, *, console_url: str, nobody_at: Sequence[Role] = ()
) -> Letter:
    """Something stopped: what, where, since when, why, and who else knows."""
    text = words.BEGAN[story.cause] if story.unstable_since is None else words.UNSTABLE
    subject = to.gettext(text, **_named(story, to))
    return _what_lasts(subject, story, to, console_url=console_url, nobody_at=nobody_at)


def steady(story: Story, to: Translator, *, console_url: str) -> Letter:
    """It no longer comes and goes, but is not over."""
    subject = to.gettext(words.STEADY, **_named(story, to))
    return _what_lasts(subject, story, to, console_url=console_url)


def news(story: Story, to: Translator, *, console_url: str, zones: Sequence[str]) -> Letter:
    """Another place has joined what was told before, or all places have."""
    is_all = story.cause in WHOLE_FACILITY
    text = words.BEGAN[story.cause] if is_all else words.ALSO
    subject = to.gettext(text, **_named(story, to) | {"zones": _few(zones, to)})
    return _what_lasts(subject, story, to, console_url=console_url)


def handed_over(
    story: Story,
    to: Translator,
    *,
    console_url: str,
    units: tuple[str, str],
    nobody_at: Sequence[Role] = (),
) -> Letter:
    """An open incident came under another jurisdiction: what others were told before, once."""
    subject = to.gettext(words.HANDED_OVER, facility=story.facility)
    why = to.gettext(
        "The facility now lies in %(to)s; until now it was in %(before)s. This incident is open "
        "and now yours. The timers go on.",
        to=units[1],
        before=units[0],
    )
    whole = _what_lasts(subject, story, to, console_url=console_url, nobody_at=nobody_at)
    return because(why, whole)


def because(why: str, letter: Letter) -> Letter:
    """The same, with the reason for telling it below its first line."""
    first, _, rest = letter.body.partition("\n")
    return replace(letter, body=f"{first}\n\n{why}\n{rest}")


def titled(subject: str, letter: Letter) -> Letter:
    """The same under another subject."""
    return replace(letter, subject=subject, short=letter.short.replace(letter.subject, subject))


def _what_lasts(
    subject: str,
    story: Story,
    to: Translator,
    *,
    console_url: str,
    nobody_at: Sequence[Role] = (),
) -> Letter:
    written = [
        subject + ".",
        "",
        *_place(story, to),
        *lines.since(story, to),
        "",
        to.gettext("Why:") + " " + _why(story, to),
        "",
        *_late(story, to),
        *_nobody(nobody_at, to),
        _also_told(story, to),
        "",
        to.gettext("Acknowledge it here:"),
        links.MARK,
    ]
    since = to.gettext("Since %(at)s", at=to.instant(story.since_at, story.time_zone))
    short = brief(f"{subject}. {since}", links.MARK)
    return Letter(subject, _closed(written, story, to, console_url), short)


def brief(what: str, link: str) -> str:
    """For channels on which the body is too much."""
    return f"giamsat: {what}. {link}"


def recovery(story: Story, to: Translator, *, console_url: str) -> Letter:
    """It is over: from when to when, and how long."""
    text = words.ENDED.get(story.cause, words.AGAIN)
    subject = to.gettext(text, facility=story.facility)
    written = [subject + ".", "", *_place(story, to), *lines.history(story, to)]
    short = brief(subject, _console(story, console_url))
    return Letter(subject, _closed(written, story, to, console_url), short)


def correction(story: Story, to: Translator, *, console_url: str) -> Letter:
    """What was told is not what was: the watch had gone on, or the gap was shorter."""
    turned_out = words.WENT_ON if story.is_all_repaired else words.SHORTER
    subject = to.gettext(turned_out, facility=story.facility)
    why = to.gettext(
        "Evidence arrived late and shows that devices went on watching while the connection was "
        "down. The record has been corrected."
    )
    written = [subject + ".", "", why, "", *_place(story, to), *lines.history(story, to)]
    short = brief(subject, _console(story, console_url))
    return Letter(subject, _closed(written, story, to, console_url), short)


def _named(story: Story, to: Translator) -> dict[str, str]:
    return {
        "facility": story.facility,
        "zones": _few(story.zones, to),
        "gateway": story.gateway or "",
        "facilities": to.ngettext("%(n)s facility", "%(n)s facilities", len(story.parts)),
    }


def _why(story: Story, to: Translator) -> str:
    text = words.WHY[story.cause] if story.unstable_since is None else words.WHY_UNSTABLE
    return to.gettext(text, gateway=story.gateway or "")


def _late(story: Story, to: Translator) -> list[str]:
    if story.late_by is None:
        return []
    return [to.gettext(words.KNOWN_LATE, length=to.duration(story.late_by)), ""]


def _place(story: Story, to: Translator) -> list[str]:
    if story.facility_id is None:
        return []
    lines = [to.gettext("Facility: %(facility)s", facility=story.facility)]
    if story.commune:
        lines.append(to.gettext("Commune: %(commune)s", commune=story.commune))
    return lines


def _nobody(roles: Sequence[Role], to: Translator) -> list[str]:
    if not roles:
        return []
    return [
        to.gettext(
            "Nobody could be told before you: on record there is no user for %(roles)s here. "
            "Please have this put right.",
            roles=_names(roles, to),
        ),
        "",
    ]


def _also_told(story: Story, to: Translator) -> str:
    if not story.told:
        return to.gettext("Nobody else has been told yet.")
    return to.gettext("Also told: %(roles)s.", roles=_names([p.role for p in story.told], to))


def _names(roles: Iterable[Role], to: Translator) -> str:
    return ", ".join(dict.fromkeys(to.gettext(names.ROLES[role]) for role in roles))


def _few(zones: Sequence[str], to: Translator) -> str:
    named = ", ".join(zones[:MOST_IN_SUBJECT])
    left = len(zones) - MOST_IN_SUBJECT
    return named if left <= 0 else named + to.ngettext(" and %(n)s more", " and %(n)s more", left)


def _closed(lines: list[str], story: Story, to: Translator, console_url: str) -> str:
    tail = [
        "",
        to.gettext("Details:"),
        _console(story, console_url),
        "",
        to.gettext("Written automatically by giamsat; nobody reads answers to this address."),
    ]
    return "\n".join([*lines, *tail]) + "\n"


def _console(story: Story, console_url: str) -> str:
    return f"{console_url.rstrip('/')}/incidents/{story.incident_id}"
