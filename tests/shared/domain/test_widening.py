from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.causes import Finding, Piece
from shared.domain.states import Cause
from shared.domain.widening import Part, takes_up, whole_of

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
FACILITY = Finding(Cause.FACILITY_SILENT)
GATEWAY = Finding(Cause.GATEWAY_SILENT, 7)
#: Of which two gaps last.
ROOMS = Part(1, Finding(Cause.DEVICE_SILENT), (10, 11), was_told=True)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def all_of(whole: Finding, *gaps: int, fell_s: float = 0) -> dict[int, Piece]:
    return dict.fromkeys(gaps, Piece(whole, at(fell_s)))


def test_an_incident_of_which_all_that_lasts_is_a_piece_is_the_whole() -> None:
    assert whole_of(ROOMS, all_of(FACILITY, 10, 11, 12), {12}) == FACILITY
    assert whole_of(ROOMS, all_of(GATEWAY, 10, 11, 12), {12}) == GATEWAY


def test_what_is_a_piece_in_part_stays_what_it_is() -> None:
    assert whole_of(ROOMS, all_of(FACILITY, 10, 12), {12}) is None
    mixed = all_of(FACILITY, 10) | all_of(GATEWAY, 11, 12)
    assert whole_of(ROOMS, mixed, {12}) is None


def test_without_anything_new_nothing_is_wider_than_it_was() -> None:
    assert whole_of(ROOMS, all_of(FACILITY, 10, 11), set()) is None
    elsewhere = all_of(FACILITY, 10, 11) | all_of(GATEWAY, 12)
    assert whole_of(ROOMS, elsewhere, {12}) is None


def test_nothing_becomes_narrower_or_what_it_is() -> None:
    whole = replace(ROOMS, finding=FACILITY)
    assert whole_of(whole, all_of(FACILITY, 10, 11, 12), {12}) is None
    assert whole_of(whole, all_of(GATEWAY, 10, 11, 12), {12}) is None
    picture = replace(ROOMS, finding=Finding(Cause.PICTURE))
    assert whole_of(picture, all_of(FACILITY, 10, 11, 12), {12}) is None


@pytest.mark.parametrize(
    ("taken_up_s", "put_off_s", "fell_s", "is_its"),
    [
        (None, None, 0, True),
        (10, None, 10, True),
        (10, None, 11, False),
        (None, 10, 11, True),
        (None, 10, 9, False),
        (10, 5, 9, True),
    ],
)
def test_what_somebody_has_in_hand_takes_up_nothing_that_fell_silent_since(
    taken_up_s: float | None, put_off_s: float | None, fell_s: float, *, is_its: bool
) -> None:
    part = replace(
        ROOMS,
        acknowledged_at=None if taken_up_s is None else at(taken_up_s),
        snoozed_until=None if put_off_s is None else at(put_off_s),
    )
    assert is_its is takes_up(part, at(fell_s))
    pieces = all_of(FACILITY, 10, 11, 12) | all_of(FACILITY, 13, fell_s=fell_s)
    assert whole_of(part, pieces, {12, 13}) == (FACILITY if is_its else None)


def test_what_nobody_has_in_hand_becomes_the_whole_then_what_was_told_then_what_came_first() -> (
    None
):
    in_hand = replace(ROOMS, acknowledged_at=NOON)
    put_off = replace(ROOMS, id=2, snoozed_until=NOON)
    untold = replace(ROOMS, id=3, was_told=False)
    later = replace(ROOMS, id=5)
    told = replace(ROOMS, id=4)
    found = sorted([in_hand, put_off, untold, later, told], key=lambda part: part.rank)
    assert found == [told, later, untold, in_hand, put_off]
