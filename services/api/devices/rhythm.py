"""Whether a device reports often enough for its zone: pure."""

from typing import Final

from services.api.devices.schemas import Warned, WarningOut

#: Reports come up to a fifth later than registered; radio sensors and shell loops drift that much.
DRIFT: Final = 1.2


def warnings_of(interval_s: float, max_gap_s: float | None) -> list[WarningOut]:
    """`max_gap_s`: what its zone tolerates, if it watches one."""
    if max_gap_s is None or interval_s * DRIFT <= max_gap_s:
        return []
    advised_s = seldom_enough_s(max_gap_s)
    detail = (
        f"It reports every {interval_s:g} s, but its zone tolerates only {max_gap_s:g} s without a "
        "watch: between two reports the zone may count as not watched. Have it report at least "
        f"every {advised_s:g} s, or let the zone tolerate more."
    )
    return [WarningOut(code=Warned.REPORTS_TOO_SELDOM, detail=detail, advised_interval_s=advised_s)]


def seldom_enough_s(max_gap_s: float) -> float:
    """How seldom a device may report where so much is tolerated, on tenths of a second."""
    return int(max_gap_s / DRIFT * 10) / 10
