"""An agency with keys of its own, which gets tokens and pulls as a real one would."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from joserfc import jwk
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.oauth.granting import ASSERTION_TYPE
from shared.db.session import unit_of_work
from shared.db.tables.units import authority
from shared.runtime import jose

ISSUER = "http://console.test"
TOKEN = f"{ISSUER}/api/v1/oauth/token"
REVOKE = f"{ISSUER}/api/v1/oauth/revoke"
AUTHORITY = "BYT-CTE"
_numbers = count(1)


class Now(Protocol):
    """What tells the time."""

    @property
    def at(self) -> datetime: ...


def new_key(kid: str = "first", algorithm: str = "ES256") -> dict[str, Any]:
    """A private JWK with a name."""
    made: jwk.RSAKey | jwk.ECKey | jwk.OKPKey
    match algorithm:
        case "PS256":
            made = jwk.RSAKey.generate_key(2048)
        case "EdDSA":
            made = jwk.OKPKey.generate_key("Ed25519")
        case _:
            made = jwk.ECKey.generate_key("P-256")
    return {**made.as_dict(private=True), "kid": kid}


def public(key: dict[str, Any]) -> dict[str, Any]:
    hidden = {"d", "p", "q", "dp", "dq", "qi"}
    return {name: value for name, value in key.items() if name not in hidden}


def algorithm_of(key: dict[str, Any]) -> str:
    return {"EC": "ES256", "RSA": "PS256", "OKP": "EdDSA"}[key["kty"]]


@dataclass
class Agency:
    """It keeps its token until it asks for another."""

    api: httpx.AsyncClient
    clock: Now
    code: str = "moh-children"
    key: dict[str, Any] = field(default_factory=new_key)
    proof_key: dict[str, Any] = field(default_factory=new_key)
    token: str = ""

    def claims(self, **changes: object) -> dict[str, Any]:
        now = int(self.clock.at.timestamp())
        usual: dict[str, Any] = {
            "iss": self.code,
            "sub": self.code,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": f"jti-{next(_numbers)}",
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def assertion(self, claims: dict[str, Any] | None = None, **header: object) -> str:
        usual = {"alg": algorithm_of(self.key), "typ": "JWT", "kid": self.key["kid"]}
        told = {name: value for name, value in {**usual, **header}.items() if value is not None}
        return jose.sign(claims or self.claims(), self.key, told)

    def proof(
        self, method: str = "POST", url: str = TOKEN, token: str | None = None, **changes: object
    ) -> str:
        claims: dict[str, Any] = {
            "htm": method,
            "htu": url,
            "iat": int(self.clock.at.timestamp()),
            "jti": f"proof-{next(_numbers)}",
        }
        if token is not None:
            digest = hashlib.sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        header = {
            "alg": algorithm_of(self.proof_key),
            "typ": "dpop+jwt",
            "jwk": {k: v for k, v in public(self.proof_key).items() if k != "kid"},
        }
        return jose.sign({**claims, **changes}, self.proof_key, header)

    async def ask(
        self, assertion: str | None = None, proof: str | None = "", **form: str
    ) -> httpx.Response:
        """A request for a token. Without `proof`, it is a plain bearer's."""
        asked = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion() if assertion is None else assertion,
            **form,
        }
        headers = {} if proof is None else {"DPoP": proof or self.proof()}
        data = {name: text for name, text in asked.items() if text}
        return await self.api.post("/oauth/token", data=data, headers=headers)

    async def log_in(self, **form: str) -> str:
        answer = await self.ask(**form)
        assert answer.status_code == 200, answer.text
        self.token = str(answer.json()["access_token"])
        return self.token

    async def get(
        self, path: str, headers: Mapping[str, str | bytes] | None = None
    ) -> httpx.Response:
        """A request under the token, with a proof of its own. `path` as in `/agency/gaps?…`."""
        url = f"{ISSUER}/api/v1{urlsplit(path).path}"
        own: dict[str, Any] = {
            "Authorization": f"DPoP {self.token}",
            "DPoP": self.proof("GET", url, self.token),
            **(headers or {}),
        }
        return await self.api.get(path, headers=own)

    async def pull(self, path: str) -> tuple[list[dict[str, Any]], str]:
        """Every page, and from where to go on the next time."""
        lines: list[dict[str, Any]] = []
        query = path
        while True:
            answer = await self.get(query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            lines += page["items"]
            if page["next"] is None:
                return lines, str(page["since"])
            joint = "&" if "?" in path else "?"
            base = path.split("since=", maxsplit=1)[0].rstrip("&?") if "since=" in path else path
            joint = "&" if "?" in base else "?"
            query = f"{base}{joint}cursor={page['next']}"


async def add_authority(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(authority).values(
                code=AUTHORITY,
                name="Cục Bà mẹ và Trẻ em",
                kind="ministry",
                valid_from=date(2025, 3, 1),
            )
        )


def registration(agency: Agency, **changes: object) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "code": agency.code,
        "name": "Cục Bà mẹ và Trẻ em",
        "authority": AUTHORITY,
        "contact_office": "Phòng Dữ liệu",
        "jwks": {"keys": [public(agency.key)]},
        **changes,
    }
    return {name: value for name, value in usual.items() if value is not None}


def rows_of(content: str) -> list[dict[str, Any]]:
    """Lines of JSON."""
    return [json.loads(line) for line in content.splitlines()]
