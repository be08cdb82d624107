"""What an agency can be told of, in words."""

from collections.abc import Mapping
from typing import Final

from shared.domain.webhooks import EventType, NotMade
from shared.i18n import marked

WORDS: Final[Mapping[EventType, str]] = {
    EventType.GAP_OPENED: marked("A gap began"),
    EventType.GAP_CLOSED: marked("A gap ended"),
    EventType.GAP_CORRECTED: marked("A gap was corrected"),
    EventType.INCIDENT_OPENED: marked("An incident was opened"),
    EventType.INCIDENT_ESCALATED: marked("Somebody was told of an incident"),
    EventType.INCIDENT_ACKNOWLEDGED: marked("An incident was taken up"),
    EventType.INCIDENT_RESOLVED: marked("An incident is over"),
    EventType.INCIDENT_CORRECTED: marked("An incident was corrected"),
}

#: Why calls that waited are not made.
NOT_MADE: Final[Mapping[NotMade, str]] = {
    NotMade.WEBHOOK_REMOVED: marked("the address was removed"),
    NotMade.AGENCY_REVOKED: marked("the agency was revoked"),
    NotMade.NO_KEY: marked("it has no key in force, so it could not pull either"),
    NotMade.GONE: marked("it said that nobody is there any more (410)"),
    NotMade.GRANT_ENDED: marked("the grant has ended"),
}
