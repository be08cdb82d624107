import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import gsm_alphabet, short_text
from shared.domain.short_text import ALONE, JOINED, Alphabet

GSM = sorted(gsm_alphabet.LETTERS)
VIETNAMESE = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
)
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=500)
gsm_texts = st.text(st.sampled_from(GSM), max_size=700)
#: Blanks and letters, as sentences have them.
sentences = st.text(st.sampled_from(VIETNAMESE + VIETNAMESE.upper() + "    .,:–"), max_size=700)
LINK = "https://giamsat.example/a/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def septets(text: str) -> int:
    return sum(2 if letter in "\f^{}\\[~]|€" else 1 for letter in text)


def units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


@pytest.mark.parametrize(
    ("text", "alphabet", "count"),
    [
        ("", Alphabet.GSM7, 1),
        ("a" * 160, Alphabet.GSM7, 1),
        ("a" * 161, Alphabet.GSM7, 2),
        ("a" * 306, Alphabet.GSM7, 2),
        ("a" * 307, Alphabet.GSM7, 3),
        ("€" * 80, Alphabet.GSM7, 1),
        ("€" * 81, Alphabet.GSM7, 2),
        ("ế" * 70, Alphabet.UCS2, 1),
        ("ế" * 71, Alphabet.UCS2, 2),
        ("ế" * 134, Alphabet.UCS2, 2),
        ("ế" * 135, Alphabet.UCS2, 3),
        ("a" * 70 + "ế", Alphabet.UCS2, 2),
        ("👶" * 35, Alphabet.UCS2, 1),
        ("👶" * 36, Alphabet.UCS2, 2),
    ],
)
def test_segments_are_counted_as_networks_count_them(
    text: str, alphabet: Alphabet, count: int
) -> None:
    assert short_text.alphabet_of(text) is alphabet
    assert short_text.segments(text) == count


def test_a_letter_of_two_septets_is_not_torn_between_two_segments() -> None:
    text = "a" * 152 + "€" + "b" * 20
    assert short_text.parts(text) == ("a" * 152, "€" + "b" * 20)


@given(anything | gsm_texts | sentences)
def test_the_parts_make_up_the_text_and_each_fits(text: str) -> None:
    found = short_text.parts(text)
    alphabet = short_text.alphabet_of(text)
    measure = septets if alphabet is Alphabet.GSM7 else units
    room = (ALONE if len(found) == 1 else JOINED)[alphabet]
    assert "".join(found) == text
    assert all(measure(part) <= room for part in found)
    assert short_text.length_of(text) == measure(text)


@given(anything | gsm_texts | sentences)
def test_no_packing_in_order_takes_fewer_segments(text: str) -> None:
    alphabet = short_text.alphabet_of(text)
    measure = septets if alphabet is Alphabet.GSM7 else units
    needed = 1 if measure(text) <= ALONE[alphabet] else -(-measure(text) // JOINED[alphabet])
    assert needed <= short_text.segments(text)
    # A letter that does not fit moves whole: it leaves at most one place empty.
    assert short_text.segments(text) <= max(needed, -(-measure(text) // (JOINED[alphabet] - 1)))


@given(anything)
def test_unmarked_text_is_in_the_gsm_alphabet_and_stays_as_it_is(text: str) -> None:
    plain = short_text.unmarked(text)
    assert short_text.alphabet_of(plain) is Alphabet.GSM7
    assert short_text.unmarked(plain) == plain


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_vietnamese_loses_its_marks_only(form: str) -> None:
    text = unicodedata.normalize(form, "Phòng ngủ Đỗ Quyên – không ai trông từ 02:10 “đêm”…")  # type: ignore[arg-type]  # one of the four
    expected = 'Phong ngu Do Quyen - khong ai trong tu 02:10 "dem"...'
    assert short_text.unmarked(text) == expected


@given(sentences)
def test_every_vietnamese_letter_becomes_one_plain_letter(text: str) -> None:
    plain = short_text.unmarked(text)
    assert len(plain) == len(text)
    assert "?" not in plain
    assert plain.isascii()


@given(anything | gsm_texts | sentences, st.integers(1, 5))
def test_a_message_that_is_too_long_is_cut_but_its_link_is_not(text: str, most: int) -> None:
    whole = short_text.fitted(text, ending=LINK, most=most)
    assert whole.endswith(LINK)
    assert short_text.segments(whole) <= most
    said = whole.removesuffix(LINK).rstrip(" ")
    assert text.startswith(said.removesuffix("...").rstrip()) or text.rstrip(" ") == said


@given(anything | gsm_texts | sentences, st.integers(1, 5))
def test_what_fits_is_left_alone(text: str, most: int) -> None:
    whole = f"{text} {LINK}" if text else LINK
    is_short = short_text.segments(whole) <= most
    assert (short_text.fitted(text, ending=LINK, most=most) == whole) is is_short


@given(sentences.filter(lambda text: len(text) > 200))
def test_cutting_leaves_little_room_unused(text: str) -> None:
    plain = short_text.unmarked(text)
    whole = short_text.fitted(plain, ending=LINK, most=1)
    # A word's worth, its blanks, and the dots.
    blanks = len(plain) - len(" ".join(plain.split()))
    assert short_text.length_of(whole) >= 160 - 24 - blanks


def test_a_word_is_not_broken() -> None:
    whole = short_text.fitted("Phong ngu so mot khong ai trong " * 9, ending=LINK, most=1)
    words = whole.removesuffix(LINK).rstrip().removesuffix("...").split()
    assert set(words) <= {"Phong", "ngu", "so", "mot", "khong", "ai", "trong"}
    assert short_text.segments(whole) == 1


def test_a_link_longer_than_all_stays_whole() -> None:
    assert short_text.fitted("text", ending="x" * 161, most=1) == "x" * 161
