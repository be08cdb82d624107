"""What kinds of social-assistance facilities the law knows, and whose they are."""

from enum import StrEnum


class FacilityType(StrEnum):
    """The seven of Decree 103/2017. Children live in several: that is a mark of its own."""

    ELDERLY = "elderly"
    CHILDREN = "children"
    DISABLED = "disabled"
    MENTAL_HEALTH = "mental_health"
    GENERAL_PROTECTION = "general_protection"
    SOCIAL_WORK_CENTRE = "social_work_centre"
    OTHER = "other"
