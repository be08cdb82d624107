"""What a device says of itself beside its watch, taken only where it makes sense."""

from collections.abc import Mapping
from math import isfinite
from typing import Final

from shared.contracts.adapters.base import NOTHING_READ

_SECOND_US: Final = 1_000_000
#: No registered interval is longer: what started before is no matter for one message.
_LATELY_US: Final = 3600 * _SECOND_US
#: Percent, dBm, pictures a second.
_RANGES: Final = {"battery": (0.0, 100.0), "rssi": (-200.0, 20.0), "fps": (0.0, 1000.0)}


def number(value: object) -> float | None:
    """The value, if it is a number to reckon with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # An integer may be too large for a float.
    if isinstance(value, int) and value.bit_length() > 64:
        return None
    return float(value) if isfinite(value) else None


def sensible(**values: object) -> Mapping[str, float]:
    """Of `battery`, `rssi` and `fps` those that are numbers within their range."""
    kept: dict[str, float] = {}
    for name, value in values.items():
        found = number(value)
        low, high = _RANGES[name]
        if found is not None and low <= found <= high:
            kept[name] = found
    return kept or NOTHING_READ


def started_lately(at_us: int, uptime_s: object) -> int | None:
    """When the device started, if that is so lately that one interval might reach back further.

    A device that has just got its power back says so at once; without this, its first message
    would hide the power cut.
    """
    uptime = number(uptime_s)
    if uptime is None or not 0 <= uptime * _SECOND_US < _LATELY_US:
        return None
    return at_us - round(max(uptime, 1.0) * _SECOND_US)
