"""Who may see and do what, where: the one table that API, console, database and tests read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The roles of DOMAIN §4. Each is held at a place and between two dates."""

    FACILITY_MANAGER = "FACILITY_MANAGER"
    CAREGIVER = "CAREGIVER"
    SOCIAL_WORKER = "SOCIAL_WORKER"
    CHILD = "CHILD"
    GUARDIAN = "GUARDIAN"
    COMMUNE_CPO = "COMMUNE_CPO"
    COMMUNE_CHAIR = "COMMUNE_CHAIR"
    DISTRICT_OFFICER = "DISTRICT_OFFICER"
    DEPT_OFFICER = "DEPT_OFFICER"
    INSPECTOR = "INSPECTOR"
    HOME_AFFAIRS = "HOME_AFFAIRS"
    PPC_LEADER = "PPC_LEADER"
    MINISTRY = "MINISTRY"
    POLICE = "POLICE"
    HOTLINE_111 = "HOTLINE_111"
    MEDIA = "MEDIA"
    PUBLIC = "PUBLIC"
    DPO = "DPO"
    AUDITOR = "AUDITOR"
    SYS_ADMIN = "SYS_ADMIN"


class Action(StrEnum):
    """What can be done to what is in one's place."""

    #: That a facility exists, and the facts of its registration.
    SEE = "see"
    #: Its zones and devices, coverage, gaps and incidents. Nobody is named there.
    WATCH = "watch"
    #: Take it up, and say something to it.
    ACKNOWLEDGE = "acknowledge"
    #: Put it off, give it to somebody, say what it was.
    HANDLE_INCIDENT = "handle_incident"
    #: Why a gap came to be, as the one who is answerable; and whether that is accepted.
    EXPLAIN_GAP = "explain_gap"
    REVIEW_EXPLANATION = "review_explanation"
    #: Come by on a round.
    CHECK_IN = "check_in"
    #: Who is told after how long, who is on duty, and in which words.
    MANAGE_LADDERS = "manage_ladders"
    MANAGE_DUTY = "manage_duty"
    MANAGE_TEMPLATES = "manage_templates"
    #: What was sent, when, through what, with which result; addresses only with SEE_ADDRESSES.
    SEE_DELIVERIES = "see_deliveries"
    SEE_QUARANTINE = "see_quarantine"
    #: Put a facility on record that nobody has registered.
    DISCOVER_FACILITY = "discover_facility"
    REGISTER_FACILITY = "register_facility"
    CHANGE_FACILITY = "change_facility"
    #: Registration, licence and conditions, as the authority that decides on them.
    LICENSE_FACILITY = "license_facility"
    #: Scans of decisions and licences.
    SEE_DOCUMENTS = "see_documents"
    MANAGE_DEVICES = "manage_devices"
    APPROVE_CAMERA = "approve_camera"
    #: What types of devices there are to choose from, for everybody.
    MANAGE_PROFILES = "manage_profiles"
    #: Names and addresses of those who work there.
    SEE_PEOPLE = "see_people"
    #: By name, who took up, decided or wrote down what one sees.
    SEE_ACTORS = "see_actors"
    #: To which addresses messages about incidents went.
    SEE_ADDRESSES = "see_addresses"
    #: Invite, give roles, end them; without SEE_PEOPLE nobody is seen by name.
    MANAGE_PEOPLE = "manage_people"
    #: Administrative units, authorities and their competences.
    MANAGE_UNITS = "manage_units"
    MANAGE_RETENTION = "manage_retention"
    #: Which agencies may log in, with which keys.
    MANAGE_AGENCIES = "manage_agencies"
    SEE_GRANTS = "see_grants"
    PROPOSE_GRANT = "propose_grant"
    APPROVE_GRANT = "approve_grant"
    #: A mute or a maintenance window.
    REQUEST_EXCEPTION = "request_exception"
    APPROVE_EXCEPTION = "approve_exception"
    #: Data that names people leaves the house.
    REQUEST_EXPORT = "request_export"
    APPROVE_EXPORT = "approve_export"
    #: Who read and changed what.
    SEE_ACCESS_LOG = "see_access_log"


_A = Action
#: What nobody may do who administers the service: it would show people, or decide about them.
_NOT_FOR_ADMINISTRATORS: Final = frozenset(
    {
        _A.LICENSE_FACILITY, _A.SEE_DOCUMENTS, _A.APPROVE_CAMERA, _A.SEE_PEOPLE,
        _A.SEE_ACTORS, _A.SEE_ADDRESSES, _A.SEE_GRANTS, _A.PROPOSE_GRANT, _A.APPROVE_GRANT,
        _A.REQUEST_EXCEPTION, _A.APPROVE_EXCEPTION, _A.REQUEST_EXPORT, _A.APPROVE_EXPORT,
        _A.SEE_ACCESS_LOG, _A.EXPLAIN_GAP, _A.REVIEW_EXPLANATION, _A.CHECK_IN,
        _A.HANDLE_INCIDENT, _A.MANAGE_DUTY,
    }
)  # fmt: skip

