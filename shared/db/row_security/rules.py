"""What the api may see and write of each table."""

from collections.abc import Mapping
from typing import Final

from shared.db.row_security.reach import (
    CLIENT,
    KNOWN,
    ME,
    SYSTEM,
    at,
    everywhere,
    of_facility,
    of_place,
    of_visible,
    somewhere,
)

_OF_PERSON: Final = f"({SYSTEM} OR user_id = {ME} OR {of_visible('user_account', 'user_id')})"
_OF_AGENCIES: Final = f"({SYSTEM} OR client_id = {CLIENT} OR {somewhere('agencies')})"
_GRANT_OF_PLACE: Final = of_place("grants")
_WORDS_OF_PLACE: Final = (
    f"({everywhere('templates')} OR admin_unit_id IN (SELECT giamsat_units('templates')))"
)
_OF_DEVICE: Final = "device_id IN (SELECT d.id FROM device d)"

#: What the api may see of each table. What has no row here is closed to nobody who has the right
#: to the table: see `OPEN`.
VISIBLE: Final[Mapping[str, str]] = {
    "facility": at("any", unit="admin_unit_id", facility="id"),
    "facility_location": of_facility("any"),
    "jurisdiction_reassigned": of_facility("any"),
    "facility_fact": of_facility("any"),
    "facility_standing": of_facility("any"),
    "condition_check": of_facility("any"),
    "condition_result": "check_id IN (SELECT c.id FROM condition_check c)",
    "document": of_facility("documents"),
    # An import is of whoever began it, and worked on by ourselves.
    "import_job": f"({SYSTEM} OR created_by = {ME})",
    "import_row": "job_id IN (SELECT j.id FROM import_job j)",
    "facility_assignment": of_facility("any"),
    # Numbers of transactions, for the feeds; written by triggers, whoever moves a facility.
    "facility_change": KNOWN,
    "facility_departure": KNOWN,
    "enrolment": of_facility("watch"),
    "device_replacement": _OF_DEVICE,
    "device_placement": _OF_DEVICE,
    "device_gateway": _OF_DEVICE,
    "camera_approval": _OF_DEVICE,
    "discovered_camera": "gateway_id IN (SELECT d.id FROM device d)",
    "approval": (f"(requested_by = {ME} OR {of_place('approvals')})"),
    "agency_client": f"({SYSTEM} OR id = {CLIENT} OR {somewhere('agencies')})",
    "agency_key": _OF_AGENCIES,
    "agency_token": _OF_AGENCIES,
    "agency_usage": _OF_AGENCIES,
    # One's own area, what lies around it and so concerns it, and what concerns the whole country.
    "sharing_grant": (
        f"(client_id = {CLIENT} OR {_GRANT_OF_PLACE} "
        "OR admin_unit_id IN (SELECT giamsat_units_above('grants')) "
        f"OR (admin_unit_id IS NULL AND facility_id IS NULL AND {somewhere('grants')}))"
    ),
    "zone": of_facility("watch"),
    "requirement": "zone_id IN (SELECT z.id FROM zone z)",
    "device": of_facility("watch"),
    "device_credential": _OF_DEVICE,
    "device_suspension": _OF_DEVICE,
    "device_key": _OF_DEVICE,
    "adapter_rule": "publisher_id IN (SELECT d.id FROM device d)",
    "replay_request": of_visible("quarantine", "quarantine_id"),
    # Without a device these say nothing; they are only ever read together with one.
    "device_day": KNOWN,
    "device_fault": KNOWN,
    "device_latest": KNOWN,
    "device_condition": KNOWN,
    "device_clock": KNOWN,
    "device_identity": KNOWN,
    "security_event": KNOWN,
    "quarantine": (
        f"({everywhere('quarantine')} OR facility_code IN (SELECT f.code FROM facility f WHERE "
        f"{at('quarantine', unit='f.admin_unit_id', facility='f.id')}))"
    ),
    "quarantine_message": of_visible("quarantine", "quarantine_id"),
    # What is of no place is seen by those who watch everywhere, an area's outage by its officers.
    "incident": of_place("watch"),
    "gap": of_facility("watch"),
    "event": f"({everywhere('watch')} OR {of_visible('incident', 'incident_id')})",
    # One's own; and what is about no incident, where one sees everything that is sent.
    "notification": (
        f"(user_id = {ME} OR {everywhere('deliveries')} OR {of_visible('incident', 'incident_id')})"
    ),
    "delivery_attempt": of_visible("notification", "notification_id"),
    "acknowledgement": of_visible("incident", "incident_id"),
    "incident_action": of_visible("incident", "incident_id"),
    "watch_calendar": f"(facility_id IS NULL OR {of_facility('watch')})",
    "round_point": _OF_DEVICE,
    "round_check_in": _OF_DEVICE,
    # One's own, those above that hold there too, and those of the whole country.
    "ladder": (
        f"({of_place('watch')} OR {of_place('ladders')} "
        "OR admin_unit_id IN (SELECT giamsat_units_above('watch')) "
        "OR (admin_unit_id IS NULL AND facility_id IS NULL "
        f"AND ({somewhere('watch')} OR {somewhere('ladders')})))"
    ),
    "ladder_step": "(ladder_id IS NULL OR ladder_id IN (SELECT l.id FROM ladder l))",
    # One's own, and those around it that count where one has none.
    "message_template": (
        f"({_WORDS_OF_PLACE} OR admin_unit_id IN (SELECT giamsat_units_above('templates')) "
        f"OR (admin_unit_id IS NULL AND {somewhere('templates')}))"
    ),
    "duty_shift": f"(user_id = {ME} OR {of_place('watch')})",
    "contact_point": _OF_PERSON,
    "address_fault": (
        "(address IN (SELECT u.email FROM user_account u) "
        "OR address IN (SELECT c.address FROM contact_point c))"
    ),
    "webhook_call": "webhook_id IN (SELECT w.id FROM webhook w)",
    "webhook": f"({SYSTEM} OR client_id = {CLIENT} OR {somewhere('webhooks')})",
    "person_text": of_visible("contact_point", "contact_point_id"),
    "sms_receipt": SYSTEM,
    "sms_inbound": SYSTEM,
    "legal_hold": f"(facility_id IS NULL OR {of_facility('any')})",
    "role_assignment": (f"(user_id = {ME} OR {of_place('any')})"),
    # Oneself, and those who work where one may see people; see also `giamsat_name_of`.
    "user_account": (
        f"(id = {ME} OR {SYSTEM} OR EXISTS (SELECT FROM role_assignment a WHERE "
        "a.user_id = user_account.id AND "
        f"{of_place('people', unit='a.admin_unit_id', facility='a.facility_id')}))"
    ),
    "session": _OF_PERSON,
    "passkey": _OF_PERSON,
    "totp_secret": _OF_PERSON,
    "recovery_code": _OF_PERSON,
    "known_device": _OF_PERSON,
    "external_identity": _OF_PERSON,
    "passkey_challenge": f"({SYSTEM} OR user_id = {ME})",
    "identity_journey": f"({SYSTEM} OR user_id = {ME})",
    "log_in_throttle": KNOWN,
    "spent_proof": KNOWN,
    "invitation": (f"(invited_by = {ME} OR {of_place('people')})"),
    "person_mail": f"(user_id = {ME} OR {of_visible('invitation', 'invitation_id')})",
    "access_log": (
        f"(actor = (SELECT current_setting('giamsat.actor', true)) OR {of_place('log')})"
    ),
    # Hashes only.
    "access_log_tail": KNOWN,
    "access_log_node": KNOWN,
    "access_seal": KNOWN,
}

