import secrets

import pytest

from shared.contracts.laborious import MOST, is_laborious


@pytest.mark.parametrize("number", [b"1e308", b"-1E+299", b"2.5e0301", b"1e-308"])
def test_hundreds_of_numbers_that_take_long_are_refused(number: bytes) -> None:
    assert is_laborious(b",".join([number] * (MOST + 1)) + b" " * 8192)
    assert not is_laborious(b",".join([number] * MOST) + b" " * 8192)


@pytest.mark.parametrize("number", [b"1", b"-20.5", b"1e20", b"1795334400000", b"6.0e-23"])
def test_numbers_of_this_world_are_not(number: bytes) -> None:
    assert not is_laborious(b",".join([number] * 3000))


def test_nor_is_hexadecimal_text() -> None:
    assert not is_laborious(secrets.token_hex(32 * 1024).encode())


def test_a_short_message_may_hold_what_it_likes() -> None:
    assert not is_laborious(b",".join([b"1e308"] * 1300))
