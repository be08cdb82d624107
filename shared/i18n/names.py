"""What codes of the domain are called, on pages and in mails alike."""

from collections.abc import Mapping
from typing import Final

from shared.domain.access import Role
from shared.domain.competence import SubjectMatter
from shared.domain.states import Hint, WatchState
from shared.i18n import marked

FAULTS: Final[Mapping[str, str]] = {
    WatchState.OK: marked("good"),
    WatchState.SIGNAL_LOSS: marked("no signal"),
    WatchState.DARK: marked("too dark"),
    WatchState.BRIGHT: marked("too bright"),
    WatchState.BLURRY: marked("blurred"),
    WatchState.COVERED: marked("covered"),
    WatchState.MOVED: marked("turned away"),
    WatchState.FROZEN: marked("frozen picture"),
    WatchState.NOISY: marked("noisy picture"),
}

#: What a device or its hub tells of a silence; it completes "Camera 1: …".
HINTS: Final[Mapping[str, str]] = {
    Hint.OFFLINE: marked("switched off or cut off"),
    Hint.STOPPED: marked("stopped on purpose"),
    Hint.BRIDGE_OFFLINE: marked("its hub is cut off"),
    Hint.RECORDING_OFF: marked("recording is switched off"),
    Hint.STORAGE_FAILURE: marked("its storage has failed"),
    Hint.POWER_FAILURE: marked("the power has failed"),
    Hint.LINK_LOST: marked("its network link was lost"),
    Hint.MESSAGES_MISSED: marked("messages were lost on the way"),
}

ROLES: Final[Mapping[str, str]] = {
    Role.FACILITY_MANAGER: marked("the facility"),
    Role.CAREGIVER: marked("the caregiver"),
    Role.COMMUNE_CPO: marked("the commune officer"),
    Role.DEPT_OFFICER: marked("the Department of Health"),
    Role.INSPECTOR: marked("the inspector"),
    Role.PPC_LEADER: marked("the People's Committee"),
    Role.SYS_ADMIN: marked("the system administrator"),
}

#: What authorities are competent for.
SUBJECT_MATTERS: Final[Mapping[str, str]] = {
    SubjectMatter.REGISTER_FACILITY: marked("registering facilities"),
    SubjectMatter.LICENSE_FACILITY: marked("licensing facilities"),
    SubjectMatter.CHECK_FACILITY: marked("checking facilities (specialised check)"),
    SubjectMatter.INSPECT_FACILITY: marked("inspecting facilities (statutory inspection)"),
    SubjectMatter.CHECK_BY_LAWS: marked("checking operating regulations"),
    SubjectMatter.PROTECT_CHILD: marked("emergency protection of children"),
    SubjectMatter.APPOINT_CHILD_PROTECTION_OFFICER: marked(
        "appointing the child-protection officer"
    ),
    SubjectMatter.OVERSEE_CHILD_PROTECTION: marked("state management of child protection"),
    SubjectMatter.INVESTIGATE: marked("investigation"),
}