_LADDER_OF_PLACE: Final = of_place("ladders", unit="l.admin_unit_id", facility="l.facility_id")

#: What may be written where that is not what may be seen.
WRITABLE: Final[Mapping[str, str]] = {
    "ladder": (
        f"({of_place('ladders')} OR (admin_unit_id IS NULL AND facility_id IS NULL "
        f"AND {everywhere('ladders')}))"
    ),
    # A step is written by whoever may write its ladder; without one it is of the whole country.
    "ladder_step": (
        f"({everywhere('ladders')} OR ladder_id IN (SELECT l.id FROM ladder l "
        f"WHERE {_LADDER_OF_PLACE}))"
    ),
    "message_template": _WORDS_OF_PLACE,
    # Nobody signs with another's name.
    "access_log": "actor = (SELECT current_setting('giamsat.actor', true))",
    # Nobody comes by in another's name.
    "round_check_in": f"(user_id = {ME} AND {_OF_DEVICE})",
    # Where people are told is for them to say, whoever may see it.
    "contact_point": f"({SYSTEM} OR user_id = {ME})",
    # What concerns one's place is seen; what is one's place may be shared.
    "sharing_grant": f"(client_id = {CLIENT} OR {_GRANT_OF_PLACE})",
}

#: Open to whoever may read the table at all: the state's own order, and our own workings.
OPEN: Final = frozenset(
    {
        "admin_unit", "admin_unit_succession", "authority", "competence", "role_right",
        "registry_version", "alert_lease", "ingest_worker", "blind_span",
        "retention_policy", "purge_log", "alembic_version", "device_profile", "holiday",
        "webhook_progress", "round_intake",
    }
)  # fmt: skip
