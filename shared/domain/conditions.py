"""The conditions under which a facility may operate, and what a check found of them."""

from collections.abc import Mapping
from enum import StrEnum


class OperatingCondition(StrEnum):
    """Decree 103/2017, articles 23 to 26, as far as a visitor can check them."""

    HEAD_QUALIFIED = "head_qualified"
    STAFF_FIT = "staff_fit"
    STAFFING_QUOTA = "staffing_quota"
    SAFE_PREMISES = "safe_premises"
    WATER_AND_POWER = "water_and_power"
    SEPARATE_AREAS = "separate_areas"
    ROOM_PER_RESIDENT = "room_per_resident"
    ACCESSIBLE = "accessible"
    ENVIRONMENT = "environment"
    SIGN_AND_FENCE = "sign_and_fence"
    WATER_BODIES_FENCED = "water_bodies_fenced"
    FIRE_SAFETY = "fire_safety"
    OPERATING_REGULATIONS = "operating_regulations"
    RESIDENT_FILES = "resident_files"


class Finding(StrEnum):
    """What was found of one condition."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"


class Outcome(StrEnum):
    """What a check says as a whole."""

    MEETS = "meets"
    DOES_NOT_MEET = "does_not_meet"
    INCOMPLETE = "incomplete"


def outcome(found: Mapping[OperatingCondition, Finding]) -> Outcome:
    """One that is not met decides; to meet them all, none may be left out."""
    if Finding.NOT_MET in found.values():
        return Outcome.DOES_NOT_MEET
    return Outcome.MEETS if set(found) == set(OperatingCondition) else Outcome.INCOMPLETE
