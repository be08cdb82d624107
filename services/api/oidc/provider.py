"""The identity provider as we reach it: what it says of itself, its keys, its tokens."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from services.api.oidc.settings import redirect_uri
from services.api.settings import Settings
from shared.runtime import jose
from shared.runtime.egress import Answer, Egress, EgressError
from shared.runtime.errors import GiamsatError
from shared.runtime.jose import KeyDocumentError, PublicKey, Token, TokenError

DISCOVERY: Final = "/.well-known/openid-configuration"
#: What it says of itself is asked for again after so long; keys sooner, if one is not known.
GOOD_FOR: Final = timedelta(hours=1)
NOT_SOONER: Final = timedelta(minutes=1)


class ProviderError(GiamsatError):
    """The provider is away, or says what it must not."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself."""

    authorization: str
    token: str
    keys: str
    end_session: str | None
    names_itself: bool


@dataclass(frozen=True, slots=True)
class Away:
    """What somebody takes along to the provider."""

    state: str
    nonce: str
    challenge: str


class Provider:
    """The one in the settings. Every address it names is its own or one that an operator named."""

    def __init__(self, settings: Settings, egress: Egress) -> None:
        self._settings = settings
        self._egress = egress
        self._metadata: Metadata | None = None
        self._keys: Sequence[PublicKey] = ()
        self._asked_at: datetime | None = None
        self._keys_at: datetime | None = None

    @property
    def issuer(self) -> str:
        return self._settings.oidc_issuer

    async def metadata(self, *, now: datetime) -> Metadata:
        """Raises `ProviderError`."""
        is_old = self._asked_at is None or now - self._asked_at >= GOOD_FOR
        if self._metadata is None or is_old:
            document = await self._fetched(self.issuer.rstrip("/") + DISCOVERY)
            self._metadata = self._read(document)
            self._asked_at = now
        return self._metadata

    async def address_for(self, away: Away, *, now: datetime) -> str:
        """Where to send somebody who wants to log in."""
        metadata = await self.metadata(now=now)
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": redirect_uri(self._settings),
            "scope": self._settings.oidc_scope,
            "state": away.state,
            "nonce": away.nonce,
            "code_challenge": away.challenge,
            "code_challenge_method": "S256",
        }
        if strong := [one for one in self._settings.oidc_second_factor if ":" in one]:
            query["acr_values"] = " ".join(strong)
        return _with_query(metadata.authorization, query)

    async def end_address(self, *, now: datetime) -> str | None:
        """Where to log out there too."""
        end = (await self.metadata(now=now)).end_session
        query = {
            "client_id": self._settings.oidc_client_id,
            "post_logout_redirect_uri": self._settings.console_url.rstrip("/") + "/login",
        }
        return _with_query(end, query) if end else None

    async def token_for(self, code: str, *, verifier: str, now: datetime) -> Token:
        """The ID token for a code, signed by the provider; what it says is not yet checked."""
        metadata = await self.metadata(now=now)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri(self._settings),
            "code_verifier": verifier,
            "client_id": self._settings.oidc_client_id,
        }
        answer = await self._reached(metadata.token, form)
        signed = _object(answer).get("id_token")
        if not isinstance(signed, str):
            raise ProviderError("it gave no ID token")
        try:
            key = await self._key_of(jose.peek(signed), metadata, now=now)
            return jose.verified(signed, key, algorithms=jose.OF_PROVIDERS)
        except TokenError as exc:
            raise ProviderError(str(exc)) from exc

    async def _key_of(self, token: Token, metadata: Metadata, *, now: datetime) -> PublicKey:
        kid = token.header.get("kid")
        key = self._known(kid)
        is_due = self._keys_at is None or now - self._keys_at >= NOT_SOONER
        if key is None and is_due:
            document = await self._fetched(metadata.keys)
            try:
                self._keys = jose.usable_keys_in(document)
            except KeyDocumentError as exc:
                raise ProviderError(str(exc)) from exc
            self._keys_at = now
            key = self._known(kid)
        if key is None:
            raise ProviderError("it signed with a key that it does not publish")
        return key

    def _known(self, kid: object) -> PublicKey | None:
        """Without a name there must be no choice."""
        if kid is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.kid == kid), None)

    def _read(self, document: Mapping[str, Any]) -> Metadata:
        if document.get("issuer") != self.issuer:
            raise ProviderError("it says that it is another one")
        return Metadata(
            authorization=self._own(document.get("authorization_endpoint")),
            token=self._own(document.get("token_endpoint")),
            keys=self._own(document.get("jwks_uri")),
            end_session=self._own(document["end_session_endpoint"])
            if "end_session_endpoint" in document
            else None,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def _own(self, address: object) -> str:
        hosts = {urlsplit(self.issuer).hostname, *self._settings.oidc_hosts}
        if not isinstance(address, str) or not address.startswith("https://"):
            raise ProviderError("it names no https address where it must")
        if urlsplit(address).hostname not in hosts:
            raise ProviderError("it names an address at a host that nobody allowed")
        return address

    async def _fetched(self, address: str) -> Mapping[str, Any]:
        return _object(await self._reached(address, None))

    async def _reached(self, address: str, form: Mapping[str, str] | None) -> Answer:
        try:
            if form is None:
                answer = await self._egress.get(address)
            else:
                answer = await self._egress.post_form(address, form, headers=self._credentials())
        except EgressError as exc:
            raise ProviderError(str(exc), retryable=exc.retryable) from exc
        if answer.status != 200:
            raise ProviderError(f"it answered {answer.status}", retryable=answer.status >= 500)
        return answer

    def _credentials(self) -> Mapping[str, str]:
        """`client_secret_basic`; who has no secret is known by PKCE alone."""
        if not self._settings.oidc_client_secret:
            return {}
        parts = (self._settings.oidc_client_id, self._settings.oidc_client_secret)
        told = ":".join(quote(part, safe="") for part in parts)
        return {"Authorization": "Basic " + base64.b64encode(told.encode()).decode()}


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError) as exc:
        raise ProviderError("it answered no JSON") from exc
    if not isinstance(found, dict):
        raise ProviderError("it answered no JSON object")
    return found


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
