"""How a watch is put into words: numbered, dated, and signed where its device has a key."""

import base64
import secrets
from collections.abc import Mapping

from msgspec import structs

from services.edge.watch import Reading, Watch, heartbeat
from shared.contracts.heartbeat import GatewayHeartbeat, encode
from shared.contracts.signing import Signed, canonical
from shared.runtime.ed25519 import SigningKey

_BOOT_BYTES = 8


class Entries:
    """The words of one start of the gateway, which `boot` names."""

    def __init__(self, facility: str, keys: Mapping[str, SigningKey]) -> None:
        self.boot = secrets.token_hex(_BOOT_BYTES)
        #: The latest of the server's, if one was heard: signed with it, the present is proven.
        self.nonce: str | None = None
        self._facility = facility
        self._keys = keys

    @property
    def are_signed(self) -> bool:
        return bool(self._keys)

    def encoded(self, seq: int, watch: Watch, reading: Reading, *, sent_ms: int) -> bytes:
        beat = structs.replace(heartbeat(watch, reading), boot=self.boot, seq=seq, sent=sent_ms)
        key = self._keys.get(watch.device)
        return encode(beat if key is None else self._signed(beat, seq, watch, key))

    def _signed(
        self, beat: GatewayHeartbeat, seq: int, watch: Watch, key: SigningKey
    ) -> GatewayHeartbeat:
        claim = Signed(
            self._facility,
            watch.device,
            self.boot,
            seq,
            watch.since_ms,
            watch.until_ms,
            watch.state.value,
            self.nonce or "",
        )
        signature = base64.b64encode(key.sign(canonical(claim))).decode()
        return structs.replace(beat, nonce=self.nonce, sig=signature)