POLICY: Final[dict[Role, frozenset[Action]]] = {
    Role.FACILITY_MANAGER: frozenset(
        {
            _A.SEE, _A.WATCH, _A.ACKNOWLEDGE, _A.HANDLE_INCIDENT, _A.EXPLAIN_GAP, _A.CHECK_IN,
            _A.MANAGE_DUTY, _A.SEE_DELIVERIES, _A.SEE_QUARANTINE, _A.SEE_DOCUMENTS,
            _A.MANAGE_DEVICES, _A.SEE_PEOPLE, _A.MANAGE_PEOPLE, _A.SEE_GRANTS,
            _A.SEE_ACTORS, _A.REQUEST_EXCEPTION, _A.REQUEST_EXPORT, _A.SEE_ACCESS_LOG,
        }
    ),
    Role.CAREGIVER: frozenset({_A.SEE, _A.WATCH, _A.ACKNOWLEDGE, _A.CHECK_IN, _A.SEE_ACTORS}),
    Role.SOCIAL_WORKER: frozenset({_A.SEE, _A.WATCH, _A.CHECK_IN, _A.SEE_ACTORS}),
    Role.CHILD: frozenset(),
    Role.GUARDIAN: frozenset(),
    Role.COMMUNE_CPO: frozenset(
        {
            _A.SEE, _A.WATCH, _A.ACKNOWLEDGE, _A.HANDLE_INCIDENT, _A.SEE_DELIVERIES,
            _A.DISCOVER_FACILITY, _A.SEE_DOCUMENTS, _A.SEE_PEOPLE, _A.SEE_ACTORS, _A.SEE_GRANTS,
        }
    ),
    Role.COMMUNE_CHAIR: frozenset(
        {
            _A.SEE, _A.WATCH, _A.MANAGE_DUTY, _A.SEE_DELIVERIES, _A.DISCOVER_FACILITY,
            _A.SEE_DOCUMENTS, _A.SEE_PEOPLE, _A.MANAGE_PEOPLE, _A.SEE_ACTORS, _A.SEE_GRANTS,
            _A.APPROVE_EXCEPTION,
        }
    ),
    # Closed on 2025-06-30: what they did stays on record, and nobody acts in their name.
    Role.DISTRICT_OFFICER: frozenset(),
    # The department decides; it does not administer those who log in for other bodies, nor what
    # every province chooses from, and it does not answer for a facility's gaps.
    Role.DEPT_OFFICER: frozenset(_A) - {
        _A.MANAGE_AGENCIES, _A.MANAGE_PROFILES, _A.EXPLAIN_GAP, _A.CHECK_IN,
    },
    Role.INSPECTOR: frozenset(
        {
            _A.SEE, _A.WATCH, _A.ACKNOWLEDGE, _A.REVIEW_EXPLANATION, _A.SEE_QUARANTINE,
            _A.DISCOVER_FACILITY, _A.SEE_DOCUMENTS, _A.SEE_PEOPLE, _A.SEE_ACTORS,
            _A.REQUEST_EXPORT,
        }
    ),
    # Joint checks and operating regulations, not the watch.
    Role.HOME_AFFAIRS: frozenset({_A.SEE, _A.SEE_DOCUMENTS, _A.SEE_ACTORS}),
    Role.PPC_LEADER: frozenset({_A.SEE, _A.WATCH, _A.SEE_ACTORS, _A.SEE_GRANTS}),
    # These come by an agency's grant, by a form for everybody, or not yet at all.
    Role.MINISTRY: frozenset(),
    Role.POLICE: frozenset({_A.SEE, _A.WATCH, _A.SEE_ACTORS}),
    Role.HOTLINE_111: frozenset(),
    Role.MEDIA: frozenset(),
    Role.PUBLIC: frozenset(),
    Role.DPO: frozenset(
        {_A.SEE, _A.SEE_PEOPLE, _A.SEE_ACTORS, _A.SEE_GRANTS, _A.SEE_ACCESS_LOG}
    ),
    Role.AUDITOR: frozenset({_A.SEE, _A.SEE_ACTORS, _A.SEE_GRANTS, _A.SEE_ACCESS_LOG}),
    Role.SYS_ADMIN: frozenset(_A) - _NOT_FOR_ADMINISTRATORS,
}  # fmt: skip


class PlaceKind(StrEnum):
    """Where a role can be held."""

    FACILITY = "facility"
    COMMUNE = "commune"
    PROVINCE = "province"
    EVERYWHERE = "everywhere"


