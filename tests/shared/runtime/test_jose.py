"""Signed tokens and public keys of others."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwk, jws

from shared.runtime import jose
from shared.runtime.jose import KeyDocumentError, TokenError

PAIRS: dict[str, jwk.RSAKey | jwk.ECKey | jwk.OKPKey] = {
    "PS256": jwk.RSAKey.generate_key(2048),
    "ES256": jwk.ECKey.generate_key("P-256"),
    "EdDSA": jwk.OKPKey.generate_key("Ed25519"),
}


def public(algorithm: str) -> dict[str, Any]:
    return dict(PAIRS[algorithm].as_dict(private=False))


def private(algorithm: str) -> dict[str, Any]:
    return dict(PAIRS[algorithm].as_dict(private=True))


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(algorithm: str, **header: object) -> str:
    return jose.sign({"sub": "me"}, private(algorithm), {"alg": algorithm, **header})


@pytest.mark.parametrize("algorithm", PAIRS)
def test_what_the_owner_signed_is_verified(algorithm: str) -> None:
    key = jose.public_key(public(algorithm))
    token = jose.verified(signed(algorithm, kid="a"), key, algorithms=jose.STRONG)
    assert token.claims == {"sub": "me"}
    assert token.header["kid"] == "a"


@pytest.mark.parametrize("algorithm", PAIRS)
def test_what_another_signed_is_not(algorithm: str) -> None:
    others: dict[str, jwk.RSAKey | jwk.ECKey | jwk.OKPKey] = {
        "PS256": jwk.RSAKey.generate_key(2048),
        "ES256": jwk.ECKey.generate_key("P-256"),
        "EdDSA": jwk.OKPKey.generate_key("Ed25519"),
    }
    key = jose.public_key(others[algorithm].as_dict(private=False))
    with pytest.raises(TokenError):
        jose.verified(signed(algorithm), key, algorithms=jose.STRONG)


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = signed("ES256").split(".")
    forged = f"{header}.{b64(json.dumps({'sub': 'you'}).encode())}.{signature}"
    with pytest.raises(TokenError):
        jose.verified(forged, jose.public_key(public("ES256")), algorithms=jose.STRONG)


def test_an_algorithm_that_is_not_allowed_is_not_taken_though_its_signature_is_right() -> None:
    text = jose.sign({}, private("PS256"), {"alg": "RS256"})
    key = jose.public_key(public("PS256"))
    with pytest.raises(TokenError):
        jose.verified(text, key, algorithms=jose.STRONG)
    assert jose.verified(text, key, algorithms=jose.OF_PROVIDERS).claims == {}


@pytest.mark.parametrize("algorithm", [None, ["ES256"], {"ES256": 1}, 7, "none"])
def test_an_algorithm_that_is_none_is_not_taken(algorithm: object) -> None:
    header = b64(json.dumps({"alg": algorithm}).encode())
    text = ".".join([header, *signed("ES256").split(".")[1:]])
    with pytest.raises(TokenError):
        jose.verified(text, jose.public_key(public("ES256")), algorithms=jose.STRONG)


@pytest.mark.parametrize("header", [{"crit": ["b64"], "b64": True}, {"b64": True}])
def test_a_header_that_asks_for_more_than_we_know_is_not_taken(header: dict[str, object]) -> None:
    text = jws.serialize_compact({"alg": "ES256", **header}, b"{}", PAIRS["ES256"])
    with pytest.raises(TokenError):
        jose.verified(text, jose.public_key(public("ES256")), algorithms=jose.STRONG)


def parts(header: bytes, claims: bytes = b"{}") -> str:
    return f"{b64(header)}.{b64(claims)}.aa"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        "!.!.!",
        "é.é.é",
        parts(b"[]"),
        parts(b"{}", b"nothing"),
        parts(b'{"alg":"a","alg":"b"}'),
        parts(b"{}", b'{"exp":NaN}'),
        parts(b"{}", b"[" * 5000),
        parts(b"{}", bytes([255])),
        parts(b"{}").replace(".", "\n."),
        "a" * 9000,
    ],
)
def test_what_is_no_token_is_said_to_be_none(text: str) -> None:
    with pytest.raises(TokenError):
        jose.peek(text)


def _weak_rsa() -> dict[str, Any]:
    return {"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB"}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        private("ES256"),
        private("PS256"),
        {**public("ES256"), "use": "enc"},
        {**public("ES256"), "alg": "HS256"},
        {**public("ES256"), "kty": "RSA"},
        {**public("ES256"), "crv": "P-384"},
        {**public("ES256"), "x": b64(b"\x01" * 32)},
        {**public("ES256"), "x": b64(b"\x01" * 31)},
        {**public("ES256"), "kid": "a\nb"},
        {**public("ES256"), "kid": 7},
        {**public("ES256"), "kid": "x" * 201},
        {**public("PS256"), "e": "Aw"},
        {**public("PS256"), "n": "é"},
        _weak_rsa(),
        {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes(32))},
        {"kty": "OKP", "crv": "X25519", "x": b64(b"\x09" + bytes(31))},
    ],
)
def test_what_is_no_sound_public_key_is_not_taken(document: object) -> None:
    with pytest.raises(KeyDocumentError):
        jose.public_key(document)


def test_a_key_without_a_name_is_called_by_its_thumbprint() -> None:
    key = jose.public_key(public("EdDSA"))
    assert key.kid == key.thumbprint == PAIRS["EdDSA"].thumbprint()


def test_a_set_with_a_key_we_do_not_take_is_refused_or_thinned() -> None:
    encrypting = {**public("PS256"), "use": "enc", "kid": "enc"}
    document = {"keys": [{**public("ES256"), "kid": "a"}, encrypting]}
    with pytest.raises(KeyDocumentError):
        jose.keys_in(document)
    assert [key.kid for key in jose.usable_keys_in(document)] == ["a"]


def test_two_keys_of_one_name_are_refused() -> None:
    twins = [{**public(name), "kid": "a"} for name in ("ES256", "EdDSA")]
    with pytest.raises(KeyDocumentError):
        jose.keys_in({"keys": twins})
