"""Requests that need four eyes, in words: msgids, to be translated where they are shown."""

from collections.abc import Mapping
from typing import Final

from shared.domain.approvals import Dataset, Kind, Obstacle, Repeats, State
from shared.i18n import marked

KINDS: Final[Mapping[str, str]] = {
    Kind.MUTE: marked("Silence alerts"),
    Kind.MAINTENANCE: marked("Maintenance"),
    Kind.CORRECTION: marked("Correction"),
    Kind.NAMED_EXPORT: marked("Export with names"),
}
#: As the form to ask says it.
ASKED: Final[Mapping[str, str]] = {
    Kind.MAINTENANCE: KINDS[Kind.MAINTENANCE],
    Kind.MUTE: KINDS[Kind.MUTE],
    Kind.CORRECTION: marked("Correction: excuse maintenance that is over"),
}
STATES: Final[Mapping[str, str]] = {
    State.REQUESTED: marked("waiting for a decision"),
    State.APPROVED: marked("approved, not begun"),
    State.IN_FORCE: marked("in force"),
    State.OVER: marked("over"),
    State.REFUSED: marked("refused"),
    State.EXPIRED: marked("nobody decided in time"),
    State.WITHDRAWN: marked("withdrawn"),
    State.REVOKED: marked("revoked"),
}
DATASETS: Final[Mapping[str, str]] = {
    Dataset.PEOPLE: marked("People and their roles"),
    Dataset.ACCESS_LOG: marked("Access log with names"),
}
OBSTACLES: Final[Mapping[str, str]] = {
    Obstacle.NO_WINDOW: marked("Say from when to when."),
    Obstacle.ENDS_BEFORE_IT_BEGINS: marked("It must end after it begins."),
    Obstacle.ALREADY_OVER: marked(
        "This time is over already. To have it excused afterwards, ask for a correction."
    ),
    Obstacle.BEGINS_IN_THE_PAST: marked(
        "It cannot begin in the past: it holds from its approval on. For the time before, ask for "
        "a correction once it is over."
    ),
    Obstacle.NOT_OVER_YET: marked(
        "A correction is of time that is over. For what is to come, ask for maintenance."
    ),
    Obstacle.TOO_LONG_AGO: marked("This was more than 90 days ago: it is not corrected here."),
    Obstacle.TOO_LONG: marked(
        "Alerts are silenced for 24 hours at most, maintenance takes 30 days at most."
    ),
    Obstacle.TOO_FAR_AHEAD: marked("It may begin within 90 days."),
    Obstacle.OVERLAPS_ITSELF: marked("It must end before it begins again."),
    Obstacle.ONLY_MAINTENANCE_REPEATS: marked(
        "Only maintenance can repeat. To silence alerts, ask each time."
    ),
    Obstacle.SERIES_TOO_LONG: marked(
        "Say until which day it repeats: after it begins, and within a year."
    ),
    Obstacle.NOT_OPEN: marked("Somebody was faster: it is decided or over already."),
    Obstacle.OWN_REQUEST: marked("This is your own request. Somebody else must decide."),
    Obstacle.SAME_PERSON: marked("Both accounts are one person's. Somebody else must decide."),
    Obstacle.NOT_IN_FORCE: marked("This export is no longer open. Ask anew if you still need it."),
    Obstacle.NOT_THE_REQUESTER: marked("Only who asked may fetch it."),
    "too_many_lines": marked("These are too many lines. Ask for fewer days."),
}  # fmt: skip
REPEATS: Final[Mapping[str, str]] = {
    Repeats.DAILY: marked("every day"),
    Repeats.WEEKLY: marked("every week"),
}
#: By the field of the form that is wrong.
FIELDS: Final[Mapping[str, str]] = {
    "reason": marked("Say why, in at least a few words. Whoever decides reads it."),
    "zone": marked("There is no such zone in this facility."),
    "device": marked("There is no such device in this facility."),
    "starts_at": marked("Say from when to when."),
    "ends_at": marked("Say from when to when."),
    "repeats": marked("Say until which day it repeats: after it begins, and within a year."),
    "repeats_until": marked("Say until which day it repeats: after it begins, and within a year."),
    "first_day": marked("Say which days of the access log: a year at most."),
    "last_day": marked("Say which days of the access log: a year at most."),
}
EVERYTHING: Final = marked("the whole facility")
EVERY_PLACE: Final = marked("all facilities there")
