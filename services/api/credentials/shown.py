"""A connection as it is shown once, and a device's credentials in words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.api.console.qr import qr_code
from services.api.credentials.schemas import CredentialOut, MqttOut
from shared.contracts.topics import Leaf
from shared.domain.credentials import Ending, Standing
from shared.i18n import Translator, marked

STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.WAITING: marked("not yet in force"),
    Standing.IN_FORCE: marked("in force"),
    Standing.ENDED: marked("ended"),
}
ENDINGS: Final[Mapping[Ending, str]] = {
    Ending.EXPIRED: marked("its time was up"),
    Ending.REVOKED: marked("revoked"),
    Ending.ROTATED: marked("changed for a new one"),
    Ending.REPLACED: marked("device replaced"),
    Ending.RETIRED: marked("device retired"),
}
#: How long the old password may hold, by what the form sends in seconds.
OVERLAPS: Final[Mapping[str, str]] = {
    "86400": marked("one more day"),
    "3600": marked("one more hour"),
    "604800": marked("one more week"),
    "0": marked("not at all: it ends now, and so does the connection"),
}


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A line of the table."""

    one: CredentialOut
    says: str
    is_over: bool


def rows_of(credentials: Sequence[CredentialOut], t: Translator) -> list[CredentialRow]:
    return [
        CredentialRow(one, _says(one, t), one.standing is Standing.ENDED) for one in credentials
    ]


def _says(one: CredentialOut, t: Translator) -> str:
    told = t.gettext(STANDINGS[one.standing])
    because = one.ended_because
    return f"{told}: {t.gettext(ENDINGS[because])}" if because else told


def connection_of(mqtt: MqttOut) -> dict[str, Any]:
    """What the part of a page that shows a connection needs."""
    return {"mqtt": mqtt, "qr": qr_code(compact(mqtt)), "example": example(mqtt)}


def compact(mqtt: MqttOut) -> str:
    """The connection as JSON for a scanner."""
    return json.dumps(mqtt.model_dump(), separators=(",", ":"), ensure_ascii=False)


def example(mqtt: MqttOut) -> str:
    """Lines for a shell: one heartbeat, now; a gateway's is a list and names a device behind it."""
    beat = '{\\"at\\": $(date +%s)000}'
    if mqtt.heartbeat_topic.endswith(Leaf.HEARTBEATS):
        beat = '[{\\"device\\": \\"cam-1\\", \\"at\\": $(date +%s)000}]'
    return " \\\n  ".join(
        (
            f"mosquitto_pub -V mqttv5 -h {mqtt.host} -p {mqtt.port} -q 1",
            f"-u {mqtt.username} -P '{mqtt.password}'",
            f"-t {mqtt.heartbeat_topic}",
            f'-m "{beat}"',
        )
    )
