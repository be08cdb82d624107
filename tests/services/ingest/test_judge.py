"""What is said again with the same number is a repeat, whatever was learnt since."""

from msgspec import structs

from services.ingest.judge import Judge
from services.ingest.track import Site, Track
from shared.contracts.heartbeat import Heartbeat

S = 1_000_000
T0 = 1_795_334_400 * S


def track() -> Track:
    site = Site("hoa-sen", "Asia/Ho_Chi_Minh")
    return Track(1, "cam-1", site, default_us=36 * S, registered_us=T0 - 86_400 * S)


def test_a_repeat_from_a_clock_a_little_ahead_is_no_rollback() -> None:
    judge, device = Judge(), track()
    ahead_ms = (T0 + S) // 1000
    beat = Heartbeat(at=ahead_ms, since=ahead_ms - 60_000, boot="b", seq=5, sent=ahead_ms)
    assert judge.credit(device, beat, T0) is None
    assert judge.credit(device, beat, T0 + 4 * S) is None


def test_a_repeat_after_the_clock_was_found_slow_is_no_rollback() -> None:
    judge, device = Judge(), track()
    at_ms = (T0 - 30 * S) // 1000
    beat = Heartbeat(at=at_ms, since=at_ms - 60_000, boot="b", seq=5, sent=at_ms)
    received = [T0 + seconds * S for seconds in range(0, 120, 10)]
    refusals = [
        judge.credit(device, structs.replace(beat, sent=us // 1000 - 30_000), us) for us in received
    ]
    assert refusals == [None] * len(received)
    assert device.clock is not None
    assert device.clock.correction_us() == 30 * S
