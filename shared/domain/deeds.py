"""What goes on record of people and agencies: every change, every look at personal data."""

from dataclasses import dataclass, field
from enum import StrEnum


class Verb(StrEnum):
    """What was done."""

    READ = "read"
    LIST = "list"
    EXPORT = "export"
    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"
    ACKNOWLEDGE = "acknowledge"
    REQUEST = "request"
    APPROVE = "approve"
    REFUSE = "refuse"
    REVOKE = "revoke"
    UNDO = "undo"
    LOG_IN = "log_in"
    LOG_OUT = "log_out"


class Subject(StrEnum):
    """To what it was done."""

    ADMIN_UNIT = "admin_unit"
    AUTHORITY = "authority"
    FACILITY = "facility"
    LICENCE = "licence"
    DOCUMENT = "document"
    ZONE = "zone"
    CALENDAR = "calendar"
    DEVICE = "device"
    DEVICE_CREDENTIAL = "device_credential"
    DEVICE_KEY = "device_key"
    DEVICE_PROFILE = "device_profile"
    ENROLMENT = "enrolment"
    CAMERA_APPROVAL = "camera_approval"
    ADAPTER_RULE = "adapter_rule"
    IMPORT = "import"
    INCIDENT = "incident"
    DELIVERY = "delivery"
    ROUND = "round"
    QUARANTINE = "quarantine"
    RETENTION = "retention"
    LEGAL_HOLD = "legal_hold"
    PERSON = "person"
    ROLE = "role"
    INVITATION = "invitation"
    SESSION = "session"
    AGENCY = "agency"
    GRANT = "grant"
    DATASET = "dataset"
    LADDER = "ladder"
    TEMPLATE = "template"
    DUTY = "duty"
    EXCEPTION = "exception"
    NAMED_EXPORT = "named_export"
    ACCESS_LOG = "access_log"


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the access log, as far as whoever does it knows it.

    `key` is the public code or number of the subject, never a name; `facility` the code of the one
    that it concerns, whose manager may read the line; `unit` the code of the administrative unit,
    where it is no facility. `detail` holds what changed, without names.
    """

    verb: Verb
    subject: Subject
    key: str
    facility: str | None = None
    detail: dict[str, object] = field(default_factory=dict)
    unit: str | None = None
