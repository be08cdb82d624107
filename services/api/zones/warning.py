"""What will not go well with what a zone requires and the devices it has: pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.api.zones.requirements.schemas import RequirementOut
from services.api.zones.schemas import ZoneWarned, ZoneWarningOut
from shared.domain.places import DeviceKind
from shared.domain.profiles import Rhythm


@dataclass(frozen=True, slots=True)
class Watcher:
    """A device of a zone, and how often it speaks."""

    code: str
    kind: str
    rhythm: Rhythm


def warnings_of(requirement: RequirementOut, watchers: Sequence[Watcher]) -> list[ZoneWarningOut]:
    """Nothing, where nobody is: then nothing is required."""
    if not requirement.occupied:
        return []
    counting = [one for one in watchers if _counts(one, requirement)]
    return [*_too_few(requirement, counting), *_too_seldom(requirement, counting)]


def _counts(one: Watcher, requirement: RequirementOut) -> bool:
    return requirement.kinds is None or one.kind in requirement.kinds


def _too_few(requirement: RequirementOut, counting: Sequence[Watcher]) -> list[ZoneWarningOut]:
    if len(counting) >= requirement.min_devices:
        return []
    detail = (
        f"At least {requirement.min_devices} must watch at once, but only {len(counting)} of the "
        "devices here count: without more the zone is not watched at all."
    )
    return [ZoneWarningOut(code=ZoneWarned.TOO_FEW_DEVICES, detail=detail, device=None)]


def _too_seldom(requirement: RequirementOut, counting: Sequence[Watcher]) -> list[ZoneWarningOut]:
    return [
        ZoneWarningOut(
            code=ZoneWarned.DEVICE_TOO_SELDOM,
            detail=(
                f"{one.code} may be silent for {one.rhythm.longest_silence_s:g} s, but only "
                f"{requirement.max_gap_s:g} s without a watch are tolerated: between two reports "
                "the zone may count as not watched. Have it report more often, or tolerate more."
            ),
            device=one.code,
        )
        for one in counting
        # At a place on a round people come by, and nothing reports.
        if one.kind != DeviceKind.ROUND_POINT
        and one.rhythm.longest_silence_s > requirement.max_gap_s
    ]
