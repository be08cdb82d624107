import base64
import subprocess
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.keys.public_key import (
    KeyFault,
    NoKeyError,
    fingerprint,
    is_on_the_curve,
    read,
)
from shared.runtime.ed25519 import SigningKey

#: RFC 8032, section 7.1, test 1.
KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
BASE64 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#: RFC 8410, section 10.1.
PEM = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""
PEM_KEY = bytes.fromhex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")


def fault_of(text: str) -> KeyFault:
    with pytest.raises(NoKeyError) as refused:
        read(text)
    return refused.value.fault


def openssl(*arguments: str, given: str = "") -> str:
    done = subprocess.run(
        ["openssl", *arguments], input=given, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_same_key_is_read_from_base64_and_from_pem() -> None:
    assert read(BASE64) == KEY
    assert read(f"  {BASE64}\n") == KEY
    assert read(PEM) == PEM_KEY
    assert read(base64.b64encode(PEM_KEY).decode()) == PEM_KEY
    assert read(PEM.replace("\n", "\r\n")) == PEM_KEY


def test_what_openssl_makes_is_read() -> None:
    private = openssl("genpkey", "-algorithm", "ed25519")
    public = openssl("pkey", "-pubout", given=private)
    assert read(public) == SigningKey.load(private.encode()).public_key
    assert fault_of(private) is KeyFault.PRIVATE


def test_a_key_of_another_kind_is_refused() -> None:
    private = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    assert fault_of(openssl("pkey", "-pubout", given=private)) is KeyFault.OTHER_KIND
    certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
    assert fault_of(certificate) is KeyFault.OTHER_KIND


@pytest.mark.parametrize(
    "text",
    [
        "", "key", BASE64[:-2], BASE64.replace("/", "_"), f"{BASE64}AAAA",
        PEM.replace("ZuE=", "ZuE"), PEM.replace("ZuE=\n", "ZuEA\n"), "ssh-ed25519 AAAAC3Nz",
        "é" * 44,
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    assert fault_of(text) is KeyFault.UNREADABLE


@pytest.mark.parametrize(
    "key",
    [
        bytes(32), b"\x01" + bytes(31), bytes(31) + b"\x80", b"\x02" + bytes(31),
        (2**255 - 19 + 3).to_bytes(32, "little"), b"\xff" * 32,
    ],
)  # fmt: skip
def test_a_key_that_nobody_or_everybody_owns_is_refused(key: bytes) -> None:
    assert fault_of(base64.b64encode(key).decode()) is KeyFault.UNSOUND


@given(st.binary(min_size=32, max_size=32))
def test_every_key_that_is_made_is_on_the_curve(seed: bytes) -> None:
    assert is_on_the_curve(SigningKey.load(base64.b64encode(seed)).public_key)


def test_half_of_all_numbers_are_no_key() -> None:
    on_it = sum(is_on_the_curve(number.to_bytes(32, "little")) for number in range(1000))
    assert 400 < on_it < 600


@given(st.text(max_size=100))
def test_whatever_is_pasted_is_a_key_or_refused(text: str) -> None:
    with suppress(NoKeyError):
        assert len(read(text)) == 32


def test_the_fingerprint_is_the_beginning_of_the_hash() -> None:
    assert fingerprint(KEY) == "21fe31dfa154a261"
