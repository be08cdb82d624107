"""What stands against a request, said so that whoever asks can put it right."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.api.problems import ConflictError, InvalidError, RequestError
from shared.domain.camera_approval import (
    LONGEST_IN_WARD,
    LONGEST_REVIEW,
    Objection,
    Terms,
    objection_to,
)
from shared.domain.places import ZoneKind

#: Field, what is wrong with it, what to do.
_FAULTS: Final[Mapping[Objection, tuple[str, str, str]]] = {
    Objection.NEEDS_LIMIT: (
        "valid_to", "It is missing.",
        "Where infants sleep an approval must end by itself: say when.",
    ),
    Objection.LIMIT_TOO_FAR: (
        "valid_to", "It is too far away.",
        f"Where infants sleep an approval lasts at most {LONGEST_IN_WARD.days} days.",
    ),
    Objection.LIMIT_PAST: ("valid_to", "It has passed.", "Send a later instant, or none."),
    Objection.NEEDS_DOCUMENT: (
        "document", "It is missing.", "Where infants sleep a decision in writing is needed.",
    ),
    Objection.REVIEW_PAST: ("review_on", "It is not ahead.", "Send a day after today."),
    Objection.REVIEW_TOO_FAR: (
        "review_on", "It is too far away.",
        f"Somebody must look again within {LONGEST_REVIEW.days} days.",
    ),
}  # fmt: skip


def must_be_possible(terms: Terms, zone: ZoneKind, *, now: datetime) -> None:
    objection = objection_to(terms, zone, now=now)
    if objection is not None:
        raise _refusal(objection, zone)


def _refusal(objection: Objection, zone: ZoneKind) -> RequestError:
    if objection is Objection.PRIVACY_ZONE:
        return ConflictError(
            f"Children are private in a {zone}: no camera is ever allowed there.",
            code="privacy_zone",
        )
    field, wrong, advice = _FAULTS[objection]
    return InvalidError(f"body.{field}", wrong, advice)
