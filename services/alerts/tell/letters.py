"""Writes the message about an incident, in one reader's language: subject and body."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.alerts.devices.culprits import Culprit
from services.alerts.tell import words
from services.alerts.tell.story import GapLine, Story
from shared.domain.access import Role
from shared.domain.places import DeviceKind
from shared.domain.schedule import local_day
from shared.domain.states import Cause, GapState
from shared.i18n import Translator, names

#: Longer lists are cut: the console has the rest.
MOST_LINES = 20
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
    subject = to.gettext(
        words.BEGAN[story.cause], facility=story.facility, zones=_few(story.zones, to)
    )
    return _what_lasts(subject, story, to, console_url=console_url, nobody_at=nobody_at)


def news(story: Story, to: Translator, *, console_url: str, zones: Sequence[str]) -> Letter:
    """Another place has joined what was told before, or all places have."""
    is_all = story.cause is Cause.FACILITY_SILENT
    text = words.BEGAN[story.cause] if is_all else words.ALSO
    subject = to.gettext(text, facility=story.facility, zones=_few(zones, to))
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
    first, _, rest = whole.body.partition("\n")
    return Letter(subject, f"{first}\n\n{why}\n{rest}")


def _what_lasts(
    subject: str,
    story: Story,
    to: Translator,
    *,
    console_url: str,
    nobody_at: Sequence[Role] = (),
) -> Letter:
    lines = [
        subject + ".",
        "",
        *_place(story, to),
        *_since(story, to),
        "",
        to.gettext("Why:") + " " + to.gettext(words.WHY[story.cause]),
        "",
        *_nobody(nobody_at, to),
        _also_told(story, to),
    ]
    return Letter(subject, _closed(lines, story, to, console_url))


def recovery(story: Story, to: Translator, *, console_url: str) -> Letter:
    """It is over: from when to when, and how long."""
    is_ours = story.cause is Cause.PLATFORM_BLIND
    subject = to.gettext(words.PLATFORM_AGAIN if is_ours else words.AGAIN, facility=story.facility)
    lines = [subject + ".", "", *_place(story, to), *_history(story, to)]
    return Letter(subject, _closed(lines, story, to, console_url))


def correction(story: Story, to: Translator, *, console_url: str) -> Letter:
    """What was told is not what was: the watch had gone on, or the gap was shorter."""
    turned_out = words.WENT_ON if story.is_all_repaired else words.SHORTER
    subject = to.gettext(turned_out, facility=story.facility)
    why = to.gettext(
        "Evidence arrived late and shows that devices went on watching while the connection was "
        "down. The record has been corrected."
    )
    lines = [subject + ".", "", why, "", *_place(story, to), *_history(story, to)]
    return Letter(subject, _closed(lines, story, to, console_url))


def _place(story: Story, to: Translator) -> list[str]:
    if story.facility_id is None:
        return []
    lines = [to.gettext("Facility: %(facility)s", facility=story.facility)]
    if story.commune:
        lines.append(to.gettext("Commune: %(commune)s", commune=story.commune))
    return lines


def _since(story: Story, to: Translator) -> list[str]:
    """The gaps that last, or, if none does any more, the incident itself."""
    lasting = [gap for gap in story.gaps if gap.state is GapState.OPEN]
    if not lasting:
        at = to.instant(story.since_at, story.time_zone)
        length = to.duration(story.now - story.since_at)
        return [to.gettext("Since: %(at)s (%(length)s)", at=at, length=length)]
    return _cut([line for gap in lasting for line in _lasting(gap, story, to)], to)


def _lasting(gap: GapLine, story: Story, to: Translator) -> list[str]:
    """Where, and which devices it is; that a whole facility is silent says it of all of them."""
    line = to.gettext(
        "• %(zone)s: not watched since %(at)s (%(length)s)",
        zone=gap.zone,
        at=to.instant(gap.start_at, story.time_zone),
        length=to.duration(story.now - gap.start_at),
    )
    if not gap.has_devices:
        return [line, "   – " + to.gettext("no device is registered there")]
    if story.cause is Cause.FACILITY_SILENT:
        return [line]
    return [line, *("   – " + _stopped(one, gap, story, to) for one in gap.culprits)]


def _stopped(one: Culprit, gap: GapLine, story: Story, to: Translator) -> str:
    named = {"device": one.name, "code": one.code}
    if one.fault is not None:
        text = words.POOR_PICTURE if one.kind is DeviceKind.CAMERA else words.FAULTY
        return to.gettext(text, **named, fault=to.gettext(names.FAULTS[one.fault]))
    if one.heard_at is None:
        return to.gettext(words.NEVER_HEARD, **named)
    # The line above says the day.
    day = local_day(gap.start_at, story.time_zone)
    at = to.instant_near(one.heard_at, story.time_zone, today=day)
    return to.gettext(words.SILENT, **named, at=at)


def _history(story: Story, to: Translator) -> list[str]:
    if story.gaps:
        return _cut([_past(gap, story, to) for gap in story.gaps], to)
    until = story.resolved_at or story.now
    return [
        to.gettext(
            "From %(start)s to %(end)s (%(length)s)",
            start=to.instant(story.since_at, story.time_zone),
            end=to.instant(until, story.time_zone),
            length=to.duration(until - story.since_at),
        )
    ]


def _past(gap: GapLine, story: Story, to: Translator) -> str:
    end_at = gap.end_at or story.now
    start, end = (to.instant(at, story.time_zone) for at in (gap.start_at, end_at))
    if gap.state is GapState.REPAIRED:
        return to.gettext(
            "• %(zone)s: %(start)s – %(end)s: watched after all",
            zone=gap.zone, start=start, end=end,
        )  # fmt: skip
    return to.gettext(
        "• %(zone)s: not watched from %(start)s to %(end)s (%(length)s)",
        zone=gap.zone, start=start, end=end, length=to.duration(end_at - gap.start_at),
    )  # fmt: skip


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


def _cut(lines: list[str], to: Translator) -> list[str]:
    left = len(lines) - MOST_LINES
    if left <= 0:
        return lines
    more = to.ngettext("… and %(n)s more line", "… and %(n)s more lines", left)
    return [*lines[:MOST_LINES], more]


def _closed(lines: list[str], story: Story, to: Translator, console_url: str) -> str:
    link = f"{console_url.rstrip('/')}/incidents/{story.incident_id}"
    tail = [
        "",
        to.gettext("Details and acknowledgement:"),
        link,
        "",
        to.gettext("Written automatically by giamsat; nobody reads answers to this address."),
    ]
    return "\n".join([*lines, *tail]) + "\n"
