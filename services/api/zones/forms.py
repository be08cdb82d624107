"""From what was typed about a zone to what the API takes: pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from shared.domain.places import DeviceKind
from shared.domain.schedule import instant_of

#: Kinds that can watch a zone.
KINDS: Final = tuple(kind for kind in DeviceKind if kind is not DeviceKind.GATEWAY)
_NUMBERS: Final = ("min_devices", "max_gap_s")


def requirement_fields(typed: Mapping[str, str]) -> dict[str, Any]:
    """What nobody chose is what it is for a new zone: around the clock, whatever the kind."""
    return {
        **{name: typed[name] for name in _NUMBERS if name in typed},
        "calendar": typed.get("calendar"),
        "kinds": _kinds(typed),
        "occupied": typed.get("occupied", "yes") == "yes",
    }


def change_fields(typed: Mapping[str, str], zone: str) -> dict[str, Any]:
    """`zone`: on whose clock an instant to come was typed."""
    fields = {**requirement_fields(typed), "reason": typed.get("reason", "")}
    if "valid_from" in typed:
        fields["valid_from"] = _instant(typed["valid_from"], zone)
    return fields


def _kinds(typed: Mapping[str, str]) -> list[str] | None:
    """All, unless some were chosen and not all of them."""
    chosen = [str(kind) for kind in KINDS if f"kind_{kind}" in typed]
    return None if len(chosen) in {0, len(KINDS)} else chosen


def _instant(text: str, zone: str) -> datetime | str:
    """What is no time is left to the check."""
    try:
        return instant_of(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        return text
