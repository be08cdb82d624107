"""The nonces of the last minutes: told to all devices, and known when they come back.

The key is derived from the password that all ingest workers, and nobody else, share; so each says
the same without asking another.
"""

import hashlib
import hmac
from collections.abc import Mapping

from shared.contracts import nonce, topics
from shared.contracts.nonce import RENEWED_EVERY_US
from shared.runtime.mqtt_session import MqttSession

#: As far back as one may be fresh on arrival, and one more.
MINUTES = 4


class Nonces:
    """Made from the clock and a key."""

    def __init__(self, password: str) -> None:
        self._key = hmac.new(password.encode(), b"giamsat-nonce-key-1", hashlib.sha256).digest()
        self._minute = -1
        self._known: Mapping[str, int] = {}
        self._told = -1

    def known(self, now_us: int) -> Mapping[str, int]:
        """When each of the last minutes' nonces was issued, in microseconds."""
        minute = now_us // RENEWED_EVERY_US
        if minute != self._minute:
            issued = [(minute - ago) * RENEWED_EVERY_US for ago in range(MINUTES)]
            self._known = {nonce.of_minute(self._key, us).nonce: us for us in issued}
            self._minute = minute
        return self._known

    def tell(self, session: MqttSession, now_us: int) -> None:
        """Once a minute, and on every new connection: the broker may have forgotten."""
        minute = now_us // RENEWED_EVERY_US
        if minute != self._told:
            session.publish_retained(topics.NONCE, nonce.encode(nonce.of_minute(self._key, now_us)))
            self._told = minute

    def forget_told(self) -> None:
        self._told = -1
