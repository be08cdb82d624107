"""The lines of a message: what is not watched, since when, and what was, from when to when."""

from services.alerts.devices.culprits import Culprit
from services.alerts.tell import words
from services.alerts.tell.story import GapLine, PartLine, Story
from shared.domain.places import DeviceKind
from shared.domain.schedule import local_day
from shared.domain.states import WHOLE_FACILITY, GapState
from shared.i18n import Translator, names

#: Longer lists are cut: the console has the rest.
MOST_LINES = 20


def since(story: Story, to: Translator) -> list[str]:
    """The gaps that last, or, if none does any more, the incident itself."""
    lasting = [gap for gap in story.gaps if gap.state is GapState.OPEN]
    if story.parts:
        return _cut([_silent(part, story, to) for part in story.parts], to)
    if not lasting and story.late_by is not None:
        return history(story, to)
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
    if story.cause in WHOLE_FACILITY:
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


def history(story: Story, to: Translator) -> list[str]:
    if story.parts:
        return _cut([_silent(part, story, to) for part in story.parts], to)
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
    text = words.UNTIL_REQUIRED if gap.is_no_longer_required else words.NOT_WATCHED
    return to.gettext(
        text,
        zone=gap.zone, start=start, end=end, length=to.duration(end_at - gap.start_at),
    )  # fmt: skip


def _silent(part: PartLine, story: Story, to: Translator) -> str:
    """One facility of an outage."""
    text = words.PARTS[part.state]
    end_at = part.end_at or story.now
    return to.gettext(
        text,
        facility=part.facility,
        commune=part.commune,
        start=to.instant(part.start_at, story.time_zone),
        end=to.instant(end_at, story.time_zone),
        length=to.duration(end_at - part.start_at),
    )


def _cut(lines: list[str], to: Translator) -> list[str]:
    left = len(lines) - MOST_LINES
    if left <= 0:
        return lines
    more = to.ngettext("… and %(n)s more line", "… and %(n)s more lines", left)
    return [*lines[:MOST_LINES], more]
