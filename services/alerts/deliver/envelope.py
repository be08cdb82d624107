"""A message as it goes over the wire: RFC 5322, plain UTF-8 text, threaded by incident."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.alerts.deliver.email import ChannelError
from services.alerts.deliver.queries import Claimed
from services.alerts.tell.outbox import thread_id
from shared.i18n import marked, translator

REPEAT = marked("(possible repeat)")
#: What every mail server takes; anything else could only be refused, or worse, misread.
_USABLE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def envelope(claimed: Claimed, *, mail_from: str) -> EmailMessage:
    """One recipient. The same message has the same name and date whenever it is sent."""
    if not _USABLE.fullmatch(claimed.address):
        raise ChannelError("the address cannot be used", retryable=False)
    thread = thread_id(claimed.incident_id, mail_from.rpartition("@")[2])
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("giamsat", addr_spec=mail_from)
    message["To"] = Address(addr_spec=claimed.address)
    message["Subject"] = _subject(claimed)
    message["Date"] = format_datetime(claimed.created_at)
    message["Message-ID"] = claimed.message_id
    message["In-Reply-To"] = thread
    message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(claimed.body, cte="quoted-printable")
    return message


def _subject(claimed: Claimed) -> str:
    subject = " ".join(claimed.subject.split())
    if not claimed.is_repeat:
        return subject
    return f"{subject} {translator(claimed.language).gettext(REPEAT)}"
