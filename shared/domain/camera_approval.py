"""Why a camera may watch where it stands: asked for by one person, allowed by another, for a time.

    asked for ──allow──▶ in force ──time is up──▶ expired
        └──refuse──▶ refused  └──revoke──▶ revoked

Without an approval in force a camera records nothing. A review that is overdue is told and listed,
but does not end the watch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.intervals import Span, Spans, intersect, normal
from shared.domain.placements import Placement
from shared.domain.places import PRIVACY_ZONES, ZoneKind

#: The longest until somebody must ask again whether the camera is still needed.
LONGEST_REVIEW: Final = timedelta(days=366)
#: The longest for which a camera may be allowed where children under 18 months sleep.
LONGEST_IN_WARD: Final = timedelta(days=180)
_FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)


class ApprovalState(StrEnum):
    """How it stands with one request."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Standing(StrEnum):
    """How it stands with a camera where it is now."""

    APPROVED = "approved"
    REVIEW_DUE = "review_due"
    REQUESTED = "requested"
    MISSING = "missing"
    ENDED = "ended"

    @property
    def may_record(self) -> bool:
        return self in {Standing.APPROVED, Standing.REVIEW_DUE}


@dataclass(frozen=True, slots=True)
class Approval:
    """A request and what became of it. `ended_at`: when it was revoked."""

    zone_id: int
    requested_at: datetime
    review_on: date
    decided_at: datetime | None = None
    is_granted: bool = False
    valid_to: datetime | None = None
    ended_at: datetime | None = None

    def state_at(self, now: datetime) -> ApprovalState:
        if self.decided_at is None:
            return ApprovalState.REQUESTED
        if not self.is_granted:
            return ApprovalState.REFUSED
        if self.ended_at is not None and self.ended_at <= now:
            return ApprovalState.REVOKED
        if self.valid_to is not None and self.valid_to <= now:
            return ApprovalState.EXPIRED
        return ApprovalState.APPROVED

    @property
    def span(self) -> Span[datetime] | None:
        """While it holds, held or will hold; nothing if it never did."""
        if self.decided_at is None or not self.is_granted:
            return None
        ends = [end for end in (self.valid_to, self.ended_at) if end is not None]
        return (self.decided_at, min(ends, default=_FAR_FUTURE))


class Objection(StrEnum):
    """Why a camera cannot be asked for, or allowed, like this."""

    PRIVACY_ZONE = "privacy_zone"
    NEEDS_LIMIT = "needs_limit"
    LIMIT_TOO_FAR = "limit_too_far"
    NEEDS_DOCUMENT = "needs_document"
    REVIEW_TOO_FAR = "review_too_far"
    REVIEW_PAST = "review_past"
    LIMIT_PAST = "limit_past"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a camera is asked for with, as far as rules speak of it."""

    review_on: date
    valid_to: datetime | None = None
    has_document: bool = False


def objection_to(terms: Terms, zone: ZoneKind, *, now: datetime) -> Objection | None:
    """A ward for infants needs a decision in writing that ends by itself."""
    if zone in PRIVACY_ZONES:
        return Objection.PRIVACY_ZONE
    if terms.review_on <= now.date():
        return Objection.REVIEW_PAST
    if terms.review_on > (now + LONGEST_REVIEW).date():
        return Objection.REVIEW_TOO_FAR
    if terms.valid_to is not None and terms.valid_to <= now:
        return Objection.LIMIT_PAST
    return _objection_in_ward(terms, now) if zone is ZoneKind.INFANT_WARD else None


def _objection_in_ward(terms: Terms, now: datetime) -> Objection | None:
    if terms.valid_to is None:
        return Objection.NEEDS_LIMIT
    if terms.valid_to > now + LONGEST_IN_WARD:
        return Objection.LIMIT_TOO_FAR
    return None if terms.has_document else Objection.NEEDS_DOCUMENT


def recording_spans(
    approvals: Iterable[Approval], placements: Sequence[Placement]
) -> Spans[datetime]:
    """When the camera may record: it is allowed for a zone, and stands there."""
    by_zone: dict[int, list[Span[datetime]]] = {}
    for one in approvals:
        if one.span is not None:
            by_zone.setdefault(one.zone_id, []).append(one.span)
    return normal(
        span
        for stay in placements
        for span in intersect(normal(by_zone.get(stay.zone_id, ())), (stay.span,))
    )


def last_recording(
    approvals: Iterable[Approval], placements: Sequence[Placement]
) -> tuple[datetime, datetime | None] | None:
    """The last unbroken time in which it may record; open-ended if nothing ends it yet."""
    spans = recording_spans(approvals, placements)
    if not spans:
        return None
    start, end = spans[-1]
    return start, None if end == _FAR_FUTURE else end


def standing_of(
    approvals: Sequence[Approval], zone_id: int, *, now: datetime, today: date
) -> Standing:
    """Of a camera in a zone. What is asked for anew does not hide what is in force."""
    here = [one for one in approvals if one.zone_id == zone_id]
    states = {one.state_at(now) for one in here}
    if ApprovalState.APPROVED in states:
        in_force = [one for one in here if one.state_at(now) is ApprovalState.APPROVED]
        is_due = max(one.review_on for one in in_force) <= today
        return Standing.REVIEW_DUE if is_due else Standing.APPROVED
    if ApprovalState.REQUESTED in states:
        return Standing.REQUESTED
    return Standing.ENDED if states else Standing.MISSING
