"""What stands for a parameter: the code or number of one thing of a world, or of nothing."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tests.probe.fill import World

_NO_NUMBER: Final = 987_654_321
_NO_CODE: Final = "absent-9"


def _column(table: str, column: str, absent: Any = _NO_NUMBER) -> Callable[[World], Any]:
    def value(world: World) -> Any:
        row = world.rows.get(table)
        return absent if row is None else row[column]

    return value


def _facility(world: World) -> str:
    return world.facility


def _fingerprint(world: World) -> str:
    row = world.rows.get("device_key")
    return hashlib.sha256(row["public_key"]).hexdigest() if row else "0" * 64


#: By name of the parameter, and of the path's part before it where a name means several things.
OF_PLACE: Final[Mapping[str, Callable[[World], Any]]] = {
    "facilities/code": _facility,
    "facility": _facility,
    "zone": _column("zone", "code", _NO_CODE),
    "calendar": _column("watch_calendar", "id"),
    "device": _column("device", "code", _NO_CODE),
    "publisher": _column("device", "code", _NO_CODE),
    "fingerprint": _fingerprint,
    "adapter-rules/id": _column("adapter_rule", "id"),
    "incidents/id": _column("incident", "id"),
    "deliveries/number": _column("notification", "id"),
    "quarantine/id": _column("quarantine", "id"),
    "hold": _column("legal_hold", "id"),
    "credentials/number": _column("device_credential", "number"),
    "facts/id": _column("facility_fact", "id"),
    "condition-checks/id": _column("condition_check", "id"),
    "documents/id": _column("document", "id"),
    "access-log/n": _column("access_log", "n"),
    "grant": _column("sharing_grant", "id"),
    "enrolment": _column("enrolment", "id"),
    "person": _column("user_account", "id"),
    "roles/number": _column("role_assignment", "id"),
    "invitations/number": _column("invitation", "id"),
    "imports/id": _column("import_job", "id"),
    "job": _column("import_job", "id"),
    "approval": _column("camera_approval", "id"),
    "webhook": _column("webhook", "id"),
    "ladders/ladder": _column("ladder", "id"),
    "shifts/shift": _column("duty_shift", "id"),
    "approvals/id": _column("approval", "id"),
    "sessions/number": _column("session", "id"),
    "passkeys/number": _column("passkey", "id"),
    "telephones/telephone": _column("contact_point", "id"),
    "browsers/browser": _column("contact_point", "id"),
}

#: What belongs to no place: the state's own order, and who pulls in the open.
FREE: Final[Mapping[str, Callable[[World], Any]]] = {
    "units/code": lambda world: {0: "51-a", 1: "51-b", 2: "79-a"}.get(world.number, "none-9"),
    "authorities/code": lambda _world: "syt-51",
    "kinds/kind": lambda _world: "zones",
    "profile": lambda _world: "onvif-camera",
    "decision": lambda _world: _NO_NUMBER,
    "templates/kind": lambda _world: "alert",
    "channel": lambda _world: "sms",
    "language": lambda _world: "vi",
    "agency": _column("agency_client", "code", _NO_CODE),
    "thumbprint": _column("agency_key", "thumbprint", _NO_CODE),
    "effective_on": lambda _world: "2026-12-01",
}


def _maker(name: str, path: str, known: Mapping[str, Callable[[World], Any]]) -> Any:
    before = path.split("{" + name + "}", maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    return known.get(f"{before}/{name}") or known.get(name)


def is_of_place(name: str, path: str = "") -> bool:
    """Whether what a parameter names belongs to a place, and so is not everybody's."""
    return _maker(name, path, OF_PLACE) is not None


def sample_of(name: str, path: str, world: World) -> Any:
    maker = _maker(name, path, {**FREE, **OF_PLACE})
    if maker is None:
        raise LookupError(f"what is {name} in {path}? Say so in tests/probe/samples.py")
    return maker(world)


def nested(parameters: Sequence[str], path: str) -> frozenset[str]:
    """All but the first: what hangs on it, and may be another's."""
    order = sorted(parameters, key=lambda name: path.index("{" + name + "}"))
    return frozenset(order[1:])


#: Where an example of the schema's kind would not do.
_BODY_VALUES: Final[Mapping[str, Any]] = {
    "public_key": base64.b64encode(bytes(range(32))).decode(),
    "code": "made-by-probe",
    "name": "made by probe",
    "note": "",
    # Of a message.
    "body": "{what} {link}",
    "reason": "asked by a probe",
    "admin_unit": None,
    "time_zone": "Asia/Ho_Chi_Minh",
}


def body_of(schema: Mapping[str, Any], document: Mapping[str, Any], home: World) -> Any:
    """The least that the schema takes, about one's own world."""
    return _example("", schema, document, home)


def _example(name: str, schema: Mapping[str, Any], document: Mapping[str, Any], home: World) -> Any:
    if "$ref" in schema:
        target = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return _example(name, target, document, home)
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        required = set(schema.get("required", ()))
        wanted = [key for key in properties if key in required or key in OF_PLACE]
        # A change needs something that changes.
        wanted = wanted or [key for key in properties if key in _BODY_VALUES][:1]
        return {key: _example(key, properties[key], document, home) for key in wanted}
    if name in OF_PLACE:
        return OF_PLACE[name](home)
    if name in _BODY_VALUES:
        return _BODY_VALUES[name]
    return _plain(name, schema, document, home)


def _plain(name: str, schema: Mapping[str, Any], document: Mapping[str, Any], home: World) -> Any:
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if part.get("type") != "null":
            return _example(name, part, document, home)
    if schema.get("type") == "array":
        return [_example(name, schema.get("items", {}), document, home)]
    given = (schema[key] for key in ("default", "const") if key in schema)
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    kinds = {"integer": least, "number": least, "boolean": True}
    formats = {"date": "2026-01-01", "date-time": "2026-01-01T00:00:00Z", "email": "x@y.example"}
    text = formats.get(schema.get("format", ""), "made by probe, for nobody")
    return next(given, schema.get("enum", [kinds.get(schema.get("type", ""), text)])[0])
