"""Signed tokens (RFC 7515, 7519) and public keys (RFC 7517) of others; the one user of `joserfc`.

A token is looked at first (`peek`), then verified with a key found by our own records: never with
one that the token brings along, unless a protocol says so and its thumbprint is checked.
"""

import base64
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwk, jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError

from shared.runtime.ed25519 import is_sound
from shared.runtime.errors import GiamsatError

#: What anybody signs with here: RSA with PSS, P-256, Ed25519.
STRONG: Final = frozenset({"PS256", "ES256", "EdDSA"})
#: Identity providers may know nothing better than PKCS #1 v1.5.
OF_PROVIDERS: Final = STRONG | {"RS256"}

MAX_TOKEN: Final = 8192
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_FITTING: Final[Mapping[str, frozenset[str]]] = {
    "RSA": frozenset({"PS256", "RS256"}),
    "EC": frozenset({"ES256"}),
    "OKP": frozenset({"EdDSA"}),
}
_CURVES: Final = {"EC": "P-256", "OKP": "Ed25519"}
_PUBLIC_PARTS: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_PRIVATE_PARTS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS: Final = range(2048, 4096 + 1)
_RSA_EXPONENT: Final = 65537
_COORDINATE_BYTES: Final = 32
_MAX_KID: Final = 200


class TokenError(GiamsatError):
    """What should be a signed token is none, or is not signed by whom it should be."""


class KeyDocumentError(GiamsatError):
    """What should be a public key is none that we take."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says; true only if it was verified."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Somebody's public key. `thumbprint` is RFC 7638; `members` are what it is, and no more."""

    kid: str
    kty: str
    thumbprint: str
    members: Mapping[str, str]
    _key: jwk.Key = field(repr=False, compare=False)

    @property
    def algorithms(self) -> frozenset[str]:
        return _FITTING[self.kty]


def peek(text: str) -> Token:
    """What a token says of itself, believed by nobody yet. Raises `TokenError`."""
    if len(text) > MAX_TOKEN or not _COMPACT.fullmatch(text):
        raise TokenError("it is no signed token in compact form")
    header, claims, _ = text.split(".")
    return Token(_object(header), _object(claims))


def verified(text: str, key: PublicKey, *, algorithms: Collection[str]) -> Token:
    """The same, signed by the owner of the key. Raises `TokenError`."""
    token = peek(text)
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in key.algorithms & set(algorithms):
        raise TokenError("it is signed in a way that is not taken here")
    if "crit" in token.header or "b64" in token.header:
        raise TokenError("its header asks for what is not understood here")
    try:
        jws.deserialize_compact(text, key._key, registry=_Registry(algorithms=[algorithm]))  # noqa: SLF001 - our own class
    except (JoseError, ValueError, TypeError) as exc:
        raise TokenError("its signature is wrong") from exc
    return token


def public_key(document: object) -> PublicKey:
    """From one JWK. Raises `KeyDocumentError`, which says why it is not taken."""
    if not isinstance(document, dict):
        raise KeyDocumentError("a key is a JSON object")
    if _PRIVATE_PARTS & document.keys():
        raise KeyDocumentError("this is a private or a shared key; send the public half")
    kty = document.get("kty")
    if not isinstance(kty, str) or kty not in _FITTING:
        raise KeyDocumentError("its kty is none of RSA, EC, OKP")
    if document.get("use", "sig") != "sig":
        raise KeyDocumentError("it is not for signatures")
    if document.get("alg") not in {None, *_FITTING[kty]}:
        raise KeyDocumentError("its alg is not taken here")
    members = {name: document.get(name) for name in ("kty", *_PUBLIC_PARTS[kty])}
    if not all(isinstance(part, str) for part in members.values()):
        raise KeyDocumentError("parts of the key are missing")
    if members.get("crv") != _CURVES.get(kty):
        raise KeyDocumentError("its curve is neither P-256 nor Ed25519")
    return _sound(kty, {name: str(part) for name, part in members.items()}, document.get("kid"))


def keys_in(document: object) -> tuple[PublicKey, ...]:
    """From a whole JWK Set, every key of which must be one that we take."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not keys:
        raise KeyDocumentError('a key set is an object with a list "keys"')
    found = tuple(public_key(one) for one in keys)
    if len({key.kid for key in found}) < len(found):
        raise KeyDocumentError("two keys have the same kid")
    return found


def usable_keys_in(document: object) -> tuple[PublicKey, ...]:
    """From a JWK Set that also holds keys for other purposes, which are left out."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise KeyDocumentError('a key set is an object with a list "keys"')
    found: dict[str, PublicKey] = {}
    for one in keys:
        try:
            key = public_key(one)
        except KeyDocumentError:
            continue
        found.setdefault(key.kid, key)
    return tuple(found.values())


def sign(
    claims: Mapping[str, Any], private_jwk: Mapping[str, Any], header: Mapping[str, Any]
) -> str:
    """A token of our own; `header` names at least `alg`."""
    key = jwk.import_key(dict(private_jwk))
    registry = _Registry(algorithms=[header["alg"]])
    payload = json.dumps(dict(claims), separators=(",", ":"))
    return jws.serialize_compact(dict(header), payload, key, registry=registry)


class _Registry(jws.JWSRegistry):
    """Only what is allowed by name; whoever calls has chosen, so nobody is warned of EdDSA."""

    max_header_length = MAX_TOKEN

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()) or name not in self.algorithms:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


def _sound(kty: str, members: dict[str, str], kid: object) -> PublicKey:
    """Mathematically a key, and not so weak that others could sign for it."""
    try:
        _must_be_strong(kty, members)
        key = jwk.import_key(dict(members))
        thumbprint = key.thumbprint()
    except (JoseError, ValueError, TypeError) as exc:
        raise KeyDocumentError("it is no key of its kind") from exc
    name = thumbprint if kid is None else kid
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_KID or not name.isprintable():
        raise KeyDocumentError(f"its kid is no text of at most {_MAX_KID} letters")
    return PublicKey(name, kty, thumbprint, members, key)


def _must_be_strong(kty: str, members: Mapping[str, str]) -> None:
    parts = {name: _decoded(members[name]) for name in _PUBLIC_PARTS[kty] if name != "crv"}
    if kty == "RSA":
        if int.from_bytes(parts["n"]).bit_length() not in _RSA_BITS:
            raise KeyDocumentError(f"an RSA key has {_RSA_BITS[0]} to {_RSA_BITS[-1]} bits")
        if int.from_bytes(parts["e"]) != _RSA_EXPONENT:
            raise KeyDocumentError(f"the exponent of an RSA key is {_RSA_EXPONENT}")
    elif any(len(part) != _COORDINATE_BYTES for part in parts.values()):
        raise KeyDocumentError(f"its numbers do not have {_COORDINATE_BYTES} bytes")
    elif kty == "OKP" and not is_sound(parts["x"]):
        raise KeyDocumentError("nobody can own this key, or everybody")


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(
            _decoded(part), object_pairs_hook=_without_doubles, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as exc:
        raise TokenError("a part of it is no JSON") from exc
    if not isinstance(found, dict):
        raise TokenError("a part of it is no JSON object")
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values with one name, different readers would believe different ones."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(_: str) -> Any:
    raise ValueError("not a number")


def _decoded(text: str) -> bytes:
    """Base64url in its only spelling."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise ValueError("not base64url")
    return raw
