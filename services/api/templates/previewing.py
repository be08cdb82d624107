"""Shows how words look when they are filled: as the mail or the short message that goes out."""

from datetime import datetime
from typing import Final

from services.api.access.caller import Caller
from services.api.oauth import places
from services.api.problems import InvalidError
from services.api.resources import Resources
from services.api.templates import sample
from services.api.templates.changing import must_be_usable
from services.api.templates.reading import About
from services.api.templates.schemas import PreviewOut
from shared.domain import ack_link, short_text, templates
from shared.domain.access import Action
from shared.domain.delivery import Channel
from shared.domain.templates import FACTS, Placeholder, Words
from shared.i18n import translator

#: What a link is made with that opens nothing, and is as long as one that does.
_NO_KEY: Final = b"what is made with this opens nothing"
_ANSWER: Final = "1234"


def preview(resources: Resources, caller: Caller, about: About, words: Words) -> PreviewOut:
    """Raises what is wrong with the words."""
    caller.must_be_able_to_somewhere(Action.MANAGE_TEMPLATES)
    link = _link(resources, about)
    said = said_of_nothing(resources, about, words, link=link)
    if about.channel is Channel.EMAIL:
        return PreviewOut(
            subject=said.subject, text=said.body,
            unmarked=None, alphabet=None, segments=None, segments_marked=None,
        )  # fmt: skip
    text = with_answer(said.body, about, link=link)
    plain, marked = short_text.unmarked(text), short_text.marked(text)
    return PreviewOut(
        subject="",
        text=marked,
        unmarked=plain,
        alphabet=short_text.alphabet_of(marked),
        segments=short_text.segments(plain),
        segments_marked=short_text.segments(marked),
    )


def said_of_nothing(resources: Resources, about: About, words: Words, *, link: str) -> Words:
    """The words, filled with an incident that never was. Raises what is wrong with them."""
    must_be_usable(about, words)
    details = f"{places.issuer(resources.settings)}/incidents/1234"
    to = translator(about.language)
    facts = sample.facts(about.kind, to, link=link, details=details, now=resources.now())
    said = templates.filled(words, facts, about.channel)
    if said is None:
        raise InvalidError("body", "Nothing is left of these words.", "Say more than that.")
    return said


def with_answer(text: str, about: About, *, link: str) -> str:
    """As it goes out: before its link stands what may be answered, if anything is asked for."""
    if Placeholder.UNTIL in FACTS[about.kind]:
        return text
    answer = translator(about.language).gettext("Reply OK %(code)s", code=_ANSWER)
    return f"{text.removesuffix(link).rstrip()} {answer} {link}"


def _link(resources: Resources, about: About) -> str:
    """As long as the link that stands there then."""
    base, now = places.issuer(resources.settings), resources.now()
    if Placeholder.DETAILS not in FACTS[about.kind]:
        return f"{base}/incidents/1234"
    return base + ack_link.PATH + _token(now)


def _token(now: datetime) -> str:
    return ack_link.make(1, written_at=now, key=_NO_KEY)
