"""What each gateway says, as plain values: what became of a message, and what somebody answered."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain import telephone
from shared.domain.delivery import Receipt
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

Fields = Mapping[str, str]
MOST_LETTERS: Final = 1000
_MOST_IN_REF: Final = 100


@dataclass(frozen=True, slots=True)
class Report:
    ref: str
    receipt: Receipt
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The same `ref` is the same message."""

    ref: str
    sender: str
    body: str


def esms_report(fields: Fields) -> Report | None:
    """`RequestId` is our own key. https://developers.esms.vn/esms-api/callback-url"""
    ref = fields.get("RequestId") or fields.get("SMSID", "")
    status = fields.get("SendStatus", "")
    detail = f"SendStatus {status[:4]}"
    if status == "5":
        has_arrived = _number(fields.get("SendSuccess")) > 0 or not _number(
            fields.get("SendFailed")
        )
        return _report(ref, Receipt.DELIVERED if has_arrived else Receipt.FAILED, detail)
    return _report(ref, Receipt.FAILED, detail) if status == "4" else None


def speedsms_report(fields: Fields) -> Report | None:
    """0: it arrived; below 64: it is tried again; the others: it did not."""
    status = fields.get("status", "")
    if fields.get("type", "report") != "report" or not (status.isascii() and status.isdecimal()):
        return None
    if 0 < int(status) < 64:
        return None
    receipt = Receipt.DELIVERED if int(status) == 0 else Receipt.FAILED
    return _report(fields.get("tranId", ""), receipt, f"status {status[:4]}")


def twilio_report(fields: Fields) -> Report | None:
    """https://www.twilio.com/docs/messaging/guides/track-outbound-message-status"""
    status = fields.get("MessageStatus", "")
    found = {
        "delivered": Receipt.DELIVERED,
        "read": Receipt.DELIVERED,
        "undelivered": Receipt.FAILED,
        "failed": Receipt.FAILED,
    }.get(status)
    detail = f"{status[:20]} {fields.get('ErrorCode', '')[:8]}".strip()
    return None if found is None else _report(fields.get("MessageSid", ""), found, detail)


def speedsms_answer(fields: Fields, now: datetime) -> Answer | None:
    if fields.get("type") != "sms":
        return None
    return _answer("", fields.get("phone", ""), fields.get("content", ""), now)


def twilio_answer(fields: Fields, now: datetime) -> Answer | None:
    return _answer(
        fields.get("MessageSid", ""), fields.get("From", ""), fields.get("Body", ""), now
    )


def no_answer(_fields: Fields, _now: datetime) -> Answer | None:
    """From a brand name nobody can be answered."""
    return None


REPORTS: Final[Mapping[str, Callable[[Fields], Report | None]]] = {
    "esms": esms_report, "speedsms": speedsms_report, "twilio": twilio_report,
}  # fmt: skip
ANSWERS: Final[Mapping[str, Callable[[Fields, datetime], Answer | None]]] = {
    "esms": no_answer, "speedsms": speedsms_answer, "twilio": twilio_answer,
}  # fmt: skip


def _report(ref: str, receipt: Receipt, detail: str) -> Report | None:
    """A report on nothing is none."""
    return Report(ref, receipt, detail) if 0 < len(ref) <= _MOST_IN_REF else None


def _answer(ref: str, sender: str, body: str, now: datetime) -> Answer | None:
    """Without a number of its own, the same words of one telephone on one day are one message."""
    number = telephone.e164(sender)
    if number is None or not 0 < len(body) <= MOST_LETTERS or "\0" in body:
        return None
    day = local_day(now, COUNTRY_TIME_ZONE)
    said = hashlib.sha256(f"{number}\n{day}\n{body}".encode()).hexdigest()[:32]
    return Answer(ref[:_MOST_IN_REF] or said, number, body)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
