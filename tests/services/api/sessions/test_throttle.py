from datetime import UTC, datetime, timedelta

from services.api.sessions import throttle
from services.api.sessions.throttle import Throttle

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_five_attempts_within_half_a_minute_close_an_account_for_five_minutes() -> None:
    accounts = Throttle()
    for second in (0, 5, 10, 15):
        accounts.attempted("a", now=after(second))
    assert accounts.closed_until("a", now=after(20)) is None
    accounts.attempted("a", now=after(20))
    assert accounts.closed_until("a", now=after(20)) == after(320)
    assert accounts.closed_until("a", now=after(320)) is None
    assert accounts.closed_until("b", now=after(20)) is None


def test_slow_attempts_and_a_success_close_nothing() -> None:
    accounts = Throttle()
    for attempt in range(20):
        accounts.attempted("slow", now=after(attempt * 8))
        accounts.attempted("right", now=after(attempt))
        accounts.succeeded("right")
    assert accounts.closed_until("slow", now=after(160)) is None
    assert accounts.closed_until("right", now=after(20)) is None


def test_guessing_at_many_accounts_takes_no_more_memory() -> None:
    accounts = Throttle()
    for number in range(throttle.REMEMBERED + 50):
        accounts.attempted(str(number), now=NOW)
    assert len(accounts._attempts) == throttle.REMEMBERED
