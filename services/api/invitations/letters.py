"""What stands in the mail with a link, in its reader's language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.api.invitations.queries import Invitation, Mail
from services.api.people.words import ROLES
from services.api.sessions import tokens
from shared.domain.schedule import COUNTRY_TIME_ZONE
from shared.i18n import marked, translator

SUBJECTS: Final[Mapping[bool, str]] = {
    True: marked("Your role in the watch over children's homes"),
    False: marked("Prove anew who you are"),
}


def letter(invitation: Invitation, *, link: str, expires_at: datetime, host: str) -> Mail:
    """Plain text; the link is all that it is for."""
    to = translator(invitation.language)
    until = to.instant(expires_at, COUNTRY_TIME_ZONE)
    if invitation.role is not None:
        place = invitation.facility_name or invitation.admin_unit_name or to.gettext("everywhere")
        lines = [
            to.gettext(
                "You are invited to take this role: %(role)s, %(place)s.",
                role=to.gettext(ROLES[invitation.role]),
                place=place,
            ),
            "",
            to.gettext("Open this link, and choose a passphrase:"),
        ]
    else:
        lines = [
            to.gettext(
                "You are asked to prove anew who you are. Your passphrase, your authenticator app, "
                "your passkeys and recovery codes end as soon as you do."
            ),
            "",
            to.gettext("Open this link, and choose a new passphrase:"),
        ]
    lines += [
        "",
        link,
        "",
        to.gettext("It can be used once, until %(until)s.", until=until),
        to.gettext("If you do not expect this, leave it and tell whoever you work for."),
        "",
    ]
    return Mail(
        address=invitation.email,
        language=invitation.language,
        subject=to.gettext(SUBJECTS[invitation.role is not None]),
        body="\n".join(lines),
        message_id=f"<{tokens.new()[:24]}@{host}>",
        expires_at=expires_at,
    )
