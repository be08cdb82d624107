"""Why a form about rules was refused, in the reader's words."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import ValidationError

from services.api.adapters.changing import TakenError
from services.api.console.refusals import SOMETHING, wrong_fields
from services.api.problems import ForbiddenError, MissingError, RequestError, UnavailableError
from shared.contracts.adapters.rules import ANY_NAME
from shared.i18n import Translator, marked

#: By the field that was wrong.
FIELDS: Final[Mapping[str, str]] = {
    "publisher": marked("Choose a sender that is in service here."),
    "dialect": marked("Choose a kind of message from the list."),
    "prefix": marked("The beginning of the topic may hold no +, no # and no two slashes in a row."),
    "name": marked("Give the name as the program writes it, at most 200 letters."),
    "device": marked("Choose a device that is in service here."),
    "topic": marked("Give the whole topic of one message, one of this facility."),
    "payload": marked("The content is too long."),
    "payload_base64": marked("This is no base64."),
}


def words_of(
    refusal: RequestError | ValidationError, t: Translator, name_of: Callable[[str], str]
) -> str:
    """Raises what is no mistake in the form: it has a page of its own."""
    if isinstance(refusal, TakenError):
        return _taken(refusal, t, name_of)
    if isinstance(refusal, ForbiddenError | MissingError | UnavailableError):
        raise refusal
    wrong = wrong_fields(refusal)
    told = [t.gettext(text) for field, text in FIELDS.items() if field in wrong]
    if _code(refusal) == "retired":
        told.append(t.gettext("This is no longer in service."))
    return " ".join(told) or t.gettext(SOMETHING)


def _code(refusal: RequestError | ValidationError) -> str:
    return refusal.code if isinstance(refusal, RequestError) else ""


def _taken(refusal: TakenError, t: Translator, name_of: Callable[[str], str]) -> str:
    there = refusal.there
    values = {"publisher": name_of(there.publisher), "device": name_of(there.device)}
    if there.name == ANY_NAME:
        return t.gettext(
            "Any other name from %(publisher)s means %(device)s already. "
            "Change or remove that rule first.",
            **values,
        )
    return t.gettext(
        "“%(name)s” from %(publisher)s means %(device)s already. Change or remove that rule first.",
        name=there.name,
        **values,
    )
