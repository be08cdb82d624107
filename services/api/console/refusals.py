"""Why a form was refused, in the reader's words."""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from services.api.problems import ForbiddenError, MissingError, RequestError
from shared.i18n import Translator, marked

#: By the code of the problem.
WORDS: Final[Mapping[str, str]] = {
    "code_taken": marked("This code is taken. Choose another."),
    "code_retired": marked("This code was used before and is not given again. Choose another."),
    "privacy_zone": marked("Children are private in this zone: no camera may watch it."),
    "retired": marked("This is no longer in service."),
    "not_found": marked("This zone does not exist here."),
    "code_not_accepted": marked(
        "This code is not known, was used already, or is older than 15 minutes. "
        "Check how it is written, or have a new one made in the console."
    ),
    "too_many_attempts": marked("Too many attempts. Wait a minute, then try again."),
    "too_many_credentials": marked(
        "Too many passwords of this device are in force. Revoke one that is not used first."
    ),
    "profile_of_another_kind": marked("This type is of another kind of device. Choose another."),
    "round_point": marked("A round point has no password. Print a label for it instead."),
    "speaks_by_itself": marked("A gateway speaks by itself, and a round point not at all."),
    "invalid": marked("Choose a zone for the device; only a gateway has none."),
}
#: By the field that was wrong.
FIELDS: Final[Mapping[str, str]] = {
    "code": marked("The code may have letters, digits, dot and hyphen, and no spaces."),
    "name": marked("Give a name of at most 200 letters."),
    "kind": marked("Choose a kind from the list."),
    "interval_s": marked("It must report at least once in 25 hours, at most once a second."),
    "min_devices": marked("At least one device must watch."),
    "max_gap_s": marked("The tolerated gap is between a second and a day."),
}
NO_GATEWAY: Final = marked("There is no such gateway in service here. Choose another.")
SOMETHING: Final = marked("Something in the form is not right.")


def words_of(refusal: RequestError | ValidationError, t: Translator) -> str:
    """Raises what is no mistake in the form: it has a page of its own."""
    if isinstance(refusal, ValidationError):
        wrong = wrong_fields(refusal)
        told = [t.gettext(text) for field, text in FIELDS.items() if field in wrong]
        return " ".join(told) or t.gettext(SOMETHING)
    if isinstance(refusal, ForbiddenError):
        raise refusal
    if refusal.retryable:
        return t.gettext("The MQTT server does not answer. Nothing was registered; try again.")
    if isinstance(refusal, MissingError) and "gateway" in refusal.detail:
        return t.gettext(NO_GATEWAY)
    if isinstance(refusal, MissingError) and "zone" not in refusal.detail:
        raise refusal
    return t.gettext(WORDS.get(refusal.code, SOMETHING))


def wrong_fields(refusal: RequestError | ValidationError) -> set[str]:
    """Their names, without the places that they stand in."""
    if isinstance(refusal, ValidationError):
        return {str(part) for error in refusal.errors() for part in error["loc"]}
    return {fault.field.rpartition(".")[2] for fault in refusal.faults}
