"""What the law's codes are called: types, standings, papers, conditions. Msgids."""

from collections.abc import Mapping
from typing import Final

from services.api.licences.schemas import Source
from shared.domain.conditions import Finding, OperatingCondition, Outcome
from shared.domain.facility_status import FactKind, LicenceState, Status
from shared.domain.facility_types import FacilityType
from shared.domain.licence_expiry import Urgency
from shared.i18n import marked

TYPES: Final[Mapping[str, str]] = {
    FacilityType.ELDERLY: marked("Facility for the elderly"),
    FacilityType.CHILDREN: marked("Facility for children in special circumstances"),
    FacilityType.DISABLED: marked("Facility for people with disabilities"),
    FacilityType.MENTAL_HEALTH: marked("Mental health facility"),
    FacilityType.GENERAL_PROTECTION: marked("General social protection facility"),
    FacilityType.SOCIAL_WORK_CENTRE: marked("Social work centre"),
    FacilityType.OTHER: marked("Other facility"),
}

STATUSES: Final[Mapping[str, str]] = {
    Status.UNDOCUMENTED: marked("Papers not on record"),
    Status.DISCOVERED_UNREGISTERED: marked("Unregistered, spontaneous"),
    Status.REGISTERED: marked("Registered, no licence in force"),
    Status.LICENSED: marked("Licensed"),
    Status.CONDITIONAL: marked("Licensed, must remedy"),
    Status.SUSPENDED: marked("Suspended"),
    Status.LICENCE_REVOKED: marked("Licence revoked"),
    Status.DISSOLVED: marked("Dissolved"),
}

LICENCES: Final[Mapping[str, str]] = {
    LicenceState.NONE: marked("no licence on record"),
    LicenceState.VALID: marked("licence in force"),
    LicenceState.EXPIRED: marked("licence expired"),
    LicenceState.REVOKED: marked("licence revoked"),
}
LICENCE_FILTERS: Final[Mapping[str, str]] = {
    "valid": marked("licence in force"),
    "expiring": marked("expires within 90 days"),
    "expired": marked("licence expired"),
    "revoked": marked("licence revoked"),
    "none": marked("no licence on record"),
}

URGENCIES: Final[Mapping[str, str]] = {
    Urgency.EXPIRED: marked("The licence has expired"),
    Urgency.WITHIN_21_DAYS: marked("The licence ends within 21 days"),
    Urgency.WITHIN_45_DAYS: marked("The licence ends within 45 days"),
    Urgency.WITHIN_90_DAYS: marked("The licence ends within 90 days"),
}

FACTS: Final[Mapping[str, str]] = {
    FactKind.DISCOVERED: marked("Discovered unregistered"),
    FactKind.REGISTRATION: marked("Certificate of registration of establishment"),
    FactKind.ESTABLISHMENT: marked("Decision of establishment"),
    FactKind.LICENCE_ISSUED: marked("Operating licence issued"),
    FactKind.LICENCE_AMENDED: marked("Operating licence amended"),
    FactKind.REMEDY_ORDERED: marked("Remedy ordered"),
    FactKind.REMEDY_ACCEPTED: marked("Remedy accepted"),
    FactKind.SUSPENDED: marked("Operation suspended"),
    FactKind.SUSPENSION_LIFTED: marked("Suspension lifted"),
    FactKind.LICENCE_REVOKED: marked("Operating licence revoked"),
    FactKind.DISSOLVED: marked("Dissolution"),
}

SOURCES: Final[Mapping[str, str]] = {
    Source.CITIZEN: marked("told by citizens"),
    Source.COMMUNE: marked("found by the commune"),
    Source.INSPECTION: marked("found at an inspection"),
    Source.HOTLINE_111: marked("through hotline 111"),
    Source.POLICE: marked("told by the police"),
    Source.OTHER: marked("otherwise"),
}

OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.MEETS: marked("Meets the conditions"),
    Outcome.DOES_NOT_MEET: marked("Does not meet the conditions"),
    Outcome.INCOMPLETE: marked("Not everything was checked"),
}
FINDINGS: Final[Mapping[str, str]] = {
    Finding.MET: marked("met"),
    Finding.NOT_MET: marked("not met"),
    Finding.NOT_APPLICABLE: marked("not applicable"),
}
CONDITIONS: Final[Mapping[str, str]] = {
    OperatingCondition.HEAD_QUALIFIED: marked("Head: full capacity, no criminal record"),
    OperatingCondition.STAFF_FIT: marked("Staff: health, ethics, skills"),
    OperatingCondition.STAFFING_QUOTA: marked("Enough staff for the residents"),
    OperatingCondition.SAFE_PREMISES: marked("Solid, storm-proof buildings with safe access"),
    OperatingCondition.WATER_AND_POWER: marked("Clean water and electricity"),
    OperatingCondition.SEPARATE_AREAS: marked("Separate living, kitchen, office and play areas"),
    OperatingCondition.ROOM_PER_RESIDENT: marked("Enough room for each resident"),
    OperatingCondition.ACCESSIBLE: marked("Accessible to children and people with disabilities"),
    OperatingCondition.ENVIRONMENT: marked("Greenery, drainage and waste handling"),
    OperatingCondition.SIGN_AND_FENCE: marked("Sign at the gate, fence, lighting"),
    OperatingCondition.WATER_BODIES_FENCED: marked("Ponds and water tanks fenced"),
    OperatingCondition.FIRE_SAFETY: marked("Fire safety"),
    OperatingCondition.OPERATING_REGULATIONS: marked("Operating regulations issued"),
    OperatingCondition.RESIDENT_FILES: marked("A file for each resident"),
}
