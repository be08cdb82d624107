"""What states, verdicts and faults of imports are called. Msgids."""

from collections.abc import Mapping
from typing import Final

from services.api.imports.columns import CellFault
from shared.domain.bulk import JobState, Kind, RowState, Verdict, Wish
from shared.i18n import marked

KINDS: Final[Mapping[str, str]] = {
    Kind.FACILITIES: marked("Facilities"),
    Kind.ZONES: marked("Zones"),
    Kind.DEVICES: marked("Devices"),
}

STATES: Final[Mapping[str, str]] = {
    JobState.CHECKING: marked("Being checked"),
    JobState.CHECKED: marked("Checked; nothing is on record yet"),
    JobState.COMMITTING: marked("Being put on record"),
    JobState.STOPPED: marked("Stopped"),
    JobState.COMMITTED: marked("On record"),
    JobState.UNDOING: marked("Being undone"),
    JobState.UNDONE: marked("Undone"),
    JobState.DISCARDED: marked("Discarded"),
}

WISHES: Final[Mapping[str, str]] = {
    Wish.COMMIT: marked("Put on record"),
    Wish.STOP: marked("Stop"),
    Wish.RESUME: marked("Go on"),
    Wish.UNDO: marked("Undo"),
    Wish.DISCARD: marked("Discard"),
}

ROWS: Final[Mapping[str, str]] = {
    RowState.WAITING: marked("waits to be checked"),
    RowState.SOUND: marked("sound"),
    RowState.FAULTY: marked("faulty: left out"),
    RowState.DONE: marked("on record"),
    RowState.FAILED: marked("refused"),
    RowState.UNDONE: marked("undone"),
    RowState.KEPT: marked("not undone"),
}

VERDICTS: Final[Mapping[str, str]] = {
    Verdict.CREATE: marked("new"),
    Verdict.CHANGE: marked("changed"),
    Verdict.UNCHANGED: marked("unchanged"),
}

#: What is wrong, and what to do; of an unreadable cell the column's own hint says that.
FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    CellFault.MISSING: (marked("It is missing."), marked("Fill in this cell.")),
    CellFault.UNREADABLE: (marked("“%(value)s” does not fit."), ""),
    CellFault.TWICE: (
        marked("Line %(detail)s speaks of the same."),
        marked("Keep one of the two lines."),
    ),
    CellFault.UNKNOWN_UNIT: (
        marked("No unit of today is “%(value)s”, or several are."),
        marked("Give its official code; see the page Units."),
    ),
    CellFault.UNKNOWN_FACILITY: (
        marked("There is no facility “%(value)s”, or it is not yours to see."),
        marked("Import the facilities first, and give their codes."),
    ),
    CellFault.UNKNOWN_ZONE: (
        marked("There is no zone “%(value)s” in this facility."),
        marked("Import the zones first, and give their codes."),
    ),
    CellFault.UNKNOWN_GATEWAY: (
        marked("There is no gateway “%(value)s” in this facility."),
        marked("Give the code of one on record, or of one further up in this sheet."),
    ),
    CellFault.NOT_ALLOWED: (
        marked("Your role does not allow this there."),
        marked("Leave the line to whoever is responsible there."),
    ),
    CellFault.CODE_RETIRED: (
        marked("This code was used before and is not given again."),
        marked("Choose another code."),
    ),
    CellFault.CODE_TAKEN: (marked("This code is taken."), marked("Choose another code.")),
    CellFault.PRIVACY_ZONE: (
        marked("Children are private there: no camera may watch it."),
        marked("Use another kind of device, or retire the camera first."),
    ),
    CellFault.CANNOT_CHANGE: (
        marked("It is on record otherwise, and this cannot be changed here."),
        marked("Register it under another code, or change it on its own page."),
    ),
    CellFault.REFUSED: (
        marked("It was refused: %(detail)s"),
        marked("Correct it and send it again."),
    ),
    CellFault.TOUCHED: (
        marked("It was used or changed since."),
        marked("Undo or retire it by hand if that is right."),
    ),
}
