"""Roles and refusals in the reader's words."""

from collections.abc import Mapping
from typing import Final

from shared.domain.access import Role
from shared.domain.appointments import Refusal
from shared.i18n import marked

ROLES: Final[Mapping[Role, str]] = {
    Role.FACILITY_MANAGER: marked("Facility manager"),
    Role.CAREGIVER: marked("Caregiver"),
    Role.SOCIAL_WORKER: marked("Social worker"),
    Role.CHILD: marked("Child"),
    Role.GUARDIAN: marked("Guardian"),
    Role.COMMUNE_CPO: marked("Commune child-protection officer"),
    Role.COMMUNE_CHAIR: marked("Chair of the commune People's Committee"),
    Role.DISTRICT_OFFICER: marked("District officer (to 2025-06-30)"),
    Role.DEPT_OFFICER: marked("Officer of the Department of Health"),
    Role.INSPECTOR: marked("Inspector"),
    Role.HOME_AFFAIRS: marked("Officer of the Department of Home Affairs"),
    Role.PPC_LEADER: marked("Leader of the provincial People's Committee"),
    Role.MINISTRY: marked("Ministry"),
    Role.POLICE: marked("Police"),
    Role.HOTLINE_111: marked("Hotline 111"),
    Role.MEDIA: marked("Broadcaster"),
    Role.PUBLIC: marked("Public"),
    Role.DPO: marked("Data protection officer"),
    Role.AUDITOR: marked("Auditor"),
    Role.SYS_ADMIN: marked("System administrator"),
}

REFUSALS: Final[Mapping[str, str]] = {
    Refusal.NOT_YOURS_TO_GIVE: marked("This role is not yours to give or to end here."),
    Refusal.WRONG_PLACE: marked("This role is not held at such a place. Choose another place."),
    Refusal.NEEDS_END: marked("This role is given for a time: say until when."),
    Refusal.TOO_LONG: marked("This role is not given for so long. Choose an earlier end."),
    Refusal.ENDS_BEFORE_IT_BEGINS: marked("It would end before it begins."),
    Refusal.IN_THE_PAST: marked("It would lie in the past. Choose a later day."),
    Refusal.NEEDS_BASIS: marked(
        "For a commune officer, name the decision of appointment and the share of working time."
    ),
    Refusal.ONESELF: marked("Nobody does this to themselves. Ask somebody else who may."),
    Refusal.LAST_ONE: marked(
        "Nobody could let others in any more. Appoint another administrator first."
    ),
    "disabled": marked("This account is closed. Open it first."),
    "ended": marked("This role has ended already."),
    "over": marked("This invitation is over: accepted, revoked or expired."),
    "not_found": marked("There is no such place within what you look after."),
    "not_allowed": marked("They hold roles that are not yours to give."),
}
