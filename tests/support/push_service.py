"""A push service on loopback, over TLS, and browsers that read what is pushed to them.

Written against RFC 8030, 8188, 8291 and 8292 with other means than ours: what we encrypt is opened
with a browser's own private key, and our token is verified with the key that the browser was given.
"""

import base64
import ipaddress
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.runtime.egress import Egress
from tests.support.https_server import HttpsServer, https_server

NAME = "push.browser.example"


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """One subscription, with the halves of its keys that never leave the browser."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def keys(self) -> dict[str, str]:
        """As `PushSubscription.toJSON()` has them."""
        return {"p256dh": b64(self.point), "auth": b64(self.auth)}

    def opened(self, body: bytes) -> bytes:
        """What was encrypted for this browser, without its padding."""
        salt, length = body[:16], body[20]
        theirs = body[21 : 21 + length]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self.key.exchange(ec.ECDH(), sender)
        keyed = _hkdf(self.auth, b"WebPush: info\0" + self.point + theirs, 32).derive(shared)
        key = _hkdf(salt, b"Content-Encoding: aes128gcm\0", 16).derive(keyed)
        nonce = _hkdf(salt, b"Content-Encoding: nonce\0", 12).derive(keyed)
        padded = AESGCM(key).decrypt(nonce, body[21 + length :], None)
        content, delimiter, padding = padded.rpartition(b"\x02")
        assert delimiter
        assert not padding.strip(b"\0")
        return content


def _hkdf(salt: bytes, purpose: bytes, length: int) -> HKDF:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=purpose)


@dataclass(frozen=True)
class Push:
    """One request to the push service."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def for_(self, browser: Browser) -> dict[str, Any]:
        """What the browser reads."""
        assert self.path == urlsplit(browser.endpoint).path
        assert self.headers["content-encoding"] == "aes128gcm"
        found: dict[str, Any] = json.loads(browser.opened(self.body))
        return found

    def claims(self) -> dict[str, Any]:
        """What the sender's token says, signed by the key that stands beside it."""
        scheme, _, rest = self.headers["authorization"].partition(" ")
        assert scheme == "vapid"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        signed, _, signature = parts["t"].rpartition(".")
        raw = unb64(signature)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(parts["k"]))
        key.verify(
            encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])),
            signed.encode(),
            ec.ECDSA(hashes.SHA256()),
        )
        header, claims = (json.loads(unb64(part)) for part in signed.split("."))
        assert header == {"typ": "JWT", "alg": "ES256"}
        return {**claims, "k": parts["k"]}


@dataclass
class PushService:
    """Answers 201 unless a test says otherwise, of all browsers or of one."""

    server: HttpsServer
    browsers: int = 0

    def browser(self) -> Browser:
        self.browsers += 1
        return Browser(f"{self.origin}/send/{self.browsers}-{secrets.token_urlsafe(8)}")

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.server.port}"

    def answers(self, status: str, *headers: str, of: Browser | None = None) -> None:
        if of is not None:
            self.server.status_of[urlsplit(of.endpoint).path] = status
            return
        self.server.status, self.server.headers = status, list(headers)

    @property
    def pushed(self) -> list[Push]:
        return [
            _push(head.decode(), body)
            for head, body in zip(self.server.asked, self.server.bodies, strict=True)
        ]

    @property
    def egress(self) -> Egress:
        """The way there: its name is known to tests only, and leads to loopback."""

        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        return Egress(
            resolve=resolve,
            allowed=(ipaddress.ip_network("127.0.0.1/32"),),
            tls=self.server.trust,
            ports=frozenset({self.server.port}),
        )


def _push(head: str, body: bytes) -> Push:
    first, *rest = head.splitlines()
    named = (line.split(": ", 1) for line in rest if ": " in line)
    return Push(first.split()[1], {name.lower(): value for name, value in named}, body)


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    async with https_server(NAME) as server:
        server.status, server.body = "201 Created", b""
        yield PushService(server)
