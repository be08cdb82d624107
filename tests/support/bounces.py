"""Bounces as mail servers write them (RFC 3464), for the tests."""

from collections.abc import Sequence
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText


def dsn(
    action: str, status: str, *, more: Sequence[tuple[str, str]] = (), about: str = "p1@example.org"
) -> Message:
    """A report about one recipient, or several."""
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    report["From"] = "MAILER-DAEMON@mail.example"
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText("I'm sorry to have to inform you that your message could not be"))
    blocks: list[Message | str] = [_block(("Reporting-MTA", "dns; mail.example"))]
    for one_action, one_status in [(action, status), *more]:
        fields = [("Final-Recipient", f"rfc822; {about}")]
        fields += [("Action", one_action)] * bool(one_action)
        fields += [("Status", one_status)] * bool(one_status)
        blocks.append(_block(*fields, ("Diagnostic-Code", "smtp; 550 no such user here")))
    part = MIMEBase("message", "delivery-status")
    part.set_payload(blocks)
    report.attach(part)
    original = EmailMessage()
    original["Message-ID"] = "<m1@giamsat.example>"
    returned = MIMEBase("message", "rfc822")
    returned.attach(original)
    report.attach(returned)
    return report


def _block(*fields: tuple[str, str]) -> Message:
    block = Message()
    for name, value in fields:
        block[name] = value
    return block
