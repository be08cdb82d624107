from hypothesis import given
from hypothesis import strategies as st

from shared.domain import gsm_alphabet


def test_the_alphabet_is_that_of_the_standard() -> None:
    assert gsm_alphabet.octets("@£$ AZaz09§à") == bytes.fromhex("000102 20 415a 617a 3039 5f 7f")
    assert gsm_alphabet.octets("€[]~\n") == bytes.fromhex("1b65 1b3c 1b3e 1b3d 0a")
    assert len(gsm_alphabet.LETTERS) == 127 + 10


@given(st.text(st.sampled_from(sorted(gsm_alphabet.LETTERS))))
def test_what_is_written_is_read_back(text: str) -> None:
    assert gsm_alphabet.text_of(gsm_alphabet.octets(text)) == text


@given(st.binary(max_size=200))
def test_whatever_a_telephone_sends_is_some_text(content: bytes) -> None:
    assert len(gsm_alphabet.text_of(content)) <= len(content)
