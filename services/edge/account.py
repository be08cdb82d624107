"""As whom the gateway logs in to the broker: as it was set, or as a one-time code was taken for."""

import base64

from services.edge import enrolment
from services.edge.enrolment import Enrolled, EnrolmentError
from services.edge.link import Account
from services.edge.settings import Behind, Settings
from shared.contracts import topics
from shared.runtime.ed25519 import SigningKey


async def account_of(config: Settings, behind: Behind, key: SigningKey | None) -> Account:
    """Raises `SystemExit` with a line for whoever installs it. `key`: the gateway's own."""
    if config.mqtt_host is not None and config.mqtt_password is not None:
        name = topics.username(behind.facility, behind.gateway)
        return Account(config.mqtt_host, config.mqtt_port, name, config.mqtt_password)
    try:
        made = await _enrolled(config, key)
    except EnrolmentError as fault:
        raise SystemExit(str(fault)) from fault
    if (made.facility, made.device) != (behind.facility, behind.gateway):
        raise SystemExit(
            f"This gateway came into service as {made.facility}/{made.device}, but "
            f"{config.devices_file} says {behind.facility}/{behind.gateway}. Correct that file."
        )
    return Account(made.mqtt.host, made.mqtt.port, made.mqtt.username, made.mqtt.password)


async def _enrolled(config: Settings, key: SigningKey | None) -> Enrolled:
    if (kept := enrolment.read(config.credentials_file)) is not None:
        return kept
    if config.enrolment_url is None:
        raise EnrolmentError(
            "Set EDGE_MQTT_HOST and the file edge_mqtt_password, "
            "or EDGE_ENROLMENT_URL to what the QR code of the console says."
        )
    invited = enrolment.invitation(config.enrolment_url, config.enrolment_code)
    public = base64.b64encode(key.public_key).decode() if key else None
    return await enrolment.enrolled(invited, config.credentials_file, public_key=public)
