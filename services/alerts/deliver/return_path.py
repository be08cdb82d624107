"""The address that a bounce comes back to: it says for which message, and that we made it.

bounces+<number>-<tag>@domain, the tag being an HMAC: a stranger can flag nobody's address.
"""

import base64
import hmac
import re
from dataclasses import dataclass
from typing import Final

from services.alerts.deliver.channel import Claimed

_PURPOSE: Final = b"giamsat return path "
_TAG_BYTES: Final = 10
_TAGGED: Final = re.compile(r"(?P<local>[^@+]+)\+(?P<number>[0-9]{1,18})-(?P<tag>[a-z2-7]{16})")


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """`address` is the mailbox that takes bounces in; without it or a key, nobody does."""

    address: str = ""
    key: bytes = b""

    @property
    def is_used(self) -> bool:
        return bool(self.address and self.key)

    def of(self, claimed: Claimed) -> str | None:
        """Whom to name as the sender on the envelope. A mail about an account has no number."""
        if not self.is_used or claimed.attempt_id == 0:
            return None
        local, _, domain = self.address.partition("@")
        return f"{local}+{claimed.id}-{self._tag(claimed.id)}@{domain}"

    def notification_of(self, address: str) -> int | None:
        """Which message it was the sender of."""
        local, _, domain = address.lower().rpartition("@")
        parts = _TAGGED.fullmatch(local)
        own_local, _, own_domain = self.address.lower().partition("@")
        if not self.is_used or parts is None or (parts["local"], domain) != (own_local, own_domain):
            return None
        number = int(parts["number"])
        return number if hmac.compare_digest(parts["tag"], self._tag(number)) else None

    def _tag(self, number: int) -> str:
        mac = hmac.digest(self.key, _PURPOSE + str(number).encode(), "sha256")
        return base64.b32encode(mac[:_TAG_BYTES]).decode().lower()


#: Nobody takes bounces in.
NOBODY: Final = ReturnPath()
