"""Why a form about papers was refused, in the reader's words."""

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter, ValidationError

from services.api.console.refusals import SOMETHING, wrong_fields
from services.api.inputs import Name
from services.api.problems import ForbiddenError, MissingError, RequestError
from shared.i18n import Translator, marked

#: By the code of the problem.
WORDS: Final[Mapping[str, str]] = {
    "impossible_fact": marked(
        "This cannot have been on that day: it contradicts what is on record before or after it. "
        "Look at the history, and enter first what came before."
    ),
    "document_known": marked("This file is kept already."),
    "too_large": marked("The file is too large: at most 10 MB."),
    "retired": marked("This is no longer in service."),
    "not_found": marked("There is no such unit of today, or it is not yours."),
}
#: By the field that was wrong.
FIELDS: Final[Mapping[str, str]] = {
    "kind": marked(
        "A public facility begins with a decision of establishment, a non-public one with a "
        "certificate of registration."
    ),
    "file": marked("It is no PDF, JPEG, PNG or WebP."),
    "title": marked("Give a title of at most 200 letters."),
    "name": marked("Give a name of at most 200 letters."),
    "effective_on": marked("Give the day on which it takes effect."),
    "last_day": marked("The last day lies before the first, or is no day."),
    "checked_on": marked("Give the day of the check; it cannot lie ahead."),
    "results": marked("Say of at least one condition whether it is met."),
    "authority": marked("This authority did not exist on that day. Choose the one of that day."),
    "because": marked("Say why it was wrong."),
    "latitude": marked("A position has a latitude and a longitude, in degrees."),
    "longitude": marked("A position has a latitude and a longitude, in degrees."),
    "capacity": marked("Give a whole number."),
    "children": marked("Give a whole number."),
}
_TITLE: Final = TypeAdapter(Name)


def title_of(text: str) -> str:
    return _TITLE.validate_python(text)


def words_of(refusal: RequestError | ValidationError, t: Translator) -> str:
    """Raises what is no mistake in the form: it has a page of its own."""
    if isinstance(refusal, ValidationError):
        return _of_fields(wrong_fields(refusal), t)
    if isinstance(refusal, ForbiddenError):
        raise refusal
    if isinstance(refusal, MissingError) and "unit" not in refusal.detail:
        raise refusal
    if refusal.faults:
        return _of_fields(wrong_fields(refusal), t)
    return t.gettext(WORDS.get(refusal.code, SOMETHING))


def _of_fields(wrong: set[str], t: Translator) -> str:
    told = dict.fromkeys(t.gettext(text) for field, text in FIELDS.items() if field in wrong)
    if told:
        return " ".join(told)
    return t.gettext("Something is missing or not right: fill in every field that is asked for.")
