"""Writes to somebody that an incident is theirs to see to."""

from services.alerts.tell import letters
from services.alerts.tell.letters import Letter
from services.alerts.tell.story import Story
from shared.i18n import Translator


def assigned(story: Story, to: Translator, *, console_url: str) -> Letter:
    """What it is, and that it was given to the reader; by whom stands in the console."""
    before = letters.alert(story, to, console_url=console_url)
    subject = to.gettext("Yours to see to: %(what)s", what=before.subject)
    why = to.gettext("This incident was assigned to you. What was said with it is in the console.")
    first, _, rest = before.body.partition("\n")
    return Letter(subject, f"{first}\n\n{why}\n{rest}")
