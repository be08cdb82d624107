"""Words are set and taken back; what was said before stays on record as it was."""

from collections.abc import Sequence
from typing import Final

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading
from services.api.problems import Fault, ForbiddenError, InvalidError, MissingError
from services.api.resources import Resources
from services.api.templates import queries
from services.api.templates.reading import About, Around, around, must_be_worded
from shared.domain import templates
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.templates import Flaw, Problem, Words
from shared.runtime import logging

log = logging.get(__name__)

#: What is wrong, and what to do.
FLAWS: Final = {
    Flaw.BRACE: ("A brace belongs to no name.", "Write names as {facility}; no other braces."),
    Flaw.UNKNOWN: ("There is no such name.", "Take one of those that are listed."),
    Flaw.NOT_HERE: ("This name cannot stand here.", "Take one of those that are listed for it."),
    Flaw.MISSING: ("It has no link.", "Nobody could act on it without one: add {link}."),
    Flaw.LINK_NOT_LAST: ("The link is not last.", "What is too long is cut before it."),
    Flaw.EMPTY: ("There is nothing in it.", "Write something."),
    Flaw.TOO_LONG: ("It is too long.", "Write less."),
    Flaw.SUBJECT: ("A short message has no subject.", "Leave it empty."),
}


class WordsError(InvalidError):
    """These words cannot be used; everything that is wrong with them is named."""

    code = "words_not_usable"

    def __init__(self, problems: Sequence[Problem]) -> None:
        wrong, advice = FLAWS[problems[0].flaw]
        super().__init__(f"body.{problems[0].part}", wrong, advice)
        self.problems = tuple(problems)
        self.faults = tuple(_fault(one) for one in problems)


def must_be_usable(about: About, words: Words) -> None:
    """Raises what is wrong with them."""
    must_be_worded(about)
    if problems := templates.check(words, about.kind, about.channel):
        raise WordsError(problems)


async def put(resources: Resources, caller: Caller, about: About, words: Words) -> None:
    """From now on; what was in force there ends, and stays on record."""
    where = await _own(resources, caller, about)
    must_be_usable(about, words)
    deed = Deed(Verb.CHANGE, Subject.TEMPLATE, str(about), unit=about.unit)
    async with changing(resources, caller, deed) as connection:
        key = about.key(where.unit_id)
        await queries.begin(connection, key, words, by=caller.user_id, now=resources.now())
    log.info("template_changed", template=str(about), unit=about.unit)


async def remove(resources: Resources, caller: Caller, about: About) -> None:
    """From now on the words around it count, or ours."""
    where = await _own(resources, caller, about)
    deed = Deed(Verb.REMOVE, Subject.TEMPLATE, str(about), unit=about.unit)
    async with changing(resources, caller, deed) as connection:
        key = about.key(where.unit_id)
        if not await queries.end(connection, key, by=caller.user_id, now=resources.now()):
            raise MissingError("template")
    log.info("template_removed", template=str(about), unit=about.unit)


async def _own(resources: Resources, caller: Caller, about: About) -> Around:
    must_be_worded(about)
    async with reading(resources, caller) as connection:
        where = await around(connection, resources, caller, about.unit)
    if not where.may_change:
        raise ForbiddenError("The words for the whole country are not yours to change.")
    return where


def _fault(one: Problem) -> Fault:
    wrong, advice = FLAWS[one.flaw]
    about = f" ({one.about})" if one.about else ""
    return Fault(field=f"body.{one.part}", wrong=wrong + about, advice=advice)
