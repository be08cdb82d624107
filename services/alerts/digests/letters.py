"""Writes a digest: what happened, a line each, in its reader's language."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from services.alerts.tell import letters
from services.alerts.tell.letters import Letter
from shared.i18n import Translator

#: The console has the rest.
MOST_LINES: Final = 50


def digest(subjects: Sequence[str], to: Translator, console_url: str) -> Letter:
    """The most urgent first, as they were written; the same words twice are one line."""
    count = len(subjects)
    title = to.ngettext(
        "%(n)s more message about the watch", "%(n)s more messages about the watch", count
    )
    why = to.gettext(
        "More happened than is sent to one address in an hour, so this is told together. Nothing "
        "was left out."
    )
    lines = [
        f"• {subject}" + (f" (× {times})" if times > 1 else "")
        for subject, times in Counter(subjects).items()
    ]
    left = len(lines) - MOST_LINES
    more = (
        [to.ngettext("… and %(n)s more line", "… and %(n)s more lines", left)] if left > 0 else []
    )
    link = f"{console_url.rstrip('/')}/incidents"
    body = [
        title + ".", "", *lines[:MOST_LINES], *more, "", why, "", link, "",
        to.gettext("Written automatically by giamsat; nobody reads answers to this address."),
    ]  # fmt: skip
    return Letter(title, "\n".join(body) + "\n", letters.brief(f"{title}: {subjects[0]}", link))
