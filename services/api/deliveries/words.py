"""What messages are for and what becomes of them; msgids, to be translated where shown."""

from collections.abc import Mapping
from typing import Final

from shared.domain.delivery import MessageKind, MessageState, Outcome
from shared.i18n import marked

KINDS: Final[Mapping[str, str]] = {
    MessageKind.ALERT: marked("Alert"),
    MessageKind.ESCALATION: marked("Alert to the next step"),
    MessageKind.NEWS: marked("What came on top"),
    MessageKind.RECOVERY: marked("The watch goes on again"),
    MessageKind.CORRECTION: marked("Correction"),
    MessageKind.HANDED_OVER: marked("Handed over"),
    MessageKind.VACANCY: marked("Vacant posts"),
    MessageKind.REVIEW: marked("To be looked at again"),
    MessageKind.REMINDER: marked("Reminder"),
    MessageKind.UNSTABLE: marked("It comes and goes"),
    MessageKind.STEADY: marked("It holds again"),
    MessageKind.EXEMPTION_ENDED: marked("Silence has ended"),
    MessageKind.ASSIGNED: marked("Given to somebody"),
    MessageKind.DIGEST: marked("Several in one"),
    MessageKind.TEST: marked("Test"),
}
STATES: Final[Mapping[str, str]] = {
    MessageState.PENDING: marked("waiting"),
    MessageState.SENT: marked("handed over"),
    MessageState.DEAD: marked("could not be delivered"),
    MessageState.CANCELLED: marked("not sent: taken up before"),
    MessageState.DIGESTED: marked("told with others"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.ACCEPTED: marked("accepted"),
    Outcome.RETRY: marked("to be tried again"),
    Outcome.REFUSED: marked("refused"),
    "unknown": marked("never learned"),
}
