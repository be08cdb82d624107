"""How sure we are of who somebody is, and what they must still show before they are let in."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.access import NEEDS_SECOND_FACTOR, Role

#: For so long after proving who one is, one may change with what one proves it.
FRESH: Final = timedelta(minutes=10)


class Assurance(StrEnum):
    """What the holder of a session has shown."""

    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a choice
    TWO_FACTORS = "two_factors"


class Standing(StrEnum):
    """How far a session goes."""

    #: To everything that the person's roles allow.
    FULL = "full"
    #: To the page that asks for the second factor.
    MUST_PROVE = "must_prove"
    #: To the page on which a second factor is set up.
    MUST_ENROL = "must_enrol"


def needs_second_factor(roles: Iterable[Role]) -> bool:
    return not NEEDS_SECOND_FACTOR.isdisjoint(roles)


def standing(assurance: Assurance, *, has_factor: bool, needs_factor: bool) -> Standing:
    """Who has a second factor shows it, whether or not their roles demand one."""
    if assurance is Assurance.TWO_FACTORS:
        return Standing.FULL
    if has_factor:
        return Standing.MUST_PROVE
    return Standing.MUST_ENROL if needs_factor else Standing.FULL


def is_fresh(proven_at: datetime | None, *, now: datetime) -> bool:
    """Whether they proved it just now, so that whoever found an open page changes nothing."""
    return proven_at is not None and now - proven_at < FRESH
