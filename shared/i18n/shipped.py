"""The words we ship for what is told of incidents, where nobody wants others."""

from typing import Final

from shared.domain.delivery import Channel, MessageKind
from shared.domain.templates import FACTS, Placeholder, Words
from shared.i18n.translator import Translator, marked

_OVER: Final = frozenset({MessageKind.RECOVERY, MessageKind.CORRECTION})
#: Where a subject says more than what happened.
_SUBJECTS: Final = {
    MessageKind.REMINDER: marked("Reminder %(n)s: %(what)s"),
    MessageKind.ASSIGNED: marked("Yours to see to: %(what)s"),
}


def shipped(kind: MessageKind, channel: Channel, to: Translator) -> Words:
    """As a template, like any other."""
    subject = to.gettext(_SUBJECTS.get(kind, "%(what)s"), n="{n}", what="{what}")
    if channel is not Channel.EMAIL:
        return Words("", _short(subject, kind, to))
    if kind is MessageKind.EXEMPTION_ENDED:
        return Words(subject, _ended(to))
    return Words(subject, _over(kind, to) if kind in _OVER else _lasting(kind, to))


def _short(subject: str, kind: MessageKind, to: Translator) -> str:
    """What is over, or has been excused until now, began when it was told before."""
    if Placeholder.WHY not in FACTS[kind]:
        return f"giamsat: {subject}. {{link}}"
    since = to.gettext("Since %(at)s", at="{since}")
    return f"giamsat: {subject}. {since}. {{link}}"


def _lasting(kind: MessageKind, to: Translator) -> str:
    return "\n".join(
        [
            "{what}.", "",
            *_reason(kind),
            "{place}",
            "{lines}", "",
            to.gettext("Why:") + " {why}", "",
            "{late}", "",
            "{nobody}", "",
            "{told}", "",
            to.gettext("Acknowledge it here:"),
            "{link}", "",
            to.gettext("Details:"),
            "{details}", "",
            _closing(to),
        ]
    )  # fmt: skip


def _over(kind: MessageKind, to: Translator) -> str:
    return "\n".join(
        [
            "{what}.", "",
            *_reason(kind),
            "{place}",
            "{lines}", "",
            to.gettext("Details:"),
            "{link}", "",
            _closing(to),
        ]
    )  # fmt: skip


def _ended(to: Translator) -> str:
    return "\n".join(
        [
            "{what}.", "",
            "{reason}",
            "{next}", "",
            "{lines}", "",
            to.gettext("Details and acknowledgement:"),
            "{links}", "",
            _closing(to),
        ]
    )  # fmt: skip


def _reason(kind: MessageKind) -> list[str]:
    return ["{reason}", ""] if Placeholder.REASON in FACTS[kind] else []


def _closing(to: Translator) -> str:
    return to.gettext("Written automatically by giamsat; nobody reads answers to this address.")
