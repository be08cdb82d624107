from datetime import UTC, datetime, timedelta
from itertools import pairwise

from services.cli.demo import history
from services.cli.demo.history import Speaker
from shared.domain.intervals import normal, subtract
from shared.domain.states import WatchState

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TROUBLES = history.troubles_before(NOW)
STEPS = history.steps(TROUBLES, now=NOW)
WHOLE = ((NOW - history.LENGTH, NOW),)


def missing(speaker: Speaker) -> list[timedelta]:
    """Time of which this device never told anything."""
    told = normal(
        (one.start_at, one.end_at)
        for step in STEPS
        for one in history.told(speaker, step, TROUBLES)
    )
    return [end - start for start, end in subtract(WHOLE, told)]


def late(speaker: Speaker) -> timedelta:
    told = [one for step in STEPS for one in history.told(speaker, step, TROUBLES) if one.is_late]
    return sum((one.end_at - one.start_at for one in told), timedelta())


def test_steps_are_the_whole_day_without_a_hole() -> None:
    assert STEPS[0].start_at == NOW - history.LENGTH
    assert STEPS[-1].at == NOW
    assert all(earlier.at == later.start_at for earlier, later in pairwise(STEPS))


def test_where_nothing_happened_everything_is_told() -> None:
    assert missing(Speaker("hoa-sen", "cam-1")) == []
    assert late(Speaker("hoa-sen", "cam-1")) == timedelta()


def test_a_power_cut_stays_untold() -> None:
    assert missing(Speaker("ban-mai", "cam-1")) == [timedelta(minutes=25)]


def test_what_a_broken_link_held_back_is_told_afterwards() -> None:
    assert missing(Speaker("hoa-mai", "gw")) == []
    assert late(Speaker("hoa-mai", "gw")) == timedelta(hours=4, minutes=35, seconds=2)


def test_a_plain_device_never_tells_what_nobody_heard() -> None:
    speaker = Speaker("anh-duong", "ph-1", is_plain=True)
    assert missing(speaker) == [timedelta(minutes=4, seconds=40)]


def test_a_covered_camera_says_so() -> None:
    faults = {
        one.state
        for step in STEPS
        for one in history.told(Speaker("hy-vong", "cam-2"), step, TROUBLES)
    }
    assert faults == {WatchState.OK, WatchState.COVERED}


def test_nothing_is_known_while_the_platform_is_blind() -> None:
    known = [step.known_until for step in STEPS]
    assert known == sorted(known)
    assert any(step.known_until < step.at for step in STEPS)
