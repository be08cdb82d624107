"""From a form of the incident's page to what is done, and from a refusal to words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from services.api.incidents.acting.schemas import ActionIn
from services.api.problems import ConflictError, InvalidError
from shared.domain.handling import LONGEST_SNOOZE, Obstacle
from shared.domain.states import Severity
from shared.i18n import Translator, marked
from shared.runtime.errors import GiamsatError

_ACTION: Final[TypeAdapter[ActionIn]] = TypeAdapter(ActionIn)
#: For how long one may put something off, as far as it can wait at all.
MINUTES: Final = (15, 30, 60, 120, 240, 480)
_FIELDS: Final = ("person", "verdict", "resolution")

#: By the code of the problem.
WORDS: Final[Mapping[str, str]] = {
    Obstacle.OVER: marked("It is over; there is nothing to put off any more."),
    Obstacle.NOTHING_TO_REVIEW: marked("No explanation waits for a decision here."),
    Obstacle.OWN_EXPLANATION: marked("This is your own explanation: somebody else must review it."),
    Obstacle.ALREADY_WAITING: marked("An explanation was given already, and was not rejected."),
    "body.until": marked("It cannot wait for so long. Choose a shorter time."),
    "body.person": marked("This person cannot see to it. Choose somebody from the list."),
    "body.documents": marked("Not all of these documents are kept any more."),
}


class FormError(GiamsatError):
    """Something in the form is missing or wrong."""


@dataclass(frozen=True, slots=True)
class TypedAction:
    """What was typed, to be shown again if it is refused."""

    kind: str = ""
    note: str = ""
    fields: Mapping[str, str] | None = None
    documents: tuple[str, ...] = ()
    minutes: str = ""


def typed_of(form: FormData) -> TypedAction:
    def text(name: str) -> str:
        return str(form.get(name, "")).strip()[:2000]

    return TypedAction(
        kind=text("kind"),
        note=text("note"),
        fields={name: text(name) for name in _FIELDS if text(name)},
        documents=tuple(str(one) for one in form.getlist("documents"))[:10],
        minutes=text("minutes"),
    )


def action_of(typed: TypedAction, *, now: datetime) -> ActionIn:
    given: dict[str, object] = {"kind": typed.kind, "note": typed.note, **(typed.fields or {})}
    if typed.minutes in {str(minutes) for minutes in MINUTES}:
        given["until"] = now + timedelta(minutes=int(typed.minutes))
    if typed.documents:
        given["documents"] = typed.documents
    try:
        return _ACTION.validate_python(given)
    except ValidationError as exc:
        raise FormError("a form of an incident is not filled in") from exc


def refusal_words(refusal: GiamsatError, t: Translator) -> str:
    missing = t.gettext("Fill in what is asked for.")
    if isinstance(refusal, ConflictError):
        return t.gettext(WORDS[refusal.code]) if refusal.code in WORDS else missing
    if isinstance(refusal, InvalidError):
        field = refusal.faults[0].field
        return t.gettext(WORDS[field]) if field in WORDS else missing
    return missing


def snooze_choices(severity: Severity) -> list[int]:
    longest = LONGEST_SNOOZE[severity]
    return [minutes for minutes in MINUTES if timedelta(minutes=minutes) <= longest]
