import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.api.inputs import Text

_TEXT = TypeAdapter(Text)


@pytest.mark.parametrize("char", ["\x00", "\u202e", "\u202a", "\u2066", "\u2069"])
def test_words_that_would_read_as_others_are_refused(char: str) -> None:
    with pytest.raises(ValidationError, match="it holds"):
        _TEXT.validate_python(f"Thợ điện{char} đang đến")


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_what_people_write_stays_as_it_is(said: str) -> None:
    lines = f"{said}\n\t{said}\r\n👩\u200d🔧"
    assert _TEXT.validate_python(lines) == lines
