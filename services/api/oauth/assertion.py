"""What a signed assertion (RFC 7523) and a proof of possession (RFC 9449) must say: pure."""

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from shared.runtime import jose
from shared.runtime.errors import GiamsatError
from shared.runtime.jose import KeyDocumentError, PublicKey, TokenError

#: How long an assertion lives at most, and how old a proof may be.
LIFE: Final = timedelta(seconds=60)
#: Clocks differ; nobody's may run further ahead of ours.
SKEW: Final = timedelta(seconds=5)
_TYPES: Final = frozenset({"jwt", "client-authentication+jwt"})
_PROOF_TYPE: Final = "dpop+jwt"
#: A key that comes with the token, or an address of one, proves nothing.
_BROUGHT: Final = frozenset({"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"})
_MAX_JTI: Final = 256


class ProofError(GiamsatError):
    """What should prove something does not; the words are for the owner of the client."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who somebody says to be, and with which key; nothing is proved yet."""

    client: str
    kid: str


@dataclass(frozen=True, slots=True)
class Once:
    """Something that may be shown once, until it ends by itself."""

    jti: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Possession:
    """That whoever asks holds the private half of a key."""

    thumbprint: str
    once: Once


def claimed(text: str) -> Claimed:
    """Raises `ProofError`."""
    token = _peek(text)
    if _BROUGHT & token.header.keys():
        raise ProofError("the header may not bring a key along; register it")
    if str(token.header.get("typ", "")).lower() not in _TYPES:
        raise ProofError('typ must be "JWT" or "client-authentication+jwt"')
    kid, issuer, subject = token.header.get("kid"), token.claims.get("iss"), token.claims.get("sub")
    if not isinstance(kid, str) or not kid:
        raise ProofError("the header must name the key: kid")
    if not isinstance(issuer, str) or issuer != subject:
        raise ProofError("iss and sub must both be the client_id")
    return Claimed(issuer, kid)


def proved(text: str, key: PublicKey, *, audiences: Collection[str], now: datetime) -> Once:
    """That the owner of the key asks for a token of ours, now. Raises `ProofError`."""
    claims = _verified(text, key).claims
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not named or not all(isinstance(one, str) and one in audiences for one in named):
        raise ProofError("aud must be the issuer or the token endpoint, and nobody else")
    issued_at, expires_at = _instant(claims, "iat"), _instant(claims, "exp")
    if not issued_at - SKEW <= now < expires_at:
        raise ProofError("it is not valid now")
    if expires_at - issued_at > LIFE or expires_at > now + LIFE + SKEW:
        raise ProofError(f"exp may be at most {LIFE.seconds} s after iat")
    if "nbf" in claims and _instant(claims, "nbf") - SKEW > now:
        raise ProofError("it is not valid yet")
    return Once(_jti(claims), expires_at + SKEW)


def possession(text: str, *, method: str, url: str, token: str | None, now: datetime) -> Possession:
    """That whoever makes this very request holds a key. Raises `ProofError`."""
    header = _peek(text).header
    if header.get("typ") != _PROOF_TYPE:
        raise ProofError(f'typ must be "{_PROOF_TYPE}"')
    if (_BROUGHT - {"jwk"}) & header.keys():
        raise ProofError("the header may bring the key only as jwk")
    try:
        key = jose.public_key(header.get("jwk"))
    except KeyDocumentError as exc:
        raise ProofError(f"jwk: {exc}") from exc
    claims = _verified(text, key).claims
    if claims.get("htm") != method or not _is_same_address(claims.get("htu"), url):
        raise ProofError("htm and htu must be the method and the address of this request")
    issued_at = _instant(claims, "iat")
    if not now - LIFE <= issued_at <= now + SKEW:
        raise ProofError(f"iat must be within the last {LIFE.seconds} s")
    if token is not None and claims.get("ath") != hash_of(token):
        raise ProofError("ath must be the hash of the access token")
    return Possession(key.thumbprint, Once(_jti(claims), issued_at + LIFE + SKEW))


def hash_of(token: str) -> str:
    """`ath` of RFC 9449."""
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _peek(text: str) -> jose.Token:
    try:
        return jose.peek(text)
    except TokenError as exc:
        raise ProofError(str(exc)) from exc


def _verified(text: str, key: PublicKey) -> jose.Token:
    try:
        return jose.verified(text, key, algorithms=jose.STRONG)
    except TokenError as exc:
        raise ProofError(str(exc)) from exc


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    # A boolean is a number to Python, and no moment to anybody.
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ProofError(f"{name} must be a number of seconds")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as exc:
        raise ProofError(f"{name} is no moment") from exc


def _jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI:
        raise ProofError(f"jti must be a text of at most {_MAX_JTI} letters, another each time")
    return jti


def _is_same_address(told: object, url: str) -> bool:
    """Without query and fragment; scheme and name in whatever case."""
    if not isinstance(told, str):
        return False
    try:
        ours, theirs = (urlsplit(one) for one in (url, told))
        same_port = (ours.port or _port(ours.scheme)) == (theirs.port or _port(theirs.scheme))
    except ValueError:
        return False
    return (
        same_port
        and ours.scheme == theirs.scheme.lower()
        and ours.hostname == theirs.hostname
        and theirs.username is None
        and ours.path == theirs.path
    )


def _port(scheme: str) -> int:
    return 443 if scheme.lower() == "https" else 80
