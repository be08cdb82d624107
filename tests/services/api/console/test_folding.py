import pytest

from services.api.console.folding import begin_words, words_in


@pytest.mark.parametrize("wanted", ["dak ha", "Đăk Hà", "HY vong", "lang hy", "lt-07", "vo", ""])
def test_a_search_needs_no_marks(wanted: str) -> None:
    assert begin_words(wanted, "Làng trẻ Hy Vọng", "LT-07", "xã Đăk Hà")


def test_every_word_wanted_must_be_there() -> None:
    assert not begin_words("hy vong kon tum", "Làng trẻ Hy Vọng", "xã Đăk Hà")


def test_a_word_is_found_by_its_beginning_and_not_by_its_end() -> None:
    assert not begin_words("ong", "Làng trẻ Hy Vọng")


def test_signs_part_words_and_are_none() -> None:
    assert words_in("LT-07, “Đăk Hà” & lt") == ["lt", "07", "dak", "ha"]
