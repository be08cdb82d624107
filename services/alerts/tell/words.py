"""The words that messages choose from, by what happened."""

from collections.abc import Mapping
from typing import Final

from shared.domain.states import Cause
from shared.i18n import marked

#: Subjects: what happened, after the facility's name.
BEGAN: Final[Mapping[Cause, str]] = {
    Cause.FACILITY_SILENT: marked("%(facility)s: nothing is watched, the whole facility is silent"),
    Cause.DEVICE_SILENT: marked("%(facility)s: not watched – %(zones)s"),
    Cause.PICTURE: marked("%(facility)s: the picture shows nothing – %(zones)s"),
    Cause.PLATFORM_BLIND: marked("%(facility)s: the system receives no heartbeats"),
}

HANDED_OVER: Final = marked("%(facility)s: an open incident is now yours")
ALSO: Final = marked("%(facility)s: also not watched – %(zones)s")
AGAIN: Final = marked("%(facility)s: watched again")
PLATFORM_AGAIN: Final = marked("%(facility)s: the system receives heartbeats again")
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
}

#: What one device does instead of watching.
SILENT: Final = marked("%(device)s (%(code)s): silent since %(at)s")
NEVER_HEARD: Final = marked("%(device)s (%(code)s): never heard yet")
POOR_PICTURE: Final = marked("%(device)s (%(code)s): its picture cannot be used (%(fault)s)")
FAULTY: Final = marked("%(device)s (%(code)s): reports a fault (%(fault)s)")
