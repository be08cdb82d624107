import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.ed25519 import SigningKey, SigningKeyError, is_sound, verify

#: RFC 8032, section 7.1, test 3.
SEED = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
PUBLIC = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
KEY = SigningKey.load(base64.b64encode(SEED))


def test_it_signs_as_the_standard_does() -> None:
    assert KEY.public_key == PUBLIC
    assert KEY.sign(b"\xaf\x82") == SIGNATURE


def test_it_verifies_as_the_standard_does() -> None:
    assert verify(PUBLIC, SIGNATURE, b"\xaf\x82")


@given(st.integers(0, 64 * 8 - 1))
def test_a_signature_with_one_bit_changed_is_none(bit: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8
    assert not verify(PUBLIC, bytes(changed), b"\xaf\x82")


@given(st.binary(max_size=40), st.binary(max_size=70), st.binary(max_size=20))
def test_nothing_that_comes_in_breaks_verifying(key: bytes, signature: bytes, text: bytes) -> None:
    assert not verify(key, signature, text)
    assert not verify(PUBLIC, signature, text)


def test_another_key_did_not_sign_it() -> None:
    assert not verify(SigningKey.new().public_key, SIGNATURE, b"\xaf\x82")


def test_an_empty_key_lets_nobody_sign() -> None:
    empty, forged = bytes(32), bytes(64)
    assert any(_openssl_takes(empty, forged, b"%d" % n) for n in range(64))
    assert not any(verify(empty, forged, b"%d" % n) for n in range(64))


def _openssl_takes(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_only_a_key_that_somebody_can_own_is_sound() -> None:
    assert is_sound(PUBLIC)
    assert is_sound(SigningKey.new().public_key)
    assert not is_sound(PUBLIC[1:])
    assert not is_sound(bytes(31) + b"\x80")
    assert not is_sound(b"\x01" + bytes(31))


def test_a_key_is_the_same_after_it_was_kept() -> None:
    key = SigningKey.new()
    assert SigningKey.load(key.pem).public_key == key.public_key
    assert SigningKey.load(b"\n" + key.pem + b"\n").public_key == key.public_key


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"not base64!", "neither PEM nor base64"),
        (base64.b64encode(b"short"), "5 bytes, 32 are needed"),
        (b"-----BEGIN " + b"PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "unreadable"),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(SigningKeyError, match=reason):
        SigningKey.load(content)


def test_a_key_of_another_kind_is_refused() -> None:
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(SigningKeyError, match="another kind"):
        SigningKey.load(pem)


def test_a_key_behind_a_passphrase_is_refused() -> None:
    key = load_pem_private_key(KEY.pem, password=None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    with pytest.raises(SigningKeyError, match="passphrase"):
        SigningKey.load(pem)
