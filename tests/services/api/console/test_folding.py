import pytest

from services.api.console.folding import matches


@pytest.mark.parametrize("wanted", ["dak ha", "Đăk Hà", "HY vong", "lang hy", ""])
def test_a_search_needs_no_marks(wanted: str) -> None:
    assert matches(wanted, "Làng trẻ Hy Vọng", "LT-07", "xã Đăk Hà")


def test_every_word_wanted_must_be_there() -> None:
    assert not matches("hy vong kon tum", "Làng trẻ Hy Vọng", "xã Đăk Hà")
