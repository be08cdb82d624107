"""Check-ins whose numbers become visible in any order, each taken in once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.registry.queries import RegisteredDevice
from services.ingest.registry.roll import Registry
from services.ingest.rounds import intake
from services.ingest.rounds.intake import OVERLAP_US, Rounds, Visits, sorted_out
from services.ingest.rounds.queries import CheckIn
from shared.domain.heartbeat import DAY_US, SECOND_US
from tests.services.ingest.rooms import NOW, Room, a_gateway, ms

POINT = 7
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def a_check_in(number: int, *, ago_s: float = 0, device_id: int = POINT) -> CheckIn:
    return CheckIn(number, device_id, instant(NOW - int(ago_s * SECOND_US)))


def a_registry(*, retired_us: int | None = None) -> Registry:
    registry = Registry()
    registry._learn(
        RegisteredDevice(
            id=POINT,
            facility="HOA-SEN",
            code="ROUND-1",
            is_gateway=False,
            is_camera=False,
            is_round_point=True,
            time_zone="Asia/Ho_Chi_Minh",
            requires_signature=True,
            interval_s=86_400,
            tolerance_s=None,
            registered_at=instant(NOW - 30 * DAY_US),
            retired_at=None if retired_us is None else instant(retired_us),
            approved_at=None,
            approved_until=None,
        )
    )
    return registry


def credited(*check_ins: CheckIn, registry: Registry | None = None) -> Room:
    room = Room()
    intake.credit(Visits(check_ins), room.judge, registry or a_registry(), now_us=NOW)
    return room


def test_a_check_in_is_a_minute_of_watch() -> None:
    [haul] = credited(a_check_in(1, ago_s=3)).flushed().hauls
    assert haul.watched == [(NOW - 63 * SECOND_US, NOW - 3 * SECOND_US)]
    assert haul.late == []


def test_one_that_waited_for_a_stopped_ingest_is_late() -> None:
    [haul] = credited(a_check_in(1, ago_s=3600)).flushed().hauls
    assert haul.late == [(NOW - 3660 * SECOND_US, NOW - 3600 * SECOND_US)]
    assert haul.watched == []


def test_one_older_than_the_back_fill_limit_counts_for_nothing() -> None:
    assert credited(a_check_in(1, ago_s=8 * 86_400)).flushed().hauls == []


def test_one_at_a_point_that_was_taken_down_before_counts_for_nothing() -> None:
    registry = a_registry(retired_us=NOW - 600 * SECOND_US)
    assert credited(a_check_in(1, ago_s=60), registry=registry).flushed().hauls == []


def test_one_at_a_point_that_nobody_knows_stops_nobody() -> None:
    room = credited(a_check_in(1, device_id=99), a_check_in(2))
    assert len(room.flushed().hauls) == 1


def test_no_message_can_speak_for_a_round_point() -> None:
    """Neither one of its own nor a gateway's of the same facility."""
    registry = a_registry()
    assert registry.tracks == {}
    gateway = a_gateway()
    room = Room(gateway)
    track = registry.track_of(POINT)
    assert track is not None
    beat = b'{"at":%d,"since":%d' % (ms(NOW), ms(NOW - 30 * SECOND_US))
    room.hear("giamsat/v1/HOA-SEN/ROUND-1/heartbeat", beat + b"}")
    room.hear("giamsat/v1/HOA-SEN/GW/heartbeats", b"[" + beat + b',"device":"ROUND-1"}]')
    room.look_again()
    batch = room.flushed()
    assert track.site.devices == {}
    assert batch.hauls == []
    assert [entry.reason.value for entry in batch.entries] == ["unknown_device"] * 2


def test_one_ahead_of_our_clock_waits_and_nothing_after_it_is_settled() -> None:
    old = OVERLAP_US / SECOND_US + 1
    found = [a_check_in(1, ago_s=old), a_check_in(2, ago_s=-60), a_check_in(3, ago_s=old)]
    visits = sorted_out(found, set(), now_us=NOW)
    assert [one.id for one in visits.new] == [1, 3]
    assert visits.settled_to == 1


def test_what_is_young_is_read_again_and_taken_in_once() -> None:
    found = [a_check_in(1, ago_s=10), a_check_in(2, ago_s=5)]
    visits = sorted_out(found, {1}, now_us=NOW)
    assert [one.id for one in visits.new] == [2]
    assert visits.settled_to is None


#: (second in which it is made, seconds until it is visible); the number is its place in the list.
made = st.lists(
    st.tuples(st.integers(0, 900), st.integers(0, OVERLAP_US // SECOND_US - 1)), max_size=12
)
restarts = st.sets(st.integers(0, 1200), max_size=4)


@given(made, restarts)
def test_every_check_in_is_taken_in_whatever_the_order_in_which_they_become_visible(
    check_ins: list[tuple[int, int]], restarts: set[int]
) -> None:
    """By a worker that looks every second, and may start anew with what the database remembers."""
    numbered = [
        (CheckIn(number, POINT, instant(NOW + at * SECOND_US)), at + delay)
        for number, (at, delay) in enumerate(sorted(check_ins), start=1)
    ]
    stored, taken_in = 0, list[int]()
    rounds = Rounds()
    for second in range(1201):
        if second in restarts:
            rounds = Rounds()
        after = stored if rounds._settled is None else rounds._settled
        found = [one for one, visible in numbered if one.id > after and visible <= second]
        visits = sorted_out(found, rounds._taken, now_us=NOW + second * SECOND_US)
        taken_in += [one.id for one in visits.new]
        stored = max(stored, visits.settled_to or 0)
        rounds.settle(visits)
    assert set(taken_in) == {one.id for one, _ in numbered}
    if not restarts:
        assert len(taken_in) == len(numbered)
