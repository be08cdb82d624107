"""What a zone requires, in a reader's words: pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from services.api.console.words import DEVICE_KINDS
from services.api.zones.requirements.schemas import RequirementOut
from services.api.zones.schemas import ZoneWarned, ZoneWarningOut
from shared.i18n import Translator, marked

#: By the field that was wrong.
FIELDS: Final[Mapping[str, str]] = {
    "min_devices": marked("At least one device must watch."),
    "max_gap_s": marked("The tolerated gap is between a second and a day."),
    "calendar": marked("Choose a calendar from the list."),
    "kinds": marked("Choose kinds from the list."),
    "valid_from": marked("It cannot begin in the past: what was required stays as it was."),
    "reason": marked("Say why in at most 500 letters."),
}


def asks(requirement: RequirementOut, t: Translator) -> str:
    """`at least 2 devices, gaps up to 1 minute · Ban đêm · Motion sensor`."""
    if not requirement.occupied:
        return t.gettext("nobody is here: nothing is required")
    hole = t.duration(timedelta(seconds=requirement.max_gap_s))
    parts = [
        t.ngettext(
            "at least %(n)s device, gaps up to %(hole)s",
            "at least %(n)s devices, gaps up to %(hole)s",
            requirement.min_devices,
            hole=hole,
        )
    ]
    if requirement.calendar_name is not None:
        parts.append(requirement.calendar_name)
    if requirement.kinds is not None:
        parts.append(", ".join(t.gettext(DEVICE_KINDS[kind]) for kind in requirement.kinds))
    return " · ".join(parts)


def warned(warning: ZoneWarningOut, t: Translator) -> str:
    match warning.code:
        case ZoneWarned.TOO_FEW_DEVICES:
            return t.gettext(
                "Fewer devices that count stand here than must watch: the zone is never watched."
            )
        case ZoneWarned.DEVICE_TOO_SELDOM:
            return t.gettext(
                "%(device)s reports too seldom for the gap that is tolerated here: between two "
                "reports the zone may count as not watched.",
                device=warning.device or "",
            )
