"""Why a shift was refused, in the reader's words; msgids, to be translated where they are shown."""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from services.api.problems import ConflictError, InvalidError, RequestError
from shared.domain.duty import Obstacle
from shared.i18n import Translator, marked

OBSTACLES: Final[Mapping[str, str]] = {
    Obstacle.ENDS_BEFORE_IT_BEGINS: marked("It ends before it begins."),
    Obstacle.TOO_LONG: marked("Nobody is on duty for more than 36 hours on end."),
    Obstacle.TOO_FAR_AHEAD: marked("A rota reaches 90 days ahead at most."),
    Obstacle.IN_THE_PAST: marked("It is over already."),
    Obstacle.NO_DAYS: marked("None of its days is in it: choose other days of the week."),
    "already_on_duty": marked("They are on duty there already at that time."),
    "over": marked("This shift is over; it stays as it was."),
    "cancelled": marked("Somebody else has cancelled this shift already."),
    "invalid": marked("They do not hold this role there."),
}
SOMETHING: Final = marked("Something in the form is not right.")
#: Monday first.
WEEKDAYS: Final = (
    marked("Mon"), marked("Tue"), marked("Wed"), marked("Thu"), marked("Fri"), marked("Sat"),
    marked("Sun"),
)  # fmt: skip


def told(refusal: ValidationError | RequestError, t: Translator) -> str:
    """Raises what is no mistake in the form: it has a page of its own."""
    if isinstance(refusal, ValidationError):
        return t.gettext(SOMETHING)
    if not isinstance(refusal, InvalidError | ConflictError):
        raise refusal
    return t.gettext(OBSTACLES.get(refusal.code, SOMETHING))
