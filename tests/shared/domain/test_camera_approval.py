from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.camera_approval import (
    LONGEST_IN_WARD,
    LONGEST_REVIEW,
    Approval,
    ApprovalState,
    Objection,
    Standing,
    Terms,
    last_recording,
    objection_to,
    recording_spans,
    standing_of,
)
from shared.domain.placements import Placement
from shared.domain.places import PRIVACY_ZONES, ZoneKind

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
LENGTH = 40


def at(second: int) -> datetime:
    return NOW + timedelta(seconds=second)


def granted(
    zone_id: int = 1, *, since: int = 0, limit: int | None = None, ended: int | None = None,
    review_on: date = TODAY + 90 * DAY,
) -> Approval:  # fmt: skip
    return Approval(
        zone_id, at(since), review_on, at(since), is_granted=True,
        valid_to=None if limit is None else at(limit),
        ended_at=None if ended is None else at(ended),
    )  # fmt: skip


ends = st.none() | st.integers(1, LENGTH)
approvals = st.lists(
    st.builds(
        lambda zone, since, limit, ended: granted(zone, since=since, limit=limit, ended=ended),
        st.integers(1, 2), st.integers(0, LENGTH), ends, ends,
    ),
    max_size=4,
)  # fmt: skip


@given(approvals, st.integers(0, LENGTH))
def test_a_camera_may_record_where_it_stands_while_that_is_allowed(
    found: list[Approval], move: int
) -> None:
    placements = (Placement(1, None, at(move)), Placement(2, at(move)))
    spans = recording_spans(found, placements)
    for second in range(LENGTH):
        zone_id = 1 if second < move else 2
        allowed = any(
            one.zone_id == zone_id and one.state_at(at(second)) is ApprovalState.APPROVED
            and one.requested_at <= at(second)
            for one in found
        )  # fmt: skip
        assert allowed == any(low <= at(second) < high for low, high in spans)


def test_only_the_last_unbroken_time_is_told_to_those_who_credit() -> None:
    here = (Placement(1),)
    assert last_recording([], here) is None
    assert last_recording([granted()], here) == (at(0), None)
    renewed = [granted(limit=10), granted(since=8, limit=30)]
    assert last_recording(renewed, here) == (at(0), at(30))
    again = [granted(ended=10), granted(since=20)]
    assert last_recording(again, here) == (at(20), None)


def test_a_refused_or_open_request_allows_nothing() -> None:
    asked = Approval(1, at(0), TODAY + DAY)
    refused = Approval(1, at(0), TODAY + DAY, at(5))
    assert recording_spans([asked, refused], (Placement(1),)) == ()
    assert asked.state_at(at(9)) is ApprovalState.REQUESTED
    assert refused.state_at(at(9)) is ApprovalState.REFUSED


def standing(*found: Approval, zone_id: int = 1, second: int = 20, today: date = TODAY) -> Standing:
    return standing_of(found, zone_id, now=at(second), today=today)


def test_a_review_that_is_overdue_does_not_end_the_watch() -> None:
    assert standing(granted()) is Standing.APPROVED
    overdue = standing(granted(review_on=TODAY), today=TODAY)
    assert overdue is Standing.REVIEW_DUE
    assert overdue.may_record


def test_how_it_stands_is_about_the_place_where_it_is() -> None:
    assert standing() is Standing.MISSING
    assert standing(granted(zone_id=2)) is Standing.MISSING
    assert standing(granted(ended=10)) is Standing.ENDED
    assert standing(granted(limit=20)) is Standing.ENDED
    asked_again = Approval(1, at(15), TODAY + DAY)
    assert standing(granted(ended=10), asked_again) is Standing.REQUESTED
    assert standing(granted(), asked_again) is Standing.APPROVED
    assert not Standing.REQUESTED.may_record


@pytest.mark.parametrize("kind", sorted(PRIVACY_ZONES))
def test_no_camera_is_ever_allowed_where_children_are_private(kind: ZoneKind) -> None:
    terms = Terms(TODAY + DAY, NOW + DAY, has_document=True)
    assert objection_to(terms, kind, now=NOW) is Objection.PRIVACY_ZONE


def test_a_ward_for_infants_needs_a_decision_in_writing_that_ends_by_itself() -> None:
    def objection(terms: Terms) -> Objection | None:
        return objection_to(terms, ZoneKind.INFANT_WARD, now=NOW)

    soon = TODAY + DAY
    assert objection(Terms(soon)) is Objection.NEEDS_LIMIT
    assert objection(Terms(soon, NOW + LONGEST_IN_WARD + DAY)) is Objection.LIMIT_TOO_FAR
    assert objection(Terms(soon, NOW + 30 * DAY)) is Objection.NEEDS_DOCUMENT
    assert objection(Terms(soon, NOW + 30 * DAY, has_document=True)) is None


def test_somebody_must_look_again_within_a_year() -> None:
    def objection(review_on: date, valid_to: datetime | None = None) -> Objection | None:
        return objection_to(Terms(review_on, valid_to), ZoneKind.YARD, now=NOW)

    assert objection(TODAY) is Objection.REVIEW_PAST
    assert objection((NOW + LONGEST_REVIEW + DAY).date()) is Objection.REVIEW_TOO_FAR
    assert objection(TODAY + DAY) is None
    assert objection(TODAY + DAY, NOW) is Objection.LIMIT_PAST
