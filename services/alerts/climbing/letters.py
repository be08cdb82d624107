"""Writes that an incident still waits for somebody."""

from services.alerts.tell import letters
from services.alerts.tell.letters import Letter
from services.alerts.tell.story import Story
from shared.domain.delivery import MessageKind
from shared.domain.templates import Placeholder
from shared.i18n import Translator


def reminder(story: Story, to: Translator, *, console_url: str, number: int) -> Letter:
    """The same as before, said once more, and how often it has been."""
    why = to.gettext(
        "Nobody has taken this up yet. You are told again until somebody acknowledges it or the "
        "watch goes on."
    )
    facts = letters.lasting(story, to, console_url=console_url)
    again = {Placeholder.REASON: why, Placeholder.N: str(number)}
    return letters.written(MessageKind.REMINDER, facts | again, to)
