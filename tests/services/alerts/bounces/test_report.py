"""What mail servers say of a mail they took, as Postfix, Exim and others write it."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.bounces.report import Report, read
from shared.domain.delivery import Receipt
from tests.support.bounces import dsn

FAILED, DELIVERED = Receipt.FAILED, Receipt.DELIVERED


@pytest.mark.parametrize(
    ("action", "status", "found"),
    [
        ("failed", "5.1.1", Report(FAILED, "5.1.1")),
        ("Failed", "5.2.2", Report(FAILED, "5.2.2")),
        ("delivered", "2.0.0", Report(DELIVERED, "2.0.0")),
        ("delayed", "4.4.1", None),
        ("relayed", "2.0.0", None),
        ("expanded", "2.0.0", None),
        ("", "", None),
    ],
)
def test_the_action_decides(action: str, status: str, found: Report | None) -> None:
    assert read(dsn(action, status).as_bytes()) == found


def test_one_recipient_that_failed_outweighs_others() -> None:
    message = dsn("delivered", "2.0.0", more=[("failed", "5.1.1")])
    assert read(message.as_bytes()) == Report(FAILED, "5.1.1")


def test_the_older_way_of_exim_is_understood() -> None:
    message = EmailMessage()
    message["X-Failed-Recipients"] = "p1@example.org"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("A message that you sent could not be delivered.")
    assert read(message.as_bytes()) == Report(FAILED, "")


def test_somebody_on_holiday_is_no_failure() -> None:
    message = EmailMessage()
    message["Auto-Submitted"] = "auto-replied"
    message["Subject"] = "Out of office"
    message.set_content("Action: failed")
    assert read(message.as_bytes()) is None


@given(st.binary(max_size=2000))
def test_nonsense_decides_nothing(content: bytes) -> None:
    assert read(content) is None


@given(st.data())
def test_a_damaged_report_is_read_or_decides_nothing(data: st.DataObject) -> None:
    whole = dsn("failed", "5.1.1").as_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    patch = data.draw(st.binary(max_size=30))
    found = read(whole[:at] + patch + whole[at + len(patch) :])
    assert found is None or found.receipt in {FAILED, DELIVERED}
