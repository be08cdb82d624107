"""Writes the message about an incident in one reader's language: what there is to say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.alerts.outbox import links
from services.alerts.tell import lines, words
from services.alerts.tell.story import Story
from shared.domain import templates
from shared.domain.access import Role
from shared.domain.delivery import Channel, MessageKind
from shared.domain.states import WHOLE_FACILITY
from shared.domain.templates import Facts, Placeholder
from shared.i18n import Translator, names
from shared.i18n.shipped import shipped

MOST_IN_SUBJECT = 3
_P = Placeholder


@dataclass(frozen=True, slots=True)
class Letter:
    """In the words we ship. `short` is for channels on which the body is too much; absent: the
    subject says it. `facts`: what other words are filled with; none: it is always said in ours."""

    subject: str
    body: str
    short: str = ""
    facts: Facts = field(default_factory=dict)
    #: Whose words it is said in, if not in those of what it is sent as.
    said_as: MessageKind | None = None


def written(kind: MessageKind, facts: Facts, to: Translator) -> Letter:
    mail, text = (shipped(kind, channel, to) for channel in (Channel.EMAIL, Channel.SMS))
    subject, body = templates.fill_line(mail.subject, facts), templates.fill(mail.body, facts)
    return Letter(subject, body + "\n", templates.fill_line(text.body, facts), facts)


def alert(
    story: Story, to: Translator, *, console_url: str, nobody_at: Sequence[Role] = ()
) -> Letter:
    """Something stopped: what, where, since when, why, and who else knows."""
    facts = lasting(story, to, console_url=console_url, nobody_at=nobody_at)
    return written(MessageKind.ALERT, facts, to)


def steady(story: Story, to: Translator, *, console_url: str) -> Letter:
    """It no longer comes and goes, but is not over."""
    what = to.gettext(words.STEADY, **_named(story, to))
    facts = {**lasting(story, to, console_url=console_url), _P.WHAT: what}
    return written(MessageKind.STEADY, facts, to)


def news(story: Story, to: Translator, *, console_url: str, zones: Sequence[str]) -> Letter:
    """Another place has joined what was told before, or all places have."""
    is_all = story.cause in WHOLE_FACILITY
    text = words.BEGAN[story.cause] if is_all else words.ALSO
    joined = _few(zones, to)
    what = to.gettext(text, **_named(story, to) | {"zones": joined})
    facts = lasting(story, to, console_url=console_url)
    return written(MessageKind.NEWS, {**facts, _P.WHAT: what, _P.ZONES: joined}, to)


def handed_over(
    story: Story,
    to: Translator,
    *,
    console_url: str,
    units: tuple[str, str],
    nobody_at: Sequence[Role] = (),
) -> Letter:
    """An open incident came under another jurisdiction: what others were told before, once."""
    what = to.gettext(words.HANDED_OVER, facility=story.facility)
    why = to.gettext(
        "The facility now lies in %(to)s; until now it was in %(before)s. This incident is open "
        "and now yours. The timers go on.",
        to=units[1],
        before=units[0],
    )
    facts = lasting(story, to, console_url=console_url, nobody_at=nobody_at)
    return written(MessageKind.HANDED_OVER, {**facts, _P.WHAT: what, _P.REASON: why}, to)


def recovery(story: Story, to: Translator, *, console_url: str) -> Letter:
    """It is over: from when to when, and how long."""
    what = to.gettext(_ended(story), **_named(story, to))
    letter = written(MessageKind.RECOVERY, _over(story, to, what, console_url), to)
    return replace(letter, said_as=MessageKind.RECOVERY)


def correction(story: Story, to: Translator, *, console_url: str) -> Letter:
    """What was told is not what was: the watch had gone on, or the gap was shorter."""
    turned_out = words.WENT_ON if story.is_all_repaired else words.SHORTER
    what = to.gettext(turned_out, facility=story.facility)
    why = to.gettext(
        "Evidence arrived late and shows that devices went on watching while the connection was "
        "down. The record has been corrected."
    )
    facts = {**_over(story, to, what, console_url), _P.REASON: why}
    return written(MessageKind.CORRECTION, facts, to)


def lasting(
    story: Story, to: Translator, *, console_url: str, nobody_at: Sequence[Role] = ()
) -> dict[Placeholder, str]:
    """What there is to say of what lasts; its link is put in when it is sent."""
    text = words.BEGAN[story.cause] if story.unstable_since is None else words.UNSTABLE
    return {
        **_common(story, to),
        _P.WHAT: to.gettext(text, **_named(story, to)),
        _P.LINES: "\n".join(lines.since(story, to)),
        _P.WHY: _why(story, to),
        _P.LATE: _late(story, to),
        _P.NOBODY: " ".join(filter(None, (_nobody(nobody_at, to), _undelivered(story, to)))),
        _P.TOLD: " ".join(filter(None, (_also_told(story, to), _next(story, to)))),
        _P.LINK: links.MARK,
        _P.DETAILS: _console(story, console_url),
    }


def _over(story: Story, to: Translator, what: str, console_url: str) -> dict[Placeholder, str]:
    return {
        **_common(story, to),
        _P.WHAT: what,
        _P.LINES: "\n".join(lines.history(story, to)),
        _P.UNTIL: to.instant(_until(story), story.time_zone),
        _P.LINK: _console(story, console_url),
    }


def _common(story: Story, to: Translator) -> dict[Placeholder, str]:
    return {
        _P.FACILITY: story.facility,
        _P.COMMUNE: story.commune or "",
        _P.ZONES: _few(story.zones, to),
        _P.PLACE: "\n".join(_place(story, to)),
        _P.SINCE: to.instant(story.since_at, story.time_zone),
        _P.LENGTH: to.duration(_until(story) - story.since_at),
        _P.NUMBER: str(story.incident_id),
    }


def brief(what: str, link: str) -> str:
    """For channels on which the body is too much."""
    return f"giamsat: {what}. {link}"


def _ended(story: Story) -> str:
    """That it is watched again is said only where it is."""
    if story.is_no_longer_required:
        return words.NOT_REQUIRED
    if story.is_partly_not_required:
        return words.PARTLY_REQUIRED
    return words.ENDED.get(story.cause, words.AGAIN)


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


def _late(story: Story, to: Translator) -> str:
    if story.late_by is None:
        return ""
    return to.gettext(words.KNOWN_LATE, length=to.duration(story.late_by))


def _place(story: Story, to: Translator) -> list[str]:
    if story.facility_id is None:
        return []
    lines = [to.gettext("Facility: %(facility)s", facility=story.facility)]
    if story.commune:
        lines.append(to.gettext("Commune: %(commune)s", commune=story.commune))
    return lines


def _nobody(roles: Sequence[Role], to: Translator) -> str:
    if not roles:
        return ""
    return to.gettext(
        "Nobody could be told before you: on record there is no user for %(roles)s here. "
        "Please have this put right.",
        roles=_names(roles, to),
    )


def _undelivered(story: Story, to: Translator) -> str:
    if not story.undelivered_to:
        return ""
    return to.gettext(
        "The message about this reached nobody as %(roles)s, so you are told in their stead. "
        "Please see to it yourself.",
        roles=_names(story.undelivered_to, to),
    )


def _also_told(story: Story, to: Translator) -> str:
    if not story.told:
        return to.gettext("Nobody else has been told yet.")
    return to.gettext("Also told: %(roles)s.", roles=_names([p.role for p in story.told], to))


def _next(story: Story, to: Translator) -> str:
    if story.next_told is None:
        return ""
    return to.gettext(
        "If nobody acknowledges it, it is told at %(at)s to: %(roles)s.",
        at=to.instant(story.next_told.due_at, story.time_zone),
        roles=_names([story.next_told.rung.role], to),
    )


def _names(roles: Iterable[Role], to: Translator) -> str:
    return ", ".join(dict.fromkeys(to.gettext(names.ROLES[role]) for role in roles))


def _few(zones: Sequence[str], to: Translator) -> str:
    named = ", ".join(zones[:MOST_IN_SUBJECT])
    left = len(zones) - MOST_IN_SUBJECT
    return named if left <= 0 else named + to.ngettext(" and %(n)s more", " and %(n)s more", left)


def _until(story: Story) -> datetime:
    """When the last of it ended, which is before it was known to be over."""
    ends = [*(gap.end_at for gap in story.gaps), *(part.end_at for part in story.parts)]
    ended = [at for at in ends if at is not None]
    if story.resolved_at is None or not ended:
        return story.resolved_at or story.now
    return max(ended)


def _console(story: Story, console_url: str) -> str:
    return f"{console_url.rstrip('/')}/incidents/{story.incident_id}"
