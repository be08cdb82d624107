import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import telephone


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0901234567", "+84901234567"),
        ("0901 234 567", "+84901234567"),
        ("090.123.4567", "+84901234567"),
        ("84901234567", "+84901234567"),
        ("+84 (0)901234567", None),
        ("+84 901 234 567", "+84901234567"),
        ("0084901234567", "+84901234567"),
        ("+4915112345678", "+4915112345678"),
        ("0241234567", None),
        ("901234567", None),
        ("09012345678", None),
        ("+840901234567", None),
        ("0901234567\n0901234568", None),
        ("０９０１２３４５６７", None),
        ("", None),
        ("+", None),
        ("không", None),
    ],
)
def test_what_people_type_becomes_one_number(typed: str, number: str | None) -> None:
    assert telephone.e164(typed) == number


@given(st.from_regex(r"\A[35789][0-9]{8}\Z"))
def test_every_way_to_write_a_vietnamese_number_is_one(rest: str) -> None:
    number = f"+84{rest}"
    ways = (number, f"84{rest}", f"0{rest}", f"0084{rest}", f"0{rest[:2]} {rest[2:5]}-{rest[5:]}")
    assert {telephone.e164(way) for way in ways} == {number}
    assert telephone.national(number) == f"0{rest}"


@given(st.text(max_size=20))
def test_a_number_read_again_is_the_same(typed: str) -> None:
    number = telephone.e164(typed)
    assert number is None or telephone.e164(number) == number
