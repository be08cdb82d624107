"""What can happen to an incident, and why, in words; msgids, to be translated where shown."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.domain.delivery import Channel, MessageKind, MessageState, Receipt
from shared.domain.handling import ActionKind, Resolution, Verdict, Way
from shared.domain.incidents import EventKind
from shared.domain.states import Severity
from shared.i18n import marked


class Mood(StrEnum):
    """How a line of the story is marked."""

    BAD = "bad"
    GOOD = "good"
    PLAIN = "plain"


#: Each kind of event has its words, also where a row of its own usually tells it better.
EVENTS: Final[Mapping[str, tuple[Mood, str]]] = {
    EventKind.GAP_OPENED: (Mood.BAD, marked("%(zone)s is no longer being watched")),
    EventKind.GAP_CLOSED: (Mood.GOOD, marked("%(zone)s is being watched again")),
    EventKind.GAP_SHORTENED: (
        Mood.GOOD,
        marked("%(zone)s: late evidence shows that part of the gap was watched"),
    ),
    EventKind.GAP_MOVED: (
        Mood.PLAIN,
        marked("%(zone)s: the gap turns out to have begun or ended at another time"),
    ),
    EventKind.GAP_REPAIRED: (
        Mood.GOOD,
        marked("%(zone)s: late evidence shows that it was watched after all"),
    ),
    EventKind.INCIDENT_OPENED: (Mood.BAD, marked("Incident opened: %(cause)s")),
    EventKind.INCIDENT_WIDENED: (Mood.BAD, marked("It turns out to be: %(cause)s")),
    EventKind.INCIDENT_GREW: (Mood.BAD, marked("It also concerns: %(zones)s")),
    EventKind.INCIDENT_JOINED: (Mood.PLAIN, marked("It is part of incident %(other)s")),
    EventKind.INCIDENT_LEFT: (Mood.PLAIN, marked("It stands by itself again")),
    EventKind.INCIDENT_SPLIT: (
        Mood.PLAIN,
        marked("What has another cause is now an incident of its own"),
    ),
    EventKind.SEVERITY_CHANGED: (Mood.BAD, marked("It now counts as %(severity)s")),
    EventKind.BECAME_UNSTABLE: (
        Mood.BAD,
        marked("It comes and goes: it is told once, until it holds"),
    ),
    EventKind.BECAME_STEADY: (Mood.GOOD, marked("It holds again")),
    EventKind.CLOCK_RESUMED: (
        Mood.PLAIN,
        marked("It had stopped shortly before as well, so the ladder goes on from where it stood"),
    ),
    EventKind.ACKNOWLEDGED: (Mood.GOOD, marked("Somebody took it up")),
    EventKind.TOLD: (Mood.PLAIN, marked("Decided to tell %(role)s")),
    EventKind.REMINDED: (Mood.PLAIN, marked("Decided to tell %(role)s again")),
    EventKind.STEP_UNREACHABLE: (
        Mood.BAD,
        marked("Nobody could be told as %(role)s: no one holds that role here"),
    ),
    EventKind.STEP_UNDELIVERED: (
        Mood.BAD,
        marked("No message to %(role)s arrived: whoever is next is told in their stead"),
    ),
    EventKind.MUTED: (Mood.PLAIN, marked("Messages are silenced until %(until)s")),
    EventKind.EXEMPTION_ENDED: (Mood.PLAIN, marked("Messages are no longer silenced")),
    EventKind.SNOOZED: (Mood.PLAIN, marked("It was put off until %(until)s")),
    EventKind.ASSIGNED: (Mood.PLAIN, marked("It was given to somebody")),
    EventKind.COMMENTED: (Mood.PLAIN, marked("Somebody commented")),
    EventKind.EXPLAINED: (Mood.PLAIN, marked("The facility explained it")),
    EventKind.EXPLANATION_REVIEWED: (Mood.PLAIN, marked("The explanation was reviewed")),
    EventKind.RESOLUTION_GIVEN: (Mood.PLAIN, marked("It was said what it was")),
    EventKind.RESOLVED: (Mood.GOOD, marked("The incident is over")),
    EventKind.CORRECTED: (Mood.GOOD, marked("Those told before get a correction")),
    EventKind.DELIVERY_FAILED: (Mood.BAD, marked("A message could not be delivered")),
    EventKind.DIGESTED: (
        Mood.PLAIN,
        marked("Too many messages to one address: they come together in one"),
    ),
    EventKind.SENDS_CANCELLED: (Mood.GOOD, marked("What was not sent yet is not sent any more")),
    EventKind.RECEIPT: (Mood.PLAIN, marked("A receipt came: %(receipt)s")),
    EventKind.JURISDICTION_REASSIGNED: (
        Mood.PLAIN,
        marked("The facility came from %(before)s to %(to)s; who is in charge now takes over"),
    ),
}
#: What ended because nothing was required any more.
NOT_REQUIRED: Final[Mapping[str, str]] = {
    EventKind.GAP_CLOSED: marked("%(zone)s no longer has to be watched at this time"),
    EventKind.RESOLVED: marked("The incident is over: it no longer has to be watched at this time"),
}
#: What the history knows of and this release does not.
UNKNOWN: Final = marked("Something happened: %(kind)s")

#: Why, by the code that stands in the event.
REASONS: Final[Mapping[str, str]] = {
    "due": marked("its turn came: nobody had taken it up for %(after)s"),
    "previous_unreachable": marked("nobody could be told before: %(roles)s"),
    "previous_undelivered": marked("no message before arrived: %(roles)s"),
    "not_delivered": marked("it could not be delivered for ten minutes, or not at all"),
    "last_resort": marked("nobody on the whole ladder could be told"),
    "nobody_holds_the_role": marked("the next step is told at once"),
    "no_address_works": marked(
        "no address of theirs takes messages; the next step is told at once"
    ),
    "exemption_ended": marked("the silence has ended and it still lasts: this counts as the step"),
    "nobody_acknowledged": marked("nobody has taken it up"),
    "acknowledged": marked("somebody took it up"),
    "same_cause": marked("both have one cause"),
    "fell_silent_together": marked("many facilities of the area fell silent together"),
    "most_are_back": marked("most of the area is back"),
    "outage_is_over": marked("the outage of the area is over"),
    "most_is_over": marked("what it began with is over, and the rest is something else"),
    "mute": marked("an approved silence; gaps go on record"),
    "maintenance": marked("approved maintenance; gaps go on record"),
    "over": marked("it was over before it took effect"),
    "told_before": marked("everybody who was told hears of it"),
    "nobody_was_told": marked("nobody had been told, so nobody has to hear of it"),
    "refused": marked("the other side refused it"),
    "too_long": marked("it was tried for too long"),
    "bounced": marked("it came back"),
    "bad_receipt": marked("the provider says that it did not arrive"),
    "no_receipt": marked("no receipt came"),
    "slow": marked("it takes too long"),
}
#: How those who were told were found.
HOW: Final[Mapping[str, str]] = {
    "on_duty": marked("who is on duty"),
    "deputy_on_duty": marked("the deputy on duty"),
    "deputy": marked("the deputies"),
    "holder": marked("everybody in this role"),
}
SEVERITIES: Final[Mapping[str, str]] = {
    Severity.NOTICE: marked("slight"),
    Severity.WARNING: marked("serious"),
    Severity.CRITICAL: marked("critical"),
}
CHANNELS: Final[Mapping[str, str]] = {
    Channel.EMAIL: marked("e-mail"),
    Channel.SMS: marked("SMS"),
    Channel.PUSH: marked("browser"),
    Channel.WEBHOOK: marked("webhook"),
}
#: By kind of message, once it is handed over; the others are simply told.
SENT: Final[Mapping[str, str]] = {
    MessageKind.RECOVERY: marked("Told %(role)s that it is over"),
    MessageKind.CORRECTION: marked("Sent %(role)s the correction"),
    MessageKind.HANDED_OVER: marked("Handed over to %(role)s now in charge"),
    MessageKind.REMINDER: marked("Told %(role)s again"),
    MessageKind.NEWS: marked("Told %(role)s what came on top"),
    MessageKind.UNSTABLE: marked("Told %(role)s that it comes and goes"),
    MessageKind.STEADY: marked("Told %(role)s that it holds again"),
    MessageKind.EXEMPTION_ENDED: marked("Told %(role)s that the silence has ended"),
    MessageKind.ASSIGNED: marked("Told %(role)s that it is theirs to see to"),
}
TOLD: Final = marked("Told %(role)s")
UNSENT: Final[Mapping[str, str]] = {
    MessageState.PENDING: marked("A message to %(role)s is waiting to be sent"),
    MessageState.DEAD: marked("A message to %(role)s could not be delivered"),
    MessageState.CANCELLED: marked("A message to %(role)s was not sent: somebody took it up"),
    MessageState.DIGESTED: marked("A message to %(role)s comes together with others"),
}
RECEIPTS: Final[Mapping[str, str]] = {
    Receipt.DELIVERED: marked("arrived"),
    Receipt.FAILED: marked("did not arrive"),
    Receipt.NEVER: marked("no receipt came"),
}
ACTIONS: Final[Mapping[ActionKind, tuple[Mood, str]]] = {
    ActionKind.COMMENT: (Mood.PLAIN, marked("%(name)s commented")),
    ActionKind.ASSIGN: (Mood.PLAIN, marked("%(name)s gave it to %(to)s")),
    ActionKind.SNOOZE: (Mood.PLAIN, marked("%(name)s put it off until %(until)s")),
    ActionKind.EXPLAIN: (Mood.PLAIN, marked("%(name)s explained it for the facility")),
    ActionKind.REVIEW: (Mood.PLAIN, marked("%(name)s reviewed the explanation: %(verdict)s")),
    ActionKind.RESOLVE: (Mood.PLAIN, marked("%(name)s said what it was: %(resolution)s")),
}
VERDICTS: Final[Mapping[str, str]] = {
    Verdict.ACCEPTED: marked("accepted"),
    Verdict.REJECTED: marked("rejected"),
}
WAYS: Final[Mapping[str, str]] = {
    Way.LINK: marked("by the link in the message"),
    Way.SMS: marked("by answering the short message"),
    Way.API: marked("from another system"),
}
RESOLUTIONS: Final[Mapping[str, str]] = {
    Resolution.POWER_CUT: marked("power cut"),
    Resolution.INTERNET_DOWN: marked("internet line down"),
    Resolution.NETWORK_FAULT: marked("fault in the facility's own network"),
    Resolution.DEVICE_BROKEN: marked("device broken"),
    Resolution.DEVICE_UNPLUGGED: marked("device unplugged"),
    Resolution.PICTURE_OBSTRUCTED: marked("something before the lens"),
    Resolution.MAINTENANCE_WORK: marked("maintenance work"),
    Resolution.ROUND_NOT_DONE: marked("a round was not done"),
    Resolution.DELIBERATE: marked("switched off on purpose"),
    Resolution.PLATFORM_FAULT: marked("fault of this system"),
    Resolution.FALSE_ALARM: marked("false alarm"),
    Resolution.UNKNOWN: marked("not known"),
}
