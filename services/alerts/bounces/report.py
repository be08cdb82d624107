"""Reads what a mail server reports of a mail it took: RFC 3464, and Exim's older way."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from typing import Final

from shared.domain.delivery import Receipt

#: What a server says it did with a recipient; a delay or a passing on decides nothing yet.
_ACTIONS: Final = {"failed": Receipt.FAILED, "delivered": Receipt.DELIVERED}
_STATUS_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mail, and the enhanced status code that says why."""

    receipt: Receipt
    status: str


def read(content: bytes) -> Report | None:
    """Nothing if it decides nothing: a delay, an answer of somebody on holiday, or nonsense."""
    try:
        message = message_from_bytes(content, policy=policy.default)
        reports = [_of_recipient(block) for block in _blocks(message)]
        is_failure = message.get("X-Failed-Recipients") is not None
    except (MessageError, LookupError, ValueError, AttributeError):
        # The parser of the standard library is known to raise these on what nobody should send.
        return None
    known = [report for report in reports if report is not None]
    if not known:
        return Report(Receipt.FAILED, "") if is_failure else None
    return min(known, key=lambda report: report.receipt is not Receipt.FAILED)


def _blocks(message: EmailMessage) -> list[Message]:
    """Of every recipient; the first block of a report is about the message."""
    return [
        block
        for part in message.walk()
        if part.get_content_type() == "message/delivery-status"
        for block in part.get_payload()
        if isinstance(block, Message)
    ]


def _of_recipient(block: Message) -> Report | None:
    receipt = _ACTIONS.get(str(block.get("Action", "")).strip().lower())
    if receipt is None:
        return None
    return Report(receipt, str(block.get("Status", "")).strip()[:_STATUS_LENGTH])
