import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.adapters.prefix import levels_of

LEVEL = st.text(st.characters(exclude_characters="+#/\x00", categories=["L", "N", "P"]), min_size=1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", ""),
        ("/", ""),
        ("#", ""),
        ("frigate", "frigate"),
        ("/frigate/", "frigate"),
        ("frigate/#", "frigate"),
        (" nha a/zigbee2mqtt ", "nha a/zigbee2mqtt"),
        ("giamsat/v1/HOA-SEN/hub/zigbee2mqtt/#", "zigbee2mqtt"),
        ("giamsat/v1/HOA-SEN/hub", ""),
    ],
)
def test_a_prefix_is_understood_however_it_is_written(written: str, meant: str) -> None:
    assert levels_of(written) == meant


@pytest.mark.parametrize("written", ["+/frigate", "a/#/b", "a//b", "fri+gate"])
def test_what_cannot_be_a_prefix_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"wildcard|empty level"):
        levels_of(written)


@given(st.lists(LEVEL, max_size=5))
def test_what_was_understood_once_is_understood_the_same_again(levels: list[str]) -> None:
    prefix = levels_of("/".join(levels))
    assert levels_of(prefix) == prefix


@pytest.mark.parametrize("written", [None, 7, ["a"]])
def test_what_is_no_text_is_left_to_the_schema(written: object) -> None:
    assert levels_of(written) is written
