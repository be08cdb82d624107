import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.passphrase import LONGEST, SHORTEST, Fault, fault_of, normalised

KNOWN = frozenset({"password", "iloveyou", "correct", "horse", "battery", "staple", "sunshine"})
OWN = ("Nguyễn Thị Sáng", "sang.nguyen@giamsat.example")
UNGUESSED = "trời xanh mây trắng 27"


def told(typed: str) -> Fault | None:
    return fault_of(typed, own_words=OWN, is_known=KNOWN.__contains__)


@pytest.mark.parametrize(
    "typed",
    [
        UNGUESSED,
        "correct horse battery staple",
        "ăn quả nhớ kẻ trồng cây",
        "日本語のとても長い合言葉です。はい",
        "    k7#  vQ  pz    ",
        "835 274 906 318 462",
        "giám sát 83 52 74 90 63 18",
        "🐘🦒🦓🐪🐫🦏🐃🐄🐎🐖🐏🐑🐐🦌🐕",
    ],
)
def test_every_character_is_welcome_in_what_nobody_guesses(typed: str) -> None:
    assert told(typed) is None


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("ngắn quá", Fault.TOO_SHORT),
        ("x1y2" * 40, Fault.TOO_LONG),
        ("trời xanh\x00 mây trắng", Fault.UNREADABLE),
        ("aaaaaaaaaaaaaaaaa", Fault.REPEATS),
        ("abcabcabcabcabcabc", Fault.REPEATS),
        ("mật khẩu mật khẩu mật khẩu ", Fault.REPEATS),
        ("abcdefghijklmnopq", Fault.WALKS),
        ("12345678901234567", Fault.WALKS),
        ("qwertyuiopasdfghjkl", Fault.WALKS),
        ("zyxwvutsrqponmlk!", Fault.WALKS),
        ("password password 1", Fault.KNOWN),
        ("P@ssw0rd-2026-2027", Fault.KNOWN),
        ("passw0rd2026!!!", Fault.KNOWN),
        ("sunshine.password", Fault.KNOWN),
        ("Giám sát Quảng Ngãi 2026", Fault.KNOWN),
        ("Nguyễn Thị Sáng 1985", Fault.KNOWN),
        ("sangnguyen-matkhau", Fault.KNOWN),
        ("Sáng Thị 12-03-85", Fault.KNOWN),
        ("iloveyou nguyenthisang", Fault.KNOWN),
    ],
)
def test_what_is_tried_first_is_refused_and_the_reason_said(typed: str, fault: Fault) -> None:
    assert told(typed) is fault


@given(st.text(max_size=200))
def test_length_is_counted_in_code_points_of_the_normal_form(typed: str) -> None:
    length = len(normalised(typed))
    is_readable = not any(
        unicodedata.category(char) in {"Cc", "Cs", "Cn"} for char in normalised(typed)
    )
    fault = told(typed)
    assert (fault is Fault.TOO_SHORT) == (is_readable and length < SHORTEST)
    assert (fault is Fault.TOO_LONG) == (is_readable and length > LONGEST)


@given(st.text(max_size=60))
def test_any_spelling_of_the_same_text_is_the_same_passphrase(typed: str) -> None:
    spellings = [unicodedata.normalize(form, typed) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len({normalised(spelling) for spelling in spellings}) == 1
    assert len({told(spelling) for spelling in spellings}) == 1


@given(st.text(alphabet="ab1 á", min_size=15, max_size=60))
def test_no_kind_of_character_is_demanded(typed: str) -> None:
    """Whatever is refused is refused for being guessed, not for lacking a class of characters."""
    assert told(typed) in {None, Fault.REPEATS, Fault.WALKS, Fault.KNOWN}
