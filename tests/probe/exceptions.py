"""What the generated worlds cannot guess: codes without a check, and what belongs to nobody."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

#: The state's own order: for everybody to see.
SHARED: Final = frozenset(
    {"admin_unit", "admin_unit_succession", "authority", "competence", "holiday"}
)
#: Our own workings, and what only exists for a moment.
SKIPPED: Final = frozenset(
    {
        "round_intake", "registry_version", "alert_lease", "ladder_step", "ingest_worker", "blind_span",
        "role_right", "retention_policy", "purge_log", "access_log_tail",
        "access_log_node", "access_seal", "device_profile", "log_in_throttle", "spent_proof",
        "passkey_challenge", "identity_journey", "facility_change", "facility_departure",
    }
)  # fmt: skip
#: Words in the names of instants and days that lie ahead.
LATER: Final = ("expires", "until", "valid_to", "not_after", "ends", "review_on", "due")

Maker = Callable[[Any, Any], Any]
#: By table and column; `*` for the same in every table.
OWN_VALUES: Final[dict[tuple[str, str], Any]] = {
    ("*", "language"): "vi",
    ("facility", "code"): lambda world, _now: world.facility,
    ("facility", "time_zone"): "Asia/Ho_Chi_Minh",
    ("facility", "type"): "children",
    ("facility_fact", "kind"): "registration",
    ("facility_standing", "status"): "registered",
    ("facility_standing", "licence"): "none",
    ("condition_result", "condition"): "safe_premises",
    ("condition_result", "finding"): "met",
    ("document", "media_type"): "application/pdf",
    ("import_job", "kind"): "zones",
    ("import_job", "state"): "done",
    ("import_row", "state"): "done",
    ("approval", "kind"): "mute",
    ("approval", "starts_at"): lambda _world, now: now,
    ("approval", "ends_at"): lambda _world, now: now + timedelta(hours=1),
    ("approval", "admin_unit_id"): None,
    ("approval", "decision"): None,
    ("approval", "decided_by"): None,
    ("invitation", "email"): lambda world, _now: f"{world.mark}-invited@giamsat.example",
    ("invitation", "role"): "CAREGIVER",
    ("invitation", "admin_unit_id"): None,
    ("person_mail", "address"): lambda world, _now: f"{world.mark}-invited@giamsat.example",
    ("contact_point", "is_marked"): None,
    ("person_text", "receipt"): "delivered",
    ("sms_receipt", "receipt"): "delivered",
    ("sharing_grant", "admin_unit_id"): None,
    ("sharing_grant", "decided_by"): None,
    ("sharing_grant", "revoked_by"): None,
    ("agency_client", "jwks_uri"): None,
    ("agency_client", "revoked_by"): None,
    ("agency_key", "jwk"): {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    },
    ("agency_token", "bound_to"): None,
    ("agency_token", "scopes"): ["dataset:facilities"],
    # What was taken back opens nothing, so it is no way in.
    ("agency_token", "expires_at"): lambda _world, now: now - timedelta(minutes=1),
    ("legal_hold", "release_reason"): None,
    ("document", "content"): b"%PDF-1.7",
    ("enrolment", "device_id"): None,
    ("enrolment", "replaces_id"): None,
    ("enrolment", "expires_at"): lambda _world, now: now + timedelta(minutes=10),
    ("device_placement", "valid_from"): lambda _world, now: now - timedelta(days=20),
    ("device_placement", "valid_to"): lambda _world, now: now - timedelta(days=10),
    ("enrolment", "kind"): "door",
    ("zone", "kind"): "yard",
    ("watch_calendar", "weekly"): [{"days": [0], "from": "22:00", "to": "06:00"}],
    ("watch_calendar", "on_holidays"): "as_usual",
    ("device", "kind"): "door",
    ("round_point", "code_hash"): lambda world, _now: bytes([world.number]) * 32,
    ("device", "interval_s"): 30.0,
    ("adapter_rule", "dialect"): "zigbee2mqtt",
    ("device_key", "public_key"): lambda world, _now: bytes([world.number]) * 32,
    ("device_credential", "ended_because"): None,
    ("device_latest", "state"): "ok",
    ("device_fault", "fault"): "dark",
    ("device_condition", "condition"): "dark",
    ("device_clock", "state"): "right",
    ("security_event", "kind"): "unsigned",
    ("quarantine", "reason"): "unreadable",
    ("quarantine", "facility_code"): lambda world, _now: world.facility,
    ("incident", "cause"): "device_silent",
    ("event", "kind"): "incident_opened",
    ("notification", "kind"): "alert",
    ("notification", "role"): "FACILITY_MANAGER",
    ("notification", "channel"): "email",
    ("notification", "state"): "sent",
    ("notification", "address"): lambda world, _now: f"{world.mark}-told@giamsat.example",
    ("delivery_attempt", "outcome"): "accepted",
    ("user_account", "email"): lambda world, _now: f"{world.mark}-user@giamsat.example",
    ("role_assignment", "role"): "CAREGIVER",
    ("role_assignment", "admin_unit_id"): None,
    ("legal_hold", "last_day"): None,
    ("access_log", "actor"): lambda world, _now: f"user:{world.rows['user_account']['id']}",
    ("access_log", "verb"): "change",
    ("access_log", "subject"): "zone",
    ("access_log", "detail"): "{}",
    ("facility_location", "valid_from"): date(2025, 7, 1),
    ("jurisdiction_reassigned", "to_unit_id"): lambda world, _now: world.commune_id,
    ("gap", "to_at"): None,
    ("gap", "state"): "open",
    ("incident", "resolved_at"): None,
    ("device_suspension", "resumed_at"): lambda _world, now: now,
    ("device_suspension", "until"): lambda _world, now: now - timedelta(hours=1),
}
