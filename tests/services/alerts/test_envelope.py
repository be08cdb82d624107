from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.deliver.channel import ChannelError, Claimed
from services.alerts.deliver.envelope import envelope
from shared.domain.delivery import Channel, MessageKind

AT = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
words = st.lists(
    st.sampled_from(
        ["Cơ sở", "Ánh Dương:", "gián đoạn", "giám sát,", "toàn bộ", "cơ sở", "mất", "OK", "–"]
    ),
    min_size=1,
    max_size=40,
).map(" ".join)


def a_message(subject: str, body: str = "Phòng sinh hoạt\n", *, to: str = "a@b.example") -> bytes:
    claimed = Claimed(
        id=1, attempt_id=2, incident_id=5, user_id=3, kind=MessageKind.ALERT,
        channel=Channel.EMAIL, address=to, language="vi", subject=subject, body=body, short="",
        message_id="<1@giamsat.example>", attempts=0, created_at=AT, is_repeat=False,
    )  # fmt: skip
    return envelope(claimed, mail_from="alerts@giamsat.example").as_bytes()


@given(words)
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    raw = a_message(subject)
    assert str(make_header(decode_header(message_from_bytes(raw)["Subject"]))) == subject
    assert message_from_bytes(raw, policy=policy.default)["Subject"] == subject
    assert all(len(line) <= 78 for line in raw.split(b"\n") if line.startswith((b"Subject", b" ")))


def test_a_body_arrives_as_it_was_written() -> None:
    body = "Cơ sở: Mái ấm Hoa Sen\n• Phòng sinh hoạt: từ 16:04 (2 phút)\n.\nFrom here\n" + "ă" * 300
    message = message_from_bytes(a_message("x", body), policy=policy.default)
    assert message.get_content().splitlines() == body.splitlines()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == "a@b.example"


@pytest.mark.parametrize("to", ["a@b.example\r\nBcc: all@b.example", "nobody", "a b@c.example"])
def test_an_address_that_is_none_is_refused_for_good(to: str) -> None:
    with pytest.raises(ChannelError) as refused:
        a_message("x", to=to)
    assert not refused.value.retryable
