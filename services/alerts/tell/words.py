"""The words that messages choose from, by what happened."""

from collections.abc import Mapping
from typing import Final

from shared.domain.states import Cause, GapState
from shared.i18n import marked

#: Subjects: what happened, after the facility's name.
BEGAN: Final[Mapping[Cause, str]] = {
    Cause.FACILITY_SILENT: marked("%(facility)s: nothing is watched, the whole facility is silent"),
    Cause.DEVICE_SILENT: marked("%(facility)s: not watched – %(zones)s"),
    Cause.PICTURE: marked("%(facility)s: the picture shows nothing – %(zones)s"),
    Cause.PLATFORM_BLIND: marked("%(facility)s: the system receives no heartbeats"),
    Cause.GATEWAY_SILENT: marked("%(facility)s: not watched – gateway %(gateway)s is silent"),
    Cause.FACILITY_LINK: marked("%(facility)s: nothing is watched, the connection is lost"),
    Cause.FACILITY_POWER: marked("%(facility)s: nothing is watched, the power has failed"),
    Cause.AREA_OUTAGE: marked("%(facility)s: %(facilities)s silent at once"),
    Cause.ROUND_MISSED: marked("%(facility)s: a round was not made – %(zones)s"),
    Cause.DELIVERY_FAILED: marked("%(facility)s: a message reached nobody"),
}
UNSTABLE: Final = marked("%(facility)s: the watch comes and goes – %(zones)s")
STEADY: Final = marked("%(facility)s: it no longer comes and goes, but is not watched – %(zones)s")

HANDED_OVER: Final = marked("%(facility)s: an open incident is now yours")
ALSO: Final = marked("%(facility)s: also not watched – %(zones)s")
AGAIN: Final = marked("%(facility)s: watched again")
#: Subjects of what is over; where nothing is said here, AGAIN.
ENDED: Final[Mapping[Cause, str]] = {
    Cause.PLATFORM_BLIND: marked("%(facility)s: the system receives heartbeats again"),
    Cause.AREA_OUTAGE: marked("%(facility)s: most facilities are heard again"),
    Cause.ROUND_MISSED: marked("%(facility)s: rounds are made again"),
    Cause.DELIVERY_FAILED: marked("%(facility)s: messages arrive again"),
}
#: Of what ended because of what is required, not because of who watches.
NOT_REQUIRED: Final = marked(
    "%(facility)s: no longer has to be watched at this time, and is not watched – %(zones)s"
)
PARTLY_REQUIRED: Final = marked(
    "%(facility)s: watched again, or no longer has to be watched at this time – %(zones)s"
)
WENT_ON: Final = marked("%(facility)s: correction – the watch had gone on")
SHORTER: Final = marked("%(facility)s: correction – watched for longer than was known")

WHY: Final[Mapping[Cause, str]] = {
    Cause.FACILITY_SILENT: marked(
        "All devices of the facility fell silent at about the same time. Most often this is a "
        "power cut or a lost Internet connection."
    ),
    Cause.DEVICE_SILENT: marked(
        "No sign of life from the devices that watch there. Check their power, cables and network."
    ),
    Cause.PICTURE: marked(
        "The camera answers, but its picture cannot be used: it may be dark, covered, out of focus "
        "or turned away. Check the camera itself."
    ),
    Cause.PLATFORM_BLIND: marked(
        "The system itself has received nothing that it could judge. Nothing is held against any "
        "facility meanwhile. Check the broker, the ingest service and the database."
    ),
    Cause.GATEWAY_SILENT: marked(
        "Everything that speaks through the gateway %(gateway)s fell silent with it; other devices "
        "of the facility are heard. Check the gateway, its power and its network cable."
    ),
    Cause.FACILITY_LINK: marked(
        "All devices of the facility fell silent, and a device or hub had told that its connection "
        "was lost. Check the Internet connection."
    ),
    Cause.FACILITY_POWER: marked(
        "All devices of the facility fell silent, and a power failure had been told of before. "
        "Check the mains."
    ),
    Cause.AREA_OUTAGE: marked(
        "Most facilities of the area fell silent within two minutes. Most often this is a power "
        "cut or a network failure of the area. Each facility's own people are told of theirs."
    ),
    Cause.ROUND_MISSED: marked(
        "Nobody checked in there in time. Go and see, and check in at the point."
    ),
    Cause.DELIVERY_FAILED: marked(
        "A message could not be delivered by any channel. Check the address and the channels."
    ),
}
WHY_UNSTABLE: Final = marked(
    "The watch there stopped and resumed several times within ten minutes. Check power, cables and "
    "network. You will hear of it when it holds again, and no more than once an hour until then."
)
KNOWN_LATE: Final = marked(
    "This became known late, %(length)s after it could have been: the system itself had stopped, "
    "or what proves it came late."
)
#: One facility of an outage.
PARTS: Final[Mapping[GapState, str]] = {
    GapState.OPEN: marked("• %(facility)s (%(commune)s): silent since %(start)s (%(length)s)"),
    GapState.CLOSED: marked(
        "• %(facility)s (%(commune)s): silent from %(start)s to %(end)s (%(length)s)"
    ),
    GapState.REPAIRED: marked("• %(facility)s (%(commune)s): watched after all, from %(start)s"),
}

#: One gap that is over; and one that is so only because nothing is required any more.
NOT_WATCHED: Final = marked("• %(zone)s: not watched from %(start)s to %(end)s (%(length)s)")
UNTIL_REQUIRED: Final = marked(
    "• %(zone)s: not watched from %(start)s to %(end)s (%(length)s), when it no longer had to be; "
    "it has not been seen to watch again"
)

#: What one device does instead of watching.
SILENT: Final = marked("%(device)s (%(code)s): silent since %(at)s")
NEVER_HEARD: Final = marked("%(device)s (%(code)s): never heard yet")
POOR_PICTURE: Final = marked("%(device)s (%(code)s): its picture cannot be used (%(fault)s)")
FAULTY: Final = marked("%(device)s (%(code)s): reports a fault (%(fault)s)")
