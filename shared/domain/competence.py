"""Which authority decides what, where and until when, and whose roles end with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.jurisdiction import holds_on


class AuthorityKind(StrEnum):
    """What kind of body it is; its name changes more often."""

    MINISTRY = "ministry"
    MINISTRY_AGENCY = "ministry_agency"
    PEOPLES_COMMITTEE = "peoples_committee"
    LABOUR = "labour"
    HEALTH = "health"
    HOME_AFFAIRS = "home_affairs"
    INSPECTORATE = "inspectorate"
    POLICE = "police"
    OTHER = "other"


class SubjectMatter(StrEnum):
    """What an authority may be competent for."""

    REGISTER_FACILITY = "register_facility"
    LICENSE_FACILITY = "license_facility"
    #: Kiểm tra: by whoever manages the field.
    CHECK_FACILITY = "check_facility"
    #: Thanh tra: by an inspectorate only.
    INSPECT_FACILITY = "inspect_facility"
    CHECK_BY_LAWS = "check_by_laws"
    PROTECT_CHILD = "protect_child"
    APPOINT_CHILD_PROTECTION_OFFICER = "appoint_child_protection_officer"
    OVERSEE_CHILD_PROTECTION = "oversee_child_protection"
    INVESTIGATE = "investigate"


@dataclass(frozen=True, slots=True)
class Authority:
    """A body during its term; at a unit, or the state's as a whole."""

    id: int
    kind: AuthorityKind
    unit_id: int | None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Competence:
    """An authority may decide something, for a while."""

    authority_id: int
    subject: SubjectMatter
    valid_from: date
    valid_to: date | None = None
    review_on: date | None = None


def competent(
    subject: SubjectMatter,
    chain: Sequence[int],
    authorities: Mapping[int, Authority],
    competences: Iterable[Competence],
    *,
    day: date,
) -> tuple[int, ...]:
    """The authorities nearest to a place. `chain`: its unit and all above it, the nearest first."""
    able = [
        authorities[one.authority_id]
        for one in competences
        if one.subject is subject and holds_on(one.valid_from, one.valid_to, day)
    ]
    there = [one for one in able if holds_on(one.valid_from, one.valid_to, day)]
    for unit_id in (*chain, None):
        if found := sorted({one.id for one in there if one.unit_id == unit_id}):
            return tuple(found)
    return ()


#: Before a competence ends somebody is told again so long ahead.
WARNED_AHEAD: Final = (timedelta(days=30), timedelta(days=7), timedelta(0))
#: After its end nobody is told any more.
TOLD_FOR: Final = timedelta(days=30)


def review_due(competence: Competence, *, today: date) -> date | None:
    """The latest day that has come on which somebody should ask whether this is still the law."""
    ends_on = competence.valid_to
    if ends_on is not None and today >= ends_on + TOLD_FOR:
        return None
    days = [ends_on - ahead for ahead in WARNED_AHEAD] if ends_on else []
    if competence.review_on is not None:
        days.append(competence.review_on)
    return max((day for day in days if competence.valid_from <= day <= today), default=None)


class Ending(StrEnum):
    """Why a role ended that nobody took away."""

    UNIT_ENDED = "unit_ended"
    AUTHORITY_ENDED = "authority_ended"


@dataclass(frozen=True, slots=True)
class Resting:
    """A role, and what it rests on."""

    id: int
    unit_id: int | None
    authority_id: int | None


def endings(
    roles: Iterable[Resting],
    *,
    unit_ends: Mapping[int, date | None],
    authority_ends: Mapping[int, date | None],
    today: date,
) -> dict[int, Ending]:
    """The roles that rest on nothing any more; in the new order they are given anew, or not."""
    found: dict[int, Ending] = {}
    for role in roles:
        if role.authority_id is not None and _is_over(authority_ends[role.authority_id], today):
            found[role.id] = Ending.AUTHORITY_ENDED
        if role.unit_id is not None and _is_over(unit_ends[role.unit_id], today):
            found[role.id] = Ending.UNIT_ENDED
    return found


def _is_over(valid_to: date | None, today: date) -> bool:
    return valid_to is not None and valid_to <= today
