from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import watchdog
from shared.domain.watchdog import Ailment, Call, Outage, Patience, Signs

T0 = datetime(2026, 11, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE = Patience()


def at(minutes: float) -> datetime:
    return T0 + minutes * MINUTE


def test_all_is_well_while_ticks_succeed_the_watermark_moves_and_the_outbox_drains() -> None:
    signs = Signs(ticked_at=at(10), watermark=at(10), stuck_since=at(9))
    assert watchdog.ailments(signs, PATIENCE, now=at(10)) == ()


def test_each_of_the_three_is_named() -> None:
    signs = Signs(ticked_at=at(0), watermark=at(0), stuck_since=at(0))
    found = watchdog.ailments(signs, PATIENCE, now=at(11))
    assert found == (Ailment.NO_TICK, Ailment.PLATFORM_BLIND, Ailment.OUTBOX_STUCK)


def test_no_answer_is_an_ailment_of_its_own() -> None:
    assert watchdog.ailments(None, PATIENCE, now=T0) == (Ailment.DATABASE_AWAY,)


def test_a_platform_that_never_knew_anything_is_starting() -> None:
    signs = Signs(ticked_at=at(0), watermark=None, stuck_since=None)
    assert watchdog.ailments(signs, PATIENCE, now=at(0)) == ()


def test_a_short_pause_is_nobodys_business() -> None:
    assert Outage(at(0)).call(PATIENCE, now=at(2)) is None


@given(st.lists(st.booleans(), min_size=1, max_size=400))
def test_an_outage_is_told_once_and_its_end_once(ticks: list[bool]) -> None:
    """Minute by minute; each minute has a tick or has not, and every call is answered."""
    outage = Outage(at(0))
    told: list[tuple[int, Call]] = []
    for minute, has_tick in enumerate(ticks, start=1):
        outage = outage.ticked(at(minute) if has_tick else None)
        call = outage.call(PATIENCE, now=at(minute))
        if call is not None:
            told.append((minute, call))
            outage = outage.told(call, at=at(minute))
    kinds = [call for _, call in told]
    assert kinds == [Call.STOPPED, Call.AGAIN] * (len(kinds) // 2) + [Call.STOPPED] * (
        len(kinds) % 2
    )
    stopped = [minute for minute, call in told if call is Call.STOPPED]
    assert all(later - earlier >= 15 for earlier, later in pairwise(stopped))
    for minute in stopped:
        assert not any(ticks[max(0, minute - 3) : minute])


def test_what_could_not_be_told_is_told_later() -> None:
    outage = Outage(at(0))
    assert outage.call(PATIENCE, now=at(3)) is Call.STOPPED
    assert outage.call(PATIENCE, now=at(4)) is Call.STOPPED
    told = outage.told(Call.STOPPED, at=at(4))
    assert told.call(PATIENCE, now=at(5)) is None
    assert told.ticked(at(6)).call(PATIENCE, now=at(6)) is Call.AGAIN
