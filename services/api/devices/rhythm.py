"""Whether a device reports often enough for its zone: pure."""

from services.api.devices.schemas import Warned, WarningOut
from shared.domain.heartbeat import tolerance_s
from shared.domain.profiles import Listening, Rhythm

#: Nothing reports more often than once a second.
_SHORTEST_S = 1.0


def warnings_of(rhythm: Rhythm, max_gap_s: float | None) -> list[WarningOut]:
    """`max_gap_s`: what its zone tolerates, if it watches one."""
    if max_gap_s is None or rhythm.longest_silence_s <= max_gap_s:
        return []
    if rhythm.listening is Listening.PASSIVE:
        return [_sleeps_too_long(rhythm, max_gap_s)]
    advised_s = seldom_enough_s(max_gap_s, rhythm.tolerance_s)
    advice = (
        "let the zone tolerate more"
        if advised_s is None
        else f"have it report at least every {advised_s:g} s, or let the zone tolerate more"
    )
    detail = (
        f"It reports every {rhythm.interval_s:g} s, and may be "
        f"{tolerance_s(rhythm.interval_s, rhythm.tolerance_s):g} s late, but its zone tolerates "
        f"only {max_gap_s:g} s without a watch: between two reports the zone may count as not "
        f"watched. To mend it, {advice}."
    )
    return [WarningOut(code=Warned.REPORTS_TOO_SELDOM, detail=detail, advised_interval_s=advised_s)]


def _sleeps_too_long(rhythm: Rhythm, max_gap_s: float) -> WarningOut:
    """What sleeps cannot be asked to speak more often."""
    detail = (
        f"It sleeps and may be silent for {rhythm.longest_silence_s:g} s, but its zone tolerates "
        f"only {max_gap_s:g} s without a watch. Let something else watch this zone as well; alone "
        "it will always be counted as not watched."
    )
    return WarningOut(code=Warned.SLEEPS_TOO_LONG, detail=detail)


def seldom_enough_s(max_gap_s: float, registered_tolerance_s: float | None = None) -> float | None:
    """How seldom a device may report where so much is tolerated, on tenths of a second."""
    if registered_tolerance_s is not None:
        longest_s = max_gap_s - registered_tolerance_s
    else:
        # A fifth of the interval, two seconds at least: they are equal at ten seconds.
        longest_s = max_gap_s / 1.2 if max_gap_s >= 12 else max_gap_s - 2
    tenths = int(longest_s * 10) / 10
    return tenths if tenths >= _SHORTEST_S else None
