from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.causes import cause_of, may_widen
from shared.domain.incidents import Lapse, Silence, Witness, is_blind, silence_of
from shared.domain.states import Cause

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def device(
    *heard: tuple[float, float],
    zone: int = 1,
    patience_s: float = 12,
    impaired: tuple[tuple[float, float], ...] = (),
) -> Witness:
    return Witness(
        zone,
        timedelta(seconds=patience_s),
        at(-9999),
        tuple((at(a), at(b)) for a, b in heard),
        tuple((at(a), at(b)) for a, b in impaired),
    )


#: Zone 1 has not been watched since noon; a minute later that is known.
LASTING = Lapse(1, NOON, at(60), is_ongoing=True)
ENDED = Lapse(1, NOON, at(600), is_ongoing=False)
GONE = device((-900, 0))


def test_a_facility_whose_devices_all_stopped_together_is_silent() -> None:
    others = [device((-900, n), zone=2 + n) for n in range(5)]
    assert cause_of(LASTING, [GONE, *others]).cause is Cause.FACILITY_SILENT


def test_one_device_that_is_heard_makes_it_a_device() -> None:
    assert cause_of(LASTING, [GONE, GONE, device((-900, 58), zone=2)]).cause is Cause.DEVICE_SILENT


def test_a_device_whose_turn_it_is_not_yet_counts_as_heard() -> None:
    slow = device((-900, 20), zone=2, patience_s=72)
    assert silence_of(slow, LASTING) is Silence.HEARD
    assert silence_of(slow, replace(LASTING, end_at=at(93))) is Silence.FELL_SILENT


def test_one_that_died_last_week_does_not_hide_that_the_facility_is_silent() -> None:
    dead = device((-9000, -8000), zone=2)
    assert silence_of(dead, LASTING) is Silence.WAS_SILENT
    assert cause_of(LASTING, [GONE, GONE, GONE, dead]).cause is Cause.FACILITY_SILENT


def test_the_last_of_two_to_die_is_a_device_not_its_facility() -> None:
    assert cause_of(LASTING, [GONE, device((-9000, -8000), zone=2)]).cause is Cause.DEVICE_SILENT


def test_what_fell_silent_while_we_were_blind_fell_silent_together() -> None:
    blind = ((at(-600), NOON),)
    before = [device((-9000, -600 - n), zone=2 + n) for n in range(3)]
    assert cause_of(replace(LASTING, blind=blind), before).cause is Cause.FACILITY_SILENT
    assert cause_of(LASTING, before).cause is Cause.DEVICE_SILENT


def test_our_blindness_joins_nothing_that_we_saw_apart() -> None:
    blind = ((at(-300), NOON),)
    dead = device((-9000, -600), zone=2)
    assert silence_of(dead, replace(LASTING, blind=blind)) is Silence.WAS_SILENT
    assert silence_of(device((-9000, -300)), replace(LASTING, blind=blind)) is Silence.FELL_SILENT


def test_whose_turn_came_while_we_were_blind_is_not_called_silent_yet() -> None:
    slow = device((-9000, -630), zone=2, patience_s=100)
    lapse = replace(LASTING, blind=((at(-600), NOON),))
    assert silence_of(slow, lapse) is Silence.HEARD
    assert silence_of(slow, replace(lapse, end_at=at(71))) is Silence.FELL_SILENT


def test_a_gap_in_the_past_is_explained_by_what_was_heard_during_it() -> None:
    back = device((-900, 5), (597, 2000), zone=2)
    through = device((-900, 2000), zone=2)
    assert cause_of(ENDED, [device((-900, 0), (600, 2000)), back]).cause is Cause.FACILITY_SILENT
    assert cause_of(ENDED, [device((-900, 0), (600, 2000)), through]).cause is Cause.DEVICE_SILENT


def test_a_camera_that_speaks_and_does_not_see_is_a_picture() -> None:
    covered = device((-900, 58), impaired=((0, 58),))
    assert cause_of(LASTING, [covered]).cause is Cause.PICTURE


def test_an_impaired_camera_beside_one_too_few_is_no_picture() -> None:
    covered = device((-900, 58), impaired=((0, 58),))
    assert cause_of(replace(LASTING, min_devices=2), [covered, GONE]).cause is Cause.DEVICE_SILENT


def test_a_device_never_heard_fell_silent_when_it_was_registered() -> None:
    fresh = replace(device(), registered_at=NOON)
    assert cause_of(LASTING, [fresh]).cause is Cause.FACILITY_SILENT


@given(
    st.lists(st.tuples(st.integers(-900, 90), st.integers(1, 90)), max_size=6),
    st.integers(1, 80),
)
def test_who_spoke_well_within_a_gap_is_never_called_silent(
    spans: list[tuple[int, int]], patience_s: int
) -> None:
    witness = device(*((a, a + n) for a, n in sorted(spans)), patience_s=patience_s)
    spoke = any(a + n > patience_s and a < 60 for a, n in spans)
    assert not spoke or silence_of(witness, LASTING) is Silence.HEARD


@pytest.mark.parametrize(
    ("cause", "age_s", "was_told", "may"),
    [
        (Cause.DEVICE_SILENT, 5, False, True),
        (Cause.DEVICE_SILENT, 5, True, False),
        (Cause.DEVICE_SILENT, 61, False, False),
        (Cause.PICTURE, 5, False, False),
    ],
)
def test_only_what_is_young_and_untold_widens(
    cause: Cause,
    age_s: int,
    *,
    was_told: bool,
    may: bool,
) -> None:
    assert may is may_widen(cause=cause, opened_at=NOON, was_told=was_told, now=at(age_s))


def test_a_platform_that_never_knew_anything_is_starting_not_blind() -> None:
    assert not is_blind(None, NOON)
    assert not is_blind(NOON, at(30))
    assert is_blind(NOON, at(31))
