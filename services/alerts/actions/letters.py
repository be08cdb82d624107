"""Writes to somebody that an incident is theirs to see to."""

from services.alerts.tell import letters
from services.alerts.tell.letters import Letter
from services.alerts.tell.story import Story
from shared.domain.delivery import MessageKind
from shared.domain.templates import Placeholder
from shared.i18n import Translator


def assigned(story: Story, to: Translator, *, console_url: str) -> Letter:
    """What it is, and that it was given to the reader; by whom stands in the console."""
    why = to.gettext("This incident was assigned to you. What was said with it is in the console.")
    facts = letters.lasting(story, to, console_url=console_url)
    return letters.written(MessageKind.ASSIGNED, facts | {Placeholder.REASON: why}, to)
