"""Which window of time is meant, and whether it may be asked for: pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

from services.api.problems import InvalidError

LONGEST: Final = timedelta(days=31)
DEFAULT: Final = timedelta(hours=24)
#: No evidence is older or younger than these.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def window(
    from_at: datetime | None, to_at: datetime | None, *, now: datetime
) -> tuple[datetime, datetime]:
    """On whole seconds. Default: the last 24 hours, or those up to `to_at`."""
    _must_be_reasonable("query.from", from_at)
    _must_be_reasonable("query.to", to_at)
    end = _whole(to_at or now)
    start = _whole(from_at) if from_at else end - DEFAULT
    if not start < end:
        raise InvalidError("query.from", "It is not before `to`.", "Send an earlier `from`.")
    if end - start > LONGEST:
        raise InvalidError(
            "query.from",
            f"The window is longer than {LONGEST.days} days.",
            "Ask for several shorter ones.",
        )
    return start, end


def _whole(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _must_be_reasonable(field: str, instant: datetime | None) -> None:
    if instant is not None and not EARLIEST <= instant <= LATEST:
        raise InvalidError(field, "There is no evidence of that time.", "Send a year from 2000 on.")
