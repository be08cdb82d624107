import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import sms_reply

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("OK 1234", "1234"),
        ("ok1234", "1234"),
        ("  Ok: 0007, cam on", "0007"),
        ("DA NHAN 1234", "1234"),
        ("Đã nhận 1234", "1234"),
        ("da nhan#1234", "1234"),
        ("OK 12345", None),
        ("OK", None),
        ("1234", None),
        ("khong OK 1234", None),
        ("OKE 1234", None),
        ("OK 123", None),
        ("", None),
    ],
)
def test_only_a_yes_with_a_code_is_an_answer(answer: str, code: str | None) -> None:
    assert sms_reply.code_in(answer) == code


@given(st.integers(1, 2**62))
def test_the_code_of_an_incident_is_read_back(incident_id: int) -> None:
    code = sms_reply.code_of(incident_id, key=KEY)
    assert sms_reply.code_in(f"OK {code}") == code
    assert len(code) == sms_reply.DIGITS


def test_codes_do_not_follow_from_numbers() -> None:
    codes = {sms_reply.code_of(number, key=KEY) for number in range(1000)}
    others = {sms_reply.code_of(number, key=b"x" * 32) for number in range(1000)}
    assert len(codes) > 900
    assert codes != others
