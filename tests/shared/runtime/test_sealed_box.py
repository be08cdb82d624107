import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.sealed_box import SealedBox, SealedBoxError

OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_was_sealed_opens_for_its_owner(content: bytes, owner: str) -> None:
    box = SealedBox.of(NEW)
    assert box.open(box.seal(content, owner=owner), owner=owner) == content


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_single_changed_bit_keeps_it_shut(content: bytes, data: st.DataObject) -> None:
    box = SealedBox.of(NEW)
    sealed = bytearray(box.seal(content, owner="totp:1"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealedBoxError):
        box.open(bytes(sealed), owner="totp:1")


def test_it_does_not_open_in_anothers_row_nor_when_cut() -> None:
    box = SealedBox.of(NEW)
    sealed = box.seal(b"secret", owner="totp:1")
    for wrong, owner in ((sealed, "totp:2"), (sealed[:-1], "totp:1"), (b"", "totp:1")):
        with pytest.raises(SealedBoxError):
            box.open(wrong, owner=owner)


def test_the_same_content_never_looks_the_same() -> None:
    box = SealedBox.of(NEW)
    assert len({box.seal(b"secret", owner="totp:1") for _ in range(100)}) == 100


def test_a_key_is_changed_without_losing_what_the_old_one_sealed() -> None:
    sealed = SealedBox.of(OLD).seal(b"secret", owner="totp:1")
    both = SealedBox.of(f"{NEW}\n{OLD}\n")
    assert both.open(sealed, owner="totp:1") == b"secret"
    resealed = both.seal(b"secret", owner="totp:1")
    with pytest.raises(SealedBoxError):
        SealedBox.of(OLD).open(resealed, owner="totp:1")


@pytest.mark.parametrize("text", ["", "not base64!", "c2hvcnQ=", f"{NEW}\nc2hvcnQ="])
def test_what_is_no_key_is_said_so(text: str) -> None:
    with pytest.raises(SealedBoxError, match="32 bytes"):
        SealedBox.of(text)
