"""A message as it goes over the wire: RFC 5322, plain UTF-8 text, threaded by incident."""

import re
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr

from services.alerts.deliver.channel import ChannelError, Claimed
from services.alerts.tell.outbox import thread_id
from shared.i18n import marked, translator

# The newer EmailMessage drops a space where it folds a subject between two words that both need
# encoding (Python 3.11); Header keeps it.
_POLICY = compat32.clone(linesep="\r\n", mangle_from_=False)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP

REPEAT = marked("(possible repeat)")
#: What every mail server takes; anything else could only be refused, or worse, misread.
_USABLE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def envelope(claimed: Claimed, *, mail_from: str) -> Message:
    """One recipient. The same message has the same name and date whenever it is sent."""
    if not _USABLE.fullmatch(claimed.address):
        raise ChannelError("the address cannot be used", retryable=False, is_address_bad=True)
    message = MIMENonMultipart("text", "plain", policy=_POLICY)
    message.set_payload(claimed.body, _UTF8)
    message["From"] = formataddr(("giamsat", mail_from))
    message["To"] = claimed.address
    message["Subject"] = Header(_subject(claimed), header_name="Subject").encode()
    message["Date"] = format_datetime(claimed.created_at)
    message["Message-ID"] = claimed.message_id
    if claimed.incident_id is not None:
        thread = thread_id(claimed.incident_id, mail_from.rpartition("@")[2])
        message["In-Reply-To"] = thread
        message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"
    return message


def _subject(claimed: Claimed) -> str:
    subject = " ".join(claimed.subject.split())
    if not claimed.is_repeat:
        return subject
    return f"{subject} {translator(claimed.language).gettext(REPEAT)}"
