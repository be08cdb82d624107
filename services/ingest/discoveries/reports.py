"""The newest report of each gateway since the last flush, read and made harmless."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from services.ingest.track import Track
from shared.contracts import discovery
from shared.contracts.discovery import MAX_DISCOVERED, Found
from shared.domain.states import Refusal


@dataclass(frozen=True, slots=True)
class Report:
    """All that answered a gateway when it last looked around."""

    gateway_id: int
    found: tuple[Found, ...]
    seen_us: int


class Reports:
    """What the next flush writes: an older report says nothing any more."""

    def __init__(self) -> None:
        self._newest: dict[int, Report] = {}

    def add(self, gateway: Track, payload: bytes, received_us: int) -> Refusal | None:
        if not gateway.is_gateway:
            return Refusal.NOT_A_GATEWAY
        if len(payload) > MAX_DISCOVERED:
            return Refusal.OVERSIZED
        try:
            found = discovery.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return Refusal.UNREADABLE
        sound = {one.endpoint: _plain(one) for one in found if _is_private(one.address)}
        report = Report(gateway.device_id, tuple(sound.values()), received_us)
        self._newest[gateway.device_id] = report
        return None

    def take(self) -> list[Report]:
        """In one order for all workers, so that their flushes cannot deadlock."""
        taken, self._newest = self._newest, {}
        return [taken[gateway_id] for gateway_id in sorted(taken)]


def _is_private(address: str) -> bool:
    """A gateway may be somebody else's by now: nobody is to be sent anywhere by it."""
    try:
        parts = urlsplit(address)
        return ipaddress.IPv4Address(parts.hostname or "").is_private and parts.port != 0
    except ValueError:
        return False


def _plain(found: Found) -> Found:
    name, hardware = (
        "".join(char for char in text if char.isprintable())
        for text in (found.name, found.hardware)
    )
    return Found(found.endpoint.lower(), found.address, name, hardware)
