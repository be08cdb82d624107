"""What a claim is worth: the rules of docs/protocol.md in plain arithmetic.

When exactly ingest heard a claim nobody outside can know; it was after it was said and before we
look. So each claim has a part that must be on record and one that may; mostly they are the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.chaos.ledger import Claim, Proof
from tests.chaos.spans import Span, union

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
AHEAD_LIMIT: Final = 120 * SECOND
LIVE_LIMIT: Final = 300 * SECOND
BACKFILL_LIMIT: Final = 7 * DAY
#: As long as all messages of a device may be under way in a run.
UNDER_WAY: Final = 20 * SECOND
#: Viet Nam has had one offset since 1975, and no summer time.
OFFSET: Final = 7 * HOUR
FOREVER: Final = 1 << 62

#: Columns by name: time attested as watched; that of it which came in time; that of it which is
#: proven; time attested as not usable. Faults have columns by their own names.
COVERED: Final = "covered"
WATCHED: Final = "watched"
IMPAIRED: Final = "impaired"
PROVEN: Final = "proven"
#: A nonce may be two minutes old when it comes back, and a proof reaches one minute before it.
PROOF_LIMIT: Final = 180 * SECOND


@dataclass(frozen=True, slots=True)
class Registered:
    """A device on record."""

    registered_us: int
    interval_us: int
    retired_us: int = FOREVER
    must_sign: bool = False

    @property
    def default_us(self) -> int:
        """What a claim without `since` reaches back."""
        return self.interval_us + max(2 * SECOND, self.interval_us // 5)


#: A row's column: device, local day (days since 1970), name.
Place = tuple[str, int, str]
Table = Mapping[Place, list[Span]]


def begin(claim: Claim, device: Registered, *, heard_us: int, shift_us: int) -> int:
    """Where its credit begins if it is heard then, and its clock corrected by so much."""
    if claim.since_us is None:
        since = min(claim.at_us + shift_us, heard_us) - device.default_us
    else:
        since = claim.since_us + shift_us
    return max(since, device.registered_us, heard_us - BACKFILL_LIMIT)


def end(claim: Claim, device: Registered, *, heard_us: int, shift_us: int) -> int:
    """Where its credit ends."""
    return min(claim.at_us + shift_us, device.retired_us, heard_us)


def is_refused(claim: Claim, device: Registered, *, heard_us: int, shift_us: int) -> bool:
    """Whether it is worth nothing, wherever it begins and ends."""
    at = min(claim.at_us + shift_us, device.retired_us)
    if claim.is_retained or at > heard_us + AHEAD_LIMIT:
        return True
    return device.must_sign and claim.proof is not Proof.GOOD


def shifts(claim: Claim) -> tuple[int, int]:
    """By how much its clock may be corrected, at least and at most.

    A clock that is behind cannot be told from messages that were all under way for a while.
    """
    if claim.ahead_us < 0:
        return 0, min(UNDER_WAY - claim.ahead_us, AHEAD_LIMIT)
    return -min(claim.ahead_us, AHEAD_LIMIT), 0


def at_least(claim: Claim, device: Registered, *, looked_us: int) -> Span | None:
    """What it adds whenever it was heard: both ends only move on with time and correction."""
    least, most = shifts(claim)
    if is_refused(claim, device, heard_us=claim.said_us, shift_us=most):
        return None
    start = begin(claim, device, heard_us=looked_us, shift_us=most)
    stop = end(claim, device, heard_us=claim.said_us, shift_us=least)
    return (start, stop) if start < stop else None


def at_most(claim: Claim, device: Registered, *, looked_us: int) -> Span | None:
    """Nothing beyond this, whenever it was heard."""
    least, most = shifts(claim)
    if is_refused(claim, device, heard_us=looked_us, shift_us=least):
        return None
    start = begin(claim, device, heard_us=claim.said_us, shift_us=least)
    stop = end(claim, device, heard_us=looked_us, shift_us=most)
    return (start, stop) if start < stop else None


def must_be(
    claims: Iterable[Claim], devices: Mapping[str, Registered], *, looked_us: int
) -> dict[Place, list[Span]]:
    """What has to be on record of these claims."""
    pieces: list[tuple[str, str, Span]] = []
    for claim in claims:
        device = devices.get(claim.device)
        span = device and at_least(claim, device, looked_us=looked_us)
        if span:
            # What is younger than the limit when we look was younger still when it was heard.
            live = (max(span[0], looked_us - LIVE_LIMIT), span[1])
            pieces += [(claim.device, column, span) for column in _columns(claim)]
            if claim.state == "ok":
                pieces.append((claim.device, WATCHED, live))
    return _by_day(pieces)


def may_be(
    claims: Iterable[Claim], devices: Mapping[str, Registered], *, looked_us: int
) -> dict[Place, list[Span]]:
    """What can be on record at most, of these claims and no others."""
    pieces: list[tuple[str, str, Span]] = []
    for claim in claims:
        device = devices.get(claim.device)
        span = device and at_most(claim, device, looked_us=looked_us)
        if span:
            live = (max(span[0], claim.said_us - LIVE_LIMIT), span[1])
            proven = (max(span[0], claim.said_us - PROOF_LIMIT), span[1])
            pieces += [(claim.device, column, span) for column in _columns(claim)]
            if claim.state == "ok":
                pieces.append((claim.device, WATCHED, live))
            if claim.state == "ok" and claim.proof is Proof.GOOD:
                pieces.append((claim.device, PROVEN, proven))
    return _by_day(pieces)


def _columns(claim: Claim) -> tuple[str, ...]:
    return (COVERED,) if claim.state == "ok" else (IMPAIRED, claim.state)


def _by_day(pieces: Iterable[tuple[str, str, Span]]) -> dict[Place, list[Span]]:
    """By the day in Viet Nam."""
    rows: defaultdict[Place, list[Span]] = defaultdict(list)
    for device, column, (start, end) in pieces:
        at = start
        while at < end:
            day = (at + OFFSET) // DAY
            stop = min(end, (day + 1) * DAY - OFFSET)
            rows[device, day, column].append((at, stop))
            at = stop
    return {place: union(spans) for place, spans in rows.items()}
