"""A government's identity provider in small: real TLS on loopback, real signatures, PKCE checked.

What it says can be bent before it is signed, to see that it is not believed.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc.jwk import ECKey

from shared.runtime import jose
from tests.support.https_server import _certificate

NAME = "id.giamsat-tests.vn"
CLIENT, SECRET = "giamsat", "a secret of ours"
Claims = dict[str, Any]


@dataclass
class Asked:
    """A log-in for which a code was given."""

    nonce: str
    challenge: str
    redirect_uri: str
    subject: str


@dataclass
class IdentityProvider:
    """`bend` may change claims and header before they are signed; `sign` may do it otherwise."""

    now: Callable[[], datetime]
    port: int = 0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    key: Claims = field(default_factory=lambda: new_key("first"))
    published: list[Claims] = field(default_factory=list)
    metadata: Claims = field(default_factory=dict)
    codes: dict[str, Asked] = field(default_factory=dict)
    bend: Callable[[Claims, Claims], None] = lambda _claims, _header: None
    sign: Callable[[Claims, Claims], str | None] | None = None
    asked_for_keys: int = 0

    @property
    def issuer(self) -> str:
        return f"https://{NAME}:{self.port}"

    def logged_in(self, address: str, subject: str) -> dict[str, str]:
        """What a browser brings back that went to this address and logged in there."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = Asked(
            asked["nonce"], asked["code_challenge"], asked["redirect_uri"], subject
        )
        return {"code": code, "state": asked["state"]}

    def answer(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/leave",
                **self.metadata,
            }
        if path == "/keys":
            self.asked_for_keys += 1
            return 200, {"keys": [public(one) for one in self.published or [self.key]]}
        if (method, path) == ("POST", "/token"):
            return self._token(headers, body)
        return 404, {}

    def _token(self, headers: dict[str, str], body: str) -> tuple[int, Any]:
        form = {name: values[0] for name, values in parse_qs(body).items()}
        told = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '%20')}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if headers.get("authorization") != f"Basic {told}":
            return 401, {"error": "invalid_client"}
        if asked is None or (asked.challenge, asked.redirect_uri) != (
            challenge, form.get("redirect_uri"),
        ):  # fmt: skip
            return 400, {"error": "invalid_grant"}
        at = int(self.now().timestamp())
        claims: Claims = {
            "iss": self.issuer, "sub": asked.subject, "aud": CLIENT, "iat": at, "exp": at + 300,
            "nonce": asked.nonce,
        }  # fmt: skip
        header: Claims = {"alg": "ES256", "kid": self.key["kid"], "typ": "JWT"}
        self.bend(claims, header)
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.sign(claims, header) if self.sign else jose.sign(claims, self.key, header)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": signed}


def new_key(kid: str) -> Claims:
    made: Claims = ECKey.generate_key("P-256", {"kid": kid}, private=True).as_dict(private=True)
    return {**made, "kid": kid}


def public(key: Claims) -> Claims:
    return {name: value for name, value in key.items() if name != "d"}


@asynccontextmanager
async def identity_provider(now: Callable[[], datetime]) -> AsyncIterator[IdentityProvider]:
    provider = IdentityProvider(now)
    with tempfile.TemporaryDirectory() as folder:
        pem = _certificate(NAME, Path(folder))
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(pem)
        provider.trust = ssl.create_default_context(cafile=str(pem))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines if line)
            }
            content = await reader.readexactly(int(headers.get("content-length", "0")))
            method, path, _ = first.split(" ", 2)
            status, body = provider.answer(method, path, headers, content.decode())
            packed = json.dumps(body).encode()
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(packed)}\r\nConnection: close\r\n\r\n".encode()
                + packed
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=own)
    provider.port = listening.sockets[0].getsockname()[1]
    try:
        yield provider
    finally:
        listening.close()
