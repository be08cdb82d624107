"""Signs claims as docs/protocol.md tells a device to, from its words and not from our code."""

import base64
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as SigningKey

from tests.chaos.ledger import Claim, Proof

__all__ = ["Signer", "SigningKey"]


class Signer:
    """The keys of a sender's devices, and the newest nonce it has heard."""

    def __init__(self, keys: Mapping[str, SigningKey]) -> None:
        self._keys = keys
        self._forger = SigningKey.generate()
        self.nonce = ""

    def signature(self, claim: Claim, facility: str) -> dict[str, object]:
        """What a signed heartbeat has more than others; nothing if it is not signed."""
        if claim.proof is Proof.NONE or claim.since_us is None:
            return {}
        key = self._forger if claim.proof is Proof.FORGED else self._keys[claim.device]
        lines = (
            "giamsat-heartbeat-1",
            facility,
            claim.device,
            claim.boot,
            f"{claim.seq}",
            f"{claim.since_us // 1000}",
            f"{claim.at_us // 1000}",
            claim.state,
            self.nonce,
        )
        signature = key.sign("\n".join(lines).encode())
        return {"nonce": self.nonce, "sig": base64.b64encode(signature).decode()}