_AT_FACILITY: Final = frozenset({PlaceKind.FACILITY})
_AT_COMMUNE: Final = frozenset({PlaceKind.COMMUNE})
_AT_PROVINCE: Final = frozenset({PlaceKind.PROVINCE})

HELD_AT: Final[dict[Role, frozenset[PlaceKind]]] = {
    Role.FACILITY_MANAGER: _AT_FACILITY,
    Role.CAREGIVER: _AT_FACILITY,
    Role.SOCIAL_WORKER: frozenset({PlaceKind.FACILITY, PlaceKind.COMMUNE}),
    Role.COMMUNE_CPO: _AT_COMMUNE,
    Role.COMMUNE_CHAIR: _AT_COMMUNE,
    Role.DEPT_OFFICER: _AT_PROVINCE,
    Role.INSPECTOR: frozenset({PlaceKind.FACILITY, PlaceKind.COMMUNE, PlaceKind.PROVINCE}),
    Role.HOME_AFFAIRS: _AT_PROVINCE,
    Role.PPC_LEADER: _AT_PROVINCE,
    Role.POLICE: frozenset({PlaceKind.FACILITY, PlaceKind.COMMUNE}),
    Role.DPO: frozenset({PlaceKind.PROVINCE, PlaceKind.EVERYWHERE}),
    Role.AUDITOR: frozenset({PlaceKind.PROVINCE, PlaceKind.EVERYWHERE}),
    Role.SYS_ADMIN: frozenset({PlaceKind.EVERYWHERE}),
}

#: Which roles somebody may give to others, within their own place.
DELEGATION: Final[dict[Role, frozenset[Role]]] = {
    Role.FACILITY_MANAGER: frozenset({Role.CAREGIVER, Role.SOCIAL_WORKER}),
    Role.COMMUNE_CHAIR: frozenset({Role.COMMUNE_CPO}),
    Role.DEPT_OFFICER: frozenset(
        {
            Role.FACILITY_MANAGER, Role.COMMUNE_CPO, Role.COMMUNE_CHAIR, Role.INSPECTOR,
            Role.HOME_AFFAIRS, Role.PPC_LEADER, Role.POLICE, Role.DEPT_OFFICER,
        }
    ),
    Role.SYS_ADMIN: frozenset({Role.SYS_ADMIN, Role.DEPT_OFFICER, Role.DPO, Role.AUDITOR}),
}  # fmt: skip

#: Roles that are given for a visit or a request, and end by themselves.
LONGEST: Final[dict[Role, timedelta]] = {
    Role.INSPECTOR: timedelta(days=366),
    Role.POLICE: timedelta(days=31),
}

#: Whoever sees people, or decides who does, proves who they are twice.
NEEDS_SECOND_FACTOR: Final = frozenset(
    role
    for role, actions in POLICY.items()
    if actions & {_A.SEE_PEOPLE, _A.MANAGE_PEOPLE, _A.SEE_ACCESS_LOG, _A.MANAGE_AGENCIES}
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role at a place: a facility, an administrative unit and all below it, or everywhere."""

    role: Role
    facility_id: int | None = None
    admin_unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a person may do one thing. Nothing named and not everywhere means nowhere."""

    is_everywhere: bool = False
    admin_unit_ids: tuple[int, ...] = ()
    facility_ids: tuple[int, ...] = ()

    @property
    def is_nowhere(self) -> bool:
        return not (self.is_everywhere or self.admin_unit_ids or self.facility_ids)

    def covers(self, *, facility_id: int, admin_unit_id: int) -> bool:
        """Whether a facility, which lies in an administrative unit, is within."""
        return (
            self.is_everywhere
            or facility_id in self.facility_ids
            or self.covers_unit(admin_unit_id)
        )

    def covers_unit(self, admin_unit_id: int) -> bool:
        return self.is_everywhere or admin_unit_id in self.admin_unit_ids


def scope_of(
    assignments: Iterable[Assignment], action: Action, *, children_of: dict[int, Sequence[int]]
) -> Scope:
    """Where these roles allow an action. `children_of`: the units directly below a unit."""
    facilities: set[int] = set()
    units: set[int] = set()
    for held in assignments:
        if action not in POLICY[held.role]:
            continue
        if held.facility_id is not None:
            facilities.add(held.facility_id)
        elif held.admin_unit_id is not None:
            units |= _with_all_below(held.admin_unit_id, children_of)
        else:
            return Scope(is_everywhere=True)
    return Scope(admin_unit_ids=tuple(sorted(units)), facility_ids=tuple(sorted(facilities)))


def _with_all_below(unit_id: int, children_of: dict[int, Sequence[int]]) -> set[int]:
    found: set[int] = set()
    left = [unit_id]
    while left:
        unit = left.pop()
        if unit not in found:
            found.add(unit)
            left.extend(children_of.get(unit, ()))
    return found
