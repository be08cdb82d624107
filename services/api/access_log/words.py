"""What was done, to what, and in which role: msgids, to be translated where they are shown."""

from collections.abc import Mapping
from typing import Final

from shared.domain.access import Role
from shared.domain.deeds import Subject, Verb
from shared.i18n import marked

VERBS: Final[Mapping[str, str]] = {
    Verb.READ: marked("looked at"),
    Verb.LIST: marked("looked through"),
    Verb.EXPORT: marked("exported"),
    Verb.CREATE: marked("added"),
    Verb.CHANGE: marked("changed"),
    Verb.REMOVE: marked("took out of service"),
    Verb.ACKNOWLEDGE: marked("took up"),
    Verb.REQUEST: marked("asked for"),
    Verb.APPROVE: marked("approved"),
    Verb.REFUSE: marked("refused"),
    Verb.REVOKE: marked("revoked"),
    Verb.UNDO: marked("withdrew"),
    Verb.LOG_IN: marked("logged in"),
    Verb.LOG_OUT: marked("logged out"),
}

SUBJECTS: Final[Mapping[str, str]] = {
    Subject.ADMIN_UNIT: marked("administrative unit"),
    Subject.AUTHORITY: marked("authority"),
    Subject.FACILITY: marked("facility"),
    Subject.LICENCE: marked("licence"),
    Subject.DOCUMENT: marked("document"),
    Subject.ZONE: marked("zone"),
    Subject.CALENDAR: marked("calendar or holiday"),
    Subject.DEVICE: marked("device"),
    Subject.DEVICE_CREDENTIAL: marked("password of a device"),
    Subject.DEVICE_KEY: marked("key of a device"),
    Subject.DEVICE_PROFILE: marked("device profile"),
    Subject.ENROLMENT: marked("enrolment"),
    Subject.CAMERA_APPROVAL: marked("approval of a camera"),
    Subject.ADAPTER_RULE: marked("translation rule"),
    Subject.IMPORT: marked("import"),
    Subject.INCIDENT: marked("incident"),
    Subject.DELIVERY: marked("message sent"),
    Subject.ROUND: marked("check-in on a round"),
    Subject.QUARANTINE: marked("messages set aside"),
    Subject.RETENTION: marked("how long data is kept"),
    Subject.LEGAL_HOLD: marked("legal hold"),
    Subject.PERSON: marked("person"),
    Subject.ROLE: marked("role"),
    Subject.INVITATION: marked("invitation"),
    Subject.SESSION: marked("session"),
    Subject.AGENCY: marked("agency"),
    Subject.GRANT: marked("grant"),
    Subject.DATASET: marked("shared data"),
    Subject.LADDER: marked("escalation ladder"),
    Subject.TEMPLATE: marked("words of messages"),
    Subject.DUTY: marked("rota"),
    Subject.EXCEPTION: marked("mute or maintenance"),
    Subject.NAMED_EXPORT: marked("export with names"),
    Subject.ACCESS_LOG: marked("access log"),
}

ROLES: Final[Mapping[str, str]] = {
    Role.FACILITY_MANAGER: marked("Facility manager"),
    Role.CAREGIVER: marked("Caregiver"),
    Role.SOCIAL_WORKER: marked("Social worker"),
    Role.COMMUNE_CPO: marked("Commune child-protection officer"),
    Role.COMMUNE_CHAIR: marked("Commune chair"),
    Role.DEPT_OFFICER: marked("Department officer"),
    Role.INSPECTOR: marked("Inspector"),
    Role.HOME_AFFAIRS: marked("Home Affairs"),
    Role.PPC_LEADER: marked("Provincial leader"),
    Role.POLICE: marked("Police"),
    Role.DPO: marked("Data protection officer"),
    Role.AUDITOR: marked("Auditor"),
    Role.SYS_ADMIN: marked("System administrator"),
}
