"""What exactly a device signs: nine lines of text, so that any language can put them together.

No field can hold a line break (codes, boot ids and nonces have narrow patterns, numbers are decimal
digits), so two different heartbeats never have the same bytes. The signature is Ed25519 (RFC 8032)
over these bytes, in standard base64.
"""

from dataclasses import dataclass
from typing import Final

VERSION: Final = "giamsat-heartbeat-1"
#: Ed25519, RFC 8032: bytes of a public key and of a signature.
PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Signed:
    """The part of a heartbeat that is signed; instants in whole milliseconds since the epoch."""

    facility: str
    device: str
    boot: str
    seq: int
    since_ms: int
    at_ms: int
    state: str
    nonce: str = ""


def canonical(claim: Signed) -> bytes:
    """The nine lines, each but the last followed by one line feed, in UTF-8."""
    lines = (
        VERSION, claim.facility, claim.device, claim.boot, str(claim.seq), str(claim.since_ms),
        str(claim.at_ms), claim.state, claim.nonce,
    )  # fmt: skip
    return "\n".join(lines).encode()
