"""Approvals of cameras in words: how it stands, and what can be done about it."""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from services.api.camera_approvals.schemas import StandingOut
from services.api.console.refusals import SOMETHING
from services.api.problems import RequestError
from shared.domain.camera_approval import ApprovalState, Standing
from shared.i18n import Translator, marked

#: What stands in place of reasons for a camera that was on record before anybody had to ask.
BROUGHT_IN: Final = "brought_in"

STANDINGS: Final[Mapping[Standing, tuple[str, str]]] = {
    Standing.APPROVED: ("good", marked("This camera may record here")),
    Standing.REVIEW_DUE: (
        "warn",
        marked("This camera may record here, but somebody must look again whether it is needed"),
    ),
    Standing.REQUESTED: (
        "warn",
        marked("It records nothing: the department has not decided yet"),
    ),
    Standing.MISSING: ("bad", marked("It records nothing: nobody has asked for it")),
    Standing.ENDED: ("bad", marked("It records nothing: its approval was refused or has ended")),
}
STATES: Final[Mapping[ApprovalState, str]] = {
    ApprovalState.REQUESTED: marked("waits for a decision"),
    ApprovalState.APPROVED: marked("in force"),
    ApprovalState.REFUSED: marked("refused"),
    ApprovalState.REVOKED: marked("revoked"),
    ApprovalState.EXPIRED: marked("time is up"),
}
#: By the field that was wrong, or the code of the problem.
_FAULTS: Final[Mapping[str, str]] = {
    "purpose": marked("Say what the camera is for, in at most 200 letters."),
    "justification": marked("Say why it is needed, in at least ten letters."),
    "alternatives": marked("Say what would intrude less and why it will not do."),
    "review_on": marked("The day of the review must lie ahead, within a year."),
    "valid_to": marked("Where infants sleep an approval ends by itself, within 180 days."),
    "document": marked("Where infants sleep a decision in writing is needed: give its number."),
    "note": marked("Say why, in at least three letters."),
    "asked": marked("Somebody has asked for this already; it waits for a decision."),
    "decided": marked("This was decided before."),
    "four_eyes": marked("You asked for this camera yourself; somebody else must decide."),
    "not_in_force": marked("This approval is not in force."),
    "privacy_zone": marked("Children are private in this zone: no camera may watch it."),
    "retired": marked("This is no longer in service."),
    "not_found": marked("This zone does not exist here."),
}


def mood_of(standing: StandingOut) -> tuple[str, str]:
    return STANDINGS[standing.standing]


def words_of(refusal: RequestError | ValidationError, t: Translator) -> str:
    if isinstance(refusal, ValidationError):
        wrong = [str(error["loc"][0]) for error in refusal.errors() if error["loc"]]
    elif refusal.faults:
        wrong = [fault.field.rpartition(".")[2] for fault in refusal.faults]
    else:
        wrong = [refusal.code]
    told = [t.gettext(_FAULTS[one]) for one in dict.fromkeys(wrong) if one in _FAULTS]
    return " ".join(told) or t.gettext(SOMETHING)


def reason(text: str, t: Translator) -> str:
    """As it was given, or why nobody gave one."""
    if text == BROUGHT_IN:
        return t.gettext("The camera was on record before approvals were asked for.")
    if text == "continuous_monitoring":
        return t.gettext("Continuous monitoring")
    return text
