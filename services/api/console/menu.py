"""The main menu: what a reader may open, in the order in which it matters."""

from dataclasses import dataclass
from typing import Final

from services.api.access.caller import Caller
from shared.domain.access import Action
from shared.domain.assurance import Standing
from shared.i18n import marked


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that the menu leads to, for whoever may do one of these things somewhere."""

    path: str
    label: str
    actions: frozenset[Action]


def _entry(path: str, label: str, *actions: Action) -> Entry:
    return Entry(path, label, frozenset(actions))


MENU: Final = (
    _entry("/", marked("Overview"), Action.WATCH),
    _entry("/facilities", marked("Facilities"), Action.SEE),
    _entry("/incidents", marked("Incidents"), Action.WATCH),
    _entry("/deliveries", marked("Messages sent"), Action.SEE_DELIVERIES),
    _entry("/duty", marked("Rota"), Action.MANAGE_DUTY, Action.MANAGE_LADDERS),
    _entry("/ladders", marked("Who is told"), Action.MANAGE_DUTY, Action.MANAGE_LADDERS),
    _entry("/templates", marked("Words"), Action.MANAGE_TEMPLATES),
    _entry("/calendars", marked("Calendars"), Action.MANAGE_LADDERS),
    _entry("/units", marked("Units"), Action.SEE),
    _entry("/people", marked("People"), Action.SEE_PEOPLE, Action.MANAGE_PEOPLE),
    _entry("/sharing", marked("Sharing"), Action.SEE_GRANTS, Action.MANAGE_AGENCIES),
    _entry(
        "/approvals", marked("Approvals"),
        Action.REQUEST_EXCEPTION, Action.APPROVE_EXCEPTION,
        Action.REQUEST_EXPORT, Action.APPROVE_EXPORT,
    ),
    _entry("/access-log", marked("Access log"), Action.SEE_ACCESS_LOG),
    _entry("/quarantine", marked("Set aside"), Action.SEE_QUARANTINE),
)  # fmt: skip


def menu_of(viewer: Caller) -> tuple[Entry, ...]:
    """Nothing for whoever has shown only half of who they are."""
    if viewer.standing is not Standing.FULL:
        return ()
    held = {action for action in Action if not viewer.scope(action).is_nowhere}
    return tuple(entry for entry in MENU if entry.actions & held)
